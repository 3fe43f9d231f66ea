"""Windows cover every word once, whatever the words are made of."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headroom.compress.kompress import scores
from headroom.compress.kompress.config import WINDOW_TOKENS, WINDOW_WORDS
from headroom.compress.kompress.words import Tokenizer
from tests.compress.kompress import tiny


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file):
    return Tokenizer.load(tokenizer_file)


@dataclass
class Fake:
    """Tokens of a made-up encoder: a word of length n has n tokens."""

    ids: list
    word_ids: list


class ByLength:
    def encode(self, sequence, *, is_pretokenized):
        assert is_pretokenized
        owners = [at for at, word in enumerate(sequence) for _ in word]
        return Fake([1, *(5 for _ in owners), 2], [None, *owners, None])


def covers(windows, count):
    at = 0
    for window in windows:
        assert window.first == at
        assert window.count >= 1
        assert len(window.ids) == len(window.owners) <= WINDOW_TOKENS
        assert window.count <= WINDOW_WORDS
        assert all(owner is None or 0 <= owner < window.count for owner in window.owners)
        at += window.count
    assert at == count


@settings(max_examples=120)
@given(st.text(st.characters(exclude_categories=()), max_size=1500))
@example("\ud800 lone \udfff surrogates")
@example("a\u200b\ufeff\u0000b " * 400)
@example("🏳️‍🌈" * 300 + " x")
def test_kept_and_dropped_words_are_all_words_of_any_text(tokenizer, text):
    words = text.split()
    windows = list(tokenizer.windows(words))
    covers(windows, len(words))
    values = []
    for window in windows:
        tokens = [at % 2 for at in range(len(window.ids))]
        values += scores.of_words(tokens, window.owners, window.count)
    assert len(values) == len(words)
    kept = [word for word, value in zip(words, values, strict=True) if value >= scores.THRESHOLD]
    dropped = [word for word, value in zip(words, values, strict=True) if value < scores.THRESHOLD]
    assert sorted(kept + dropped) == sorted(words)


@settings(max_examples=100)
@given(st.lists(st.integers(0, 700).map(lambda n: "x" * n), max_size=60))
@example(["x" * 511])
@example(["x" * 510, "y"])
@example(["x" * 509, "y", "zz"])
@example(["x"] * 1100)
@example(["xx"] * 351)
@example(["", "", "x" * 600, ""])
def test_windows_of_any_token_counts_overflow_at_word_boundaries(words):
    windows = list(Tokenizer(ByLength()).windows(words))
    covers(windows, len(words))
    for window in windows:
        run = words[window.first : window.first + window.count]
        if window.count > 1 or len(run[0]) <= WINDOW_TOKENS - 2:
            assert sum(owner is not None for owner in window.owners) == sum(map(len, run)), (
                "no token of a word is cut off"
            )


def test_words_that_overflow_a_window_begin_the_next_one():
    words = ["x" * 100] * 7
    assert [window.count for window in Tokenizer(ByLength()).windows(words)] == [5, 2]
    assert [window.count for window in Tokenizer(ByLength()).windows(["x"] * 800)] == [350, 350, 100]


def test_windows_end_with_the_special_token(tokenizer):
    words = ("https://example.com/" + "a" * 300 + " ") * 20
    for window in tokenizer.windows(words.split()):
        assert (window.ids[0], window.ids[-1]) == (1, 2)


def test_word_ids_point_at_the_words(tokenizer):
    (window,) = tokenizer.windows(["mill", "wheel!", "1871"])
    assert [owner for owner in dict.fromkeys(window.owners) if owner is not None] == [0, 1, 2]


def test_the_corpus_is_covered(tokenizer, shared_dir):
    folder = shared_dir("corpus", "items")
    seen = 0
    for path in sorted(folder.glob("*.txt")):
        words = path.read_text("utf-8", "surrogateescape")[:4_000].split()
        covers(list(tokenizer.windows(words)), len(words))
        seen += len(words)
    assert seen > 5_000


def test_a_word_is_worth_its_best_token_and_a_word_without_tokens_stays():
    assert scores.of_words([0.9, 0.2, 0.7, 0.1, 0.9], [None, 0, 0, 2, None], 3) == [0.7, 1.0, 0.1]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        pytest.param([0.1, float("nan")], "not a number", id="not a number"),
        pytest.param([0.1, float("inf")], "not a number", id="infinite"),
        pytest.param([0.1], "1 scores came back for 2", id="too few"),
        pytest.param([0.1, 1.2], "between 0 and 1", id="above one"),
        pytest.param([-0.3, 0.2], "between 0 and 1", id="below zero"),
    ],
)
def test_scores_that_are_no_scores_are_refused(values, what):
    with pytest.raises(scores.BadScores, match=what):
        scores.checked(values, 2)


def test_scores_are_decided_on_with_three_decimals():
    assert [scores.quantise(0.49951), scores.quantise(0.4994)] == [0.5, 0.499]


def test_the_bundled_shape_is_modernbert_base(tmp_path):
    from headroom.compress.kompress.config import Spec, spec_from

    spec = Spec()
    h, m = spec.hidden_size, spec.intermediate_size
    encoder = spec.num_hidden_layers * (4 * h * h + 3 * h * m + 2 * h) - h + spec.vocab_size * h + 2 * h
    assert encoder == 149_014_272
    # The matrices: 2 x 110.3 M x 512 = 113 GFLOP; attention, 8 layers over 512 tokens and 14 over 128: 9 more.
    assert spec.forward_flops(1, 512) == pytest.approx(122.2e9, rel=0.001)
    assert spec_from(json.loads(json.dumps(tiny.SPEC.arguments())), "here") == tiny.SPEC
