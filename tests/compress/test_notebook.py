"""Notebooks read as cells: every line of them is shown or lies in a gap, and each gap is where it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.folding import escape
from headroom.compress.notebook import Notebook
from headroom.compress.notebook_text import read
from headroom.compress.registry import compressors
from headroom.compress.rendition import Gap, Hints

BOOK = Notebook()
PICTURE = "iVBORw0KGgo" * 400


def code(source, *outputs, **more):
    return {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": list(outputs),
        "source": source,
        **more,
    }


def words(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def stream(text, name="stdout"):
    return {"name": name, "output_type": "stream", "text": text}


def display(**data):
    return {"data": data, "metadata": {}, "output_type": "display_data"}


def lines(count, word="row"):
    return [f"{word} {n} of a long output, {n * 7}\n" for n in range(count)]


def book(*cells, **layout):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **{"indent": 1, **layout})


FILL = [code(f"frame_{n} = load({n})\n", stream(lines(60))) for n in range(6)]


def told(text, query="Go on."):
    rendition = BOOK.lossy(text, Hints(query=query))
    assert rendition is not None
    assert rendition == BOOK.lossy(text, Hints(query=query))
    assert law.holds(text, rendition, (), BOOK)
    out = []
    for piece in rendition.pieces:
        if isinstance(piece, str):
            assert piece.endswith("\n")
            out.append(piece)
        else:
            out.append(f"[~ {piece.unit} {piece.first}-{piece.last}: {piece.note}]\n")
    return "".join(out)


def left_out(text, query="Go on."):
    """What the gaps of a notebook hold."""
    rows = text.split("\n")
    return [
        "\n".join(rows[gap.first - 1 : gap.last]) if gap.unit == "lines" else text[gap.first - 1 : gap.last]
        for gap in BOOK.lossy(text, Hints(query=query)).gaps
    ]


def test_cells_stand_below_their_number_and_kind():
    text = book(
        words(["# Title\n", "Some words.\n"]),
        code("a = 1\n[~ odd] = 2\n", stream("ready\n"), id="c0ffee"),
        {**code("b = 2"), "execution_count": None},
        *FILL,
    )
    out = told(text)
    assert out.startswith(
        "[~ notebook of 9 cells; JSON's syntax and metadata are left out]\n[~ cell 1: markdown]\n# Title\nSome words.\n"
        "[~ cell 2: code, run 3, id c0ffee]\na = 1\n[\\~ odd] = 2\n[~ output:]\nready\n[~ cell 3: code, not run]\nb = 2\n[~ cell 4: code, run 3]\n"
    )
    assert len(out) < 0.5 * len(text)


@pytest.mark.parametrize(
    ("output", "shown", "gone"),
    [
        pytest.param(stream(lines(60)), ["row 0 of", "row 9 of", "row 59 of"], ["row 10 of", "row 53 of"], id="long text"),
        pytest.param(stream("".join(lines(60))), ["row 0 of", "row 59 of"], ["row 30 of"], id="text in one string"),
        pytest.param(stream([*lines(30), "ERROR the disk is full\n", *lines(30, "more")]), ["ERROR the disk is full"], ["row 29 of"], id="a failure within"),
        pytest.param(stream("10%\r20%\r100%\n" + "".join(lines(60)), "stderr"), ["[~ stderr:]\n100%\n"], ["20%"], id="progress"),
        pytest.param(display(**{"image/png": PICTURE, "text/plain": "<Figure 3>"}), ["image/png, 4 KB", "<Figure 3>"], ["iVBORw0"], id="picture"),
        pytest.param(display(**{"text/html": "<td>" * 99, "text/plain": "a b"}), ["text/html, 396 characters", "a b"], ["<td>"], id="page beside text"),
        pytest.param(display(**{"text/html": "<td>" * 99}), ["<td><td>"], [], id="page alone"),
        pytest.param(display(**{"application/json": {"a": ["word" * 99, "x"]}}), ["application/json, 397 characters"], ["wordword"], id="data"),
        pytest.param(display(**{"application/x": {"version": 2}}), ["[~ application/x, 0 characters left out]"], ["version"], id="data of no text"),
        pytest.param(
            {"output_type": "error", "ename": "KeyError", "evalue": "'a'", "traceback": [
                "\x1b[0;31mKeyError\x1b[0m   Traceback", *(f"File lib.py:{n}, in f()\n" + "\n".join(f"     {k} x = compute(x, {k}, more=True)" for k in range(9)) + "\n---> 10 fail()" for n in range(9)),
                "\x1b[0;31mKeyError\x1b[0m: 'a'"]},
            ["[~ KeyError:]\nKeyError   Traceback\n", "File lib.py:8, in f()", "---> 10 fail()", "\nKeyError: 'a'\n"], ["\x1b", "     3 x"], id="long trace"),
        pytest.param({"output_type": "error", "ename": "Stop", "evalue": "told so", "traceback": []}, ["[~ Stop:]\ntold so\n"], [], id="failure without trace"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "layout",
    [{}, {"sort_keys": True}, {"indent": None}, {"indent": None, "separators": (",", ":")}, {"ensure_ascii": False}],
    ids=["by Jupyter", "keys in order", "on one line", "minified", "unescaped"],
)
def test_outputs_are_shortened(output, shown, gone, layout):
    text = book(words("# Before"), code("run()", output), words("# Behind"), *FILL, **layout)
    out = told(text)
    assert all(part in out for part in shown)
    head = out[: out.index("# Behind")]
    assert not any(part in head for part in gone)
    held = "".join(left_out(text))
    assert all(part in held for part in gone if part.isprintable() and part not in {"20%", "version"})
    assert "# Before" not in held
    assert "run()" not in held


LONG = "".join(f"step_{n} = move({n}, wide={n * 3})\n" for n in range(50))


@pytest.mark.parametrize("layout", [{}, {"sort_keys": True}, {"indent": None}], ids=["Jupyter", "sorted", "one line"])
def test_cells_that_a_question_is_about_stay_whole(layout):
    wanted = "def settle_invoices(day):\n" + LONG.replace("step", "    settled")
    other = "def other():\n" + LONG
    text = book(code(other), code(wanted, stream(lines(20))), code(other, stream(lines(20, "more"))), *FILL, **layout)
    out = told(text, "Why does settle_invoices stop?")
    assert wanted in out
    assert "row 10 of" in out
    assert ("more 10 of" in out) == (
        layout == {"indent": None}
    )  # gaps of one unit go with the source, which has outputs first
    assert "step_30 =" not in out.split("[~ cell 2")[0]
    assert "step_30 =" in told(text)
    held = left_out(text, "Why does settle_invoices stop?")
    assert "step_30 =" in held[0]
    assert not any("settled" in part for part in held)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(book(code(lines(90)))[:-9], id="cut off"),
        pytest.param("\ufeff" + book(*FILL), id="byte order mark"),
        pytest.param(json.dumps({"cells": FILL}, indent=1), id="no format"),
        pytest.param(json.dumps({"cells": [1, 2], "nbformat": 4}), id="other cells"),
        pytest.param(book({"cell_type": "code", "source": 5}), id="no source"),
        pytest.param(book(code("a", 5)), id="other outputs"),
        pytest.param(book(*FILL).replace('"nbformat"', '"nbformat": 4, "nbformat"'), id="a key twice"),
        pytest.param('{"nbformat": 4, "cells": ' + "[" * 100_000, id="deep"),
        pytest.param(book(code(LONG)), id="little but sources"),
    ],
)
def test_what_is_no_notebook_or_gains_little_is_left_to_the_forms_of_json(text):
    assert BOOK.lossy(text, Hints(query="Go on.")) is None
    assert BOOK.lossless(text, Hints()) is None


texts = st.one_of(
    st.text(alphabet='ab\n\r"\\[~ ]é\u2028', max_size=30),
    st.lists(st.text(alphabet='ab\n"\\[~ ', max_size=8), max_size=5),
    st.integers(5, 60).map(lines),
    st.integers(5, 60).map(lambda n: "".join(lines(n))),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.builds(code, texts, st.builds(stream, texts)) | st.builds(words, texts), max_size=4),
    st.sampled_from([{}, {"sort_keys": True}, {"indent": None}]),
    st.sampled_from(["Go on.", "What is row 40 of the output?"]),
)
@example([words("[\\~ ")], {}, "Go on.")
def test_every_line_is_shown_or_lies_in_a_gap(cells, layout, query):
    text = book(*cells, *FILL, **layout)
    out = told(text, query)
    held = "".join(left_out(text, query))
    for cell in cells:
        for value in [cell["source"], *(output["text"] for output in cell.get("outputs", ()))]:
            for line in "".join(value).split("\n"):
                shown = line.rpartition("\r")[2] if "\r" in line.rstrip("\r") else line
                spelled = json.dumps(line)[1:-1]
                assert escape(shown) in out or shown in out or spelled in held


def test_strings_know_their_place():
    text = book(code(["a\n", "b\\n"]), indent=None)
    found = read(text)["cells"][0]["source"]
    assert [text[part.start : part.end] for part in found] == [json.dumps("a\n"), json.dumps("b\\n")]


def test_it_is_asked_before_the_tables_of_json():
    assert isinstance(compressors("json")[0], Notebook)
    assert all(not isinstance(piece, Gap) or piece.note for piece in BOOK.lossy(book(*FILL), Hints()).pieces)
