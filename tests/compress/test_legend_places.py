"""Where a legend stands: at the top of a short text, at the end of a long one; nothing is lost on the way."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress.legends import to_end, to_top
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

_LEGEND = "[~ legend of 2: $x below stands for its text]\n$a=one long phrase\n$b=another long phrase\n"
_MARKS = "[~ csv: 187 rows split by comma; marks: 1]\n$c=europe\n"
_TAGS = "[~ 1 short tags for longer ones:]\n<A>=<div class=x>\n"
_BODY = "".join(f"{n} $a and $b\n" for n in range(60))
_ENTRIES = "$a=one long phrase\n$b=another long phrase"


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        pytest.param(
            _LEGEND + _BODY,
            f"[~ legend of 2 at the end: $x stands for its text]\n{_BODY}\n[~ legend:]\n{_ENTRIES}",
            id="phrases",
        ),
        pytest.param(
            f"[~ each line begins with '  ', left out here]\n{_LEGEND}{_BODY[:-1]}",
            "[~ legend at the end]\n[~ each line begins with '  ', left out here]\n"
            f"[~ legend of 2: $x below stands for its text]\n{_BODY[:-1]}\n[~ legend:]\n{_ENTRIES}",
            id="below another mark",
        ),
        pytest.param(
            f"{_MARKS}{_TAGS}{_BODY}",
            "[~ legend at the end]\n[~ csv: 187 rows split by comma; marks: 1]\n"
            f"[~ 1 short tags for longer ones:]\n{_BODY}\n[~ legend:]\n$c=europe\n<A>=<div class=x>",
            id="two",
        ),
        pytest.param(_LEGEND + _BODY[:200], None, id="short"),
        pytest.param(_BODY, None, id="none"),
        pytest.param(_LEGEND.replace("of 2", "of 3") + _BODY, None, id="forged: too few entries"),
        pytest.param(f"{_BODY}{_LEGEND}{_BODY}", None, id="forged: far below"),
    ],
)
def test_a_long_text_has_its_legend_at_the_end(text, moved):
    assert to_end(text) == (moved or text)
    assert to_top(to_end(text)) == text


_LINES = st.sampled_from(
    [
        *_LEGEND.split("\n"),
        *_MARKS.split("\n"),
        "[~ legend of 1 at the end: $x stands for its text]",
        "[~ legend at the end]",
        "[~ legend:]",
        "[~ 0 short tags x:]",
        "text",
    ]
)


@given(st.lists(_LINES, max_size=12), st.lists(_LINES, max_size=12))
def test_whatever_a_text_looks_like_it_comes_back(head, tail):
    text = "\n".join([*head, _BODY, *tail])
    assert to_top(to_end(text)) == text or to_end(text) == text


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_long_log_without_loss_is_left_alone_the_second_time(ending):
    text = "\n".join(
        f"2031-04-0{n % 7 + 1} 10:00:{n % 60:02d} WARN com.example.pool.Borrower: pool exhausted while serving r{n * 7919 % 10007}"
        for n in range(120)
    )
    once = compress(text + ending, Hints(), Policy(), lambda text: len(text) // 3, render=str)
    assert once.text is not None
    assert re.match(r"\[~ legend of \d+ at the end: \$x stands for its text\]\n", once.text)
    assert once.text.split("\n[~ legend:]\n")[1].startswith("$a=")
    again = compress(once.text, Hints(), Policy(), lambda text: len(text) // 3, render=str)
    assert (again.text, again.why) == (None, "no_gain")


def test_folders_stand_above_what_they_hold():
    text = "\n".join(
        f"src/main/java/org/example/billing/{name}{n}.java:{n}: total += {n}"
        for name in ("Order", "Item")
        for n in range(40)
    )
    found = compress(text, Hints(command="grep -rn total src"), Policy(), lambda text: len(text) // 3, render=str)
    assert found.kind == "search"
    assert found.text is not None
    assert " at the end" not in found.text
