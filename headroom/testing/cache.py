"""Prompt caches as the providers bill them, computed from the body that was really received.

Anthropic (docs, "Prompt caching"): explicit breakpoints, a look back of 20 blocks from each, lives of 5 minutes or 1
hour renewed by each read, nothing below a minimum size, hour-long writes billed apart. OpenAI: automatic, 1,024 tokens
at least, steps of 128. Gemini: implicit, the same way (its step is not published; 128 is our assumption). Lives of the
automatic caches are 5 minutes here, the short end of what the providers say.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from headroom.exchange import Usage
from headroom.testing.tokens import Tokens

LOOKBACK = 20
MINIMUM = 1024
STEP = 128
FIVE_MINUTES = 300.0
ONE_HOUR = 3600.0
_LIMIT = 200_000

_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    ttl: float
    """Life of the breakpoint on this block in seconds; 0 without one."""
    salt: str = ""
    """Settings that the cache of this block and of all later ones depends on; costs no tokens."""


class AnthropicCache:
    """Breakpoints and look-back. ``bill`` takes the time, so a fake clock can age the entries."""

    def __init__(self, tokens: Tokens, minimum: int = MINIMUM) -> None:
        self._tokens = tokens
        self._minimum = minimum
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def bill(self, body: Mapping[str, Any], scope: str, now: float) -> Usage:
        """Input side of the usage of one request; writes what it says. ``scope`` is the caller's credential."""
        blocks = list(_blocks(body))
        chain = hashlib.blake2b(f"{scope}\0{body.get('model')}".encode(), digest_size=16)
        digests: list[bytes] = []
        totals: list[int] = []
        total = 0
        for block in blocks:
            chain.update(f"{block.salt}\0{block.text}\0".encode("utf-8", "surrogatepass"))
            digests.append(chain.digest())
            total += self._tokens.count(block.text)
            totals.append(total)
        points = [index for index, block in enumerate(blocks) if block.ttl and totals[index] >= self._minimum]
        hit = self._longest(points, digests, now)
        read = totals[hit] if hit is not None else 0
        if hit is not None:
            self._renew(digests[hit], now)
        one_hour = max((totals[i] for i in points if blocks[i].ttl > FIVE_MINUTES), default=0)
        last = totals[points[-1]] if points else 0
        write_1h = max(0, one_hour - read)
        write_5m = max(0, last - max(read, one_hour))
        for index in points:
            self._until[digests[index]] = max(self._until.pop(digests[index], 0.0), now + blocks[index].ttl)
        while len(self._until) > _LIMIT:
            self._until.popitem(last=False)
        return Usage(
            input=total - read - write_1h - write_5m,
            cache_read=read,
            cache_write_5m=write_5m,
            cache_write_1h=write_1h,
        )

    def _longest(self, points: Iterable[int], digests: list[bytes], now: float) -> int | None:
        best: int | None = None
        for point in points:
            for index in range(point, max(-1, point - LOOKBACK), -1):
                if self._until.get(digests[index], 0.0) > now:
                    best = index if best is None else max(best, index)
                    break
        return best

    def _renew(self, digest: bytes, now: float) -> None:
        left = self._until[digest] - now
        self._until[digest] = now + (ONE_HOUR if left > FIVE_MINUTES else FIVE_MINUTES)
        self._until.move_to_end(digest)


def _blocks(body: Mapping[str, Any]) -> Iterator[_Block]:
    """Tools, system, messages: the order in which the provider reads the prompt."""
    for tool in body.get("tools") or ():
        yield _block("tool", tool)
    system = body.get("system")
    for part in [{"type": "text", "text": system}] if isinstance(system, str) else system or ():
        yield _block("system", part)
    found: list[_Block] = []
    for message in body.get("messages") or ():
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        found += [_block(message["role"], part) for part in parts]
    if body.get("cache_control") is not None and found:
        found[-1] = replace(found[-1], ttl=_ttl(body["cache_control"]))
    if found:
        # A changed tool_choice or thinking setting invalidates the messages, not the tools and the system prompt.
        found[0] = replace(found[0], salt=_dumps([body.get("tool_choice"), (body.get("thinking") or {}).get("type")]))
    yield from found


def _block(role: str, part: Mapping[str, Any]) -> _Block:
    bare = {key: value for key, value in part.items() if key != "cache_control"}
    mark = part.get("cache_control")
    inner = part.get("content")
    if isinstance(inner, list):
        bare["content"] = [{k: v for k, v in item.items() if k != "cache_control"} for item in inner]
        mark = mark or next((item["cache_control"] for item in inner if item.get("cache_control")), None)
    if bare.get("type") == "text" and isinstance(bare.get("text"), str):
        return _Block(f"{role}\n{bare['text']}", _ttl(mark))
    if bare.get("type") == "tool_result" and isinstance(bare.get("content"), str):
        head = {key: value for key, value in bare.items() if key != "content"}
        return _Block(f"{role}\n{_dumps(head)}\n{bare['content']}", _ttl(mark))
    return _Block(f"{role}\n{_dumps(bare)}", _ttl(mark))


def _ttl(mark: Mapping[str, Any] | None) -> float:
    if not mark:
        return 0.0
    return ONE_HOUR if mark.get("ttl") == "1h" else FIVE_MINUTES


class PrefixCache:
    """The automatic cache of OpenAI and Gemini: longest known token prefix, in whole steps, from a minimum on."""

    def __init__(self, tokens: Tokens, *, minimum: int = MINIMUM, life: float = FIVE_MINUTES) -> None:
        self._tokens = tokens
        self._minimum = minimum
        self._life = life
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def bill(self, texts: Iterable[str], scope: str, now: float, *, writes: bool = False) -> Usage:
        """Input side of the usage of one prompt, given as its texts in order.

        ``writes`` reports what was added to the cache as cache writes (OpenAI from gpt-5.6 on charges for them).
        """
        ids = array("I")
        for text in texts:
            ids.extend(self._tokens.ids(text))
        raw = memoryview(ids).cast("B")
        width = STEP * ids.itemsize
        chain = hashlib.blake2b(scope.encode(), digest_size=16)
        read, written, running = 0, 0, True
        for step in range(len(ids) // STEP):
            chain.update(raw[step * width : (step + 1) * width])
            end = (step + 1) * STEP
            if end < self._minimum:
                continue
            digest = chain.digest()
            running = running and self._until.get(digest, 0.0) > now
            if running:
                read = end
            written = end
            self._until[digest] = now + self._life
            self._until.move_to_end(digest)
        raw.release()
        while len(self._until) > _LIMIT:
            self._until.popitem(last=False)
        write = written - read if writes else 0
        return Usage(input=len(ids) - read - write, cache_read=read, cache_write_5m=write)


def chat_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """A Chat Completions prompt: tools first, then the messages."""
    for tool in body.get("tools") or ():
        yield "tool\n" + _dumps(tool)
    for message in body.get("messages") or ():
        content = message.get("content")
        yield f"<{message.get('role')}>"
        rest = {k: v for k, v in message.items() if k not in {"content", "role"} and v is not None and not _private(k)}
        if rest:
            yield _dumps(rest)
        if content is not None:
            yield content if isinstance(content, str) else _dumps(content)


def responses_texts(body: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A Responses prompt: tools, instructions, then all items, stored ones included. Item ids cost no tokens."""
    for tool in body.get("tools") or ():
        yield "tool\n" + _dumps(tool)
    if body.get("instructions"):
        yield "<system>" + str(body["instructions"])
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            content = item.get("content")
            yield f"<{item.get('role')}>"
            for part in [{"text": content}] if isinstance(content, str) else content or ():
                yield part["text"] if isinstance(part.get("text"), str) else _dumps(part)
        elif kind == "reasoning":
            yield f"<reasoning>{item.get('encrypted_content') or item.get('id')}"
        elif kind == "function_call_output" and isinstance(item.get("output"), str):
            yield f"<output {item.get('call_id')}>"
            yield item["output"]
        else:
            yield _dumps({k: v for k, v in item.items() if k not in {"id", "status"} and not _private(k)})


def _private(key: str) -> bool:
    """Whether a field is a client's note to itself, which no model reads: it comes and goes from call to call."""
    return key.startswith("__") or key == "internal_chat_message_metadata_passthrough"


def gemini_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """A generateContent prompt: tools, system instruction, contents."""
    yield "tools\n" + _dumps(body.get("tools"))
    yield "system\n" + _dumps(body.get("systemInstruction") or body.get("system_instruction"))
    for content in body.get("contents") or ():
        yield f"<{content.get('role', 'user')}>"
        parts = content.get("parts")
        for part in parts if isinstance(parts, list) else [parts]:
            held = part.get("functionResponse") or part.get("function_response")
            output = (held or {}).get("response", {}).get("output") if held else None
            if isinstance(part.get("text"), str):
                yield part["text"]
            elif isinstance(output, str):
                yield f"<response {held.get('name')} {held.get('id')}>"
                yield output
            else:
                yield _dumps(part)
