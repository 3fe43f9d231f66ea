"""Rows that SQL shells print as HTML: the rows asked for, verbatim; every other row in a gap."""

from __future__ import annotations

import pytest

from headroom.compress.html_rows import HtmlRows
from headroom.compress.rendition import Gap
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown

HTML = HtmlRows()
AREAS = [(f"C{n:02d}", f"Land {n} &amp; sea", f"{n * 7919 % 4001}.0") for n in range(80)]
SQLITE = "<TR><TH>cca3</TH>\n<TH>name</TH>\n<TH>area</TH>\n</TR>\n" + "".join(
    f"<TR><TD>{a}</TD>\n<TD>{b}</TD>\n<TD>{c}</TD>\n</TR>\n" for a, b, c in AREAS
)
PSQL = (
    '<table border="1">\n  <tr>\n    <th align="center">cca3</th>\n    <th align="center">name</th>\n'
    '    <th align="center">area</th>\n  </tr>\n'
    + "".join(
        f'  <tr valign="top">\n    <td align="left">{a}</td>\n    <td align="left">{b}</td>\n'
        f'    <td align="right">{c}</td>\n  </tr>\n'
        for a, b, c in AREAS
    )
    + "</table>\n<p>(80 rows)<br />\n</p>\n"
)
each = pytest.mark.parametrize("text", [SQLITE, PSQL], ids=["sqlite3 -html", "psql -H"])
TOP = max(AREAS, key=lambda area: float(area[2]))[0]


@each
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Look up the area of C41 for me", ["C41"]),
        ("Compare the area of C41 and C07", ["C41", "C07"]),
        ("What's the peak of area, and which row is it?", [TOP]),
        ("which rows have area above 3900?", [a for a, _, c in AREAS if float(c) > 3900]),
    ],
)
def test_the_rows_asked_for_stay_as_they_are(text, query, wanted):
    found = keeps_the_law(HTML, text, asking(query))
    view = shown(found)
    assert all(f">{name}<" in view for name in wanted)
    assert "[~ html: 80 rows]" in view
    assert ("stats area: " in view) == ("peak" in query or "Compare" in query)
    assert len(view) < 0.6 * len(text)


@each
def test_every_row_is_shown_or_lies_in_a_gap_of_whole_rows(text):
    found = keeps_the_law(HTML, text, asking("Look up the area of C41 for me"))
    lines = text.split("\n")
    hidden = 0
    for gap in (piece for piece in found.pieces if isinstance(piece, Gap)):
        gone = "\n".join(lines[gap.first - 1 : gap.last]).lower()
        assert gone.lstrip().startswith("<tr")
        assert gone.endswith("</tr>")
        hidden += gone.count("</tr>")
    kept = sum(piece.lower().count("</tr>") for piece in found.pieces if isinstance(piece, str))
    assert hidden + kept == 81


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            SQLITE.replace("<TD>C40</TD>", "<TD><table><tr><td>x</td></tr></table></TD>"), id="a table in a cell"
        ),
        pytest.param(SQLITE.replace("<TD>C40</TD>\n", ""), id="a cell too few"),
        pytest.param("<p>A page.</p>\n" + SQLITE, id="a page"),
        pytest.param(SQLITE + "words " * 200, id="words behind"),
        pytest.param("<tr>" * 5_000 + "<td>" * 5_000, id="nothing closed"),
        pytest.param("", id="nothing"),
    ],
)
def test_anything_else_is_left_alone(text):
    assert HTML.lossy(text, asking("Look up the area of C41 for me")) is None


@each
def test_without_a_question_nothing_is_left_out(text):
    assert HTML.lossy(text, VAGUE) is None
    assert HTML.lossless(text, VAGUE) is None
