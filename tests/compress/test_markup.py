import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.detect import detect
from headroom.compress.markup import _PLAIN_TAG, Markup, _without_tags
from headroom.compress.page_reading import read_page
from headroom.compress.rendition import Gap, Hints

HEAD = "<!DOCTYPE html>\n<html><head><title>Manual</title>\n<style>p { color: red }</style>\n<script>var a = '<p>';</script></head>\n"


def page(sections=15):
    parts = [HEAD, "<body class='x'><nav><ul><li><a href='/home'>Home</a></li></ul></nav>\n"]
    for n in range(sections):
        parts.append(f"<h2 id='s{n}'>Section {n} &amp; more</h2>\n")
        parts.extend(
            f'<p class="para big" style="margin: 0 auto">Statement {line} of part {n} says\n that <code>value</code> is {n * line}.</p>\n'
            for line in range(20)
        )
    parts.append(
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\n<pre>if x:\n    y = 1\n</pre></body></html>\n"
    )
    return "".join(parts)


def shown(rendition):
    return "".join(piece if isinstance(piece, str) else f"[~ {piece.note}]\n" for piece in rendition.pieces)


def test_a_page_is_read_as_lines_of_text():
    lines = read_page(page(1)).lines
    assert lines[0] == "Manual"
    assert "- Home" in lines
    assert "## Section 0 & more" in lines
    assert "Statement 0 of part 0 says that value is 0." in lines
    assert "a | b" in lines
    assert "    y = 1" in lines
    assert not any("color" in line or "var a" in line or "<" in line for line in lines)


@pytest.mark.parametrize("name", ["h¹tml", "pé", "a_b", "li-x", "h1²", "x:y", "p¹ class='a'"])
def test_a_tags_name_may_hold_any_sign(name):
    text = page(3).replace("<body class='x'>", f"<body><{name}>a word</{name.split()[0]}>")
    rendition = Markup().lossy(text, Hints(query="Go on."))
    assert rendition is not None
    assert law.holds(text, rendition, (), Markup())
    assert "\na word\n" in shown(rendition)
    assert "<" not in shown(rendition)


@pytest.mark.parametrize(
    "hidden",
    [
        *(
            pytest.param(f"<{name} x='y'>words</{name}>", id=name)
            for name in (
                "script",
                "style",
                "svg",
                "noscript",
                "template",
                "iframe",
                "object",
                "canvas",
                "SCRIPT",
                "Svg",
            )
        ),
        pytest.param("<!-- words -->", id="a remark"),
        pytest.param("<?php words ?>", id="an instruction"),
        pytest.param("<!ELEMENT words>", id="a declaration"),
    ],
)
def test_what_no_browser_shows_is_not_read(hidden):
    assert read_page(f"<body><p>one{hidden}</p>{hidden}<p>two</p></body>").lines == ["one", "two"]


@pytest.mark.parametrize(
    "prolog",
    [
        pytest.param('<?xml version="1.0" encoding="UTF-8"?>\n', id="declaration of XML"),
        pytest.param('<?xml version="1.0"?>\n<?xml-stylesheet href="a.css"?>\n<!-- made - by hand -->\n', id="remark"),
        pytest.param("<!-- saved from a site -->\n<!-- twice -->", id="remarks alone"),
        pytest.param("\ufeff", id="byte order mark"),
        pytest.param('\ufeff<?xml version="1.0"?>', id="byte order mark and declaration"),
        pytest.param(' \n\n<?xml version="1.0"?>\n', id="white space"),
    ],
)
def test_a_page_may_begin_with_a_prolog(prolog):
    text = prolog + page(10).replace("p { color: red }", "p { color: red }\n" * 300)
    rendition = Markup().lossy(text, Hints(query="Go on."))
    assert rendition is not None
    assert rendition.transform == "html:text"
    assert rendition.pieces[1].startswith("Manual\n")
    assert law.holds(text, rendition, (), Markup())
    assert detect(text, Hints(query="Go on.")).kinds == ("html",)


def test_data_in_xml_is_no_page():
    text = (
        '<?xml version="1.0"?>\n<!-- of html pages -->\n<items>\n' + '  <item id="1">one</item>\n' * 300 + "</items>\n"
    )
    assert Markup().lossy(text, Hints(query="Go on.")) is None


def test_a_line_of_nothing_but_a_forbidden_reference_is_no_line():
    assert read_page("<body><p>one</p><p>&#1;</p><p>two</p></body>").lines == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param("a&#10;b", "a b", id="a newline"),
        pytest.param("a&nbsp;&emsp; b", "a b", id="wide blanks"),
        pytest.param("&amp;lt;", "&lt;", id="the sign that starts references"),
        pytest.param("&bogus; &notit; AT&T", "&bogus; ¬it; AT&T", id="references that are none"),
    ],
)
def test_character_references_are_read_once(source, line):
    assert read_page(f"<body><p>{source}</p><p>next</p></body>").lines == [line, "next"]


def test_lines_of_the_source_are_counted_as_tools_do():
    text = page().rstrip("\n")
    for source in (text, text + "\n"):
        assert f"[~ text of a page of {len(text.split(chr(10)))} lines," in shown(Markup().lossy(source, Hints()))


def test_lines_know_their_place_in_the_source():
    text = page(3)
    read = read_page(text)
    source = text.split("\n")
    for line, row in zip(read.lines, read.rows, strict=True):
        if line.startswith("Statement"):
            assert line.split(" says")[0] in source[row - 1]


def test_without_a_question_the_whole_text_stays():
    text = page()
    found = Markup().lossy(text, Hints(query="Go on."))
    assert found is not None
    assert all(f"Statement {n} of part 14" in shown(found) for n in range(20))
    assert found.gaps == ()
    assert len(shown(found)) < 0.7 * len(text)
    assert law.holds(text, found, (), Markup())


def test_the_part_in_question_stays_and_the_rest_is_marked():
    text = page()
    found = Markup().lossy(text, Hints(query="What does `Section 9 & more` say?"))
    assert found is not None
    assert "Statement 19 of part 9" in shown(found)
    assert "Statement 3 of part 4" not in shown(found)
    assert "Section 4 & more" in shown(found)
    assert law.holds(text, found, (), Markup())
    rows = text.count("\n") + 1
    assert all(1 <= gap.first <= gap.last <= rows for gap in found.gaps)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param(page(), "which CSS selector finds the price?", id="a question about the markup"),
        pytest.param("<?xml version='1.0'?><data><row id='1'/></data>" * 50, "rows", id="XML data"),
        pytest.param("plain words " * 200, "words", id="no markup"),
        pytest.param("<html><body>" + "words and words " * 400 + "</body></html>", "go on", id="next to no markup"),
        pytest.param(page().replace("Manual", "Man\x01ual"), "go on", id="control characters"),
    ],
)
def test_what_is_left_alone(text, query):
    assert Markup().lossy(text, Hints(query=query)) is None


def test_text_that_is_not_on_the_page_is_not_explained():
    assert Markup().explains(page(), ["Statement 3 of part 4 says that value is 12."])
    assert not Markup().explains(page(), ["Statement 3 of part 4 says that value is 13."])
    assert not Markup().explains(page(), ["Statement 3 of part 4 says", "Statement 3 of part 3 says"])


@pytest.mark.parametrize(
    ("lines", "explained"),
    [
        pytest.param(["one", "five"], True, id="both outside the gap"),
        pytest.param(["one five"], False, id="a line across the gap"),
        pytest.param(["three"], False, id="a line within the gap"),
        pytest.param(["five", "one"], False, id="in another order"),
        pytest.param(["one", "var a"], False, id="a script that ends in the gap"),
    ],
)
def test_what_gaps_leave_of_a_page_explains_its_lines(lines, explained):
    text = "<p>one</p>\n<script>var a\n</script><p>three</p>\n<p\nclass=x>four</p>\n<p>five</p>"
    assert Markup().explains_rest(text, [Gap(3, 4)], lines) is explained
    assert not Markup().explains_rest(text, [Gap(3, 4, "chars")], lines)
    assert not Markup().explains_rest(text, [], lines)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["<", ">", "</", "a", "p", " ", "\n", '"', "!", "x y"]), max_size=30).map("".join))
def test_tags_are_taken_out_one_way_or_the_other(text):
    assert _without_tags(text) == _PLAIN_TAG.sub("", text)


@settings(max_examples=120)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                '<a href="x>y">',
                "<",
                ">",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                "<pre>",
                "</pre>",
                "\n",
                "word ",
                "&lt;",
                "&#0;",
                "<h1>",
                "</h1>",
                "'",
                '"',
                "<td>",
                "</td>",
                "<li>",
                "\r\n",
                "¶",
            ]
        ),
        max_size=60,
    ).map("".join)
)
def test_broken_markup_never_breaks_the_reader(body):
    text = "<html><body>" + body + "<p class='a long attribute to be dropped'>end</p>" * 5
    found = Markup().lossy(text, Hints(query="go on"))
    if found is not None:
        assert all(isinstance(piece, str | Gap) for piece in found.pieces)


def test_repeated_tags_are_written_short_without_loss():
    text = page()
    found = Markup().lossless(text, Hints())
    assert found is not None
    assert len(found.text) < 0.9 * len(text)
    assert Markup().decode(found.text) == text
    assert "Statement 3 of part 4 says" in found.text


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                "<A>",
                "<a>",
                '<b class="long one">',
                "</b></i>",
                "<B1>",
                "text",
                "\n",
                "<",
                ">",
                "=",
                "[~ 1 short tags for longer ones:]",
            ]
        ),
        max_size=80,
    ).map("".join)
)
def test_short_tags_are_exact(text):
    found = Markup().lossless(text * 4, Hints())
    assert found is None or Markup().decode(found.text) == text * 4
