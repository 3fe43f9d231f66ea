"""One very long line among usual ones: it is looked through a fixed number of times, whatever it repeats.

The lines are long enough that a pattern which starts anew at each of their characters does not end within a test's limit.
"""

import json

import pytest

from headroom.compress.router import Policy
from headroom.pipeline.block import Job, run
from headroom.pipeline.eligibility import hints_for
from headroom.retrieval.view import ranges

LONG = 200_000

CARGO = "\n".join(
    f"error[E0308]: mismatched types\n  --> src/part{i}.rs:{i + 3}:{i + 5}\n   |\n{i + 3:<3}|     let wide{i}: u64 = narrow{i}();\n"
    f"   |                 --- ^^^^^^^^^ expected `u64`, found `u32`\n   |"
    for i in range(12)
)
ESLINT = "\n".join(
    f"/srv/shop/src/part{i}.js\n  {i + 4}:7  error    'total{i}' is assigned a value but never used  no-unused-vars\n"
    f"  {i + 9}:3  warning  Unexpected console statement                      no-console\n"
    for i in range(15)
)
LOG = "\n".join(
    f"2026-03-0{1 + i % 8} 10:{i % 60:02}:11 INFO shop.cart: order {1000 + i} put aside for {i % 7} minutes"
    for i in range(60)
)
DRAWN = "\n".join(
    (
        "id | name       | stock",
        "---+------------+------",
        *(f"{i:2} | part {i:<6} | {i * 7 % 90:5}" for i in range(40)),
    )
)
LISTING = "./lib:\ntotal 96\n" + "\n".join(
    f"-rw-r--r-- 1 root root {900 + i * 37} Mar  3 10:11 part{i}.c" for i in range(40)
)
JEST = "".join(
    f"  ● cart › returns {i}\n\n    expect(received).toBe(expected)\n\n    Expected: {i}\n    Received: 99\n\n"
    f"      33 |   it('returns {i}', () => {{\n    > 34 |     expect(stock({i})).toBe({i})\n         |     ^\n      35 |   }})\n\n"
    f"      at Object.<anonymous> (src/cart{i}.test.js:34:9)\n\n"
    for i in range(12)
)
FLASK = "\n".join(
    f"Traceback (most recent call last):\n  File \"/srv/shop/cart.py\", line {40 + i % 2}, in add\n    raise ValueError('no stock of {i}')\n"
    f"ValueError: no stock of {i}"
    for i in range(12)
)


@pytest.mark.parametrize("repeated", [" ", "\t", "|", "/", "\\", "</", '\\"', '"', "0", "a", "{", "=> ", "-"])
@pytest.mark.parametrize("behind", [False, True], ids=["line", "end of a line"])
@pytest.mark.parametrize(
    ("text", "command", "question", "shown"),
    [
        (CARGO, "cargo build", "The build is broken: list every error with its file and line.", "src/part11.rs:14:16"),
        (ESLINT, "npx eslint src", "Which rule is broken most often?", "no-unused-vars"),
        (LOG, "cat shop.log", "Anything wrong with order 1017?", "1017"),
        (DRAWN, "psql -c 'select * from stock'", "What is the stock of part 31?", "part 31"),
        (LISTING, "ls -lR .", "What is the largest file here?", "part39.c"),
        (JEST, "npx jest", "Which tests fail, with expected and received?", "returns 11"),
        (FLASK, "python shop.py", "Why did it fail?", "no stock of 11"),
    ],
    ids=["cargo", "eslint", "log", "drawn table", "listing", "jest", "tracebacks"],
)
def test_a_long_line_is_looked_through_in_linear_time(
    text: str, command: str, question: str, shown: str, behind: bool, repeated: str
):
    lines = text.split("\n")
    row = len(lines) // 2
    long = (repeated * LONG)[:LONG] + "!"
    lines[row : row + 1] = [lines[row] + long] if behind else [lines[row], long]
    policy = Policy(lossy=True, context=40_000)

    outcome = run(
        Job("\n".join(lines), hints_for("Bash", json.dumps({"command": command}), question), policy, "0" * 24), 60.0
    )

    assert not outcome.why.startswith("error")
    assert outcome.text is None or shown in outcome.text


def test_a_range_with_many_blanks_is_read_once():
    assert ranges("l" + " " * LONG + "x", "lines") == ()
