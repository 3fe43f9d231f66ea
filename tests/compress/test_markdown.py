import pytest

from headroom.compress import law
from headroom.compress.detect import detect
from headroom.compress.markdown import Markdown, find_headings
from headroom.compress.rendition import Gap, Hints


def document(sections=20):
    parts = ["# Guide\n\nWelcome to the guide.\n"]
    for n in range(sections):
        parts.append(f"## Topic {n}\n")
        parts.extend(f"Sentence {line} of topic {n} about subject{n * 7 + line}.\n" for line in range(12))
        parts.append(f"### Detail {n}\n\n```sh\n# not a heading {n}\nrun --topic {n}\n```\n")
    return "\n".join(parts)


def shown(rendition):
    return "".join(piece if isinstance(piece, str) else f"[~ gap {piece.note}]\n" for piece in rendition.pieces)


@pytest.mark.parametrize(
    ("lines", "titles"),
    [
        pytest.param(["# One", "## Two ##"], [("One", 1), ("Two", 2)], id="ATX"),
        pytest.param(["One", "===", "", "Two", "---"], [("One", 1), ("Two", 2)], id="Setext"),
        pytest.param(["```", "# code", "```", "# One"], [("One", 1)], id="a fence hides comments"),
        pytest.param(["<h2 align='c'>Two <b>words</b></h2>"], [("Two words", 2)], id="HTML"),
        pytest.param(["- item", "---", "#hash"], [], id="neither a rule nor a hash"),
        pytest.param(
            ["News", "----", "", "2.0 (May)", "*********", "", "Fixes", "^^^^^", "", "1.0 (June)", "**********"],
            [("News", 1), ("2.0 (May)", 2), ("Fixes", 3), ("1.0 (June)", 2)],
            id="reStructuredText, whose signs are of the level where they come first",
        ),
        pytest.param(["A longer paragraph of text", "*****", "+++", '""""'], [], id="rules shorter than a title"),
    ],
)
def test_headings(lines, titles):
    assert [(heading.title, heading.level) for heading in find_headings(lines)] == titles


def test_the_quoted_section_stays_whole_and_the_outline_names_the_others():
    text = document()
    found = Markdown().lossy(text, Hints(query='What does the section "Topic 7" say?'))
    assert found is not None
    out = shown(found)
    section = text[text.index("## Topic 7\n") : text.index("## Topic 8\n")]
    assert section in out
    assert "Sentence 3 of topic 9" not in out
    assert "Topic 9" in out
    assert law.holds(text, found)


def test_the_paragraph_that_answers_is_found_by_its_words():
    text = document().replace("Sentence 4 of topic 11", "The flux capacitor needs plutonium; sentence 4 of topic 11")
    found = Markdown().lossy(text, Hints(query="what does the flux capacitor need?"))
    assert found is not None
    assert "plutonium" in shown(found)
    assert "## Topic 11" in shown(found)
    assert len(shown(found)) < len(text) / 4


@pytest.mark.parametrize(
    "query", ["Please go on.", "explain the quantum zebra"], ids=["names nothing", "names what is not there"]
)
def test_without_an_answer_the_document_stays(query):
    assert Markdown().lossy(document(), Hints(query=query)) is None


def test_gaps_cover_what_is_missing_line_by_line():
    text = document()
    found = Markdown().lossy(text, Hints(query="the section `Topic 3`"))
    assert found is not None
    lines = text.split("\n")
    rebuilt = []
    for piece in found.pieces:
        rebuilt += (
            lines[piece.first - 1 : piece.last] if isinstance(piece, Gap) else piece.removesuffix("\n").split("\n")
        )
    assert "\n".join(rebuilt).rstrip("\n") == text.rstrip("\n")


def test_without_loss_every_line_of_a_document_stays_as_it_is():
    lines = "".join(
        f"- See [the notes on release {n}](https://example.com/releases/notes/{n}) for more.\n" for n in range(99)
    )
    assert Markdown().lossless(f"# Releases\n\n{lines}", Hints()) is None


@pytest.mark.parametrize(
    ("title", "query"),
    [
        pytest.param("Instance methods", "what do the docs say on instance methods?", id="two words without quotes"),
        pytest.param("Commands", "what do the docs say on commands?", id="a word without quotes"),
        pytest.param(
            "[1.7.2](https://example.com/compare/v1.7.1...v1.7.2) (2024-05-21)",
            'What does the section "1.7.2 (2024-05-21)" say?',
            id="a link in the title",
        ),
    ],
)
def test_a_section_is_found_by_its_title(title, query):
    text = document().replace("## Topic 7\n", f"## {title}\n")
    text = text.replace("topic 3 about", "topic 3 (commands, methods of an instance) about")
    section = text[text.index(f"## {title}\n") : text.index("## Topic 8\n")]
    assert section in shown(Markdown().lossy(text, Hints(query=query)))


@pytest.mark.parametrize(
    ("title", "query"),
    [
        pytest.param("v1.7.0 (2020-01-20)", "What changed in 1.7.0?", id="a version with a letter before it"),
        pytest.param("[1.7.0] - 2020-01-20", "release notes of v1.7.0", id="a version in brackets"),
        pytest.param("Version 1.7.0", "Is there something on limits in 1.7.0", id="a version behind its word"),
        pytest.param("7.4.3. Interpreting race reports", "Tell me about section 7.4.3", id="the number of a section"),
        pytest.param(
            "7.4.3. Interpreting race reports", "Tell me about 7.4.3. Interpreting race reports.", id="number and words"
        ),
        pytest.param("Interpreting race reports", "What's said under interpreting race reports?", id="several words"),
    ],
)
def test_a_section_is_found_by_what_is_told_of_its_title(title, query):
    text = document().replace("## Topic 7\n", f"## {title}\n")
    text = text.replace("Sentence 3 of topic 2 ", f"Sentence 3, on {title} and {title[:6]}, of topic 2 ")
    found = Markdown().lossy(text, Hints(query=query))
    assert found is not None
    assert text[text.index(f"## {title}\n") : text.index("## Topic 8\n")] in shown(found)
    assert "Sentence 9 of topic 11 " not in shown(found)


def test_a_quoted_word_that_titles_hold_inside_other_words_is_looked_for_in_the_text():
    text = document().replace("## Topic 7\n", "## Headers of topic 7\n")
    text = text.replace("Sentence 4 of topic 12 ", "A frame may come between `HEADER` and `DATA`, says topic 12, ")
    found = Markdown().lossy(text, Hints(query="what is `HEADER` for?"))
    assert found is not None
    assert "between `HEADER` and `DATA`" in shown(found)


@pytest.mark.parametrize("length", [12, 300], ids=["short", "long"])
def test_no_code_block_is_left_open(length):
    code = [f"const step_{n} = run({n})" for n in range(length)]
    code[length // 2] = "await once(destination, 'drainEvent')"
    blocks = [
        f"## Part {n}\n\n" + "\n".join(f"Words on part {n}, line {line}, that say little." for line in range(30)) + "\n"
        for n in range(12)
    ]
    blocks[6] += "\n```js\n" + "\n".join(code) + "\n```\n\nThe end of the part.\n"
    found = Markdown().lossy("# Guide\n\n" + "\n".join(blocks), Hints(query="How is `drainEvent` awaited?"))
    assert found is not None
    out = shown(found)
    assert "'drainEvent'" in out
    assert out.count("```js") == 1
    assert out[out.index("```js") :].count("\n```\n") == 1
    assert (code[0] in out and code[-1] in out) == (length == 12)


@pytest.mark.parametrize(
    ("query", "kept", "gone"),
    [
        ("Which is cheaper, the Cedar Lamp or the Summit Lamp?", ["Cedar Lamp", "Summit Lamp"], "Summit Lamp Shade"),
        ("What does the Summit Lamp Shade cost?", ["Summit Lamp Shade"], "Cedar Lamp"),
    ],
)
def test_all_sections_stay_whose_titles_a_question_holds(query, kept, gone):
    text = document()
    for number, title in enumerate(("Cedar Lamp", "Summit Lamp", "Summit Lamp Shade"), 7):
        text = text.replace(f"## Topic {number}\n", f"## {title}\n")
    view = shown(Markdown().lossy(text, Hints(query=query)))
    assert all(f"## {title}\n" in view for title in kept)
    assert f"## {gone}\n" not in view


def test_the_section_that_fits_a_description_stays():
    told = "Errors are not thrown: ask for the result."
    text = document().replace("## Topic 11\n", "## Checking what is entered\n").replace("Sentence 4 of topic 11", told)
    text = text.replace("Sentence 2 of topic 3", "Many requests, and an error without end; sentence 2 of topic 3")
    view = shown(Markdown().lossy(text, Hints(query="How do I check without throwing an error?")))
    assert told in view
    assert len(view) < len(text) / 3


def history(releases, title):
    return "# History\n\n" + "".join(
        f"## {title(n)}\n\n- Part{n} got a faster way to read what it is given\n"
        + "- Its errors say in which line of which file they are\n" * 7
        + "\n"
        for n in range(releases, 0, -1)
    )


@pytest.mark.parametrize(
    ("releases", "query", "note"),
    [
        pytest.param(
            21,
            "Explain what Part10 got",
            "; ".join(f"2.{n}.0 ({n} {'May' if n % 2 else 'June'})" for n in range(9, 0, -1)),
            id="few",
        ),
        pytest.param(400, "Explain what Part10 got", "2.9.0 (9 May); 7 more like it; 2.1.0 (1 May)", id="many"),
        pytest.param(21, "What does 2.10.0 say?", "2.9.0 (9 May); 7 more like it; 2.1.0 (1 May)", id="by its title"),
    ],
)
def test_of_many_titles_that_differ_in_numbers_only_the_first_and_last_are_named(releases, query, note):
    text = history(releases, lambda n: f"2.{n}.0 ({(n - 1) % 28 + 1} {'May' if n % 2 else 'June'})")
    found = Markdown().lossy(text, Hints(query=query))
    notes = [piece.note for piece in found.pieces if isinstance(piece, Gap)]
    assert "Part10 got" in shown(found)
    assert notes[-1] == note
    assert sum(map(len, notes)) < 600
    assert law.holds(text, found)


def test_titles_of_their_own_are_named_among_those_that_differ_in_numbers():
    text = history(350, lambda n: f"Version 2.{n}.0 of May {n}, 2023" if n % 100 else f"Farewell to part{n}")
    found = Markdown().lossy(text, Hints(query="What does 2.333.0 say?"))
    outlined = " | ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
    assert all(f"Farewell to part{n}" in outlined for n in (300, 200, 100))
    assert "97 more like it" in outlined


def deep(topics=12, inner=8):
    """A document of three levels, whose titles take much of it."""
    return "# Guide\n" + "".join(
        f"\n## {word} matters\n\nOf {word} in general there is more to say than here.\n"
        + "".join(f"\n### {word} and its {side}\n\nThe {side} of {word}.\n" * 1 for side in SIDES[:inner])
        for word in WORDS[:topics]
    )


WORDS = ("Amber", "Basil", "Cedar", "Delta", "Ember", "Fable", "Grove", "Haven", "Ivory", "Jolly", "Kayak", "Lemon")
SIDES = ("heating", "cooling", "mending", "storing", "selling", "washing", "cutting", "lifting")


def test_beside_a_section_asked_for_by_its_title_an_outline_of_the_upper_titles_is_enough():
    text = deep()
    found = Markdown().lossy(text, Hints(query='What does the section "Grove and its mending" say?'))
    assert "The mending of Grove." in shown(found)
    notes = " | ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
    assert "Amber matters; " in notes
    assert "Lemon matters" in notes
    assert "Amber and its heating" not in notes
    assert " more sections" in notes
    assert law.holds(text, found)


def test_no_section_before_the_one_asked_for_stays_because_it_is_short():
    text = document() + "\n## Short\n\nOne line.\n\n## Target\n\n" + "Told at length here.\n" * 20
    out = shown(Markdown().lossy(text, Hints(query='What does the section "Target" say?')))
    assert "Told at length here." in out
    assert "## Short" not in out


def releases(count=30):
    return (
        "# History\n\n## Unreleased\n\n- Soon there is a bit more to tell here than there is now\n"
        + "- Still open, and looked into\n" * 6
        + "\n"
        + "".join(
            f"## 1.{n}.0 / 2024-01-{n:02}\n\n- Change {n} of the parts that people use most\n- Fix for part {n}\n\n"
            for n in range(count, -1, -1)
        )
    )


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("What changed between 1.4.0 and 1.7.0?", range(4, 8)),
        ("What changed from v1.7.0 to v1.9.0?", range(7, 10)),
        ("What is new since 1.27.0?", [*range(27, 31), -1]),
        ("What was fixed after version 1.27.0?", [*range(28, 31), -1]),
        ("What breaks when upgrading from 1.28.0 to 1.30.0?", range(28, 31)),
        ("What changed in 1.5.0?", [5]),
        ("Which fixes came after 1.27?", [*range(28, 31), -1]),
        ("What changed between 1.4 and 1.7?", range(4, 8)),
        ("What does the latest release fix?", [30]),
        ("What is the newest version?", [30]),
    ],
)
def test_the_releases_in_a_range_of_versions_stay(query, kept):
    text = releases()
    found = Markdown().lossy(text, Hints(query=query))
    out = shown(found)
    assert [n for n in range(31) if f"- Fix for part {n}\n" in out] == sorted(n for n in kept if n >= 0)
    assert ("- Soon there" in out) == (-1 in kept)
    assert law.holds(text, found)


def test_a_list_of_links_to_sections_is_no_answer_to_what_these_are_about():
    links = "".join(f"- [Topic {n} and subject{n * 7}](#topic-{n})\n" for n in range(20))
    text = document().replace("Welcome to the guide.\n", f"Welcome to the guide.\n\n{links}\nRead on.\n")
    out = shown(Markdown().lossy(text, Hints(query="What is said of subject77?")))
    assert "subject77." in out
    assert "](#topic-" not in out
    assert "](#topic-3)" in shown(Markdown().lossy(text, Hints(query="What links are in the contents, and subject77?")))


def test_a_list_of_links_to_sections_is_there_where_its_section_is_asked_for():
    links = "".join(f"+ [part-{n}](#part-{n})\n" for n in range(14))
    text = document() + f"\n### Known Parts v7+\n\n{links}\n### Older ones\n\n" + links.replace("part-", "old-")
    out = shown(Markdown().lossy(text, Hints(query='Show me the section "Known Parts v7+".')))
    assert links in out
    assert "old-3" not in out


def test_of_a_document_without_what_is_looked_up_the_outline_stays():
    found = Markdown().lossy(document(), Hints(query="Which topic mentions `flux_capacitor_9`?"))
    assert shown(found).startswith("# Guide\n[~ gap Topic 0; ")
    assert len(shown(found)) < 0.2 * len(document())
    assert law.holds(document(), found)


def test_of_two_titles_in_a_question_the_one_below_the_other_is_meant():
    text = (
        deep()
        .replace("Cedar matters", "Cedar")
        .replace("Cedar and its washing", "Washing")
        .replace("Cedar and its ", "On ")
    )
    text = text.replace("of Cedar.", "of it, which takes a while and some care in each of the steps.")
    out = shown(Markdown().lossy(text, Hints(query="Which washing is there for cedar?")))
    assert "The washing of it" in out
    assert "The lifting of it" not in out


TILDES = """Manual
======

About
-----

Words on it.

First Topic
~~~~~~~~~~~

.. code-block:: sh

    run it

Second Topic
~~~~~~~~~~~~

.. note:: More words.

Last
----

.. _here:

The end.
"""


def test_titles_above_tildes_are_no_open_code_blocks():
    assert [(heading.title, heading.level) for heading in find_headings(TILDES.split("\n"))] == [
        ("Manual", 1),
        ("About", 2),
        ("First Topic", 3),
        ("Second Topic", 3),
        ("Last", 2),
    ]


def test_a_manual_with_directives_is_a_document():
    text = TILDES.replace("Words on it.", "Words on it and around it.\n" * 60)
    assert detect(text, Hints()).kinds[:1] == ("markdown",)
