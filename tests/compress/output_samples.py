"""Outputs of common commands, made from a fixed seed: each knows its heading, its records and its last lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_WORDS = [
    "amber",
    "anchor",
    "basil",
    "beacon",
    "birch",
    "bishop",
    "cedar",
    "cobalt",
    "comet",
    "coral",
    "delta",
    "ember",
    "falcon",
    "fern",
    "garnet",
    "harbor",
    "hazel",
    "indigo",
    "iris",
    "jasper",
    "juniper",
    "kestrel",
    "lagoon",
    "laurel",
    "lemon",
    "linden",
    "lotus",
    "maple",
    "marble",
    "meadow",
    "mesa",
    "nimbus",
    "oak",
    "ocean",
    "olive",
    "onyx",
    "opal",
    "orbit",
    "otter",
    "pearl",
    "pepper",
    "pine",
    "plum",
    "quartz",
    "raven",
    "reef",
    "river",
    "robin",
    "saffron",
    "sage",
    "sierra",
    "spruce",
    "summit",
    "tidal",
    "timber",
    "topaz",
    "umber",
    "velvet",
    "violet",
    "walnut",
    "willow",
    "zephyr",
]


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed."""

    command: str
    head: tuple[str, ...]
    """Lines above the records."""
    records: tuple[tuple[str, str], ...]
    """Each record's key, which no other record holds, and its text; one line or more."""
    tail: tuple[str, ...] = ()
    """Lines below the records, such as totals."""
    between: str = ""
    """What stands between records besides a line end."""

    @property
    def text(self) -> str:
        """All of it."""
        body = f"\n{self.between}".join(record for _, record in self.records)
        return "\n".join([*self.head, body, *self.tail]) + "\n"

    def lines_of(self, record: int) -> range:
        """Lines of a record, 1-based."""
        extra = self.between.count("\n")
        first = len(self.head) + 1
        for _, text in self.records[:record]:
            first += text.count("\n") + 1 + extra
        return range(first, first + self.records[record][1].count("\n") + 1)


def _columns(rows: Sequence[Sequence[object]], align: str, gap: int = 1, *, trim: bool = True) -> list[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(align))]
    lines = []
    for row in cells:
        line = (" " * gap).join(
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, align, strict=True)
        )
        lines.append(line.rstrip() if trim else line)
    return lines


def _table(
    command: str,
    header: Sequence[str],
    align: str,
    rows: Sequence[Sequence[object]],
    key: int,
    *,
    gap: int = 1,
    rule: bool = False,
    trim: bool = True,
) -> Output:
    lines = _columns([header, *rows], align, gap, trim=trim)
    head = [lines[0]]
    if rule:
        head.append((" " * gap).join("-" * max(len(str(row[i])) for row in (header, *rows)) for i in range(len(align))))
    return Output(command, tuple(head), tuple((str(row[key]), line) for row, line in zip(rows, lines[1:], strict=True)))


def _names(rng: random.Random, count: int) -> list[str]:
    """Different names: two words and a number."""
    return [f"{rng.choice(_WORDS)}-{rng.choice(_WORDS)}-{number}" for number in rng.sample(range(1_000, 90_000), count)]


def _hex(rng: random.Random, digits: int) -> str:
    return "".join(rng.choice("0123456789abcdef") for _ in range(digits))


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(3, 9)))


def _date(rng: random.Random, index: int) -> str:
    return f"2026-{1 + index // 28 % 12:02}-{1 + index % 28:02} {rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"


def _version(rng: random.Random) -> str:
    return f"{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(30)}"


def pip_list(rng: random.Random) -> Output:
    rows = [(name, _version(rng)) for name in sorted(_names(rng, 320))]
    return _table("pip list", ("Package", "Version"), "ll", rows, 0, rule=True)


def pip_outdated(rng: random.Random) -> Output:
    rows = [(name, _version(rng), _version(rng), rng.choice(("wheel", "sdist"))) for name in sorted(_names(rng, 260))]
    return _table("pip list --outdated", ("Package", "Version", "Latest", "Type"), "llll", rows, 0, rule=True)


def pip_freeze(rng: random.Random) -> Output:
    return Output("pip freeze", (), tuple((name, f"{name}=={_version(rng)}") for name in sorted(_names(rng, 400))))


def ps_aux(rng: random.Random) -> Output:
    pids = sorted(rng.sample(range(100, 99_999), 420))
    rows = [
        (
            rng.choice(("root", "www-data", "postgres", "deploy")),
            pid,
            f"{rng.random() * 9:.1f}",
            f"{rng.random() * 5:.1f}",
            rng.randrange(9_000, 999_999),
            rng.randrange(100, 99_999),
            "?",
            rng.choice(("S", "Ss", "Sl", "R")),
            f"{rng.randrange(24):02}:{rng.randrange(60):02}",
            f"{rng.randrange(9)}:{rng.randrange(60):02}",
            f"/usr/bin/{rng.choice(_WORDS)} --worker {rng.choice(_WORDS)} --port {rng.randrange(1000, 9999)}",
        )
        for pid in pids
    ]
    header = ("USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND")
    return _table("ps aux", header, "lrrrrrlllrl", rows, 1)


def df(rng: random.Random) -> Output:
    rows = [
        (
            f"/dev/mapper/{name}",
            f"{rng.randrange(10, 900)}G",
            f"{rng.randrange(1, 99)}G",
            f"{rng.randrange(1, 99)}G",
            f"{rng.randrange(100)}%",
            f"/srv/{name}/data",
        )
        for name in _names(rng, 220)
    ]
    return _table("df -h", ("Filesystem", "Size", "Used", "Avail", "Use%", "Mounted on"), "lrrrrl", rows, 5)


def docker_ps(rng: random.Random) -> Output:
    rows = [
        (
            _hex(rng, 12),
            f"registry.local/{rng.choice(_WORDS)}:{_version(rng)}",
            f'"/entry.sh {rng.choice(_WORDS)}"',
            f"{rng.randrange(2, 12)} hours ago",
            f"Up {rng.randrange(2, 12)} hours",
            f"{rng.randrange(1000, 9999)}/tcp",
            name,
        )
        for name in _names(rng, 220)
    ]
    header = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
    return _table("docker ps", header, "lllllll", rows, 6, gap=3)


def docker_images(rng: random.Random) -> Output:
    rows = [
        (
            f"registry.local/{name}",
            _version(rng),
            _hex(rng, 12),
            f"{rng.randrange(2, 20)} days ago",
            f"{rng.randrange(20, 900)}MB",
        )
        for name in _names(rng, 240)
    ]
    return _table("docker images", ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"), "lllll", rows, 0, gap=3)


def kubectl_pods(rng: random.Random) -> Output:
    rows = [
        (
            rng.choice(("default", "kube-system", "payments", "search")),
            name,
            f"{rng.randrange(3)}/2",
            rng.choices(("Running", "Pending", "CrashLoopBackOff"), (95, 3, 2))[0],
            rng.randrange(9),
            f"{rng.randrange(1, 90)}d",
        )
        for name in _names(rng, 380)
    ]
    return _table(
        "kubectl get pods -A", ("NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"), "llllll", rows, 1, gap=3
    )


def kubectl_wide(rng: random.Random) -> Output:
    rows = [
        (
            name,
            "Ready",
            "<none>",
            f"{rng.randrange(1, 400)}d",
            "v1.33.1",
            f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "<none>",
            "Debian GNU/Linux 13 (trixie)",
            "6.12.9-amd64",
            "containerd://2.0.4",
        )
        for name in _names(rng, 240)
    ]
    header = (
        "NAME",
        "STATUS",
        "ROLES",
        "AGE",
        "VERSION",
        "INTERNAL-IP",
        "EXTERNAL-IP",
        "OS-IMAGE",
        "KERNEL-VERSION",
        "CONTAINER-RUNTIME",
    )
    return _table("kubectl get nodes -o wide", header, "l" * 10, rows, 0, gap=3)


def netstat(rng: random.Random) -> Output:
    ports = rng.sample(range(1024, 65_000), 320)
    rows = [
        (
            "tcp",
            rng.randrange(3),
            rng.randrange(3),
            f"10.0.0.5:{port}",
            f"10.2.{rng.randrange(256)}.{rng.randrange(256)}:{rng.randrange(1024, 65000)}",
            rng.choice(("ESTABLISHED", "TIME_WAIT", "LISTEN")),
            f"{rng.randrange(100, 9999)}/{rng.choice(_WORDS)}",
        )
        for port in ports
    ]
    made = _table(
        "netstat -tnp",
        ("Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State", "PID/Program name"),
        "lrrllll",
        rows,
        3,
    )
    return Output(made.command, ("Active Internet connections (w/o servers)", *made.head), made.records)


def ss(rng: random.Random) -> Output:
    rows = [
        ("ESTAB", rng.randrange(9), 0, f"10.0.0.5:{port}", f"10.9.{rng.randrange(256)}.{rng.randrange(256)}:https")
        for port in rng.sample(range(1024, 65_000), 300)
    ]
    return _table("ss -tan", ("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"), "lllrr", rows, 3)


def lsof(rng: random.Random) -> Output:
    rows = [
        (
            rng.choice(_WORDS)[:9],
            rng.randrange(100, 9999),
            "deploy",
            f"{rng.randrange(3, 99)}u",
            "REG",
            "254,1",
            rng.randrange(100, 999_999),
            node,
            f"/srv/{rng.choice(_WORDS)}/{rng.choice(_WORDS)}.db",
        )
        for node in rng.sample(range(100_000, 999_999), 300)
    ]
    return _table(
        "lsof", ("COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME"), "lrlrlrrrl", rows, 7
    )


def systemctl(rng: random.Random) -> Output:
    names = sorted(_names(rng, 260))
    rows = [
        (f"  {name}.service", "loaded", "active", rng.choice(("running", "exited")), _sentence(rng)) for name in names
    ]
    made = _table("systemctl list-units", ("  UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"), "lllll", rows, 0)
    records = tuple((key.strip(), line) for key, line in made.records)
    return Output(
        made.command,
        made.head,
        records,
        (
            "",
            "Legend: LOAD   -> Reflects whether the unit definition was properly loaded.",
            "        ACTIVE -> The high-level unit activation state.",
            "",
            "260 loaded units listed.",
        ),
    )


def dpkg(rng: random.Random) -> Output:
    rows = [
        ("ii", name, f"{_version(rng)}-{rng.randrange(9)}", "amd64", _sentence(rng))
        for name in sorted(_names(rng, 300))
    ]
    made = _table("dpkg -l", ("||/", "Name", "Version", "Architecture", "Description"), "lllll", rows, 1)
    return Output(
        made.command,
        (
            "Desired=Unknown/Install/Remove/Purge/Hold",
            "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend",
            "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)",
            *made.head,
            "+++-=======-=======-=======-========",
        ),
        made.records,
    )


def apt_list(rng: random.Random) -> Output:
    names = sorted(_names(rng, 400))
    return Output(
        "apt list --installed",
        ("Listing... Done",),
        tuple((name, f"{name}/stable,now {_version(rng)}-{rng.randrange(9)} amd64 [installed]") for name in names),
    )


def helm_list(rng: random.Random) -> Output:
    rows = [
        (
            name,
            rng.choice(("web", "data")),
            rng.randrange(1, 30),
            f"{_date(rng, i)}.123456 +0000 UTC",
            "deployed",
            f"{rng.choice(_WORDS)}-{_version(rng)}",
            _version(rng),
        )
        for i, name in enumerate(_names(rng, 220))
    ]
    return _table(
        "helm list -A",
        ("NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"),
        "lllllll",
        rows,
        0,
        gap=3,
    )


def top(rng: random.Random) -> Output:
    rows = [
        (
            pid,
            rng.choice(("root", "deploy")),
            20,
            0,
            rng.randrange(9_000, 999_999),
            rng.randrange(100, 99_999),
            rng.randrange(100, 9_999),
            "S",
            f"{rng.random() * 9:.1f}",
            f"{rng.random() * 5:.1f}",
            f"{rng.randrange(9)}:{rng.randrange(60):02}.{rng.randrange(100):02}",
            rng.choice(_WORDS),
        )
        for pid in rng.sample(range(10_000, 99_999), 260)
    ]
    made = _table(
        "top -b -n 1",
        ("PID", "USER", "PR", "NI", "VIRT", "RES", "SHR", "S", "%CPU", "%MEM", "TIME+", "COMMAND"),
        "rlrrrrrlrrrl",
        rows,
        0,
    )
    head = (
        "top - 10:21:03 up 12 days,  3:02,  2 users,  load average: 0.52, 0.58, 0.59",
        "Tasks: 260 total,   1 running, 259 sleeping,   0 stopped,   0 zombie",
        "%Cpu(s):  5.9 us,  1.2 sy,  0.0 ni, 92.6 id,  0.1 wa,  0.0 hi,  0.2 si,  0.0 st",
        "MiB Mem :  15890.1 total,   1203.4 free,   8321.0 used,   6365.7 buff/cache",
        "",
    )
    return Output(made.command, (*head, *made.head), made.records)


def psql(rng: random.Random) -> Output:
    rows = [
        (name, rng.choice(("open", "paid", "void")), f"{rng.randrange(100, 99_999) / 100:.2f}", _date(rng, i))
        for i, name in enumerate(_names(rng, 400))
    ]
    lines = [
        " | ".join(cells)
        for cells in zip(
            *[
                _columns([[cell] for cell in column], side, trim=False)
                for column, side in zip(
                    zip(("name", "state", "amount", "created_at"), *rows, strict=True), "llrl", strict=True
                )
            ],
            strict=True,
        )
    ]
    lines = [f" {line} " for line in lines]
    rule = "-+-".join("-" * len(part) for part in lines[0][1:-1].split(" | "))
    return Output(
        "psql -c 'select * from invoices'",
        (lines[0], f"-{rule}-"),
        tuple((row[0], line.rstrip()) for row, line in zip(rows, lines[1:], strict=True)),
        ("(400 rows)", ""),
    )


def mysql(rng: random.Random) -> Output:
    rows = [
        (number, name, rng.choice(("DE", "FR", "JP")), rng.randrange(1000))
        for number, name in enumerate(_names(rng, 350), 1)
    ]
    cells = [("id", "name", "country", "score"), *rows]
    widths = [max(len(str(row[i])) for row in cells) for i in range(4)]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [
        "| "
        + " | ".join(
            str(c).rjust(w) if isinstance(c, int) else str(c).ljust(w) for c, w in zip(row, widths, strict=True)
        )
        + " |"
        for row in cells
    ]
    return Output(
        "mysql -t -e 'select * from users'",
        (rule, lines[0], rule),
        tuple((str(row[1]), line) for row, line in zip(rows, lines[1:], strict=True)),
        (rule, "350 rows in set (0.01 sec)", ""),
    )


def markdown_table(rng: random.Random) -> Output:
    rows = [(name, rng.choice(("yes", "no")), rng.randrange(1000)) for name in _names(rng, 300)]
    return Output(
        "cat report.txt",
        ("| name | active | hits |", "| --- | --- | --- |"),
        tuple((row[0], f"| {row[0]} | {row[1]} | {row[2]} |") for row in rows),
    )


def csv(rng: random.Random) -> Output:
    rows = [
        (name, rng.choice(("DE", "FR", "JP")), rng.randrange(1000), _date(rng, i))
        for i, name in enumerate(_names(rng, 500))
    ]
    return Output(
        "cat users.csv", ("name,country,score,created_at",), tuple((row[0], ",".join(map(str, row))) for row in rows)
    )


def csv_total(rng: random.Random) -> Output:
    rows = [(name, rng.choice(("DE", "FR", "JP")), rng.randrange(1000)) for name in _names(rng, 400)]
    return Output(
        "cat sales.csv",
        ("name,country,amount", "(text),(ISO 3166),(EUR)"),
        tuple((row[0], ",".join(map(str, row))) for row in rows),
        (f"TOTAL,,{sum(row[2] for row in rows)}",),
    )


def csv_multiline(rng: random.Random) -> Output:
    rows = [
        (name, f'"{_sentence(rng)}\n{_sentence(rng)}, ""quoted""\n{_sentence(rng)}"', rng.randrange(1000))
        for name in _names(rng, 300)
    ]
    return Output("cat tickets.csv", ("id,body,votes",), tuple((row[0], ",".join(map(str, row))) for row in rows))


def tsv(rng: random.Random) -> Output:
    rows = [(name, rng.choice(("DE", "FR", "JP")), rng.randrange(1000), _sentence(rng)) for name in _names(rng, 400)]
    return Output(
        "cat items.tsv", ("name\tcountry\tscore\tnote",), tuple((row[0], "\t".join(map(str, row))) for row in rows)
    )


def jsonl(rng: random.Random) -> Output:
    return Output(
        "cat events.jsonl",
        (),
        tuple(
            (
                name,
                f'{{"id": "{name}", "kind": "{rng.choice(("click", "view"))}", "ms": {rng.randrange(9000)}, "note": "{_sentence(rng)}"}}',
            )
            for name in _names(rng, 400)
        ),
    )


def ls_l(rng: random.Random) -> Output:
    names = sorted(_names(rng, 400))
    rows = [
        (
            "-rw-r--r--",
            1,
            "deploy",
            rng.choice(("deploy", "staff")),
            rng.randrange(100, 9_999_999),
            "Nov",
            rng.randrange(1, 28),
            f"{rng.randrange(24):02}:{rng.randrange(60):02}",
            f"{name}.{rng.choice(('log', 'txt', 'py'))}",
        )
        for name in names
    ]
    made = _table("ls -l", ("total 9120", *[""] * 8), "lrllrlrll", rows, 8)
    return Output("ls -l", ("total 9120",), made.records)


def ls_lr(rng: random.Random) -> Output:
    head: list[str] = []
    lines: list[tuple[str, str]] = []
    for folder in sorted(_names(rng, 12)):
        block = [f"./{folder}:", "total 120"]
        for name in sorted(_names(rng, 30)):
            line = f"-rw-r--r-- 1 deploy deploy {rng.randrange(1000, 9999)} Nov {rng.randrange(10, 28)} 10:{rng.randrange(60):02} {name}.txt"
            lines.append((name, "\n".join([*block, line])))
            block = []
        lines[-1] = (lines[-1][0], lines[-1][1] + "\n") if folder else lines[-1]
    return Output("ls -lR", tuple(head), tuple(lines))


def ls_names(rng: random.Random) -> Output:
    return Output(
        "ls", (), tuple((name, f"{name}.{rng.choice(('log', 'txt', 'py'))}") for name in sorted(_names(rng, 400)))
    )


def find(rng: random.Random) -> Output:
    folders = _names(rng, 14)
    return Output(
        "find . -type f",
        (),
        tuple((name, f"./src/{folders[i // 30]}/{name}.py") for i, name in enumerate(_names(rng, 400))),
    )


def tree(rng: random.Random) -> Output:
    lines: list[tuple[str, str]] = []
    folders = sorted(_names(rng, 12))
    for folder in folders:
        last = folder == folders[-1]
        lines.append((folder, f"{'└' if last else '├'}── {folder}"))
        names = sorted(_names(rng, 30))
        lines += [(name, f"{' ' if last else '│'}   {'└' if name == names[-1] else '├'}── {name}.ts") for name in names]
    return Output("tree", (".",), tuple(lines), ("", "12 directories, 360 files"))


def du(rng: random.Random) -> Output:
    return Output(
        "du -ak",
        (),
        tuple((name, f"{rng.randrange(4, 99_999)}\t./data/{name}.bin") for name in _names(rng, 400)),
        ("9912345\t.",),
    )


def wc(rng: random.Random) -> Output:
    return Output(
        "wc -l $(git ls-files)",
        (),
        tuple((name, f"{rng.randrange(4, 9_999):>7} src/{name}.py") for name in _names(rng, 400)),
        (" 912345 total",),
    )


def md5sum(rng: random.Random) -> Output:
    return Output("md5sum *", (), tuple((name, f"{_hex(rng, 32)}  {name}.iso") for name in _names(rng, 300)))


def git_log(rng: random.Random) -> Output:
    records = []
    for i in range(160):
        sha = _hex(rng, 40)
        records.append(
            (
                sha,
                f"commit {sha}\nAuthor: Mira Sol <mira@example.com>\nDate:   Mon Nov {1 + i % 28} 10:{i % 60:02}:00 2026 +0000\n\n    {_sentence(rng)}\n",
            )
        )
    return Output("git log", (), tuple(records))


def git_log_stat(rng: random.Random) -> Output:
    records = []
    for i in range(120):
        sha = _hex(rng, 40)
        records.append(
            (
                sha,
                f"commit {sha}\nAuthor: Mira Sol <mira@example.com>\nDate:   Mon Nov {1 + i % 28} 10:{i % 60:02}:00 2026 +0000\n\n    {_sentence(rng)}\n\n src/{rng.choice(_WORDS)}.py | {rng.randrange(1, 40)} +++--\n 1 file changed, 3 insertions(+), 2 deletions(-)\n",
            )
        )
    return Output("git log --stat", (), tuple(records))


def git_oneline(rng: random.Random) -> Output:
    return Output(
        "git log --oneline", (), tuple((sha, f"{sha} {_sentence(rng)}") for sha in (_hex(rng, 9) for _ in range(400)))
    )


def git_blame(rng: random.Random) -> Output:
    return Output(
        "git blame app.py",
        (),
        tuple(
            (
                f" {i})",
                f"{_hex(rng, 8)} ({rng.choice(('Mira Sol', 'Jon Poe ', 'Ana Ruiz'))} {_date(rng, i)} +0000 {i:>4}) {rng.choice(_WORDS)} = {rng.choice(_WORDS)}({rng.randrange(999)})",
            )
            for i in range(1, 401)
        ),
    )


def git_status(rng: random.Random) -> Output:
    changed = [(name, f" M src/{name}.py") for name in sorted(_names(rng, 40))]
    untracked = [(name, f"?? build/{name}.o") for name in sorted(_names(rng, 260))]
    return Output("git status --short", (), (*changed, *untracked))


def git_branches(rng: random.Random) -> Output:
    return Output(
        "git branch -a",
        ("* main",),
        tuple((name, f"  remotes/origin/feature/{name}") for name in sorted(_names(rng, 300))),
    )


def git_shortlog(rng: random.Random) -> Output:
    return Output(
        "git shortlog -sn", (), tuple((name, f"{900 - i:>6}\t{name} team") for i, name in enumerate(_names(rng, 300)))
    )


def git_tree(rng: random.Random) -> Output:
    return Output(
        "git ls-tree -r HEAD",
        (),
        tuple((name, f"100644 blob {_hex(rng, 40)}\tsrc/{rng.choice(_WORDS)}/{name}.go") for name in _names(rng, 300)),
    )


def rg(rng: random.Random) -> Output:
    return Output(
        "rg -n connect src",
        (),
        tuple(
            (
                name,
                f"src/{rng.choice(_WORDS)}/{name}.py:{rng.randrange(1, 900)}:    client.connect({rng.choice(_WORDS)!r}, retry={rng.randrange(9)})",
            )
            for name in sorted(_names(rng, 300))
        ),
    )


def app_log(rng: random.Random) -> Output:
    return Output(
        "cat app.log",
        (),
        tuple(
            (
                name,
                f"2026-11-21T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z INFO worker-{rng.randrange(9)} processed job {name} in {rng.randrange(900)} ms",
            )
            for i, name in enumerate(_names(rng, 900))
        ),
    )


def access_log(rng: random.Random) -> Output:
    return Output(
        "cat access.log",
        (),
        tuple(
            (
                name,
                f'10.0.{rng.randrange(256)}.{rng.randrange(256)} - - [21/Nov/2026:10:{i // 60 % 60:02}:{i % 60:02} +0000] "GET /items/{name} HTTP/1.1" 200 {rng.randrange(9000)} "-" "curl/8.9"',
            )
            for i, name in enumerate(_names(rng, 700))
        ),
    )


def syslog(rng: random.Random) -> Output:
    return Output(
        "journalctl",
        (),
        tuple(
            (
                name,
                f"Nov 21 {i // 3600:02}:{i // 60 % 60:02}:{i % 60:02} host-1 {rng.choice(('systemd[1]', 'sshd[811]', 'cron[90]'))}: {rng.choice(('Started', 'Stopped', 'Reloaded'))} session {name}.",
            )
            for i, name in enumerate(_names(rng, 700))
        ),
    )


def printenv(rng: random.Random) -> Output:
    return Output(
        "printenv",
        (),
        tuple(
            (name, f"{name.upper().replace('-', '_')}={name}/{rng.choice(_WORDS)}") for name in sorted(_names(rng, 300))
        ),
    )


def mounts(rng: random.Random) -> Output:
    return Output(
        "mount",
        (),
        tuple(
            (name, f"/dev/mapper/{name} on /srv/{rng.choice(_WORDS)} type ext4 (rw,relatime,errors=remount-ro)")
            for name in _names(rng, 240)
        ),
    )


def iptables(rng: random.Random) -> Output:
    rows = [
        (
            rng.randrange(9999),
            f"{rng.randrange(999)}K",
            "ACCEPT",
            "tcp",
            "--",
            "*",
            "*",
            f"10.{rng.randrange(256)}.{rng.randrange(256)}.0/24",
            "0.0.0.0/0",
            f"tcp dpt:{port}",
        )
        for port in rng.sample(range(1024, 65_000), 240)
    ]
    made = _table(
        "iptables -L -n -v",
        ("pkts", "bytes", "target", "prot", "opt", "in", "out", "source", "destination", ""),
        "rrllllllll",
        rows,
        9,
    )
    return Output(
        made.command,
        ("Chain INPUT (policy ACCEPT 0 packets, 0 bytes)", *made.head),
        tuple((key.split(":")[1], line) for key, line in made.records),
    )


def cargo_tree(rng: random.Random) -> Output:
    return Output(
        "cargo tree",
        ("app v0.1.0 (/srv/app)",),
        tuple((name, f"├── {name} v{_version(rng)}") for name in _names(rng, 299)),
        (f"└── zlib-rs v{_version(rng)}",),
    )


def npm_outdated(rng: random.Random) -> Output:
    rows = [
        (name, _version(rng), _version(rng), _version(rng), f"node_modules/{name}", "web")
        for name in sorted(_names(rng, 220))
    ]
    return _table(
        "npm outdated", ("Package", "Current", "Wanted", "Latest", "Location", "Depended by"), "lrrrll", rows, 0, gap=2
    )


def aws_s3_ls(rng: random.Random) -> Output:
    return Output(
        "aws s3 ls s3://bucket --recursive",
        (),
        tuple(
            (name, f"{_date(rng, i)} {rng.randrange(100, 9_999_999):>10} backups/{rng.choice(_WORDS)}/{name}.tar.gz")
            for i, name in enumerate(_names(rng, 400))
        ),
    )


def last_log(rng: random.Random) -> Output:
    return Output(
        "last",
        (),
        tuple(
            (
                name,
                f"{name:<24} pts/{rng.randrange(9)}        10.0.{rng.randrange(256)}.{rng.randrange(256):<3}   Fri Nov 21 10:{rng.randrange(60):02} - 11:{rng.randrange(60):02}  (01:0{rng.randrange(9)})",
            )
            for name in _names(rng, 260)
        ),
        ("", "wtmp begins Sat Nov  1 00:00:12 2026"),
    )


def sql_inserts(rng: random.Random) -> Output:
    return Output(
        "cat dump.sql",
        (),
        tuple(
            (name, f"INSERT INTO users (id, name, score) VALUES ({i}, '{name}', {rng.randrange(1000)});")
            for i, name in enumerate(_names(rng, 300))
        ),
    )


def yaml_items(rng: random.Random) -> Output:
    return Output(
        "cat hosts.yaml",
        ("hosts:",),
        tuple(
            (name, f"  - name: {name}\n    zone: {rng.choice(_WORDS)}\n    cpu: {rng.randrange(64)}")
            for name in _names(rng, 260)
        ),
    )


def psql_records(rng: random.Random) -> Output:
    return Output(
        "psql -x -c 'select * from users'",
        (),
        tuple(
            (name, f"{f'-[ RECORD {i} ]':-<30}\nid    | {i}\nname  | {name}\nscore | {rng.randrange(1000)}")
            for i, name in enumerate(_names(rng, 260), 1)
        ),
        ("",),
    )


OUTPUTS: dict[str, Callable[[random.Random], Output]] = {
    name: made
    for name, made in list(globals().items())
    if not name.startswith("_") and callable(made) and getattr(made, "__annotations__", {}).get("return") == "Output"
}


def make(name: str) -> Output:
    """One of them, the same each time."""
    return OUTPUTS[name](random.Random(f"outputs:{name}"))
