"""What the model is asked about, and what its scores do to a text."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.accounts.tokens import estimate
from headroom.compress import law
from headroom.compress.kompress import choose, gate
from headroom.compress.kompress.blocks import SECONDS, BlockScorer, Turn
from headroom.compress.kompress.status import Missed, Scores, Status
from headroom.compress.prose import Prose, split_sentences
from headroom.compress.rendition import Gap, Hints
from headroom.compress.router import Policy, compress
from headroom.pipeline.block import Job, run
from tests.compress.kompress import tiny

ASK = Hints(query="Go on.")
TEXT = tiny.essay(60)


def fixed(values):
    return lambda words: values if len(values) == len(words) else None


def scores_of(text, value):
    """A score a word: ``value`` of the sentence it stands in."""
    out = []
    for number, sentence in enumerate(split_sentences(text)):
        out += [value(number, sentence.text)] * len(sentence.text.split())
    return out


# -- the gate ----------------------------------------------------------------------------------------------------------
GERMAN = "Die Mühle am Fluss wurde im Frühjahr von zwei Brüdern gebaut, die nichts als einen Karren besaßen. " * 40
CODE = "def f(x):\n    return x + 1\n\n\n" * 200
RULES = "You must never push to the main branch. Always run the tests before you commit your work there. " * 30


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(tiny.essay(14), "", id="English prose"),
        pytest.param(tiny.essay(2), "too_short", id="a short text"),
        pytest.param(GERMAN, "not_english", id="German"),
        pytest.param(CODE, "not_prose", id="source code"),
        pytest.param('{"a": [' + "1, " * 2000 + "1]}", "not_prose", id="JSON"),
        pytest.param(RULES, "instructions", id="instructions"),
        pytest.param(
            "".join(f"{n:>6}\t{line}\n" for n, line in enumerate(tiny.essay(14).split("\n"), 1)),
            "not_prose",
            id="numbered lines",
        ),
        pytest.param(tiny.essay(14) * 60, "too_big", id="a book"),
    ],
)
def test_the_model_is_asked_about_english_prose_only(text, why):
    assert gate.why_not(text, Hints()) == why


# -- what scores do ----------------------------------------------------------------------------------------------------
def test_sentences_go_by_the_models_own_threshold():
    values = scores_of(TEXT, lambda n, _text: 0.8 if n % 12 < 5 else 0.2)
    found = Prose(fixed(values)).lossy(TEXT, ASK)
    assert found.transform == "prose:model"
    assert law.holds(TEXT, found, (), Prose())
    shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
    assert "In part 0 they" in shown
    dropped = [s.text for n, s in enumerate(split_sentences(TEXT)) if 5 <= n % 12 < 12]
    assert sum(text in shown for text in dropped) < 0.2 * len(dropped)


def test_what_the_model_drops_and_what_is_kept_make_up_the_source():
    values = scores_of(TEXT, lambda n, _text: 0.8 if n % 9 < 5 else 0.2)
    found = Prose(fixed(values)).lossy(TEXT, ASK)
    kept = "".join(piece for piece in found.pieces if isinstance(piece, str)).split()
    gone = " ".join(TEXT[gap.first - 1 : gap.last] for gap in found.gaps).split()
    assert sorted(kept + gone) == sorted(TEXT.split())


@given(st.integers(0, 10_000))
def test_scores_of_any_kind_never_break_the_law(seed):
    rng = random.Random(seed)
    text = tiny.essay(12)
    values = [rng.random() for _ in text.split()]
    found = Prose(fixed(values), rng.choice([None, 0.2, 0.5])).lossy(text, ASK)
    assert found is None or law.holds(text, found, (), Prose())


@pytest.mark.parametrize(
    "fact",
    [
        "The ticket is called HALL-4411 since then.",
        "Its address is https://mill.example/wheel to this day.",
        "They paid $ 4,100 for the roof in the end.",
        "The commit was 9f2c41d07ab3 as far as anybody knows.",
        "You must not lift the sluice after dusk.",
        "The gauge failed with an error on the second day.",
        "Its key is 123e4567-e89b-12d3-a456-426614174000 in the books.",
        "The setting lies in /etc/mill/wheel.conf on that machine.",
        "About 40 % of the corn was lost that year.",
        "Call `lift_sluice` for this purpose only when asked.",
    ],
)
@pytest.mark.parametrize("target", [None, 0.2], ids=["threshold", "target"])
def test_no_score_can_cost_the_reader_what_can_not_be_guessed(fact, target):
    sentences = TEXT.split("\n\n")
    text = "\n\n".join([*sentences[:30], sentences[30] + " " + fact, *sentences[31:]])
    values = scores_of(text, lambda n, words: 0.9 if n < 20 else 0.0)
    found = Prose(fixed(values), target).lossy(text, ASK)
    shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
    assert fact in shown
    assert len(shown) < 0.6 * len(text)


def test_a_target_ratio_is_followed_with_scores():
    values = scores_of(TEXT, lambda n, _text: ((n * 37) % 100) / 100)
    sizes = []
    for target in (0.2, 0.4, 0.6):
        found = Prose(fixed(values), target).lossy(TEXT, ASK)
        sizes.append(sum(len(piece) for piece in found.pieces if isinstance(piece, str)) / len(TEXT))
    assert sizes == pytest.approx([0.2, 0.4, 0.6], abs=0.06)


def test_a_model_that_drops_next_to_nothing_leaves_the_text_alone():
    values = scores_of(TEXT, lambda n, _text: 0.2 if n == 7 else 0.9)
    assert Prose(fixed(values)).lossy(TEXT, ASK) is None


def test_scores_for_another_number_of_words_are_not_used():
    without = compress(TEXT, ASK, Policy(lossy=True, target_ratio=0.4), estimate, render=str)
    job = Job(TEXT, ASK, Policy(lossy=True, target_ratio=0.4), "0" * 24, (0.5, 0.5))
    assert without.transform == run(job, 60).transform == "prose:extract"


def test_gaps_are_told_in_characters():
    values = scores_of(TEXT, lambda n, _text: 0.8 if n % 12 < 5 else 0.2)
    for gap in Prose(fixed(values)).lossy(TEXT, ASK).gaps:
        assert isinstance(gap, Gap)
        assert gap.unit == "chars"
        assert "sentences" in gap.note


def test_a_sentence_is_worth_its_kept_words():
    assert choose.value([0.9, 0.9]) > choose.value([0.9, 0.1]) > choose.value([0.1, 0.1]) > choose.value([])
    assert choose.by_threshold([[0.5, 0.4], [0.4, 0.4, 0.5], [], [0.5]]) == {0, 2, 3}


# -- the pipeline's way to it ------------------------------------------------------------------------------------------
class Told:
    """An engine that answers as told, and takes its time by a fake clock."""

    def __init__(self, answer, takes=0.0):
        self.answer, self.takes, self.now, self.asked = answer, takes, 0.0, []

    def score(self, words, seconds):
        self.asked.append(seconds)
        self.now += self.takes
        return self.answer(words) if callable(self.answer) else self.answer

    def status(self):
        return Status("ready", device="cpu", backend="told")


def scorer(engine, **kind):
    return BlockScorer(engine, clock=lambda: engine.now if isinstance(engine, Told) else 0.0, **kind)


def test_a_scored_block_is_counted():
    seen = []
    engine = Told(lambda words: Scores(tuple(0.5 for _ in words), 0.2), takes=0.2)
    ask = scorer(engine, observed=lambda device, seconds: seen.append((device, seconds)))
    turn = Turn()
    text = tiny.essay(14)
    assert len(ask(text, Hints(), 1.0, turn)) == len(text.split())
    assert (turn.used, turn.missed) == (1, "")
    assert seen == [("cpu", 0.2)]
    shown = ask.shown()
    assert (shown["calls"], shown["words"], shown["average_ms"], shown["fallbacks"]) == (1, len(text.split()), 200.0, 0)
    assert (shown["enabled"], shown["backend"], shown["device"], shown["state"]) == (True, "told", "cpu", "ready")


def test_a_request_has_one_allowance_for_all_of_its_blocks():
    engine = Told(Missed("deadline"), takes=1.0)
    ask = scorer(engine)
    turn = Turn()
    for _ in range(3):
        assert ask(tiny.essay(14), Hints(), 10.0, turn) is None
    assert engine.asked == [SECONDS, SECONDS - 1.0], "the third block finds nothing left"
    assert turn.missed == "deadline"
    assert ask.shown()["fallback_reasons"] == {"deadline": 3}


def test_the_rules_have_time_left_when_the_model_misses():
    engine = Told(Missed("deadline"))
    scorer(engine)(tiny.essay(14), Hints(), 0.5, Turn())
    assert engine.asked == [pytest.approx(0.35)]


@pytest.mark.parametrize("answer", [Missed("busy"), Scores((0.5,), 0.1)], ids=["missed", "too few"])
def test_a_block_without_scores_is_a_fallback(answer):
    devices = []
    ask = scorer(Told(answer), fell_back=devices.append)
    turn = Turn()
    assert ask(tiny.essay(14), Hints(), 1.0, turn) is None
    assert turn.missed in {"busy", "error:BadScores"}
    assert devices == ["cpu"]


def test_without_a_model_nothing_is_a_fallback():
    ask = scorer(Status("not installed", "install it"))
    turn = Turn()
    assert ask(tiny.essay(14), Hints(), 1.0, turn) is None
    assert turn.missed == ""
    assert ask.shown()["fallbacks"] == 0
    assert (ask.shown()["enabled"], ask.shown()["state"], ask.shown()["reason"]) == (
        False,
        "not installed",
        "install it",
    )


def test_what_is_not_the_models_business_is_no_fallback():
    engine = Told(Missed("busy"))
    turn = Turn()
    assert scorer(engine)(CODE, Hints(), 1.0, turn) is None
    assert (engine.asked, turn.missed) == ([], "")
