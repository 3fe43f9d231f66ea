"""Tables of JSON records read back into JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat

from headroom.compress.json_cells import ABSENT, read_cells, split_nested, split_row, write_key
from headroom.compress.json_schema import Field, cell_fields, leaves

_NOT_PLAIN = '"`[{|'


def read_table(fields: tuple[Field, ...], count: int, rows: Sequence[str], *, keyed: bool) -> str:
    """Invert `json_records.Table.lines`: minified JSON of the whole array or object. ``fields`` are what its opener says."""
    columns = leaves(fields)
    straight = [field for _, field in columns if not field.in_tail]
    in_tail = {path: i for i, (path, field) in enumerate(columns) if field.in_tail}
    values: list[list[str]]
    if not straight and not in_tail:
        values = []
    else:
        cells, tails = _split_rows(rows, len(straight))
        by_place = iter(cells)
        values = [[""] * count if field.in_tail else next(by_place) for _, field in columns]
        for row, entries in tails:
            for entry in entries:
                path, value = _split_entry(entry, in_tail)
                values[in_tail[path]][row] = value
    tokens = iter([_tokens(field, column) for (_, field), column in zip(columns, values, strict=True)])
    keys: list[str] = []
    if keyed:
        keys = next(tokens)
        fields = fields[1:]
    records = _objects(fields, tokens, count, always=True)
    if keyed:
        return "{" + ",".join([f"{key}:{record}" for key, record in zip(keys, records, strict=True)]) + "}"
    return "[" + ",".join(records) + "]"


def _tokens(field: Field, cells: Sequence[str]) -> list[str]:
    """JSON tokens of one column of cells."""
    if field.kind == "table":
        inner = cell_fields(field.fields)
        return [_read_nested(field, inner, cell) if cell else ABSENT for cell in cells]
    tokens = read_cells(cells) if cells else []
    return tokens if field.optional else [token or "null" for token in tokens]


def _read_nested(field: Field, inner: Sequence[Field], cell: str) -> str:
    rows = split_nested(cell)
    if not rows:
        return "[]"
    found = list(zip(*rows, strict=True))
    if len(found) != len(inner):
        raise ValueError("not a nested table")
    tokens = iter([_tokens(one, column) for one, column in zip(inner, found, strict=True)])
    return "[" + ",".join(_objects(field.fields, tokens, len(rows), always=True)) + "]"


def _objects(fields: Sequence[Field], tokens: Iterator[list[str]], count: int, *, always: bool) -> list[str]:
    """Join columns into objects; without ``always`` a record with no cell has no object."""
    written: list[str] = []  # of one object, with places for what varies
    varying: list[list[str]] = []
    gaps = False
    for field in fields:
        key = write_key(field.name)
        column = _column(field, tokens, count)
        if isinstance(column, str):
            written.append(f"{key}:{column},".replace("%", "%%"))
        elif ABSENT in column:
            gaps = True
            varying.append([f"{key}:{token}," if token else "" for token in column])
            written.append("%s")
        else:
            varying.append(column)
            written.append(f"{key.replace('%', '%%')}:%s,")
    template = "".join(written)
    if not gaps:
        template = f"{{{template[:-1]}}}"
        return list(map(template.__mod__, zip(*varying, strict=True))) if varying else [template % ()] * count
    there = [True] * count if always else list(map(any, zip(*varying, strict=True)))
    rows = map(template.__mod__, zip(*varying, strict=True))
    return [f"{{{row[:-1]}}}" if here else ABSENT for row, here in zip(rows, there, strict=True)]


def _column(field: Field, tokens: Iterator[list[str]], count: int) -> list[str] | str:
    """The JSON tokens of one field, or the one token that holds for all."""
    if field.constant is not None:
        return field.constant
    if field.kind == "group":
        if not cell_fields(field.fields):
            return _in_array(field, _objects(field.fields, tokens, 1, always=True))[0]
        return _in_array(field, _objects(field.fields, tokens, count, always=False))
    return next(tokens)


def _in_array(field: Field, objects: list[str]) -> list[str]:
    """The objects, each alone in an array where it was."""
    return [f"[{token}]" if token else ABSENT for token in objects] if field.listed else objects


def _split_rows(rows: Sequence[str], width: int) -> tuple[list[list[str]], list[tuple[int, list[str]]]]:
    """Cut rows into columns; and the tails, each with its row."""
    joined = ",".join(rows)
    if width and rows and not any(sign in joined for sign in _NOT_PLAIN):
        if set(map(str.count, rows, repeat(","))) != {width - 1}:
            raise ValueError("a row does not fit its header")
        plain = joined.split(",")
        return [plain[at::width] for at in range(width)], []
    tails: list[tuple[int, list[str]]] = []
    split: list[list[str]] = []
    for i, row in enumerate(rows):
        cells, tail = split_row(row)
        if len(cells) != (width or 1):
            raise ValueError("a row does not fit its header")
        if tail:
            tails.append((i, tail))
        split.append(cells)
    return [list(column) for column in zip(*split, strict=True)] if width else [], tails


def _split_entry(entry: str, paths: dict[str, int]) -> tuple[str, str]:
    at = entry.index("=")
    while entry[:at] not in paths:
        at = entry.index("=", at + 1)
    return entry[:at], entry[at + 1 :]
