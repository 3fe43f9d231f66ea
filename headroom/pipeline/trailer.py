"""Where a text can stand behind everything that a provider caches: at the end of the newest message. Pure."""

from __future__ import annotations

from typing import Final

from headroom.exchange import Edit, Wire
from headroom.pipeline.node import Node
from headroom.wire.dialect import Request, Slice
from headroom.wire.outline import BRACKET, QUOTE, elements, members

_BLOCK: Final = {
    Wire.ANTHROPIC: b'{"type":"text","text":',
    Wire.OPENAI_CHAT: b'{"type":"text","text":',
    Wire.OPENAI_RESPONSES: b'{"type":"input_text","text":',
}
_RESULTS: Final = ("tool", "function", "function_call_output", "custom_tool_call_output", "local_shell_call_output",
                   "shell_call_output", "apply_patch_call_output")  # fmt: skip
_EMPTY: Final = 2
"""Bytes of an empty string literal."""


def trailer(body: bytes, request: Request, nodes: list[Node], text: bytes) -> Edit | None:
    """The edit that adds a text at the end of the newest message; None where the format has no place for it.

    ``text`` is written as in a JSON string, without its quotes. Next turn, without it, the message is what it was.
    Raises ``Unreadable``.
    """
    if not nodes or (message := nodes[-1].message) is None:
        return None
    piece = request.messages[-1]
    if message.role == "user":
        return _in_message(body, request.wire, piece, text)
    if request.wire is not Wire.ANTHROPIC and message.role in _RESULTS:
        return Edit(piece.end, piece.end, b',{"role":"user","content":"' + text + b'"}')
    return None


def _in_message(body: bytes, wire: Wire, piece: Slice, text: bytes) -> Edit | None:
    block = _BLOCK[wire] + b'"' + text + b'"}'
    if body[piece.start] == QUOTE:  # Responses: the whole input is one string
        return _in_string(piece, text)
    span = members(body, *piece).get("content")
    if span is None:
        return None
    start, end = span
    if body[start] == BRACKET:
        blocks = elements(body, start, end)
        return Edit(blocks[-1][1], blocks[-1][1], b"," + block) if blocks else None
    if body[start] != QUOTE or end - start <= _EMPTY:
        return None
    if wire is not Wire.ANTHROPIC:
        return _in_string(Slice(start, end), text)
    # A cache mark may be put on what stands there, so it has to be a block of its own.
    return Edit(start, end, b"[" + _BLOCK[wire] + body[start:end] + b"}," + block + b"]")


def _in_string(literal: Slice, text: bytes) -> Edit:
    return Edit(literal.end - 1, literal.end - 1, rb"\n\n" + text)


def beside(edits: list[Edit], more: list[Edit], body: bytes) -> list[Edit]:
    """Two sets of edits as one, where one of the first may cover places of the second.

    An edit that covers a place has the covered literal in it as it came: so it is changed there.
    """
    covered: dict[int, list[Edit]] = {}
    apart: list[Edit] = []
    for edit in more:
        outer = next(
            (n for n, e in enumerate(edits) if e.start < e.end and e.start <= edit.start and edit.end <= e.end), None
        )
        if outer is None:
            apart.append(edit)
        else:
            covered.setdefault(outer, []).append(edit)
    joined = list(edits)
    for number, inner in covered.items():
        joined[number] = _joined(edits[number], inner, body)
    return [*joined, *apart]


def _joined(outer: Edit, inner: list[Edit], body: bytes) -> Edit:
    if len(inner) == 1 and inner[0][:2] == outer[:2]:  # both made a list of one string: the first one's, and the block
        behind = inner[0].new[len(_BLOCK[Wire.ANTHROPIC]) + 1 + outer.end - outer.start + 1 :]
        return Edit(outer.start, outer.end, outer.new[:-1] + behind)
    literal: list[bytes] = []
    at = outer.start
    for edit in sorted(inner):
        literal += (body[at : edit.start], edit.new)
        at = edit.end
    literal.append(body[at : outer.end])
    return Edit(outer.start, outer.end, outer.new.replace(body[outer.start : outer.end], b"".join(literal), 1))
