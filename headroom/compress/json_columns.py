"""Records in columns, and how they are written: one header, one row a record, rare columns behind the rows."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.compress.json_cells import write_cells
from headroom.compress.json_schema import Field, leaves, needs_row_header, write_header


@dataclass(frozen=True, slots=True)
class Table:
    """Records as columns."""

    count: int
    keyed: bool
    """The records were the values of an object; the first column holds their keys."""
    fields: tuple[Field, ...]

    def opener(self) -> str:
        """Write the first line."""
        a, b = "{}" if self.keyed else "[]"
        return f"{a}{self.count} rows{b}{{{write_header(self.fields)}}}:"

    def row_header(self) -> str | None:
        """The names of the row's cells, where constants make the first line hard to read along."""
        if not needs_row_header(self.fields):
            return None
        return ",".join(path for path, field in leaves(self.fields) if not field.in_tail)

    def rows(self) -> list[str]:
        """One line a record."""
        columns = []
        tails: list[tuple[str, list[str]]] = []
        for path, field in leaves(self.fields):
            cells = finished_cells(field)
            if field.in_tail:
                tails.append((path, cells))
            else:
                columns.append(cells)
        rows = list(map(",".join, zip(*columns, strict=True))) if columns else [""] * self.count
        if tails:
            marked = [[f"|{path}={cell}" if cell else "" for cell in cells] for path, cells in tails]
            rows = list(map("".join, zip(rows, *marked, strict=True)))
        return rows

    def lines(self) -> list[str]:
        """The whole table."""
        header = self.row_header()
        return [self.opener(), *([header] if header is not None else []), *self.rows()]


def finished_cells(field: Field, *, nested: bool = False, lone: bool = False) -> list[str]:
    """The finished cells of one column; ``lone`` spells nulls out, so that no row is empty."""
    if field.kind == "table":
        return list(field.values)
    cells = write_cells(field.values, nested=nested)
    if field.optional or lone or "null" not in cells:
        return cells
    return ["" if cell == "null" else cell for cell in cells]
