import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Edit, Wire
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.images import beginning, payload

DATA = bytes(range(256)) * 5
B64 = b64encode(DATA).decode()
URL = f"data:image/png;base64,{B64}"
CLAUDE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": B64}}


def user(content):
    return {"role": "user", "content": content}


def read(wire, message):
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    return raw, dialect_for(wire).message(raw)


FOUND = [
    pytest.param(Wire.ANTHROPIC, user([CLAUDE]), None, "", id="Claude: of the user"),
    pytest.param(
        Wire.ANTHROPIC,
        user([{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a"}, CLAUDE]}]),
        "t1",
        "",
        id="Claude: in a tool result",
    ),
    pytest.param(
        Wire.ANTHROPIC, user([{**CLAUDE, "cache_control": {"type": "ephemeral"}}]), None, "", id="Claude: marked"
    ),
    pytest.param(
        Wire.OPENAI_CHAT,
        user([{"type": "image_url", "image_url": {"url": URL, "detail": "high"}}]),
        None,
        "high",
        id="Chat Completions",
    ),
    pytest.param(
        Wire.OPENAI_CHAT,
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "image_url", "image_url": URL}]},
        "c1",
        "",
        id="Chat Completions: a bare address in a tool message",
    ),
    pytest.param(
        Wire.OPENAI_RESPONSES,
        user([{"type": "input_image", "image_url": URL, "detail": "auto"}]),
        None,
        "auto",
        id="Responses",
    ),
    pytest.param(
        Wire.OPENAI_RESPONSES,
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_image", "image_url": URL}]},
        "c2",
        "",
        id="Responses: in a function's output",
    ),
    pytest.param(
        Wire.GEMINI,
        {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": B64}}]},
        None,
        "",
        id="Gemini",
    ),
    pytest.param(
        Wire.GEMINI,
        {"parts": {"inline_data": {"mime_type": "image/png", "data": B64}}},
        None,
        "",
        id="Gemini: snake case and a lone part",
    ),
]


@pytest.mark.parametrize(("wire", "message", "call_id", "detail"), FOUND)
def test_an_image_is_found_by_its_bytes(wire, message, call_id, detail):
    raw, found = read(wire, message)
    (image,) = found.images
    assert (image.call_id, image.detail, image.media) == (call_id, detail, "image/png")
    assert payload(raw, image) == DATA
    assert raw[image.data.start : image.data.end].decode() == B64
    assert raw[image.start : image.start + 1] == b"{"
    assert not found.signed


@pytest.mark.parametrize(("wire", "message", "call_id", "detail"), FOUND)
@pytest.mark.parametrize("spaced", [False, True], ids=["dense", "with white space"])
def test_other_data_and_a_text_fit_into_its_place(wire, message, call_id, detail, spaced):
    raw, found = read(wire, json.dumps(message, indent=1 if spaced else None).encode())
    (image,) = found.images
    other = splice(raw, [Edit(*image.data, b"AAAA")])
    assert json.loads(other) == json.loads(json.dumps(message).replace(B64, "AAAA"))
    assert payload(other, dialect_for(wire).message(other).images[0]) == b"\0\0\0"

    before, behind = image.text
    text = splice(raw, [Edit(image.start, image.end, before + literal("as above") + behind)])
    after = dialect_for(wire).message(text)
    assert after.images == ()
    assert after.parts[-1].call_id == call_id
    assert "as above" in text.decode()
    json.loads(text)
    if "cache_control" in json.dumps(message):
        assert after.parts[-1].marked


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        pytest.param(
            Wire.ANTHROPIC,
            user([{"type": "image", "source": {"type": "url", "url": "http://x"}}]),
            id="Claude: address",
        ),
        pytest.param(
            Wire.ANTHROPIC, user([{"type": "image", "source": {"type": "file", "file_id": "f"}}]), id="Claude: file"
        ),
        pytest.param(Wire.ANTHROPIC, user([{"type": "image", "source": "x"}]), id="Claude: odd source"),
        pytest.param(Wire.ANTHROPIC, user([{"type": "image"}]), id="Claude: no source"),
        pytest.param(Wire.ANTHROPIC, user([{"type": "document", "source": CLAUDE["source"]}]), id="Claude: document"),
        pytest.param(Wire.ANTHROPIC, {"role": "assistant", "content": [CLAUDE]}, id="Claude: not the user's"),
        pytest.param(
            Wire.OPENAI_CHAT, user([{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]), id="Chat: address"
        ),
        pytest.param(Wire.OPENAI_CHAT, user([{"type": "image_url", "image_url": None}]), id="Chat: null"),
        pytest.param(
            Wire.OPENAI_CHAT,
            user([{"type": "image_url", "image_url": {"url": "data:image/png,AAAA"}}]),
            id="Chat: plain",
        ),
        pytest.param(Wire.OPENAI_RESPONSES, user([{"type": "input_image", "file_id": "f"}]), id="Responses: file"),
        pytest.param(
            Wire.OPENAI_RESPONSES, {"type": "image_generation_call", "id": "i", "result": B64}, id="Responses: its own"
        ),
        pytest.param(
            Wire.GEMINI,
            {"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav", "data": B64}}]},
            id="Gemini: sound",
        ),
        pytest.param(
            Wire.GEMINI,
            {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": B64}}]},
            id="Gemini: the model's",
        ),
    ],
)
def test_what_is_no_image_of_ours(wire, message):
    assert read(wire, message)[1].images == ()


def test_escaped_slashes_and_missing_padding_are_read():
    data = b"\xff" * 5000
    written = b64encode(data).rstrip(b"=").replace(b"/", b"\\/")
    raw, found = read(
        Wire.OPENAI_CHAT,
        b'{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image\\/jpeg;base64,'
        + written
        + b'"}}]}',
    )
    assert found.images[0].media == "image/jpeg"
    assert payload(raw, found.images[0]) == data
    head = beginning(raw, found.images[0])
    assert head is not None
    assert data.startswith(head)


@pytest.mark.parametrize("broken", ["%%%%", "AAAA BBBB", "A"], ids=["other signs", "a gap", "one sign"])
def test_broken_base64_has_no_payload(broken):
    raw, found = read(Wire.GEMINI, {"parts": [{"inlineData": {"mimeType": "image/png", "data": broken}}]})
    assert payload(raw, found.images[0]) is None


def test_the_digest_tells_apart_what_the_model_would():
    def digest(**other):
        block = {"type": "input_image", "image_url": URL, "detail": "auto"} | other
        return read(Wire.OPENAI_RESPONSES, user([block]))[1].images[0].digest

    assert digest() == digest()
    assert digest(prompt_cache_breakpoint=True) == digest()
    assert len({digest(), digest(detail="high"), digest(image_url=URL.replace("png", "jpeg"))}) == 3


@pytest.mark.parametrize(
    ("wire", "extra", "forgets"),
    [
        pytest.param(
            Wire.ANTHROPIC,
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            True,
            id="Claude clears results",
        ),
        pytest.param(
            Wire.ANTHROPIC,
            {"context_management": {"edits": [{"type": "compact_20260112"}]}},
            True,
            id="Claude compacts",
        ),
        pytest.param(
            Wire.ANTHROPIC,
            {"context_management": {"edits": [{"type": "clear_thinking_20251015"}]}},
            False,
            id="Claude clears thinking only",
        ),
        pytest.param(Wire.ANTHROPIC, {}, False, id="Claude"),
        pytest.param(Wire.OPENAI_RESPONSES, {"truncation": "auto"}, True, id="Responses truncates"),
        pytest.param(Wire.OPENAI_RESPONSES, {"truncation": "disabled"}, False, id="Responses does not"),
        pytest.param(Wire.OPENAI_CHAT, {}, False, id="Chat Completions"),
    ],
)
def test_whether_the_provider_leaves_out_what_is_old(wire, extra, forgets):
    key = "input" if wire is Wire.OPENAI_RESPONSES else "messages"
    body = json.dumps({"model": "m", key: [user("hello")], **extra}).encode()
    assert dialect_for(wire).outline(body).forgets is forgets


@pytest.mark.parametrize(
    ("wire", "message", "compacted"),
    [
        pytest.param(
            Wire.ANTHROPIC,
            {"role": "assistant", "content": [{"type": "compaction", "content": "..."}]},
            True,
            id="Claude",
        ),
        pytest.param(
            Wire.ANTHROPIC,
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "x"}]},
            False,
            id="Claude: thinking",
        ),
        pytest.param(Wire.OPENAI_RESPONSES, {"type": "compaction", "encrypted_content": "x"}, True, id="Responses"),
        pytest.param(Wire.OPENAI_RESPONSES, {"type": "compaction_trigger"}, False, id="Responses: only asked for"),
    ],
)
def test_a_summary_stands_between_the_model_and_what_was_before(wire, message, compacted):
    assert read(wire, message)[1].compacted is compacted


@settings(max_examples=100)
@given(st.binary(min_size=1, max_size=9000), st.sampled_from(["", " ", "\n  "]))
def test_any_bytes_come_back_from_any_layout(data, space):
    block = json.dumps({"inlineData": {"data": b64encode(data).decode(), "mimeType": "image/x"}}).replace(" ", space)
    raw = f'{{"role":{space}"user","parts":[{space}{block}{space}]}}'.encode()
    (image,) = dialect_for(Wire.GEMINI).message(raw).images
    assert payload(raw, image) == data
    head = beginning(raw, image)
    assert head is not None
    assert data.startswith(head)
