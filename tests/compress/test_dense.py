import base64
import struct

import pytest

from headroom.compress import law
from headroom.compress.dense import Dense
from headroom.compress.rendition import Gap, Hints

MINIFIED = "".join(f"function f{n}(a){{return a*{n}+g(h{n},{n * 3})}};" for n in range(200))
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1280, 720) + bytes(range(256)) * 12


def shown(rendition):
    return "".join(piece if isinstance(piece, str) else f"[~ {piece.note}]\n" for piece in rendition.pieces)


def test_a_minified_line_keeps_its_ends():
    text = f"/* lib */\n{MINIFIED}\nconsole.log(1)\n"
    found = Dense().lossy(text, Hints(query="Go on."))
    assert found is not None
    out = shown(found)
    assert out.startswith("/* lib */\nfunction f0(a)")
    assert MINIFIED[-60:] in out
    assert out.endswith("console.log(1)\n")
    assert len(out) < 600
    assert law.holds(text, found, (), Dense())


def test_what_the_question_names_stays():
    found = Dense().lossy(MINIFIED, Hints(query="What does `f123` return?"))
    assert found is not None
    assert "function f123(a){return a*123" in shown(found)


def test_gaps_and_text_together_are_the_source():
    found = Dense().lossy(MINIFIED, Hints(query="What does `f123` return?"))
    assert found is not None
    rebuilt = "".join(
        MINIFIED[piece.first - 1 : piece.last] if isinstance(piece, Gap) else piece.replace("\n", "")
        for piece in found.pieces
    )
    assert rebuilt == MINIFIED


def test_base64_says_what_it_holds():
    found = Dense().lossy(base64.b64encode(PNG).decode(), Hints())
    assert found is not None
    assert "png 1280x720" in found.gaps[0].note
    assert "sha256" in found.gaps[0].note


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("short " * 50, id="words"),
        pytest.param("x" * 400, id="one long word, too little in all"),
        pytest.param(("words and more words " * 40 + "\n") * 10, id="long lines with blanks"),
        pytest.param("https://example.org/?sig=" + "a" * 4000, id="a signed address"),
        pytest.param("eyJ" + "a" * 2000 + ".eyJ" + "b" * 2000 + "." + "c" * 300, id="a token"),
    ],
)
def test_what_is_left_alone(text):
    assert Dense().lossy(text, Hints()) is None
