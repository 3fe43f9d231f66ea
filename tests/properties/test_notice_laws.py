"""Numbers one can believe: what a notice counts is counted again in the text that it speaks of."""

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress.build import Build
from headroom.compress.log import Log
from headroom.compress.rendition import Hints
from tests.compress.line_samples import asking, shown, texts
from tests.compress.test_lines_alike import SAMPLES
from tests.conftest import ROOT, shared

COMPRESSORS = (Log(), Build())
QUESTIONS = ("Which requests failed, and why?", "How often does `checkout` occur in /srv/app?", "Trace worker 3.")

_NUMBER = re.compile(r"\d[\da-f]*")
_LABEL = re.compile(r"\[~ (\d+)× (.*?)(?:; among the (\d+))?\]")
_PHRASE = re.compile(r'"(.*)" in all')
_NAMED = re.compile(r'\[~ (\d+) lines with "(.*?)"((?:; .*)?)\]')
_CODES = re.compile(r"\[~ \d+ lines((?:; .*)?)\]")
_LEVELS = re.compile(r"\[~ (\d+) lines(?:, (\d+) not empty)?(?:; ([^\]]*))?\]")
_CODE = re.compile(r"(\d+) × ((?=%|[A-Z]\w*(?:Error|Exception)$|[A-Z_]+$).+)")
_NUMBERED = re.compile(r"\d+ (silly|verbose|http|info|warn|error)\b")
_PLAIN = re.compile(r"[^\W\d_]{2,}")
_MESSAGE = re.compile(r'^\{.*"(?:msg|[Mm]essage|event|MessageTemplate|@mt)":')
_PLACE = re.compile(r"<\*>|<(\d+ × [^<>]+)>")


def plain(text):
    """The lines as labels speak of them: white space alike, the members of objects as words."""
    lines = text.split("\n")
    objects = sum(_MESSAGE.search(line) is not None for line in lines) > len(lines) / 2
    parted = [line.replace(',"', ', "') if objects and line[:1] == "{" else line for line in lines]
    return [" ".join(line.split()) for line in parted]


def words_of(label):
    """What words of a label stand for: a sign may be any number."""
    return re.escape(label).replace(r"\#", rf"(?:\#|{_NUMBER.pattern}+)")


def pattern(label):
    """What a reader takes the label for: those words in a row, but for a ``…``; its places, each with its told values."""
    cut = label.endswith("…")
    out, places, end = r"(?<!\S)", [], 0
    label = label.removesuffix("…")
    level, gap, message = label.partition(" … ")
    if gap:
        out += words_of(level) + r" (?:\S.*? )??"
        label = message
    for match in _PLACE.finditer(label):
        out += words_of(label[end : match.start()]) + r"(\S+?)"
        told = [part.split(" × ", 1) for part in match[1].split(", ")] if match[1] else []
        places.append({value: int(count) for count, value in told})
        end = match.end()
    return re.compile(out + words_of(label[end:]) + ("" if cut else r"(?!\S)")), places


def check_label(count, label, lines):
    """The label is in so many lines, which are returned; where it has no ``…`` at an end, none of them says more there."""
    words = label.removeprefix("… ").removesuffix(" …")
    pattern_, places = pattern(words)
    rows = {row: match for row, line in enumerate(lines) if (match := pattern_.search(line)) is not None}
    found = list(rows.values())
    assert len(found) == count, label
    before = {match.string[: match.start()].split(" ")[-2:][0] for match in found}
    assert any(map(_PLAIN.fullmatch, before)) == label.startswith("… "), (label, before)
    assert any(match.end() < len(match.string) for match in found) == label.endswith("…"), label
    for group, values in enumerate(places, 1):
        if values:
            assert Counter(_NUMBER.sub("#", match[group]) for match in found) == values, label
    return set(rows)


def check_named(count, term, told, text):
    lines = [line for line in text.lower().split("\n") if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", line)]
    assert len(lines) == count, term
    for part in re.split(r"[;,] (?=\d+ × )", told.removeprefix("; ")) if told else ():
        times, value = part.split(" × ", 1)
        assert sum(value in line.split() for line in lines) == int(times), (term, value)


def check_codes(told, text):
    lines = text.split("\n")
    for times, code in re.findall(r"(\d+) × ([\w/@=+-]+)", told):
        finding = re.compile(rf"(?:\S+?:\d+:(?:\d+:)? )?{re.escape(code)}:? ")
        found = sum(finding.match(line) is not None for line in lines)
        named = sum(
            len(re.findall(rf"(?<![\w-]){re.escape(code)}(?![\w-])", line))
            for line in lines
            if re.search("rror|arning|ERR", line)
        )
        assert int(times) == max(found, named), code


def check_head(total, filled, told, text):
    """The lines, those with something in them, and how often each code and exception is in the text."""
    lines = text.removesuffix("\n").split("\n")
    assert int(total) == len(lines)
    assert int(filled or total) == sum(map(bool, lines))
    for part in re.split(r"[;,] ", told):
        if (match := _CODE.fullmatch(part)) is not None:
            audited = f"type={match[2]} msg=audit("
            name = rf"(?<!\w){re.escape(match[2])}(?![\w(]|\.[\w<])"
            assert int(match[1]) == (text.count(audited) if audited in text else len(re.findall(name, text))), part


def check_levels(told, text):
    """Where most lines have a number and a level in front, as npm's have, the counts of levels are of these."""
    lines = text.removesuffix("\n").split("\n")
    said = Counter(match[1] for line in lines if (match := _NUMBERED.match(line)) is not None)
    if 2 * said.total() > len(lines) + 1:
        assert {level: int(count) for count, level in re.findall(r"(\d+) (\w+)", told)} == dict(said), told


def notices_hold(text, hints):
    """Check every count that the log and build compressors state over a text, and that no label comes twice."""
    lines = plain(text)
    checked = 0
    for compressor in COMPRESSORS:
        for rendition in (compressor.lossless(text, hints), compressor.lossy(text, hints)):
            own = {line for line in text.split("\n") if line.startswith("[")}
            view = [] if rendition is None else shown(rendition).split("\n")
            labels = []
            counted = []
            for line in view:
                if line in own:
                    continue
                if (match := _LABEL.fullmatch(line)) is not None:
                    checked += 1
                    if (phrase := _PHRASE.fullmatch(match[2])) is not None:
                        assert text.count(phrase[1]) == int(match[1]), line
                    else:
                        labels.append(match[2])
                        rows = check_label(int(match[1]), match[2], lines)
                        holding = {str(len(other)) for other in counted if rows <= other}
                        assert match[3] in holding if match[3] else not holding, line
                        counted.append(rows)
                elif (match := _NAMED.fullmatch(line)) is not None:
                    checked += 1
                    check_named(int(match[1]), match[2], match[3], text)
                elif compressor.kind == "log" and (match := _LEVELS.fullmatch(line)) is not None:
                    check_head(match[1], match[2], match[3] or "", text)
                    check_levels(match[3] or "", text)
                elif compressor.kind == "build" and (match := _CODES.fullmatch(line)) is not None:
                    check_codes(match[1], text)
            assert len(set(labels)) == len(labels), "two counts of one label"
    return checked


def packages(rng):
    names = [f"lib{a}{b}" for a in ("ssl", "pq", "curl", "z", "magic") for b in ("", "-dev", "4", "-common", "c6")]
    return [
        f"2026-03-0{n // 400 + 1} 10:{n // 60 % 60:02d}:{n % 60:02d} {rng.choice(['status installed', 'status unpacked', 'install', 'configure'])} "
        f"{rng.choice(names)}:{rng.choice(['amd64', 'all'])} {rng.choice(['<none>', '1.2-3', '2:4.0+deb12u1'])}"
        for n in range(900)
    ]


def requests(rng):
    return [
        f"web-{n % 3}  | time=10:{n // 60:02d}:{n % 60:02d} level=info msg=request method=GET "
        f"path=/v1/{rng.choice(['orders', 'users', 'carts'])}/{n} status={rng.choice([200, 200, 404])} trace={rng.randrange(16**8):08x}"
        for n in range(600)
    ]


def calls(rng):
    files = ["/etc/ld.so.cache", "/usr/lib/libc.so.6", "/proc/self/maps", "/usr/share/doc/nodejs", "/tmp/x_1"]
    return [
        rng.choice(
            [
                f'10:00:{n % 60:02d}.{n:06d} openat(AT_FDCWD, "{rng.choice(files)}", O_RDONLY|O_CLOEXEC) = {rng.randrange(9)}',
                f'10:00:{n % 60:02d}.{n:06d} statx(AT_FDCWD, "{rng.choice(files)}", STATX_ALL, 0x7f) = -1 ENOENT (No such file or directory)',
                f'10:00:{n % 60:02d}.{n:06d} lgetxattr("{rng.choice(files)}", "security.selinux", NULL, 0) = -1 ENODATA (No data available)',
            ]
        )
        for n in range(500)
    ]


def objects(rng):
    return [
        f'{{"level":30,"time":{1_700_000_000 + n},"req":{{"url":"/{rng.choice(["carts", "users"])}/{n}"}},"host":"{rng.choice(["web-1", "db-2", "cache"])}",'
        f'"msg":"{rng.choice(["request completed", "request started", "job accepted"])}"}}'
        for n in range(500)
    ]


def tree(rng):
    return [
        "│ " * rng.randrange(4)
        + f"├── {rng.choice(['acorn', 'tar', '@vercel/nft', 'agent-base'])}@{rng.randrange(9)}.1.0{rng.choice(['', ' deduped'])}"
        for _ in range(700)
    ]


def findings(rng):
    return [
        line
        for n in range(200)
        for line in (
            f"{rng.choice(['F401 [*] `os` imported but unused', 'B904 Within an `except` clause, raise with `raise ... from err`', 'N818 Exception name `X` should be named with an Error suffix', 'E501 Line too long (130 > 120)'])}",
            f"  --> app/{rng.choice(['models', 'views', 'utils'])}.py:{n}:{n % 7}",
            "   |",
            f"{n} | {rng.choice(['import os', 'raise ValueError', 'class X(Exception): ...'])}",
            "   |     ^^^^",
            "",
        )
    ]


def clients(rng):
    """Lines that differ in a word behind the width of a label."""
    return [
        f"1:M 04 Mar 10:00:{n % 60:02d} - {rng.choice(['Client closed connection', 'Protocol error (invalid bulk length)'])} from client: "
        f"id={n} addr=10.0.0.{n % 7}:{n} laddr=10.0.0.1:6379 fd={n % 9} name= age={n % 50} idle=0 flags=N db=0 cmd={rng.choice(['get', 'set', 'NULL'])}"
        for n in range(300)
    ]


def names(rng):
    """Dozens of words in one place, with rests of several words behind."""
    few = ["".join(rng.choices("abcdefgh", k=5)) for _ in range(60)]
    return [
        f"2026-03-04 10:00:{n % 60:02d} INFO checkout service accepted order of customer {rng.choice(few)}{rng.choice(['', ' again', chr(9) + 'now'])}"
        for n in range(200)
    ]


def numbered(rng):
    """What npm writes into its log: a line's number, its level."""
    levels = ["silly", "silly", "verbose", "http", "info", "warn", "error"]
    return [
        f"{n} {rng.choice(levels)} {rng.choice(['stack Error: no', 'fetch manifest', 'code ERESOLVE', 'Error of a peer'])} {n % 40}"
        for n in range(400)
    ]


def phases(rng):
    """Lines whose words are the end of other lines' words, or their beginning."""
    return [
        f"[{n}.{rng.randrange(9)}s][info][gc,phases] GC({n // 8}) {rng.choice(['', 'Pre ', 'Post '])}Evacuate Collection Set: {n % 7}.1ms"
        if n % 2
        else f"[{n}.1s][info][gc] GC({n // 8}) Pause Young (Normal){rng.choice(['', f' {n}M->{n % 30}M {n % 9}.3ms'])}"
        for n in range(400)
    ]


def classes(rng):
    """Lines with a thread and a class between the level and the message, which is the same of several, or holds our mark."""
    return [
        f"2026-03-04 10:00:{n % 60:02d},{n:03d} - {rng.choice(['INFO ', 'WARN ', 'ERROR'])} [{rng.choice(['main', 'worker 3 of pool', f'IPC handler {n}'])}] "
        f"{rng.choice(['org.firm.web.Access', 'org.firm.jobs.Runner$Loop'])}: "
        f"{rng.choice(['Lost connection to', 'WARN … Lost connection to', 'Loading … from', 'took job', 'WARN a.b.C: took job'])} peer-{n % 7} {n}"
        for n in range(400)
    ]


def failures(rng):
    """Tracebacks between empty lines, and requests that no server took."""
    shapes = (
        "Traceback (most recent call last):\n  raise StockError(7)\nshop.StockError: none left\n",
        "java.net.SocketException: reset\n\tat java.net.SocketException.<init>(SocketException.java:7)",
        "edge app/<NOSRV> 0/-1/-1/-1/0 503 217",
        "OSError2 and an Error, no more",
    )
    return [line for _ in range(200) for line in rng.choice(shapes).split("\n")]


def audited(rng):
    return [
        f"type={rng.choice(['SYSCALL', 'CWD', 'USER_ACCT'])} msg=audit(17410{n}.1:{n}): pid={n}" for n in range(300)
    ]


def firewall(rng):
    return [
        f"Feb 03 2025 04:{n // 60:02d}:{n % 60:02d} fw : %ASA-{rng.choice(['6-302013: Built', '4-106023: Deny', '6-302014: Teardown of'])} {n}"
        for n in range(300)
    ]


@pytest.mark.parametrize(
    "make",
    [
        *(packages, requests, calls, objects, tree, findings, clients, names, numbered, phases, classes),
        *(failures, audited, firewall),
    ],
)
@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_notice_counts_is_there_as_many_times(make, question):
    text = "\n".join(make(random.Random(7)))
    assert notices_hold(text, asking(question))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "tests/fixtures/outputs").iterdir()))
def test_counts_over_outputs_hold(name, question):
    notices_hold(
        (ROOT / "tests/fixtures/outputs" / name).read_text(encoding="utf-8", errors="replace"), asking(question)
    )


@pytest.mark.parametrize("kind", SAMPLES)
def test_counts_over_samples_hold(kind):
    notices_hold(SAMPLES[kind], asking("What of worker 3 and module_7?"))


_CORPUS = shared("corpus", "items")


@pytest.mark.parametrize("name", sorted(path.name for path in _CORPUS.glob("*.txt")) if _CORPUS else [])
def test_counts_over_the_corpus_hold(name):
    notices_hold((_CORPUS / name).read_text(encoding="utf-8", errors="replace"), asking(QUESTIONS[0]))


word = st.sampled_from(
    ["info", "request", "closed", "cart", "user", "lib_a", "lib_b", "a/b", "a/c/d", "x.y", "#", "<*>", "…", "[a]", "k=v", "k=w.1", '"q"', "é", "*", "INFO", "WARN", "[main]", "org.firm.web.Access:", "-"]
)  # fmt: skip
shape = st.lists(st.one_of(word, st.lists(word, min_size=2, max_size=5)), min_size=1, max_size=8)


@given(st.lists(shape, min_size=1, max_size=4), st.integers(0, 2**32), st.sampled_from(QUESTIONS))
def test_counts_over_any_mixture_of_templates_hold(shapes, seed, question):
    rng = random.Random(seed)
    lines = [
        " ".join(rng.choice(part) if isinstance(part, list) else part for part in rng.choice(shapes))
        + rng.choice(["", f" {rng.randrange(99)}", "\t7", "  end"])
        for _ in range(160)
    ]
    notices_hold("\n".join(lines), asking(question))


@given(texts)
def test_counts_over_any_text_hold(text):
    notices_hold(text, Hints(query=QUESTIONS[0]))
