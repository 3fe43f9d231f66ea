"""What a head says of lines that are written once with a count, and of names behind a legend."""

import pytest

from headroom.compress.any_lines import AnyLines
from headroom.compress.build import Build
from headroom.compress.rendition import Hints
from headroom.compress.runners import Runners
from headroom.compress.trace import Trace

RUBY = [
    "inv.rb:2:in `reserve': sku KX-90: wanted 9, 3 left in bin B-17 (StockError)",
    *["\tfrom inv.rb:3:in `walk'"] * 61,
    "\tfrom inv.rb:6:in `pick'",
    "\tfrom inv.rb:12:in `<main>'",
    *(f"\tfrom lib/part_{n}.rb:{n * n}:in `step_{n}'" for n in range(12)),
]
TCL = [
    "feed line 77 has no checksum",
    *[
        line
        for _ in range(40)
        for line in ('    (procedure "descend" line 1)', "    invoked from within", '"descend $l"')
    ],
    '"nightly"',
    *(f"line {n * n} of the report says {n}" for n in range(12)),
]
PHP = [
    "PHP Fatal error:  Uncaught OutOfBoundsException: row 404 is not in table tariffs in /srv/www/app/p.php:2",
    "Stack trace:",
    *(f"#{n} /srv/www/app/current/library/p.php(3): Tariff->price(404, {70 - n})" for n in range(70)),
    "#70 {main}",
]
MOCHA = [
    "  strings",
    *(f"    ✔ padStart to {n * n} with a sign of its own" for n in range(60)),
    *(f"    ✔ takes {word} number {n}" for n, word in enumerate(["an object", "an array", "null"] * 4)),
    "  72 passing (12ms)",
]


def head_of(compressor, lines):
    text = "\n".join(lines) + "\n"
    encoded = compressor.lossless(text, Hints()).text
    assert compressor.decode(encoded) == text
    assert compressor.lossless(encoded, Hints()) is None
    return [line for line in encoded.split("\n") if line.startswith("[~ ") and " × " in line]


@pytest.mark.parametrize(
    ("compressor", "lines", "said"),
    [
        (Trace(), RUBY, "61 × from inv.rb:3:in `walk'"),
        (AnyLines(), TCL, '40 × (procedure "descend" line 1)'),
        (Build(), PHP, "70 × Tariff->price"),
        (Runners(), MOCHA, "60 × padStart"),
    ],
    ids=["a recursion", "a cycle of lines", "a name in frames", "a name in tests"],
)
def test_what_comes_again_and_again_is_counted(compressor, lines, said):
    assert len(head := head_of(compressor, lines)) == 1
    assert said in head[0]


@pytest.mark.parametrize(
    "lines",
    [
        [line for line in RUBY if "walk" not in line] + ["\tfrom inv.rb:3:in `walk'"] * 19,
        [*RUBY[:1], *["=" * 40] * 61, *RUBY[62:]],
        [f"{n * 7919 % 977} plain words that stand in each of these lines" for n in range(90)],
    ],
    ids=["few", "no word", "plain words"],
)
def test_other_lines_are_not_counted(lines):
    assert head_of(Trace(), lines) == []
