import json
import subprocess
import sys

import pytest

import headroom
from headroom.errors import Unreadable

ROWS = [{"id": 1000 + i, "name": f"user-{i * 7919 % 1000}", "state": "active" if i % 9 else "idle"} for i in range(400)]


def openai(text):
    call = {"id": "a", "type": "function", "function": {"name": "query", "arguments": "{}"}}
    return [
        {"role": "user", "content": "Which users are idle?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": text},
    ]


def anthropic(text):
    return [
        {"role": "user", "content": "Which users are idle?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "query", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": text}]},
    ]


@pytest.mark.parametrize("shape", [openai, anthropic])
def test_without_loss_by_default(shape):
    messages = shape(json.dumps(ROWS, indent=2))
    result = headroom.compress(messages, model="gpt-4o")
    assert result.tokens_after < result.tokens_before / 2
    assert result.tokens_saved == result.tokens_before - result.tokens_after
    assert result.originals == {}
    assert messages == shape(json.dumps(ROWS, indent=2))


@pytest.mark.parametrize("shape", [openai, anthropic])
def test_what_is_left_out_can_be_put_back(shape):
    text = json.dumps(ROWS, indent=2)
    result = headroom.compress(shape(text), model="gpt-4o", lossless=False)
    assert result.tokens_after <= headroom.compress(shape(text)).tokens_after
    for hash_, original in result.originals.items():
        assert hash_ in json.dumps(result.messages)
        assert original == text


@pytest.mark.parametrize("shape", [openai, anthropic])
def test_half_a_surrogate_pair_is_text_too(shape):
    """As ``os.fsdecode`` and ``errors="surrogateescape"`` make them."""
    text = "".join(f"2025-03-01 10:00:{n % 60:02} INFO read caf\udce9-{n * 7919 % 997}.txt\n" for n in range(400))
    result = headroom.compress(shape(text), model="gpt-4o", lossless=False)
    assert result.tokens_after < result.tokens_before / 2
    assert list(result.originals.values()) == [text]
    shown = json.dumps(result.messages, ensure_ascii=False)
    assert "caf\udce9-" in shown
    assert "\U0010fce9" not in shown


def test_same_messages_same_result():
    messages = openai(json.dumps(ROWS))
    assert headroom.compress(messages, lossless=False) == headroom.compress(messages, lossless=False)


def test_the_name_is_a_package_too():
    code = "import headroom.compress.router as r, headroom; print(callable(headroom.compress), r.POLICY_ID != '')"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["True", "True"]


def test_importing_the_package_loads_next_to_nothing():
    code = "import sys, headroom; print([m for m in ('mitmproxy','aiohttp','tiktoken','splintr','torch','msgspec') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_unknown_shapes_say_so():
    with pytest.raises(Unreadable):
        headroom.compress([{"no": "role"}])
