"""What comes often inside tags stands once in a legend; what the page says stays as it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import short_markup, tag_phrases

_STYLE = "stroke-width:2.16;stroke-linejoin:round;stroke:rgb(0,0,0);fill:none"
_DRAWING = "<body><p>Costs 5 a month</p>\n" + "".join(
    f'<path d="M{n * 37 % 400},{n * 91 % 300}L{n * 17 % 500},{n * 53 % 200}" style="{_STYLE}"/>\n' for n in range(40)
)
_LINKS = "<ul>\n" + "".join(
    f'<li><a title="entry {n * 7919 % 1000}" href="https://docs.example.org/reference/library/latest/page{n}.html">Page {n}</a></li>\n'
    for n in range(40)
)


def _text_of(page):
    return re.sub(r"<[^<>]*>", "", page)


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        pytest.param(_DRAWING, _STYLE, id="drawing"),
        pytest.param(_LINKS, "docs.example.org/reference/library", id="links"),
    ],
)
def test_what_tags_share_is_written_once(page, phrase):
    legend, marked = tag_phrases.encode(page)
    assert sum(phrase in entry for entry in legend) == 1
    assert phrase not in marked
    assert len(marked) + sum(map(len, legend)) < 0.7 * len(page)
    assert _text_of(marked) == _text_of(page)
    assert tag_phrases.decode(legend, marked) == page


def test_no_mark_is_made_that_the_page_says():
    page = _DRAWING + "<p>" + " ".join(f"{sigil}{letter}" for sigil in "$&%@^§" for letter in "abcdefimnsx") + "</p>\n"
    legend, marked = tag_phrases.encode(page)
    assert (legend, marked) == ([], page)


_PARTS = st.sampled_from(
    [
        f'<a href="{_STYLE}">',
        f'<path\n style="{_STYLE}"/>',
        "</a>",
        "<!-- $a -->",
        "< x >",
        "<$a>",
        "$b",
        "text",
        "\n",
        "<",
        ">",
    ]
)


@given(st.lists(_PARTS, min_size=30, max_size=90))
def test_any_markup_comes_back(parts):
    page = "".join(parts)
    legend, marked = tag_phrases.encode(page)
    assert tag_phrases.decode(legend, marked) == page
    encoded = short_markup.encode(page)
    assert encoded is None or short_markup.decode(encoded) == page
