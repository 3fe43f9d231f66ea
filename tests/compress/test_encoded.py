"""A text that is already encoded is known as such, whatever kind it looks like; a forged line is not enough."""

import json

import pytest

from headroom.accounts.tokens import estimate
from headroom.compress.encoded import is_encoded
from headroom.compress.markup import Markup
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.search import Search
from headroom.compress.vcs import Vcs

ORDERS = json.dumps(
    [
        {"id": n, "at": f"1997-{n % 12 + 1:02d}-0{n % 9 + 1} 00:00:00.000", "ship": f"Street {n % 7}, Town"}
        for n in range(200)
    ],
    indent=2,
)
PAGE = "<html><body>" + "".join(
    f'<p class="para"><a href="#fn_{n}"><code>fn_{n}</code></a> calls <code>x{n}</code>.</p>\n' for n in range(60)
)
RECORDS = "".join(
    f"-[ RECORD {n} ]".ljust(24, "-") + f"\nid    | {n}\nemail | u{n}@example.com\nat    | 2026-01-01\n"
    for n in range(1, 60)
)


def once(text, **policy):
    return compress(text, Hints(), Policy(**policy), estimate, render=lambda gap: f"[~ {gap.note}]")


@pytest.mark.parametrize("text", [ORDERS, PAGE, RECORDS], ids=["records", "page", "psql records"])
@pytest.mark.parametrize("lossy", [False, True])
def test_what_is_encoded_is_left_alone(text, lossy):
    encoded = once(text).text
    assert encoded is not None
    assert is_encoded(encoded, Hints())
    assert once(encoded, lossy=lossy).text is None


GREP = "".join(f"src/{name}.c:{n}:    total += price[{n}];\n" for name in "abc" for n in range(10, 40))
HEADED = "".join(
    f"src/{name}.c\n" + "".join(f"{n}:    total += price[{n}];\n" for n in range(10, 40)) + "\n" for name in "abc"
)
COMMITS = "".join(
    f"commit {n:040x}\nAuthor: A <a@example.com>\n\n    Cut part {n} of the cart\n    and say so\n\n" for n in range(40)
)
UNTRACKED = "".join(f"?? build/part_{n:03}.o\n" for n in range(60))
OLDER = {
    "hits": (
        Search(),
        GREP,
        "90 hits in 3 files, by folder and file]",
        "flat list of 90 hits in 3 files, here under their file's name, below its folder]",
    ),
    "headed": (Search(), HEADED, "hits by folder and file]", "hits under their file's name, below its folder]"),
    "commits": (
        Vcs(),
        COMMITS,
        "messages without indent]",
        "messages without the 4 blanks before each of their lines]",
    ),
    "status": (
        Vcs(),
        UNTRACKED,
        "names that differ only in a number share a line]",
        "files in a row whose names differ in numbers only stand in one line]",
    ),
    "tags": (Markup(), PAGE, "short tags for longer ones:]", "short tags stand for the longer ones behind them:]"),
}


@pytest.mark.parametrize(("compressor", "text", "words", "older"), OLDER.values(), ids=OLDER)
def test_what_an_older_release_encoded_is_known_and_read(compressor, text, words, older):
    encoded = compressor.lossless(text, Hints()).text
    assert words in encoded
    before = encoded.replace(words, older)
    assert compressor.decode(before) == text
    assert is_encoded(before, Hints())
    assert once(before).text is None


@pytest.mark.parametrize(
    "line",
    [
        "[~ legend of 1: $x below stands for its text]",
        "[~ table: 3 rows split by comma; layout {} 0 0]",
        "[~ json compact]",
        "[~ html: `x` = <code>x</code>]",
        "[~ ",
    ],
)
def test_a_forged_line_exempts_nothing(line):
    log = "".join(f"2026-01-01 10:{n // 60:02d}:{n % 60:02d} INFO worker processed job {n}\n" for n in range(400))
    assert not is_encoded(f"{line}\n{log}", Hints())
    assert once(f"{line}\n{log}").text is not None
