"""Entries made alike stand as one pattern and a row each, and come back as they were, byte for byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts.tokens import count
from headroom.compress import any_lines, stanzas
from headroom.compress.any_lines import AnyLines
from headroom.compress.config_text import ConfigText
from headroom.compress.folding import escape
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

WORDS = ("api", "worker", "ledger", "cache", "web", "auth", "billing", "search", "mailer", "cron", "media", "report")
ENDPOINTS = "".join(
    f'- name: {word}-{i}\n  host: {word}.example.com\n  port: {8000 + i}\n  enabled: true\n  note: "the {word} no. {i}"\n'
    for i, word in enumerate(WORDS)
)
PODS = (
    "apiVersion: v1\nitems:\n"
    + "".join(
        f"- apiVersion: v1\n  kind: Pod\n  metadata:\n    labels:\n      app: {word}\n"
        + ("      tier: backend\n" if i % 3 == 0 else "")
        + f"    name: {word}-{i}\n    namespace: shop\n  spec:\n    containers:\n    - env:\n"
        + "".join(
            f"      - name: {key}\n        value: {key.lower()}-{i}\n" for key in ("LEVEL", "ZONE", "MODE")[: 1 + i % 3]
        )
        + f"      image: registry.example.com/{word}:1.{i}\n      imagePullPolicy: IfNotPresent\n      name: {word}\n"
        + f"    dnsPolicy: ClusterFirst\n    nodeName: node-{i % 4}\n    restartPolicy: Always\n  status:\n    conditions:\n"
        + "".join(
            f"    - lastProbeTime: null\n{'      message: not yet' + chr(10) if (i + k) % 5 == 0 else ''}      status: 'True'\n      type: {kind}\n"
            for k, kind in enumerate(("Initialized", "Ready", "PodScheduled"))
        )
        + f"    phase: Running\n    podIP: 10.1.0.{i}\n"
        for i, word in enumerate(WORDS)
    )
    + "kind: List\nmetadata:\n  resourceVersion: ''\n"
)
LOCK = "# made by a tool\nversion = 3\n" + "".join(
    f'\n[[package]]\nname = "{word}-{i}"\nversion = "1.{i}.0"\nsource = "registry+https://crates.example.com/index"\n'
    + (f'dependencies = [\n "{WORDS[(i - 1) % 12]}",\n "{WORDS[(i - 2) % 12]}",\n]\n' if i % 2 else "")
    for i, word in enumerate(WORDS * 2)
)
COMPOSE = (
    "services:\n"
    + "".join(
        f"  {word}:\n    image: registry.example.com/{word}:2\n    restart: unless-stopped\n    ports:\n      - '{9000 + i}:80'\n"
        + ("    depends_on:\n      - cache\n      - auth\n" if i % 2 else "")
        + f"    environment:\n      LEVEL: info\n      NAME: {word}\n\n"
        for i, word in enumerate(WORDS)
    )
    + "networks:\n  backend:\n"
)
SECTIONS = "".join(
    f"; where {word} runs\n[server:{word}]\nhost = {word}.example.com\nport = {8000 + i}\ntimeout = 30\n\n"
    for i, word in enumerate(WORDS)
)
PLAN = "The plan:\n\n" + "".join(
    f'  # vm.{word}[{i}] will be created\n  + resource "vm" "{word}" {{\n      + image = "img-{i * 7919:06x}"\n'
    f"      + arn   = (known after apply)\n      + size  = 4\n    }}\n\n"
    for i, word in enumerate(WORDS)
)
FILES = "".join(
    f"  File: /srv/{word}.txt\n  Size: {i * 37}\nDevice: 8,1\tInode: {700 + i}\nModify: 2026-01-{i + 1:02d} 10:00:00\n Birth: -\n"
    for i, word in enumerate(WORDS)
)
PROXIES = (
    "http {\n"
    + "".join(
        f"    server {{\n        listen {8000 + i};\n        server_name {word}.example.com;\n        location / {{\n"
        f"            proxy_pass http://{word}:80;\n        }}\n    }}\n"
        for i, word in enumerate(WORDS)
    )
    + "}\n"
)
MANIFESTS = "".join(
    f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {word}\nspec:\n  replicas: {i % 4}\n  template:\n    spec:\n      containers:\n"
    f"        - name: {word}\n          image: registry.example.com/{word}:1.{i}\n---\n"
    f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {word}\nspec:\n  ports:\n    - port: {8000 + i}\n---\n"
    for i, word in enumerate(WORDS)
)
PINS = "".join(
    f'[[package]]\nname = "{word}"\nversion = "1.{i}"\nfiles = [\n'
    + "".join(f'    {{file = "{word}-{k}.whl", hash = "sha256:{i * 7919 + k:08x}"}},\n' for k in range(1 + i % 3))
    + "]\n"
    + (f'\n[package.dependencies]\n{WORDS[i - 1]} = ">=1.{i}"\n' if i % 2 else "")
    + "\n"
    for i, word in enumerate(WORDS)
)
SAMPLES = {
    "documents of two kinds in turn": (MANIFESTS, 0.4, ("Deployment", "mailer", "/mailer:1.8")),
    "tables with tables in them": (PINS, 0.25, ("cache", "1.3", "00005ccd")),
    "YAML list": (ENDPOINTS, 0.35, ("ledger-2,ledger.example.com,8002",)),
    "list of pods": (PODS, 0.45, ("auth-5", "10.1.0.5", "/auth:1.5")),
    "lock file": (LOCK, 0.4, ("billing-6", "1.6.0")),
    "services by name": (COMPOSE, 0.35, ("9004:80", "/web:2")),
    "sections with comments": (SECTIONS, 0.2, ("server:cron", "8009")),
    "plan of resources": (PLAN, 0.4, ("vm.cron[9]", "img-011667")),
    "records without blanks between": (FILES, 0.2, ("/srv/media.txt", "370")),
    "blocks in braces": (PROXIES, 0.35, ("8009", "cron.example.com")),
}
BY_NAME = pytest.mark.parametrize(("text", "share", "told"), SAMPLES.values(), ids=SAMPLES.keys())


@BY_NAME
def test_entries_made_alike_stand_in_rows_and_come_back(text, share, told):
    encoded = any_lines.encode(text)
    assert encoded is not None
    assert any_lines.decode(encoded) == text
    assert "[~ rows: " in encoded
    assert count(encoded) < (1 - share) * count(text)
    assert all(value in encoded for value in told)


@BY_NAME
def test_each_value_of_an_entry_stands_in_its_row(text, share, told):
    encoded = any_lines.encode(text)
    rows = encoded.split("\n")
    assert any(all(value in row for value in told) for row in rows)


def test_a_text_that_begins_inside_an_entry_keeps_each_entry_in_one_row():
    whole = "\n".join(f"name: n{n}\nport: {8000 + n}\nzone: z{n * 3}\n" for n in range(20)).split("\n")
    folded = stanzas.fold(whole[1:])
    assert folded[:4] == [
        "port: 8000",
        "zone: z0",
        "",
        "[~ 19 entries, each these lines with its row of cells, 1 blank line between:]",
    ]
    assert "n7,8007,z21" in folded
    assert stanzas.unfold(folded) == whole[1:]


LAYOUTS = {
    "items": ("    - alert: n{n}", "      expr: {m}", "      labels:", "        team: t{k}", "      for: {n}m"),
    "flat items": ("- name: n{n}", "  port: {m}", "  zone: t{k}", "  size: {n}G"),
    "mapping": ("  n{n}:", "    image: n{n}", "    port: {m}", "    zone: t{k}"),
    "documents": ("---", "name: n{n}", "port: {m}", "zone: t{k}", "size: {n}G"),
    "maps below a name": ("name: n{n}", "limits:", "  cpu: {m}", "  disk: t{k}", "  mem: {n}G"),
    "tables": ("[[package]]", 'name = "n{n}"', 'version = "{m}"', 'source = "t{k}"'),
    "sections": ("[n{n}]", "port = {m}", "zone = t{k}", "size = {n}G"),
    "resources": ('resource "disk" "n{n}" {{', "  size = {m}", '  zone = "t{k}"', "  kind = k{n}", "}}"),
    "blocks": ("server {{", "    listen {m};", "    server_name n{n};", "    root /t{k};", "}}"),
    "titled rules": ("-------- n{n} --------", "port: {m}", "zone: t{k}", "size: {n}G"),
}


@pytest.mark.parametrize(
    ("layout", "cut"), [(layout, cut) for layout in LAYOUTS.values() for cut in range(1, len(layout))]
)
def test_no_row_joins_the_end_of_one_entry_with_the_start_of_the_next(layout, cut):
    whole = "\n".join("\n".join(layout).format(n=n + 10, m=n + 8010, k=n % 3) for n in range(14)).split("\n")
    folded = stanzas.fold(whole[cut:])
    if folded is not None:
        assert stanzas.unfold(folded) == whole[cut:]
    for row in folded or ():
        ports = {int(port) - 8000 for port in re.findall(r"\b80\d\d\b", row)}
        numbers = {
            int(number) for number in re.findall(r"\bn(\d\d)\b|\b(\d\d)[Gm]\b", row) for number in number if number
        }
        assert len(ports | numbers) <= 1


def test_an_entry_unlike_all_others_before_them_stays_out_of_their_rows():
    odd = ["global:", "  registry: registry.example.org", "  storage: fast", ""]
    rest = "\n".join(
        f"{word}:\n  enabled: true\n  image:\n    tag: v{n}\n    pull: always\n  host: {word}.example.org\n  tls: true\n"
        for n, word in enumerate(WORDS)
    ).split("\n")
    folded = stanzas.fold([*odd, *rest])
    assert folded[: len(odd)] == odd
    assert not [line for line in folded if "}?" in line]
    assert stanzas.unfold(folded) == [*odd, *rest]


def test_a_line_with_a_key_of_its_own_in_each_entry_is_a_cell():
    text = "\n".join(
        f"  {word}:\n    executor: medium\n    no_output_timeout: 20m\n    size: {n}\n    command: |\n      make {word} SHARD=$INDEX\n      ./report.sh {word}\n    path: out/{n}"
        for n, word in enumerate(WORDS[:8])
    ).split("\n")
    folded = stanzas.fold(text)
    assert not [line for line in folded if "}?" in line]
    assert [
        line for line in folded if "auth" in line and "make auth SHARD=$INDEX" in line and "./report.sh auth" in line
    ]
    assert stanzas.unfold(folded) == text


def test_a_pattern_says_what_all_entries_share_and_the_rows_the_rest():
    folded = stanzas.fold(ENDPOINTS.split("\n"))
    assert folded[:8] == [
        "[~ 12 entries, each these lines with its row of cells:]",
        "- name: {name}",
        "  host: {host}",
        "  port: {port}",
        "  enabled: true",
        "  note: {note}",
        "[~ rows: name,host,port,note]",
        'api-0,api.example.com,8000,"the api no. 0"',
    ]


def test_a_line_that_some_entries_lack_has_a_mark_for_it():
    folded = stanzas.fold(LOCK.split("\n"))
    assert folded[3].endswith("; -: no such line; {x}? before a line: only where x has a value:]")
    assert "{dependencies}?dependencies = [" in folded
    assert "{dependencies}?]" in folded
    assert '[~ rows: name|version|dependencies*; *: lists split by ", "]' in folded
    assert "api-0|1.0.0|-" in folded
    assert "worker-1|1.1.0|api, report" in folded


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"- a: {i}\n  b: x{{a}}{i}\n  c: '-'\n  '{{b}}?x': 1\n" for i in range(30)),
        "".join(f"- a: [~ {i}\n  b: x, y | z; {i}\n" + ("  c: [~ rows: a]\n" if i % 2 else "") for i in range(30)),
        "".join(f"- a: -\n  b: {i}\n" + ("  c: none\n" if i % 2 else "  d: absent\n") for i in range(30)),
        "[~ 3 entries, each these lines with its row of cells:]\n- a: {a}\n[~ rows: a]\n1\n2\n3\n" * 5,
        "".join(f"- a: {i}\r\n  b: {i}\r\n  c: long enough to be worth it\r\n" for i in range(30)),
        "".join(f"[a{i}]\n  x = 1\n\n\n  y = {i}\n\n" for i in range(30)),
        "".join(f"k = [\n {i},\n]\nm{i % 2} = [\n {i},\n]\n[t]\n" for i in range(30)),
        "".join(f"- a: {i}\n" + (f"  z{i}: 1\n\n" if i % 12 == 1 else "") + f"  b: {i}\n\n\n" for i in range(60)),
        "".join(f"- - a: {i}\n    b: {i * 2}\n  - c\n  - d\n" for i in range(30)),
        "".join(f"k{i}:\n\tv: {i}\n\tw: \u2028{i}\x85\n" for i in range(30)),
        ENDPOINTS.rstrip("\n"),
        ENDPOINTS + "\n\n" + ENDPOINTS,
    ],
    ids=[
        "placeholders in the source",
        "separators and our own signs",
        "every word for an absent line",
        "our own encoding",
        "carriage returns",
        "blank lines inside",
        "brackets that close one of two",
        "lines that hardly any entry has",
        "lists of lists",
        "other line ends",
        "no newline at the end",
        "two groups",
    ],
)
def test_odd_entries_come_back_or_are_left(text):
    lines = escape(text).split("\n")
    folded = stanzas.fold(lines)
    assert folded is None or stanzas.unfold(folded) == lines
    for compressor in (ConfigText(), AnyLines()):
        found = compressor.lossless(text, Hints())
        assert found is None or compressor.decode(found.text) == text


def test_values_that_are_the_same_in_each_entry_are_one_column():
    text = "".join(
        f"- name: web-{n}\n  labels:\n    app: web-{n}\n    tier: {'front' if n % 2 else 'back'}\n"
        f"  image: registry.example/web-{n}:1.{n}\n  selector: web-{n}\n  port: {8000 + n}\n"
        for n in range(20)
    )
    shown = any_lines.encode(text)
    assert shown is not None
    assert any_lines.decode(shown) == text
    assert "- name: {name}\n" in shown
    assert "    app: {name}\n" in shown
    assert "  selector: {name}\n" in shown
    assert [line for line in shown.split("\n") if line.startswith("[~ rows: ")] == ["[~ rows: name,tier,image,port]"]


def test_the_number_of_manifests_is_told_as_their_kinds_stand_once():
    assert "\n[~ 24 manifests]\n" in any_lines.encode(MANIFESTS)


@pytest.mark.parametrize(("width", "folds"), [(20, True), (300, False)], ids=["short", "long"])
def test_only_short_values_leave_their_keys(width, folds):
    entries = [
        f"Start: 2026-01-0{n % 9 + 1} 10:00:{n:02}\nInstall: {f'lib{n}, ' * width}\nUpgrade: x{n}\nEnd: 2026-01-0{n % 9 + 1}\n"
        for n in range(12)
    ]
    assert (stanzas.fold("\n".join(entries).split("\n")) is not None) == folds


@pytest.mark.parametrize("text", [ENDPOINTS, PODS, LOCK], ids=["list", "pods", "lock"])
def test_what_is_encoded_is_not_encoded_again(text):
    encoded = ConfigText().lossless(text, Hints()).text
    assert ConfigText().lossless(encoded, Hints()) is None


def test_entries_that_differ_in_kind_stay_as_they_are():
    text = "".join(f"- {word}: {i}\n  {word}_{i}: {word}\n" for i, word in enumerate(WORDS))
    assert stanzas.fold(text.split("\n")) is None


def test_lines_that_no_kind_takes_get_a_legend_where_it_spares_enough():
    text = "".join(
        f"/dev/disk{i} on /srv/{word}/{i} type ext4 (rw relatime discard errors=remount-ro)\n"
        for i in range(9)
        for word in WORDS
    )
    outcome = compress(text, Hints(), Policy(), count, render=lambda _: "")
    assert (outcome.kind, outcome.lossless) == ("lines", True)
    assert outcome.tokens_after < 0.7 * outcome.tokens_before
    assert "ledger/7" in outcome.text


LINE = st.builds(
    lambda indent, dash, key, value: " " * indent + dash + key + value,
    st.sampled_from((0, 0, 2, 4)),
    st.sampled_from(("", "", "- ")),
    st.sampled_from(("a: ", "b: ", "c:", "d = ", "", "# ", "[x]", "[[y]]", "{", "}", "---", "q {")),
    st.sampled_from(("", "1", "22", '"x"', "{a}", "-", "a, b", "[~ z")),
)
STANZA = st.lists(LINE, min_size=1, max_size=5)


@settings(max_examples=200)
@given(st.lists(STANZA, min_size=1, max_size=3), st.lists(st.integers(0, 2), min_size=3, max_size=24), st.data())
def test_any_lines_come_back(kinds, order, data):
    lines: list[str] = []
    for number in order:
        lines += kinds[number % len(kinds)]
        if data.draw(st.integers(0, 5)) == 0:
            lines.append(data.draw(LINE))
    lines = escape("\n".join(lines)).split("\n")
    folded = stanzas.fold(lines)
    assert folded is None or stanzas.unfold(folded) == lines


def test_lines_of_blanks_alone_come_back_as_they_are():
    entry = ["  ", "a: 1", "a: ", "a: ", "a: "]
    lines = [line for _ in range(6) for line in [*entry, "a: "]] + ["b: 1"]
    folded = stanzas.fold(lines)
    assert folded is None or stanzas.unfold(folded) == lines


def test_lines_that_only_some_entries_have_are_told_by_their_own_key():
    """Under the name of the line above, the other entries would read as if they lacked that one."""
    services = "services:\n" + "".join(
        f"  svc{n}:\n    image: registry.acme.io/svc{n}:2.{n}\n    environment:\n      POOL_SIZE: {n * 7 % 23}\n"
        "      OTEL_EXPORTER_OTLP_ENDPOINT: http://otel:4317\n"
        + ('      PSP_TIMEOUT_MS: "4500"\n      PSP_SANDBOX: "true"\n' if n % 5 == 2 else "")
        + f"    ports:\n      - '{9000 + n}:8080'\n"
        for n in range(24)
    )
    encoded = any_lines.encode(services)
    assert encoded is not None
    assert any_lines.decode(encoded) == services
    assert "{PSP_TIMEOUT_MS}?      PSP_TIMEOUT_MS:" in encoded
    assert "ENDPOINT}?" not in encoded
    assert ",PSP_TIMEOUT_MS," in encoded


def dashed(word, number):
    return [f"  - name: {word}", f"    port: {8000 + number}", "    protocol: TCP", "    policy: unless-stopped"]


def braced(word, number):
    return [f"  {word} {{", f"    listen: {8000 + number}", "    protocol: TCP", "    policy: unless-stopped", "  }"]


@pytest.mark.parametrize(
    ("entry", "every", "between", "folds"),
    [
        (dashed, 1, [], True),
        (dashed, 2, ["  # those above are new"], True),
        (dashed, 2, ["  other: 1"], False),
        (dashed, 2, ["back: home"], False),
        (braced, 1, [], True),
        (braced, 2, ["  # those above are new"], True),
        (braced, 2, ["  other: 1"], False),
        (braced, 6, ["  other: 1"], True),
    ],
    ids=["items", "comments", "a key", "further out", "blocks", "comments of blocks", "a key of blocks", "six each"],
)
def test_what_stands_between_entries_ends_their_group_or_not(entry, every, between, folds):
    lines = ["servers:"]
    for number, word in enumerate(WORDS):
        lines += [*entry(word, number), *(between if number % every == every - 1 else [])]
    folded = stanzas.fold(lines)
    assert (folded is not None) is folds
    assert folded is None or stanzas.unfold(folded) == lines
