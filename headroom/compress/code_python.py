"""Python without the bodies of its functions, cut along its own syntax tree."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence

_SUMMARY = 12
"""Lines of a docstring that are kept; a longer one goes with the body."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def skeleton_of_python(lines: Sequence[str], text: str, longest: int) -> set[int] | None:
    """Rows (0-based) without the bodies of more than ``longest`` lines; None unless the rest parses.

    Of a body stay a short docstring, and what it returns or raises at its own level.
    """
    tree = _parsed(text)
    if tree is None or text.count("\r") != text.count("\r\n"):  # the parser would count other lines than we do
        return None
    keep = set(range(len(lines)))
    shown = list(lines)
    for function in _functions(tree):
        for rows in _gaps(function, longest):
            keep.difference_update(rows)
            for row in rows:
                shown[row] = ""
            first = lines[rows[0]]
            shown[rows[0]] = f"{first[: len(first) - len(first.lstrip())]}..."
    return keep if len(keep) < len(lines) and _parsed("\n".join(shown)) is not None else None


def _functions(node: ast.AST) -> Iterator[_Function]:
    """Functions that are in no other one."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _functions(child)


def _gaps(function: _Function, longest: int) -> Iterator[range]:
    """Runs of whole statements of a body that may go."""
    body = function.body
    if _end(body[-1]) - _start(body[0]) < longest or _start(body[0]) <= function.lineno - 1:
        return
    first = body[0]
    summary = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    rest = body[1:] if summary and _end(first) - _start(first) < _SUMMARY else body
    start: int | None = None
    for statement in rest:
        if isinstance(statement, ast.Return | ast.Raise) and _end(statement) - _start(statement) <= longest:
            if start is not None and start < _start(statement):
                yield range(start, _start(statement))
            start = _end(statement) + 1
        elif start is None:
            start = _start(statement)
    if start is not None and start <= _end(body[-1]):
        yield range(start, _end(body[-1]) + 1)


def _start(statement: ast.stmt) -> int:
    lines = [statement.lineno]
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        lines += [decorator.lineno for decorator in statement.decorator_list]
    return min(lines) - 1


def _end(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - 1


def _parsed(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
