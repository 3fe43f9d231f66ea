"""The columns of a JSON table: a tree of fields, written as a header line such as ``id,user{login,plan=free},note?``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import msgspec

from headroom.compress.json_cells import LITERAL, STRING, bracket_end

ALONE = "[0]"
"""What stands behind the name of an array whose only item is written as a group."""
_FEW_CONSTANTS = 3
"""Up to so many constants the header can be read as a row header too; above, one follows that names just the cells."""
_BARE_NAME = re.compile(r"[\w$@/#:-](?:[\w$@/#:. -]*[\w$@/#:-])?")
_PATH_NAME = re.compile(r"[\w$@/#:-](?:[\w$@/#: -]*[\w$@/#:-])?")
_BARE_CONSTANT = re.compile(rf'(?!{LITERAL}"$)(?!")[^\s\\,|`\[\]{{}}"](?:[^\\,|`\[\]{{}}"]*[^\s\\,|`\[\]{{}}"])?"')
_NAME = re.compile(rf"({STRING})|([^,{{}}\[\]?=*]+)")
_CONSTANT = re.compile(rf"{STRING}|[^,{{}}]*")


class Field(msgspec.Struct, frozen=True):
    """A column (a cell for each record), a group of columns (a nested object), or a nested table (an array of objects)."""

    name: str
    """The JSON key."""
    kind: str = "cell"
    """``cell``, ``group`` or ``table``."""
    optional: bool = False
    """The column's empty cells are absent keys; otherwise they are nulls. Of a group: some records lack it."""
    in_tail: bool = False
    """Rarely there: written as ``|name=value`` behind the row."""
    constant: str | None = None
    """The JSON token that every record has here; such a column has no cells."""
    fields: tuple[Field, ...] = ()
    listed: bool = False
    """Of a group: each object stands in an array, alone."""
    values: tuple[str, ...] = ()
    """JSON tokens (``cell``) or finished cells (``table``), one a record; empty when read from a header."""


def leaves(fields: Sequence[Field], path: str = "") -> list[tuple[str, Field]]:
    """Return the columns that have cells, with their dotted paths, in order."""
    found: list[tuple[str, Field]] = []
    for field in fields:
        if field.kind == "group":
            found += leaves(field.fields, f"{path}{step_of(field)}.")
        elif field.constant is None:
            found.append((path + write_path_name(field.name), field))
    return found


def cell_fields(fields: Sequence[Field]) -> list[Field]:
    """Return the columns that have cells, in order."""
    found: list[Field] = []
    for field in fields:
        if field.kind == "group":
            found += cell_fields(field.fields)
        elif field.constant is None:
            found.append(field)
    return found


def constants(fields: Sequence[Field], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and JSON token of each hoisted column."""
    for field in fields:
        here = path + step_of(field)
        if field.constant is not None:
            yield here, field.constant
        if field.kind == "group":
            yield from constants(field.fields, here + ".")


def needs_row_header(fields: Sequence[Field]) -> bool:
    """Whether a line that names just the cells follows the opener."""
    return _count_constants(fields) > _FEW_CONSTANTS


def _count_constants(fields: Sequence[Field]) -> int:
    own = sum([field.constant is not None for field in fields])
    return own + sum([_count_constants(field.fields) for field in fields if field.kind == "group"])


def step_of(field: Field) -> str:
    """A field's step of a dotted path; ``name[0]`` for what stands alone in an array."""
    return f"{write_path_name(field.name)}{ALONE if field.listed else ''}"


def write_path_name(name: str) -> str:
    """One step of a dotted path."""
    # Most names are identifiers, which is seen faster than by a pattern.
    plain = (name.isascii() and name.isidentifier()) or _PATH_NAME.fullmatch(name) is not None
    return name if plain else json.dumps(name, ensure_ascii=False)


def write_header(fields: Sequence[Field]) -> str:
    """Write fields without their values. Inverted by `read_header`."""
    return ",".join(map(_write_field, fields))


def read_header(text: str) -> tuple[Field, ...]:
    """Invert `write_header`; raises ValueError on other text."""
    fields, at = _read_fields(text, 0)
    if at != len(text):
        raise ValueError("not a table header")
    return fields


def _write_field(field: Field) -> str:
    name = field.name
    if not ((name.isascii() and name.isidentifier()) or _BARE_NAME.fullmatch(name)):
        name = json.dumps(name, ensure_ascii=False)
    if field.kind == "group":
        return f"{name}{ALONE if field.listed else ''}{{{write_header(field.fields)}}}"
    if field.kind == "table":
        return f"{name}[]{{{write_header(field.fields)}}}"
    if field.constant is not None:
        return f"{name}={_write_constant(field.constant)}"
    return f"{name}{'*' * field.in_tail}{'?' * field.optional}"


def _write_constant(token: str) -> str:
    return token[1:-1] if token[0] == '"' and _BARE_CONSTANT.fullmatch(token[1:]) else token


def _read_fields(text: str, at: int) -> tuple[tuple[Field, ...], int]:
    fields: list[Field] = []
    while True:
        match = _NAME.match(text, at)
        if match is None:
            raise ValueError("not a table header")
        name = json.loads(match[1]) if match[1] else match[2]
        at = match.end()
        mark = text[at : at + 1]
        listed = text.startswith(f"{ALONE}{{", at)
        if mark == "{" or listed or text.startswith("[]{", at):
            kind = "group" if mark == "{" or listed else "table"
            inner, at = _read_fields(text, text.index("{", at) + 1)
            if text[at : at + 1] != "}":
                raise ValueError("not a table header")
            at += 1
            fields.append(Field(name, kind, fields=inner, listed=listed))
        elif mark == "=":
            token, at = _read_constant(text, at + 1)
            fields.append(Field(name, constant=token))
        else:
            in_tail = mark == "*"
            at += in_tail
            optional = text[at : at + 1] == "?"
            at += optional
            fields.append(Field(name, optional=optional, in_tail=in_tail))
        if text[at : at + 1] != ",":
            return tuple(fields), at
        at += 1


def _read_constant(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] in {"[", "{"}:
        end = bracket_end(text, at)
        return text[at:end], end
    match = _CONSTANT.match(text, at)
    if match is None:
        raise ValueError("not a table header")
    cell = match[0]
    return (cell if cell[:1] == '"' or re.fullmatch(LITERAL, cell) else f'"{cell}"'), match.end()
