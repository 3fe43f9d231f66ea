"""A question that asks for two things gets both, whatever kind of text it is asked of."""

import json

import pytest

from headroom.accounts import tokens
from headroom.compress.config_odd import odd_rows
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.sides import sides


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("What is the timeout, and which service logs at debug?", ["What is the timeout", "which service logs at debug?"]),
        ("How big is a.tar? Which job failed?", ["How big is a.tar?", "Which job failed?"]),
        ("how does superset? decide, and what does disjoint? return", ["how does superset? decide", "what does disjoint? return"]),
        ("What changed in security.py, e.g. generate_hash?", ["What changed in security.py", "generate_hash?"]),
        ("What changed in a.py, i.e. in parse_line? Is the cache kept?", ["What changed in a.py", "in parse_line?", "Is the cache kept?"]),
        ("Fix the build.\nWhich header is missing, and where does `zlib.h` live?", ["Which header is missing", "where does `zlib.h` live?"]),
        ("Step 4. Why did the sync fail, and what crashed? I'll look.", ["Why did the sync fail", "what crashed?"]),
        ("Is there a limit on statements? And is fsync on?", ["Is there a limit on statements?", "And is fsync on?"]),
        ('What does the section "IDE. Inspections and Intentions" say?', []),
        ('What is "A. Which one? B" and what is "C; and how" for?', ['What is "A. Which one? B"', 'what is "C; and how" for?']),
        ("What does `x and what y` do, and what is 'Part 2. How to' about?", ["What does `x and what y` do", "what is 'Part 2. How to' about?"]),
        ("What's in Alice's? Which is Bob's?", ["What's in Alice's?", "Which is Bob's?"]),
        ("Who opened alpha? Who was there before?", []),
        ("Show me how `parse` works in this file; I want to change it.", []),
        ("What is the status and the owner of T-42?", []),
        ("Please go on", []),
        ("Which one, and where?", []),
    ],
)  # fmt: skip
def test_a_question_is_cut_into_those_it_holds(query, parts):
    assert [side.query for side in sides(Hints(query=query))] == parts


def test_a_long_task_is_not_cut():
    assert sides(Hints(query="What is alpha and what is beta? " * 60)) == ()


def test_the_arguments_of_the_call_ask_nothing():
    hints = Hints(
        query='What is alpha_one?\n{"q": "Where is beta? Who is gamma?"}',
        arguments='{"q": "Where is beta? Who is gamma?"}',
    )
    assert sides(hints) == ()


def _service(n):
    lines = [
        f"  svc{n}:",
        f"    image: registry/svc{n}:1.{n}",
        "    environment:",
        f"      LOG_LEVEL: {'debug' if n == 3 else 'info'}",
    ]
    return [*lines, f"      WORKERS: '{n % 4 + 1}'", "    ports:", f"      - '{9000 + n}:80'", "    restart: always"]


COMPOSE = "\n".join(
    [
        "services:",
        *(line for n in range(40) for line in _service(n)),
        "  db:",
        "    command: -c max_connections=340",
        "",
    ]
)
FUNCTIONS = "\n\n".join(
    f"def step_{n}(value):\n    first = value + {n}\n    second = first * {n}\n"
    + "".join(f"    total_{k} = second + {k} * value - first // {k + n + 1}\n" for k in range(12))
    + "    third = second - first\n    return third"
    for n in range(40)
)
SECTIONS = "\n".join(
    f"## Part {n}\n\nSome words about the part, its {word} and what else there is to say of it.\n"
    + f"Filler line for part {n}.\n" * 12
    for n, word in enumerate(["harbour", "weather", "tariff", "lantern", "anchor", "compass"] * 4)
).replace("Filler line for part 9.", "Goods are taken back within 45 days.", 1)
PACKAGES = "\n".join(
    ["||/ Name           Version      Architecture Description", *(f"ii  {name:<14} 1.{n}.0-{n:<6} amd64        the {name} library" for n, name in enumerate(
        [*(f"lib{a}{b}{c}" for a in "abcdefgh" for b in "xyz" for c in "123"), "redis-server", "libssl3:amd64", "libasan8:amd64"]
    ))]
)  # fmt: skip
ORDERS = json.dumps(
    [
        {"id": 1000 + n, "state": {"name": "stopped" if n in (7, 21) else "running"}, "tags": [f"ledger-{n:02}"], "host": f"h-{n * 37 % 101}",
         "note": f"{n * 7919 % 1000} words about what this one is for, number {n * n % 977} of its kind in zone {n * 31 % 17}"}
        for n in range(60)
    ],
    indent=1,
)  # fmt: skip
DIFF = "".join(
    f"--- a/src/{name}.py\n+++ b/src/{name}.py\n" + "".join(
        f"@@ -{k * 40 + 1},4 +{k * 40 + 1},4 @@ def {name}_{k}(x):\n     before = {k}  # as it was before, in some more words\n-    old_{name}_{k} = x\n+    new_{name}_{k} = x\n     after = {k}  # and what stood behind it, which stays\n"
        for k in range(5)
    )
    for name in ("security", "routing", "views", "cache", "forms", "admin", "mail", "http")
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "query", "wanted"),
    [
        (COMPOSE, "compose.yml", "Which service logs at debug level, what port does svc17 publish, and how many connections does db allow?",
         ["LOG_LEVEL: debug", "9017:80", "max_connections=340"]),
        (FUNCTIONS, "steps.py", "How does step_4 work, and what does step_31 return?", ["second = first * 4", "second = first * 31"]),
        (SECTIONS, "parts.md", "What does `Part 3` say? How many days until goods are taken back?", ["## Part 3", "within 45 days"]),
        (PACKAGES, None, "Which version of libssl3 and of redis-server is installed?", ["libssl3:amd64", "redis-server"]),
        (ORDERS, "orders.json", "Which of them are stopped? And on which host runs ledger-44?", ["1007", "1021", "ledger-44"]),
        (DIFF, None, "What changed in security.py, e.g. new_security_2?", [f"new_security_{k}" for k in range(5)]),
    ],
    ids=["settings", "code", "sections", "table", "json", "diff"],
)  # fmt: skip
def test_both_things_stay_in_the_text(text, path, query, wanted):
    outcome = compress(
        text, Hints(query=query, path=path), Policy(lossy=True), tokens.count, render=lambda gap: f"[~ gap {gap.first}]"
    )
    assert outcome.text is not None
    assert outcome.gaps
    assert outcome.tokens_after < 0.6 * outcome.tokens_before
    for fact in wanted:
        assert fact in outcome.text


def test_how_many_is_told_by_the_statistics_of_the_column():
    rows = [f"{n},user{n}@mail.test,{n * 7 % 90}.50,{['paid', 'open', 'refunded'][n % 7 % 3]}" for n in range(400)]
    text = "\n".join(["id,mail,amount,status", *rows, ""])
    query = "Who is behind id = 206? How many rows are refunded?"
    outcome = compress(
        text, Hints(query=query, path="orders.csv"), Policy(lossy=True), tokens.count, render=lambda gap: "[~ gap]"
    )
    assert outcome.text is not None
    assert "user206@mail.test" in outcome.text
    refunded = sum(row.endswith("refunded") for row in rows)
    assert f"refunded {refunded}" in outcome.text


DEPLOYMENTS = "\n".join(
    f"---\nkind: Deployment\nmetadata:\n  name: app{n}\nspec:\n  replicas: {n % 3}\nstatus:\n  conditions:\n"
    f"  - message: Deployment {'does not have' if n == 5 else 'has'} minimum availability.\n    status: '{n != 5}'\n    type: Available"
    for n in range(12)
).split("\n")  # fmt: skip


def test_what_differs_from_all_others_stays_with_what_it_is_in():
    shown = [DEPLOYMENTS[row] for row in sorted(odd_rows(DEPLOYMENTS))]
    assert "    status: 'False'" in shown
    assert "  name: app5" in shown
    assert "  - message: Deployment does not have minimum availability." in shown
    assert not any("app4" in line or "status: 'True'" in line for line in shown)


@pytest.mark.parametrize(
    "lines",
    [
        [f"port: {9000 + n}" for n in range(40)],
        [f"mode: {'abcdefgh'[n % 8]}" for n in range(40)],
        ["level: info"] * 4 + ["level: debug"],
        [f"k{n % 12}: {'odd' if n < 12 else 'even'}" for n in range(96)],
        [],
    ],
    ids=["all differ", "many values", "few settings", "too many odd ones", "nothing"],
)
def test_where_settings_differ_as_a_rule_none_is_odd(lines):
    assert odd_rows(lines) == set()


def test_a_table_stays_whole_where_entries_are_asked_for_by_what_a_column_holds():
    rows = [
        {
            "code": f"C{n:03}",
            "name": f"Country {n}",
            "common_name": f"Land {n}" if n % 6 == 0 else "",
            "size": n * 37 % 101,
        }
        for n in range(120)
    ]
    text = json.dumps(rows, indent=1)
    query = "What is the size of C017, and which entries have a common_name that differs from the name, e.g. for C024?"
    outcome = compress(
        text, Hints(query=query, path="c.json"), Policy(lossy=True), tokens.count, render=lambda gap: "[~ gap]"
    )
    assert outcome.text is not None
    assert all(f"Land {n}" in outcome.text for n in range(0, 120, 6))
