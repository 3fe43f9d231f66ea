"""The laws of the compress room, for every kind and any text: verbatim or marked, exact, deterministic, linear, total."""

import json
import os
import random
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom.accounts.tokens import estimate
from headroom.compress import law
from headroom.compress.any_lines import AnyLines, RepeatedLines
from headroom.compress.kind_judges import JUDGES
from headroom.compress.registry import compressors
from headroom.compress.rendition import Gap, Hints
from headroom.compress.router import Policy, compress

KINDS = tuple(kind for kind, _, _ in JUDGES)

ALL = [
    *((kind, compressor) for kind in KINDS for compressor in compressors(kind)),
    ("lines", AnyLines()),
    ("lines", RepeatedLines()),
]
IDS = [f"{kind}-{type(compressor).__name__}" for kind, compressor in ALL]
WORDS = ("alpha", "beta", "gamma", "delta", "worker", "cache", "index", "socket", "token")
QUESTIONS = ["Go on.", "Which line mentions `needle-42`, and what failed?"]


def sample(kind, size, seed=7):
    """A plausible text of a kind, deterministic, about ``size`` records long."""
    rng = random.Random(f"{kind}{seed}")
    word = lambda: rng.choice(WORDS)  # noqa: E731
    rows = range(size)
    makers = {
        "json": lambda: json.dumps(
            [{"id": n, "name": word(), "ok": n % 9 > 0, "size": rng.random()} for n in rows], indent=1
        ),
        "html": lambda: (
            "<!DOCTYPE html><html><body>\n"
            + "".join(f"<h2 class='a'>Part {n}</h2><p id='p{n}'>The {word()} of {word()} is {n}.</p>\n" for n in rows)
            + "</body></html>\n"
        ),
        "diff": lambda: "".join(
            f"diff --git a/{word()}{n}.py b/{word()}{n}.py\nindex 1a2b3c4..5d6e7f8 100644\n--- a/x{n}.py\n+++ b/x{n}.py\n@@ -{n + 1},4 +{n + 1},4 @@ def f{n}():\n a = {n}\n-b = {word()}\n+c = {word()}\n d = 2\n"
            for n in rows
        ),
        "trace": lambda: (
            "Traceback (most recent call last):\n"
            + "".join(f'  File "/srv/{word()}.py", line {n}, in {word()}\n    call({n % 5})\n' for n in rows)
            + "ValueError: needle-42\n"
        ),
        "tests": lambda: (
            "=== test session starts ===\n"
            + "".join(
                f"tests/test_{word()}.py::test_{n} {'FAILED' if n % 31 == 5 else 'PASSED'} [ {n % 100}%]\n"
                for n in rows
            )
            + "=== 1 failed, many passed in 3.21s ===\n"
        ),
        "log": lambda: "".join(
            f"2024-01-01 10:{n // 60 % 60:02d}:{n % 60:02d},{rng.randrange(1000):03d} {'ERROR' if n % 97 == 13 else 'INFO'} worker-{n % 4} handled job {rng.randrange(10**6)} in {rng.randrange(90)} ms\n"
            for n in rows
        ),
        "snapshot": lambda: (
            "- main [ref=e1]:\n"
            + "".join(
                f'  - link "{word()} {n}" [ref=e{n + 2}] [cursor=pointer]:\n    - /url: /{word()}\n' for n in rows
            )
        ),
        "playbook": lambda: (
            f"PLAY [{word()}] {'*' * 40}\n\nTASK [Start the {word()}] {'*' * 40}\n"
            + "".join(
                f'fatal: [{word()}-{n}]: FAILED! => {{"msg": "no {word()}", "rc": {n % 7}}}\n'
                if n % 31 == 5
                else f"{('ok', 'changed')[n % 2]}: [{'needle-42' if n == 50 else f'{word()}-{n}'}]\n"
                for n in rows
            )
        ),
        "vcs": lambda: "".join(f"{rng.getrandbits(36):09x} {word()}: change the {word()} (#{n})\n" for n in rows),
        "search": lambda: "".join(f"src/{word()}/{word()}.py:{n}:    return {word()}({n})\n" for n in rows),
        "build": lambda: "".join(
            f"src/{word()}.c:{n}:5: {'error' if n % 53 == 3 else 'warning'}: unused {word()} [-Wunused]\n" for n in rows
        ),
        "plan": lambda: "".join(
            f'  # aws_subnet.{word()}[{n}] will be {"created" if n % 3 else "destroyed"}\n  + resource "aws_subnet" "{word()}" {{\n'
            f'      + arn  = (known after apply)\n      + cidr = "10.0.{n}.0/24"\n    }}\n\n'
            for n in rows
        ),
        "listing": lambda: "".join(f"./src/{word()}/{word()}/file{n}.ts\n" for n in rows),
        "table": lambda: (
            "id,name,price,state\n" + "".join(f"{n},{word()},{rng.randrange(9999)}.{n % 10}0,{word()}\n" for n in rows)
        ),
        "config": lambda: "".join(
            f"---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {word()}-{n}\nspec:\n  ports:\n  - port: {8000 + n}\n    protocol: TCP\n"
            for n in rows
        ),
        "markdown": lambda: (
            "# Title\n\n"
            + "".join(
                f"## Part {n}\n\nThe {word()} of {word()} is [here](http://x.y/{n}).\n\n- {word()}\n\n" for n in rows
            )
        ),
        "code": lambda: (
            "import os\n\n"
            + "".join(
                f"def {word()}_{n}(a):\n    b = a + {n}\n    if b > {n}:\n        return {word()}(b)\n    for c in range(b):\n        print(c)\n    return a\n\n\n"
                for n in rows
            )
        ),
        "prose": lambda: " ".join(
            f"The {word()} met the {word()} in {1900 + n}. They spoke about the {word()} for hours." for n in rows
        ),
        "enumeration": lambda: f"{word()}: " + ", ".join(f"{word()}-{n}" for n in rows) + "\n",
        "dense": lambda: "".join(f"function f{n}(a){{return a*{n}+{word()}({n})}};" for n in rows),
    }
    return makers[kind]()


def hints(question=QUESTIONS[1]):
    return Hints(query=question)


def mark(gap):
    return f"[~ {gap.last - gap.first + 1} {gap.unit} omitted ({gap.first}-{gap.last}): {gap.note}]"


def route(text, question=QUESTIONS[1], policy=Policy(lossy=True)):  # noqa: B008  (frozen)
    return compress(text, hints(question), policy, estimate, render=mark, trailer="[~ more on request]")


ANY = st.one_of(
    st.text(max_size=400),
    st.lists(
        st.sampled_from(
            [
                *(
                    "\n",
                    "\r\n",
                    "\r",
                    "\t",
                    " ",
                    "",
                    "\x00",
                    "\ufeff",
                    "\x1b[31m",
                    "\u2028",
                    "\x85",
                    "é",
                    "漢字",
                    "\U0001f600",
                    "\ud800",
                    "\u202e",
                ),
                *(
                    "[~ 9 lines omitted (L1-9); hr:^]\n",
                    "[\\~ x\n",
                    "  [~ x",
                    "$a",
                    "@1=",
                    "{",
                    "}",
                    "[",
                    "]",
                    '"',
                    ",",
                    ":",
                    "1e3",
                    "-0",
                    "00",
                ),
                *(
                    '{"a": 1, "a": 2}\n',
                    '{"id": 1, "name": "x"}\n',
                    "a,b\n1,2\n",
                    "a\tb\n",
                    "| a | b |\n",
                    "---\n",
                    "===\n",
                    "# h\n",
                    "- x: 1\n",
                ),
                *(
                    "2024-01-01 10:00:00 ERROR x\n",
                    "src/a.py:10:x\n",
                    "+++ b/x\n",
                    "--- a/x\n",
                    "@@ -1,2 +3,4 @@\n",
                    "diff --git a/x b/x\n",
                ),
                *(
                    "Traceback (most recent call last):\n",
                    '  File "a.py", line 1, in f\n',
                    "    at f (a.js:1:2)\n",
                    "=== RUN TestX\n",
                ),
                *(
                    "-rw-r--r-- 1 root root 33 Nov 21 00:16 x\n",
                    "total 3\n",
                    "./a/b\n",
                    "├── x\n",
                    "commit 1234567890\n",
                    " M x\n",
                    "<p>",
                    "</p>",
                    "<!--",
                ),
            ]
        ),
        max_size=60,
    ).map("".join),
    st.sampled_from(KINDS).flatmap(
        lambda kind: st.tuples(st.just(sample(kind, 40)), st.integers(0, 2000), st.text(max_size=5)).map(
            lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] :]
        )
    ),
)
SLOWLY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize(("kind", "compressor"), ALL, ids=IDS)
@SLOWLY
@given(text=ANY)
def test_no_text_breaks_a_compressor_and_both_tiers_keep_the_law(kind, compressor, text):
    lossless = compressor.lossless(text, hints())
    reencoded = ()
    if lossless is not None:
        assert lossless.lossless
        assert compressor.decode(lossless.text) == text
        reencoded = lossless.text.split("\n")
    lossy = compressor.lossy(text, hints())
    if lossy is not None:
        assert not lossy.lossless
        explaining = compressor if isinstance(compressor, law.Explaining) else None
        assert law.holds(text, lossy, reencoded, explaining)
        assert all("," not in rendition.transform for rendition in (lossless, lossy) if rendition)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_kind_is_total_and_never_grows(kind, question):
    text = sample(kind, 300)
    for policy in (
        Policy(),
        Policy(lossy=True),
        Policy(lossy=True, code_aware=True),
        Policy(lossy=True, protect="lossless"),
    ):
        outcome = route(text, question, policy)
        assert not outcome.why.startswith("error"), outcome.why
        assert outcome.why not in {"law", "roundtrip"}
        if outcome.text is not None:
            assert outcome.tokens_after < outcome.tokens_before
            assert outcome.text.strip()
            assert (policy.lossy and policy.protect == "none") or outcome.lossless


@SLOWLY
@given(text=ANY, question=st.sampled_from(QUESTIONS))
def test_the_router_is_total_and_never_grows(text, question):
    outcome = route(text * 20, question)
    assert not outcome.why.startswith("error"), outcome.why
    assert outcome.why not in {"law", "roundtrip"}
    if outcome.text is not None:
        assert outcome.tokens_after < outcome.tokens_before


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_shortened_once_is_shortened_no_further_without_loss(kind):
    """Our own output is skipped by its origin; where it is seen again it must at least survive."""
    first = route(sample(kind, 300))
    if first.text is not None:
        again = route(first.text)
        assert not again.why.startswith("error")
        if again.text is not None:
            assert again.tokens_after < first.tokens_after


@pytest.mark.parametrize("kind", KINDS)
def test_failures_and_what_is_asked_for_survive(kind):
    text = sample(kind, 300)
    outcome = route(text, "What about needle-42?")
    if outcome.text is not None and "needle-42" in text:
        assert "needle-42" in outcome.text


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_and_lines_account_for_the_source(kind):
    text = sample(kind, 300)
    outcome = route(text)
    lines = text.count("\n") + 1
    for gap in outcome.gaps:
        assert 1 <= gap.first <= gap.last
        if gap.unit == "lines":
            assert gap.last <= lines
        if gap.unit == "chars":
            assert gap.last <= len(text)


DIGEST = """
import hashlib, sys
sys.path.insert(0, {root!r})
from tests.properties.test_compress_laws import KINDS, QUESTIONS, route, sample
seen = hashlib.sha256()
for kind in KINDS:
    for question in QUESTIONS:
        outcome = route(sample(kind, 120), question)
        seen.update(repr((kind, outcome.text, outcome.gaps, outcome.why)).encode("utf-8", "surrogatepass"))
print(seen.hexdigest())
"""


@pytest.mark.timeout(300)
def test_the_same_bytes_in_every_process():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    digests = Counter()
    for seed, locale, zone in (
        ("0", "C", "UTC"),
        ("1", "C.UTF-8", "Asia/Tokyo"),
        ("4242", "POSIX", "America/New_York"),
    ):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST.format(root=root)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
        digests[done.stdout.strip()] += 1
    assert len(digests) == 1


def work(function):
    """Count what the interpreter does in Python code: calls, lines and C calls, as a measure without a clock."""
    steps = 0

    def tick(frame, event, argument):
        nonlocal steps
        steps += 1

    sys.setprofile(tick)
    try:
        function()
    finally:
        sys.setprofile(None)
    return steps


@pytest.mark.parametrize("kind", KINDS)
def test_ten_times_the_text_is_at_most_twelve_times_the_work(kind):
    small, large = sample(kind, 400), sample(kind, 4_000)
    assert len(large) > 9 * len(small)
    route(small)
    assert work(lambda: route(large)) <= 12 * len(large) / len(small) / 10 * work(lambda: route(small))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 1_000_000, id="one line of a million"),
        pytest.param("{" * 50_000, id="braces"),
        pytest.param("[" * 50_000 + "]" * 50_000, id="nested arrays"),
        pytest.param('{"a":' * 20_000 + "1" + "}" * 20_000, id="nested objects"),
        pytest.param("a\n" * 200_000, id="short lines"),
        pytest.param("\n" * 100_000, id="blank lines"),
        pytest.param('<a "' * 30_000, id="unclosed attributes"),
        pytest.param("<p>" + "<!--" * 30_000, id="unclosed comments"),
        pytest.param("(" * 30_000 + "\n" + "a.b(" * 20_000, id="parentheses"),
        pytest.param("+++ b\n" * 20_000, id="orphans of a diff"),
        pytest.param("1:" * 100_000, id="colons"),
        pytest.param(" " * 200_000 + "x", id="blanks"),
        pytest.param("a,b\n" + '"' * 100_000, id="an unclosed quote"),
        pytest.param("[~ " * 60_000, id="sigils"),
        pytest.param("at at at " * 30_000, id="words of a trace"),
        pytest.param("\ud800" * 5_000, id="lone surrogates"),
        pytest.param('{"a":"' + '\\"' * 100_000, id="an unclosed string of escaped quotes"),
        pytest.param("{'" + "\\'" * 100_000, id="an unclosed Python string of escaped quotes"),
        pytest.param("[{'" * 60_000, id="what Python prints, broken off"),
        pytest.param(json.dumps({"a": '"""\n' * 50_000}), id="fences that JSON carries"),
        pytest.param("web-1  | \n" * 60_000, id="a margin and nothing else"),
        pytest.param("a\tb\t2026-03-14T06:11:38.1234567Z \n" * 20_000, id="times and nothing else"),
        pytest.param("\x1b[31m" * 60_000, id="colours and nothing else"),
        pytest.param("=== a ===\n" * 30_000, id="headings and nothing else"),
        pytest.param("Command: " + "x\n" * 100_000, id="a command that does not end"),
        pytest.param("x\n" * 50_000 + "[The command " * 120, id="a note that does not end"),
    ],
)
@pytest.mark.timeout(100)
def test_hostile_text_is_finished_with_in_bounded_time(text):
    assert not route(text).why.startswith("error")


def test_gap_is_a_plain_record():
    assert Gap(1, 2) == Gap(1, 2, "lines", "", "")
