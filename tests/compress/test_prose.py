import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.prose import Prose, instructs, split_sentences
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints


def essay(paragraphs=12):
    return "\n\n".join(
        " ".join(
            f"In the year {1900 + p * 7 + s} the town of Alden built mill number {p * 10 + s} beside the quiet river."
            if s % 2
            else f"The people there were glad about it, as people in such places often are when spring number {p} comes."
            for s in range(8)
        )
        for p in range(paragraphs)
    )


def shown(rendition):
    return "".join(piece if isinstance(piece, str) else f"[~ {piece.note}]\n" for piece in rendition.pieces)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One ends. Two ends! Three?", ["One ends.", "Two ends!", "Three?"]),
        ("Dr. Smith, e.g. here, left. He ran.", ["Dr. Smith, e.g. here, left.", "He ran."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("a line\nanother line", ["a line", "another line"]),
        ("Version 3.5 is out. Get it.", ["Version 3.5 is out.", "Get it."]),
        ("", []),
    ],
)
def test_sentences(text, sentences):
    assert [sentence.text for sentence in split_sentences(text)] == sentences


def test_the_sentence_in_question_stays():
    text = essay().replace("mill number 73", "a lighthouse out of red granite")
    found = Prose().lossy(text, Hints(query="Who built the lighthouse, and of what?"))
    assert found is not None
    assert "a lighthouse out of red granite" in shown(found)
    assert len(shown(found)) < 0.75 * len(text)
    assert law.holds(text, found, (), Prose())


def test_a_question_that_names_nothing_keeps_most():
    text = essay()
    vague = Prose().lossy(text, Hints(query="Go on."))
    specific = Prose().lossy(text, Hints(query="What about mill number 73?"))
    assert specific is not None
    kept = len(shown(vague)) if vague else len(text)
    assert kept > len(shown(specific))


def test_a_target_ratio_is_followed():
    text = essay(30)
    short = Prose(target_ratio=0.2).lossy(text, Hints(query="Go on."))
    long = Prose(target_ratio=0.7).lossy(text, Hints(query="Go on."))
    assert short is not None
    assert long is not None
    assert len(shown(short)) < len(shown(long)) < len(text)


def test_repeated_sentences_are_dropped_first_but_not_those_with_another_number():
    repeated = "The quarterly report is filed by the second deputy of the northern office every single time."
    text = essay(4) + "\n\n" + " ".join([repeated] * 12)
    found = Prose(target_ratio=0.6).lossy(text, Hints(query="Go on."))
    assert found is not None
    assert shown(found).count(repeated) <= 4  # of twelve


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("You must never push to main. " * 20, id="imperatives"),
        pytest.param("<system-reminder>\n" + "Words in a sentence here. " * 30, id="a reminder"),
        pytest.param("# SKILL: review\n" + "Look at the change closely. " * 30, id="a skill"),
    ],
)
def test_instructions_are_never_cut(text):
    assert instructs(text, split_sentences(text))
    assert Prose(target_ratio=0.1).lossy(text, Hints(query="Go on.")) is None


def test_a_model_may_score_the_words():
    text = essay()

    def likes_mills(words):
        return [1.0 if word == "mill" else 0.0 for word in words]

    found = Prose(likes_mills, 0.3).lossy(text, Hints(query="Go on."))
    assert found is not None
    assert found.transform == "prose:model"
    assert shown(found).count("mill number") > shown(found).count("spring number")


def test_a_model_that_cannot_answer_changes_nothing():
    text = essay()
    without = Prose(None, 0.4).lossy(text, Hints(query="Go on."))
    declined = Prose(lambda words: None, 0.4).lossy(text, Hints(query="Go on."))
    assert without is not None
    assert declined is not None
    assert declined.pieces == without.pieces


@settings(max_examples=100)
@given(st.text(st.sampled_from("aB. !?\n\t,é中0"), max_size=400))
def test_kept_and_dropped_characters_are_the_source(text):
    from headroom.compress.prose import cut_pieces

    sentences = split_sentences(text)
    pieces = cut_pieces(text, sentences, set(range(0, len(sentences), 2)))
    at = 0
    for piece in pieces:
        if isinstance(piece, Gap):
            assert piece.first > at
            assert not text[at : piece.first - 1].strip()
            at = piece.last
        elif piece.strip():
            start = text.index(piece.rstrip("\n"), at)
            assert not text[at:start].strip()
            at = start + len(piece.rstrip("\n"))
    assert not text[at:].strip()


def test_scores_need_no_question():
    assert Relevance("").terms == ()
