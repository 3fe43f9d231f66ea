"""Both libraries give the tokens of OpenAI's encodings, and the right one is taken."""

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokenizers, tokens
from headroom.accounts.tokenizers import Tokenizer, by_splintr, by_tiktoken

splintr = pytest.importorskip("splintr", reason="splintr has no wheel for this platform")

NAMES = ("o200k_base", "cl100k_base")
_MADE = {(name, make): make(name) for name in NAMES for make in (by_splintr, by_tiktoken)}
_SIGNS = [
    "'s",
    "'LL",
    " 're",
    "\r\n",
    "  \n",
    "<|endoftext|>",
    "<|fim_prefix|>",
    "://",
    "/**\n",
    "\n/",
    " //\n\n",
    "...\n",
]
_ALPHABETS = [
    "abcXYZ", " \t\n\r\u00a0\u2003\u3000\x0b\x85\u2028", "0123456789٣Ⅷ½²", "'’\".,;:/\\-_()[]{}<>|@#$%^&*+=~`",
    "éàüñßÆДж漢字かなカナ한국어العربيةעבריתไทยहिन्दी", "👩\u200d🙂🇩🇪\ufe0f\u0301\u20e3", "\x00\x1b\x7f\ufeff\ufffd\U0010ffff", "ǅᾈʰªº",
]  # fmt: skip
_PIECES = st.one_of(st.sampled_from(_SIGNS), *(st.text(alphabet, min_size=1, max_size=6) for alphabet in _ALPHABETS))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.lists(_PIECES, max_size=40).map("".join), st.text(max_size=60)))
def test_both_libraries_give_the_same_tokens(name, text):
    splintrs, tiktokens = _MADE[name, by_splintr], _MADE[name, by_tiktoken]
    assert list(splintrs.encode(text)) == list(tiktokens.encode(text))
    assert splintrs.count(text) == len(tiktokens.encode(text)) == tiktokens.count(text)
    assert splintrs.count(text, text, "x") == tiktokens.count(text, text, "x")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["a\ud800b", "\udfff", "\ud83d tail", "ok \udc80\udc81"])
def test_half_a_surrogate_pair_is_counted_by_both_alike(name, text):
    assert list(_MADE[name, by_splintr].encode(text)) == list(_MADE[name, by_tiktoken].encode(text))
    assert _MADE[name, by_splintr].count(text) == _MADE[name, by_tiktoken].count(text)


def _absent(_name):
    raise ImportError("not here")


def _wrong(_name):
    return Tokenizer("wrong", lambda text: list(text.encode()))


def _miscounting(name):
    return Tokenizer("miscounting", _MADE[name, by_tiktoken].encode, lambda texts: sum(map(len, texts)))


@pytest.mark.parametrize(
    ("makers", "library", "said"),
    [
        ((by_splintr, by_tiktoken), "splintr", ""),
        ((_absent, by_tiktoken), "tiktoken", ""),
        ((_wrong, by_tiktoken), "tiktoken", "wrong does not give the tokens of o200k_base"),
        ((_miscounting, by_tiktoken), "tiktoken", "miscounting does not give the tokens of o200k_base"),
    ],
)
def test_the_first_library_that_is_right_counts(makers, library, said, caplog):
    assert tokenizers.load("o200k_base", makers).library == library
    assert said in caplog.text


def test_without_any_library_the_reason_says_what_to_do():
    with pytest.raises(ImportError, match="reinstall headroom-gateway"):
        tokenizers.load("o200k_base", (_absent,))


def test_the_memory_of_words_is_emptied(monkeypatch):
    monkeypatch.setattr(tokenizers, "_REMEMBERED", 20_000)
    inner = splintr.Tokenizer.from_pretrained("o200k_base")
    bounded = tokenizers._Bounded(inner)
    rng = random.Random(1)
    most = 0
    for round_ in range(60):
        text = " ".join("".join(rng.choices("abcdefghij", k=8)) for _ in range(500))
        (bounded, lambda text: bounded.count([text]))[round_ % 2](text)
        most = max(most, inner.cache_len)
    assert 0 < most < 6_000, "30,000 words were read"


def test_threads_that_empty_it_count_right(monkeypatch):
    monkeypatch.setattr(tokenizers, "_REMEMBERED", 3_000)
    tokenizer = by_splintr("o200k_base")
    texts = [f"line {i} of {'abc ' * (i % 40)} café {i * i}\n" * 5 for i in range(200)]
    wanted = [len(_MADE["o200k_base", by_tiktoken].encode(text)) for text in texts]
    found: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: found.append([tokenizer.count(text) for text in texts])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [wanted] * 6


_LINES = st.sampled_from(
    ["2024-05-06 INFO ready", "  indented", "/usr/lib/x", "", "\r", "}", "- item", "日本 text", "// note", "x" * 300]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_LINES, min_size=300, max_size=900), st.randoms(use_true_random=False))
def test_a_text_in_pieces_has_the_tokens_of_the_whole(lines, rng):
    text = "\n".join(line + str(rng.random()) * 6 for line in lines)
    text += "\nlast line 1" * (tokens._PIECE // 8)
    assert len(tokens._pieces(text)) > 1
    assert tokens.count(text) == len(_MADE["o200k_base", by_tiktoken].encode(text))
