"""A tool result: its text, and whether any text can stand for it, whichever is asked first."""

import pytest

from headroom.pipeline.result import Result
from headroom.wire.dialect import PartKind, TextPart

WRITTEN = {
    "plain": (b'"abc"', False),
    "letters": ('"grüße 🚀"'.encode(), False),
    "a pair": (rb'"\ud83d\ude80"', False),
    "half a pair": (rb'"x \ud83d y"', True),
    "the other half": (rb'"\uDE80"', True),
    "half a pair behind a pair": (rb'"\ud83d\ude80\ude80"', True),
    "an escaped backslash": (rb'"C:\\ud83d"', False),
    "a backslash and half a pair": (rb'"C:\\\ud83d"', True),
    "a structure": (rb'{"a":"\u00fc"}', False),
    "half a pair in a structure": (rb'["\ud83d"]', True),
}


@pytest.mark.parametrize("read_first", [False, True], ids=["asked at once", "its text was read"])
@pytest.mark.parametrize(("written", "broken"), WRITTEN.values(), ids=WRITTEN.keys())
def test_half_a_character_is_found(written, broken, read_first):
    raw = b'{"content":' + written + b"}"
    result = Result(raw, TextPart(11, 11 + len(written), PartKind.TOOL_RESULT, b"", None, False, False))
    if read_first:
        assert result.text
    assert result.broken is broken
