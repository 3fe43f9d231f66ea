"""Tool definitions without the annotations that no model needs: spans are cut out of the raw JSON, the rest stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')
_SCHEMA_KEYS = frozenset((b'"input_schema"', b'"parameters"', b'"inputSchema"', b'"parametersJsonSchema"'))
"""Keys of a tool definition whose value is a JSON Schema, in the providers' formats."""
_NAMED_BY_USER = frozenset(
    (b'"properties"', b'"patternProperties"', b'"$defs"', b'"definitions"', b'"dependentSchemas"', b'"dependencies"')
)
"""Keywords whose value maps names that someone chose: ``title`` in there is a property, not an annotation."""
_DATA = frozenset((b'"enum"', b'"const"', b'"default"', b'"examples"', b'"example"', b'"required"'))
"""Keywords whose value is data, not a schema."""
_STRING_ANNOTATIONS = frozenset((b'"$id"', b'"$schema"', b'"$comment"', b'"title"', b'"markdownDescription"'))
_FLAG_ANNOTATIONS = frozenset((b'"readOnly"', b'"writeOnly"'))
_EXAMPLE_BYTES = 200
"""Shorter examples are kept: they show a format better than words."""

_BLANKS = re.compile(rb"(?<=[^\s\\]) ( +)(?=\S)")
_BLANKS_BEFORE_BREAK = re.compile(rb"( +)(?=(?:\\r)?\\n)")
_MANY_BREAKS = re.compile(rb"(?<=\\n\\n)((?:\\n)+)")

Span = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """A container on the way down."""

    array: bool
    schema: bool
    """Whether its members are schema keywords."""
    names: bool
    """Whether its member names were chosen by someone, each value a schema."""
    inside: bool
    """Whether it lies in a schema at all."""
    data: bool
    members: list[tuple[int, int, bool]] = field(default_factory=list)
    """(start, end, drop) of each finished member of an object."""
    key: bytes = b""
    key_at: int = -1


def removals(tools: bytes) -> list[Span]:
    """Spans to cut out of a raw ``tools`` array, ascending and disjoint; empty for anything that is not plain JSON.

    Within schemas: ``$id``, ``$schema``, ``$comment``, ``title``, ``markdownDescription``, ``readOnly``, ``writeOnly``, and
    examples above 200 bytes; in descriptions white space that prints nothing. Names, enums, constants and defaults stay.
    """
    spans: list[Span] = []
    stack: list[_Open] = []
    value_at = -1
    end_of_last = 0
    for match in _TOKEN.finditer(tools):
        if tools[end_of_last : match.start()].strip():
            return []
        end_of_last = match.end()
        token, at = match.group(), match.start()
        top = stack[-1] if stack else None
        if token in {b"{", b"["}:
            stack.append(_enter(top, token == b"["))
        elif token in {b"}", b"]"}:
            if top is None or top.array != (token == b"]"):
                return []
            _finish_member(top, tools, end_of_value=value_at, spans=spans)
            spans.extend(_member_cuts(top))
            stack.pop()
            value_at = match.end()
        elif token == b",":
            if top is None:
                return []
            _finish_member(top, tools, end_of_value=value_at, spans=spans)
        elif token == b":":
            continue
        elif top is not None and not top.array and not top.key:
            top.key, top.key_at = token, at
        else:
            value_at = match.end()
    if stack or tools[end_of_last:].strip():
        return []
    return _disjoint(spans)


def _enter(top: _Open | None, array: bool) -> _Open:  # noqa: FBT001  (one of two kinds of bracket)
    if top is None:
        return _Open(array, schema=False, names=False, inside=False, data=False)
    key = top.key
    if not top.inside:
        starts = not array and key in _SCHEMA_KEYS
        return _Open(array, schema=starts, names=False, inside=starts, data=False)
    data = top.data or (top.schema and key in _DATA)
    names = not data and top.schema and not array and key in _NAMED_BY_USER
    # Arrays such as anyOf hold schemas; so do the values under properties.
    schema = not data and not names and (not array)
    return _Open(array, schema=schema, names=names, inside=True, data=data)


def _finish_member(top: _Open, tools: bytes, end_of_value: int, spans: list[Span]) -> None:
    if top.array or not top.key:
        return
    value_start = tools.index(b":", top.key_at + len(top.key)) + 1
    value = tools[value_start:end_of_value].strip()
    drop = top.schema and not top.data and _is_annotation(top.key, value)
    top.members.append((top.key_at, end_of_value, drop))
    if not drop and top.inside and not top.data and top.schema and top.key == b'"description"' and value[:1] == b'"':
        offset = end_of_value - len(tools[value_start:end_of_value].lstrip())
        for pattern in (_BLANKS, _BLANKS_BEFORE_BREAK, _MANY_BREAKS):
            spans.extend((offset + m.start(1), offset + m.end(1)) for m in pattern.finditer(value))
    top.key, top.key_at = b"", -1


def _is_annotation(key: bytes, value: bytes) -> bool:
    if key in _STRING_ANNOTATIONS:
        return value[:1] == b'"'
    if key in _FLAG_ANNOTATIONS:
        return value in {b"true", b"false"}
    return key in {b'"examples"', b'"example"'} and len(value) > _EXAMPLE_BYTES


def _member_cuts(top: _Open) -> list[Span]:
    """Cut each dropped member with one comma: the one before it, or behind it if it is the first that stays out."""
    cuts: list[Span] = []
    kept_before = False
    for index, (start, end, drop) in enumerate(top.members):
        if not drop:
            kept_before = True
        elif kept_before:
            cuts.append((top.members[index - 1][1], end))
        elif index + 1 < len(top.members):
            cuts.append((start, top.members[index + 1][0]))
        else:
            cuts.append((start, end))
    return cuts


def _disjoint(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            if end > out[-1][1]:
                out[-1] = (out[-1][0], end)
        elif end > start:
            out.append((start, end))
    return out
