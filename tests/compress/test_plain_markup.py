"""Pages in short forms: readable, exact back, and left alone where a form would be ambiguous."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import plain_markup, short_tags

MANUAL = "<html><body>\n" + "".join(
    f'<h3><a name="pdf-fn_{n}"><code>fn_{n}</code></a></h3>\n<p>\nCalls <a href="#fn_{n}"><code>fn_{n}</code></a> &ndash;'
    f" see &sect;{n} and <code>x &gt; {n}</code>.\n"
    for n in range(12)
)


def test_code_links_anchors_and_entities_take_their_short_forms():
    encoded = plain_markup.encode(MANUAL)
    assert encoded.startswith("[~ html: characters for their entities ")
    assert encoded.split("\n")[2] == "<h3>[`fn_0`](=pdf-)</h3>"
    assert "Calls [`fn_3`](#) – see §3 and `x > 3`." in encoded
    assert plain_markup.decode(encoded) == MANUAL


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (MANUAL + "a `tick`", "<code>fn_1</code>"),
        (MANUAL + "<p>an [x](#y) of its own</p>", '<a href="#fn_1">'),
        (MANUAL + "<p>a – of its own</p>", "&ndash;"),
        (MANUAL + "<p>5 > 3</p>", "&gt;"),
    ],
    ids=["backticks in use", "links in brackets in use", "the character in use", "a bare sign"],
)
def test_a_form_that_the_page_uses_itself_is_not_taken(page, kept):
    encoded = plain_markup.encode(page)
    assert kept in encoded
    assert plain_markup.decode(encoded) == page


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["<", ">", "/", "!", "?", "--", "<!--", "a", " ", "\n", "&"]), max_size=30).map("".join)
)
def test_a_page_is_parted_at_tags_and_remarks_alike_in_either_way(text):
    assert plain_markup._parts(text) == plain_markup._TAG.split(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["<", ">", "/", "a", "Bc", " ", "\n", "<a>", "</b>"]), max_size=30).map("".join))
def test_runs_of_tags_are_as_long_as_they_can_be(text):
    assert short_tags._RUN.split(text) == re.split(r"((?:</?[A-Za-z][^<>\n]*+>)++)", text)


def test_a_page_without_such_markup_is_left_alone():
    assert plain_markup.encode("<html><body>" + "<p>plain words</p>\n" * 50) is None


pieces = st.sampled_from(
    [
        "<code>a</code>",
        "<code>",
        "</code>",
        "`",
        '<a href="#ab">ab</a>',
        '<a href="#pdf-ab"><code>ab</code></a>',
        '<a name="ab">ab</a>',
        "[ab](#)",
        "[`ab`](=x)",
        "&ndash;",
        "–",
        "&gt;",
        ">",
        "<",
        "&#39;",
        "'",
        "<p title='>'>",
        "<!-- &gt; -->",
        "\n",
        " word ",
        "\0",
        "[~ html: x]",
    ]
)


@settings(max_examples=200)
@given(st.lists(pieces, max_size=40).map("".join), st.integers(1, 12))
def test_pages_come_back(text, times):
    page = text * times
    encoded = plain_markup.encode(page)
    assert encoded is None or plain_markup.decode(encoded) == page
