"""Arrays of JSON objects as tables: one header, one row a record, columns that never change hoisted into the header."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import msgspec
from msgspec.structs import replace

from headroom.compress.json_cells import ABSENT
from headroom.compress.json_columns import Table, finished_cells
from headroom.compress.json_raw import key_size
from headroom.compress.json_schema import (
    Field,
    cell_fields,
    constants,
    leaves,
    step_of,
    write_header,
)
from headroom.compress.key_order import merge_orders

Record = dict[str, msgspec.Raw]

_MAX_KEYS = 400
_MAX_SHAPES = 200
_MAX_DEPTH = 6
_TAIL_SHARE = 0.25
"""Columns that fewer records have are written behind the row."""


class IrregularKeys(ValueError):
    """An object names a key twice, or writes one with needless escapes: its text can't be made from its content."""


def tabulate(records: Sequence[Record], size: int) -> Table | None:
    """Turn the objects of one minified array into columns; None where a table would be no clearer than JSON.

    ``size`` is the length in bytes of the objects' JSON, without what stands between them: it shows keys lost to
    duplicates. Raises IrregularKeys.
    """
    fields = _build(records, size, depth=0)
    if fields is None:
        return None
    return Table(len(records), keyed=False, fields=_with_tails(fields, len(records)))


def tabulate_map(keys: Sequence[str], records: Sequence[Record], size: int) -> Table | None:
    """Do the same for an object whose values are alike; ``keys`` are JSON string tokens."""
    fields = _build(records, size, depth=0)
    if fields is None:
        return None
    fields = (Field("key", values=tuple(keys)), *fields)
    return Table(len(records), keyed=True, fields=_with_tails(fields, len(records)))


def _build(records: Sequence[Record], size: int, depth: int) -> tuple[Field, ...] | None:
    count = len(records)
    shapes = list(dict.fromkeys(map(tuple, records)))
    if len(shapes) > _MAX_SHAPES:
        return None
    names = merge_orders(shapes, _MAX_KEYS)
    if names is None or not 0 < len(names) <= _MAX_KEYS:
        return None
    sizes = list(map(len, records))
    given = sum(sizes)
    if depth and len(names) * count > 3 * given + 3 * count:
        return None  # a map from data to data, not a record
    if len(shapes) == 1:
        raw_columns = [b"\n".join(column) for column in zip(*map(dict.values, records), strict=True)]
    elif len(set(names)) == len(names):
        raw_columns = [b"\n".join([record.get(name, b"") for record in records]) for name in names]
    else:
        raw_columns = _columns_by_place(records, shapes, names)
    columns = [column.decode().split("\n") for column in raw_columns]
    quoted = [_size_of_key(name) + 1 for name in names]
    present = [count] * len(names) if len(shapes) == 1 else [count - column.count(ABSENT) for column in columns]
    value_size = sum(map(len, raw_columns)) - (count - 1) * len(names)
    key_size = sum(width * there for width, there in zip(quoted, present, strict=True))
    braces_and_commas = count + given + sizes.count(0)
    if value_size + key_size + braces_and_commas != size:
        raise IrregularKeys
    return tuple(
        field
        for name, tokens, raw in zip(names, columns, raw_columns, strict=True)
        for field in (_field(name, tokens, depth) if b"{" in raw else [_cell(name, tokens)])
    )


def _size_of_key(name: str) -> int:
    """Bytes of a key as a minified object writes it."""
    return key_size(name) if name.isascii() else len(json.dumps(name, ensure_ascii=False).encode())


def _columns_by_place(
    records: Sequence[Record], shapes: Sequence[tuple[str, ...]], names: Sequence[str]
) -> list[bytes]:
    """Columns where a name has several places: a record uses the first that keeps its own order."""
    uses: dict[tuple[str, ...], dict[int, str]] = {}
    for shape in shapes:
        places: dict[int, str] = {}
        at = -1
        for name in shape:
            at = names.index(name, at + 1)
            places[at] = name
        uses[shape] = places
    used = [uses[tuple(record)] for record in records]
    return [
        b"\n".join([record[name] if at in places else b"" for record, places in zip(records, used, strict=True)])
        for at, name in enumerate(names)
    ]


def _field(name: str, tokens: list[str], depth: int) -> list[Field]:
    """One key's fields: its plain values and, apart from them, its objects or arrays of objects."""
    count = len(tokens)
    if count > 1 and tokens[0] and tokens.count(tokens[0]) == count and tokens[0][0] != "{":
        return [Field(name, constant=tokens[0])]
    nested: Field | None = None
    if depth < _MAX_DEPTH:
        objects = [i for i, value in enumerate(tokens) if value[:1] == "{" and value != "{}"]
        if len(objects) >= 2 and len(objects) * 5 >= count * 2:
            nested = _group(name, tokens, objects, depth)
            taken = objects
        elif not objects:
            arrays = [i for i, token in enumerate(tokens) if token[:2] == "[{"]
            if len(arrays) * 4 >= count:
                nested, taken = _nested_table(name, tokens, arrays, depth)
            if nested is None and len(arrays) == count > 1:
                nested, taken = _listed(name, tokens, depth), arrays
    if nested is None:
        return [_cell(name, tokens)]
    left = len(set(taken)) < count
    if not left:
        return [nested]
    rest = list(tokens)
    for i in taken:
        rest[i] = ABSENT
    return [nested] if not any(rest) else [_cell(name, rest), nested]


def _cell(name: str, tokens: Sequence[str]) -> Field:
    if len(tokens) > 1 and tokens[0] and tokens.count(tokens[0]) == len(tokens):
        return Field(name, constant=tokens[0])
    return Field(name, optional=ABSENT in tokens, values=tuple(tokens))


def _group(name: str, tokens: list[str], at: list[int], depth: int) -> Field | None:
    text = "[" + ",".join([tokens[i] for i in at]) + "]"
    records = msgspec.json.decode(text, type=list[Record])
    fields = _build(records, len(text.encode()) - 1 - len(at), depth + 1)
    if fields is None:
        return None
    partial = len(at) < len(tokens)
    cells = cell_fields(fields)
    # A reader sees that the object is there by its cells: one column must have a cell in every such record.
    if all(field.optional for field in cells) and (partial or cells):
        fields = _anchor(fields, len(at))
    if partial:
        fields = tuple([_spread(field, at, len(tokens)) for field in fields])
    return Field(name, "group", optional=partial, fields=fields)


def _listed(name: str, tokens: list[str], depth: int) -> Field | None:
    """A group of objects that stand alone in arrays, one in each record's; None where any array has more items."""
    try:
        items = msgspec.json.decode("[" + ",".join(tokens) + "]", type=list[list[msgspec.Raw]])
    except msgspec.ValidationError:
        return None
    if any(len(array) != 1 for array in items) or "[{}]" in tokens:
        return None
    group = _group(name, [token[1:-1] for token in tokens], [*range(len(tokens))], depth)
    return replace(group, listed=True) if group is not None else None


def _anchor(fields: tuple[Field, ...], count: int) -> tuple[Field, ...]:
    """Give the first column hoisted from all records its cells back; without one each record has a cell anyway."""
    out: list[Field] = []
    done = False
    for field in fields:
        new = field
        if not done and field.constant is not None:
            new = Field(field.name, values=(field.constant,) * count)
            done = True
        elif not done and field.kind == "group" and not field.optional and any(constants(field.fields)):
            new = replace(field, fields=_anchor(field.fields, count))
            done = True
        out.append(new)
    return tuple(out)


def _spread(field: Field, at: Sequence[int], count: int) -> Field:
    """Put the values of some records in their places among all records."""
    if field.kind == "group":
        return replace(field, optional=True, fields=tuple([_spread(inner, at, count) for inner in field.fields]))
    if field.constant is not None:
        return field
    values = [ABSENT] * count
    for i, value in zip(at, field.values, strict=True):
        values[i] = value
    return replace(field, optional=True, values=tuple(values))


def _nested_table(name: str, tokens: list[str], at: list[int], depth: int) -> tuple[Field | None, list[int]]:
    taken = [i for i, token in enumerate(tokens) if token[:2] in {"[{", "[]"}]
    text = "[" + ",".join([tokens[i] for i in at]) + "]"
    try:
        arrays = msgspec.json.decode(text, type=list[list[Record]])
    except msgspec.ValidationError:
        return None, taken
    records = list(chain.from_iterable(arrays))
    if len(records) < 3 or not all(records):
        return None, taken
    # Outer brackets and commas, then each array's own.
    size = len(text.encode()) - 1 - len(arrays) - len(arrays) - len(records)
    fields = _build(records, size, depth + 1)
    found = cell_fields(fields) if fields is not None else []
    if fields is None or not found or any(field.kind == "table" for field in found):
        return None, taken
    lone = len(found) == 1
    if lone and found[0].optional:
        return None, taken
    rows = list(map(",".join, zip(*[finished_cells(field, nested=True, lone=lone) for field in found], strict=True)))
    cells = ["[]"] * len(taken)
    start = 0
    lengths = iter(map(len, arrays))
    for place, i in enumerate(taken):
        if tokens[i] != "[]":
            end = start + next(lengths)
            cells[place] = "[" + ";".join(rows[start:end]) + "]"
            start = end
    if sum(map(len, cells)) + len(write_header(fields)) > 0.9 * sum(len(tokens[i]) for i in taken):
        return None, taken
    values = [ABSENT] * len(tokens)
    for i, cell in zip(taken, cells, strict=True):
        values[i] = cell
    bare = tuple(_without_values(field) for field in fields)
    return Field(name, "table", optional=len(taken) < len(tokens), fields=bare, values=tuple(values)), taken


def _without_values(field: Field) -> Field:
    return replace(field, values=(), fields=tuple(_without_values(inner) for inner in field.fields))


def _with_tails(fields: tuple[Field, ...], count: int) -> tuple[Field, ...]:
    paths = Counter(path for path, _ in leaves(fields))
    if count < 8 or len(paths) < 6:
        return fields

    def mark(field: Field, prefix: str) -> Field:
        path = prefix + step_of(field)
        if field.kind == "group":
            return replace(field, fields=tuple([mark(inner, path + ".") for inner in field.fields]))
        if field.kind == "cell" and field.optional and paths[path] == 1:
            there = count - field.values.count(ABSENT)
            return replace(field, in_tail=True) if there < _TAIL_SHARE * count else field
        return field

    return tuple([mark(field, "") for field in fields])
