"""Conversations with images, in all four formats: what an agent with a browser or a camera sends."""

import json
import struct
from base64 import b64encode
from functools import cache
from io import BytesIO
from random import Random

from headroom.compress.images import has_decoder, read_size
from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.images import payload

MODEL = {
    Wire.ANTHROPIC: "claude-sonnet-4-5",
    Wire.OPENAI_CHAT: "gpt-4.1",
    Wire.OPENAI_RESPONSES: "gpt-4o",
    Wire.GEMINI: "gemini-2.5-pro",
}


@cache
def screenshot(seed=1, width=2400, height=1600, kind="PNG"):
    """A page with text and boxes. Without Pillow a header that nobody can decode: enough for what needs no decoder."""
    if not has_decoder():
        head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"
        return head + Random(seed).randbytes(40_000)
    from PIL import Image, ImageDraw

    random = Random(seed)
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for number in range(width * height // 2500):
        place = random.randrange(width), random.randrange(height)
        pen.text(place, f"line {number} of {seed}", fill=tuple(random.randrange(150) for _ in range(3)))
    out = BytesIO()
    image.save(out, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 95}))
    return out.getvalue()


def block(wire, data, media="image/png"):
    """An image block of one format."""
    written = b64encode(data).decode()
    if wire is Wire.ANTHROPIC:
        return {"type": "image", "source": {"type": "base64", "media_type": media, "data": written}}
    if wire is Wire.OPENAI_CHAT:
        return {"type": "image_url", "image_url": {"url": f"data:{media};base64,{written}"}}
    if wire is Wire.OPENAI_RESPONSES:
        return {"type": "input_image", "image_url": f"data:{media};base64,{written}"}
    return {"inlineData": {"mimeType": media, "data": written}}


def text(wire, words):
    """A text block of one format."""
    if wire is Wire.GEMINI:
        return {"text": words}
    return {"type": "input_text" if wire is Wire.OPENAI_RESPONSES else "text", "text": words}


def body(wire, shots, *, model=None, media="image/png", **extra):
    """A request whose turns bring images: a call each, its result, and where results hold no images a user message.

    A shot is the bytes of one image, a list of several, a text, or a whole message as a dict.
    """
    messages = [user(wire, [text(wire, "Why does the page look odd?")])]
    for turn, shot in enumerate(shots):
        if isinstance(shot, dict):
            messages.append(shot)
            continue
        content = [
            text(wire, one) if isinstance(one, str) else block(wire, one, media)
            for one in (shot if isinstance(shot, list) else [shot])
        ]
        messages += _turn(wire, turn, content)
    request = {"model": model or MODEL[wire]}
    if wire is Wire.ANTHROPIC:
        request |= {"max_tokens": 1000, "messages": messages}
    elif wire is Wire.OPENAI_CHAT:
        request |= {"messages": messages}
    elif wire is Wire.OPENAI_RESPONSES:
        request |= {"input": messages, "store": False}
    else:
        request = {"contents": messages}
    return json.dumps(request | extra).encode()


def user(wire, content):
    """A message of the user's."""
    return {"role": "user", "parts" if wire is Wire.GEMINI else "content": content}


def _turn(wire, turn, content):
    name, call = "screenshot", f"call_{turn}"
    if wire is Wire.ANTHROPIC:
        yield {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": name, "input": {"n": turn}}]}
        yield user(wire, [{"type": "tool_result", "tool_use_id": call, "content": content}])
    elif wire is Wire.OPENAI_CHAT:
        function = {"name": name, "arguments": json.dumps({"n": turn})}
        yield {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call, "type": "function", "function": function}],
        }
        yield {"role": "tool", "tool_call_id": call, "content": "done"}
        yield user(wire, content)
    elif wire is Wire.OPENAI_RESPONSES:
        yield {"type": "function_call", "call_id": call, "name": name, "arguments": json.dumps({"n": turn})}
        yield {"type": "function_call_output", "call_id": call, "output": content}
    else:
        yield {"role": "model", "parts": [{"functionCall": {"name": name, "args": {"n": turn}}}]}
        yield {"role": "user", "parts": [{"functionResponse": {"name": name, "response": {"ok": True}}}, *content]}


def images(wire, raw):
    """The image files in a body, in order."""
    dialect = dialect_for(wire)
    found = []
    for piece in dialect.outline(raw).messages:
        message = raw[piece.start : piece.end]
        found += [payload(message, image) for image in dialect.message(message).images]
    return found


def sizes(wire, raw):
    """Width and height of the images in a body."""
    return [(size.width, size.height) for data in images(wire, raw) if (size := read_size(data)) is not None]


def without_images(raw):
    """A body as JSON with every image, and every text that names one instead, taken out."""

    def bare(value):
        if isinstance(value, list):
            return [bare(one) for one in value if not _is_image(one)]
        return {key: bare(one) for key, one in value.items()} if isinstance(value, dict) else value

    return bare(json.loads(raw))


def _is_image(one):
    if not isinstance(one, dict):
        return False
    named = isinstance(one.get("text"), str) and one["text"].startswith("[~ the same image")
    return named or one.get("type") in {"image", "image_url", "input_image"} or "inlineData" in one
