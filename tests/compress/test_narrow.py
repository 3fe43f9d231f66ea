"""Wide characters and their stand-ins: what is counted in the one is counted in the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.narrow import narrow, widened, written

PARTS = ("a", "can\u2019t ", "\u2713", "\x80", "\xe9", "\xc0", "\u0416", "\n", "=", "\ufffd", "\U0001f600", "\ud800")
TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)


@settings(max_examples=200)
@given(TEXTS, st.data())
def test_stand_ins_come_back_and_parts_are_found_as_often(text, data):
    short, pairs = narrow(text)
    assert widened(short, pairs) == text
    assert max(short, default="a") <= "\xff"
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    part = text[start:end]
    assert widened(written(part, pairs), pairs) == part
    assert short.count(written(part, pairs)) == text.count(part)
    assert [char.isalnum() for char in short] == [char.isalnum() for char in text]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("plain", id="nothing wide"),
        pytest.param("caf\xe9", id="one byte each"),
        pytest.param("\u2460 one", id="a number that is no letter"),
        pytest.param("".join(map(chr, range(0x2500, 0x2510))), id="many different ones"),
        pytest.param("\u2019" + "".join(map(chr, range(0x80, 0xA0))), id="no sign to spare"),
    ],
)
def test_a_text_is_left_as_it_is(text):
    assert narrow(text) == (text, ())
