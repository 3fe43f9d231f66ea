"""Realistic texts and the promises every line-oriented compressor keeps; shared by their tests."""

from hypothesis import strategies as st

from headroom.compress import law, legends
from headroom.compress.folding import SIGIL, unescape, unfold_repeats, unnumber_blocks
from headroom.compress.rendition import Gap, Hints
from headroom.compress.stamp_starts import put_back_below

ASKED = Hints(query="What went wrong here? List every failure with its place.")
_LONG_LINES = 120
VAGUE = Hints(query="Please go on with the task.")


def asking(question):
    return Hints(query=question)


def encoded(compressor, text, hints=ASKED):
    """The lossless text, decoded on the way and found equal."""
    rendition = compressor.lossless(text, hints)
    assert rendition is not None
    assert rendition.lossless
    assert compressor.decode(rendition.text) == text
    return rendition.text


def without_legend(text):
    return legends.decode(*legends.split(text))


def round_trips(compressor, text):
    rendition = compressor.lossless(text, ASKED)
    if rendition is not None:
        assert compressor.decode(rendition.text) == text
        again = compressor.lossless(rendition.text, ASKED)
        assert again is None, "an encoded text is left alone"


def shown(rendition):
    """The text as a reader gets it, with plain markers."""
    out = []
    for piece in rendition.pieces:
        if isinstance(piece, Gap):
            out.append(
                f"{SIGIL}{piece.last - piece.first + 1} lines omitted (L{piece.first}-{piece.last}): {piece.note}]\n"
            )
        else:
            out.append(piece)
    return "".join(out)


def keeps_the_law(compressor, text, hints=ASKED):
    """Law 3, and that kept and dropped lines are the source's lines, each once and in order."""
    rendition = compressor.lossy(text, hints)
    if rendition is None:
        return None
    lossless = compressor.lossless(text, hints)
    explaining = compressor if isinstance(compressor, law.Explaining) else None
    assert law.holds(text, rendition, lossless.text.split("\n") if lossless else (), explaining)
    assert rendition.gaps
    for before, piece in zip((None, *rendition.pieces), rendition.pieces, strict=False):
        if isinstance(piece, Gap):
            gone = text.split("\n")[piece.first - 1 : piece.last]
            assert piece.brief or piece.unit != "lines" or len(gone) > 2 or sum(map(len, gone)) >= _LONG_LINES, (
                "a gap of one or two short lines is not worth its marker"
            )
            assert not piece.brief or " left out" in rendition.pieces[0], "what brief gaps stand for is said above"
            assert before is None or isinstance(before, Gap) or before.endswith("\n")
        else:
            assert piece
    return rendition


def spelled(rendition):
    """What stays, with the legend, repeated blocks and beginnings of lines written out, without our own lines."""
    holes = "".join(piece if isinstance(piece, str) else "\x00\n" for piece in rendition.pieces)
    lines = put_back_below(unfold_repeats(unnumber_blocks(legends.decode(*legends.split(holes)).split("\n"))))
    return unescape("\n".join(line for line in lines if not line.startswith(SIGIL) and line != "\x00"))


words = st.sampled_from(
    [
        "the",
        "cache",
        "node",
        "worker",
        "job",
        "request",
        "error",
        "warning",
        "INFO",
        "DEBUG",
        "started",
        "stopped",
        "failed",
        "ok",
        "200",
        "404",
        "retry",
        "/api/v1/users",
        "10.0.0.1",
        "user=42",
        "id=0xdeadbeef",
        "[main]",
        "com.example.Service:",
        "$HOME",
        "@a",
        "~",
        "[~",
        "[\\~",
        "%",
        "^",
        "§",
        "&x",
        "é",
        "日本",
        "\t",
    ]
)
sentence = st.lists(words, max_size=12).map(" ".join)
odd_line = st.one_of(
    sentence,
    st.text(st.characters(exclude_characters="\n"), max_size=30),
    st.sampled_from(
        [
            "",
            "--",
            "[~ legend of 1: $x below stands for its text]",
            "[~ block 1, 3 lines:]",
            "[~ block 1 again]",
            "[~ the line above: 3x more]",
            "[~ the 2 lines above: 1x more]",
            "[~ text:]",
            "[~ 3 PASSED in a::b:]",
            "[\\~ escaped",
            "\x000",
            "$a=something long enough to be a phrase",
            "src/a.py:12:    return x",
            "src/a.py-13-    y",
            "src/a.py",
            "12:text",
            "./a/b/c.txt",
            "100 ./a/b/d.txt",
            "-rw-r--r-- 1 root root 1234 Jan 13  2022 name with blank",
            "├── file",
            "│   └── inner",
            "a.py::T::test_x PASSED   [ 10%]",
            "=== RUN   TestX",
            "--- PASS: TestX (0.00s)",
            "diff --git a/x b/x",
            "--- a/x",
            "+++ b/x",
            "@@ -1,2 +1,2 @@ def f():",
            "commit 0123456789abcdef",
            "    at run (/srv/app.js:6:68)",
            '  File "/srv/app.py", line 3, in f',
            "?? build/x.o",
            "\ufeffbom",
            "line\r",
            "10%\r50%\r100%",
            "\x1b[31mred\x1b[0m",
        ]
    ),
)
texts = st.one_of(
    st.lists(odd_line, max_size=40),
    st.lists(odd_line, min_size=1, max_size=6).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=4, max_size=60)
    ),
).map("\n".join)
