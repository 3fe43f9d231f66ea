"""What the model gets for a call of the retrieve tool: one header line, then the original's own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from headroom.compress.rendition import CountTokens
from headroom.retrieval.contents import contents
from headroom.retrieval.find import BUDGET_SECONDS
from headroom.retrieval.matches import printed, search
from headroom.retrieval.original import Miss, Original
from headroom.retrieval.view import Range, Unit, View, ranges

MAX_TOKENS = 8_000
"""Largest answer to one call (compression.md 3.3)."""

LEAST_TOKENS = 50
"""An answer may always hold this much, so that it is never empty."""

EXHAUSTED = (
    "No more text can be fetched in this turn: the limit for one turn is reached. "
    "Do not call headroom_retrieve again now; continue with what you have."
)

_LETTER = {"lines": "", "rows": "", "chars": "C"}


@dataclass(frozen=True, slots=True)
class Query:
    """A call's arguments, made sense of."""

    hash: str = ""
    ranges: tuple[Range, ...] = ()
    pattern: str = ""
    max_tokens: int = MAX_TOKENS

    @property
    def words(self) -> str:
        """The query as one short text, for the statistics; empty when everything was asked for."""
        if self.pattern:
            return self.pattern
        return ", ".join(f"{r.unit} {r.first}-{r.last or ''}" for r in self.ranges)


@dataclass(frozen=True, slots=True)
class Answer:
    """The text for the model, and what it is."""

    text: str
    type: Literal["full", "range", "pattern", "outline", "miss"]
    shown: int = 0
    total: int = 0
    tokens: int = 0
    """Tokens of ``text``."""


def query_of(arguments: Mapping[str, object]) -> Query:
    """Read arguments leniently: numbers for strings, ranges in any of the markers' forms; never raises."""
    asked: list[Range] = []
    units: tuple[Unit, ...] = ("lines", "rows", "chars")
    for unit in units:
        given = arguments.get(unit)
        if isinstance(given, list) and len(given) == 2:
            given = f"{given[0]}-{given[1]}"
        if isinstance(given, str | int) and not isinstance(given, bool):
            asked += ranges(str(given), unit)
    pattern = arguments.get("pattern", arguments.get("query", ""))
    limit = arguments.get("max_tokens")
    if isinstance(limit, str) and limit.strip().isdecimal():
        limit = int(limit.strip()[:9])
    if not isinstance(limit, int) or isinstance(limit, bool) or limit <= 0:
        limit = MAX_TOKENS
    return Query(
        hash=str(arguments.get("hash", "")),
        ranges=tuple(asked),
        pattern=pattern if isinstance(pattern, str) else str(pattern or ""),
        max_tokens=max(LEAST_TOKENS, min(limit, MAX_TOKENS)),
    )


def answer(query: Query, original: Original, *, count: CountTokens, budget: float = BUDGET_SECONDS) -> Answer:
    """Answer from an original. The text is verbatim, never empty, and at most ``query.max_tokens`` plus the header.

    ``budget`` bounds a search, in seconds.
    """
    view = View(original.as_read)
    if not view.text:
        return _finish(original, "the original is empty", "", "full", 0, 0, count)
    if query.pattern:
        return _search(query, original, view, count, budget)
    if query.ranges:
        return _pieces(query, original, view, count)
    unit: Unit = "lines" if view.line_count > 1 else "chars"
    return _cut(original, view, [(unit, 1, view.count(unit))], query.max_tokens, "full", "", count)


def miss(given: str, found: Miss, *, about: str = "") -> Answer:
    """The last word on a hash that leads nowhere. ``about`` names the call that made the content, when it is known."""
    again = about or "the tool call that produced that content"
    if found.why == "malformed":
        said = (
            f"{given[:60]!r} is not a hash. Copy the 24 hex digits printed in the last line of the result that has the "
            "marker."
        )
    else:
        said = (
            f"The original {given[:60]!r} is gone and will not come back. Do not retry this hash. "
            f"If you need the content, run {again} again; otherwise continue with what you have."
        )
    return Answer(said, "miss")


def _pieces(query: Query, original: Original, view: View, count: CountTokens) -> Answer:
    """The ranges that were asked for, each clamped to what there is."""
    wanted: list[tuple[Unit, int, int]] = []
    note = ""
    for asked in query.ranges:
        unit = asked.unit if asked.unit != "rows" or view.rows is not None else "lines"
        total = view.count(unit)
        last = min(asked.last or total, total)
        first = asked.first
        if first > total:
            first, last = max(1, total - 19), total
            note = f"there are only {total:,} {unit}; these are the last ones"
        wanted.append((unit, first, max(first, last)))
    return _cut(original, view, wanted, query.max_tokens, "range", note, count)


def _cut(
    original: Original,
    view: View,
    wanted: list[tuple[Unit, int, int]],
    limit: int,
    kind: Literal["full", "range"],
    note: str,
    count: CountTokens,
) -> Answer:
    """Pieces one after the other until the limit; says how to go on."""
    bodies: list[str] = []
    heads: list[str] = []
    shown = 0
    left = limit
    rest = ""
    for number, (unit, first, last) in enumerate(wanted):
        body, unit_shown, end = _fit(view, unit, first, last, max(left, LEAST_TOKENS), count)
        bodies.append(body)
        heads.append(f"{unit_shown[0]} {unit_shown[1]:,}-{unit_shown[2]:,} of {view.count(unit_shown[0]):,}")
        shown += unit_shown[2] - unit_shown[1] + 1
        left -= count(body)
        if end is not None:
            rest = end
        if end is not None or (left <= 0 and number + 1 < len(wanted)):
            more = [f"{_LETTER[u]}{f}-{n}" for u, f, n in wanted[number + 1 :] if u == unit]
            rest = ",".join([*([end] if end else []), *more])
            break
    name = "rows" if wanted[0][0] == "rows" else "lines"
    if rest:
        note = "; ".join(filter(None, (note, f'cut here: go on with {name}="{rest}"')))
    head = ", ".join(heads) + (f" ({note})" if note else "")
    body = "\n".join(piece.removesuffix("\n") for piece in bodies[:-1])
    body = f"{body}\n{bodies[-1]}" if body else bodies[-1]
    return _finish(original, head, body, kind, shown, view.count(wanted[0][0]), count)


def _fit(
    view: View, unit: Unit, first: int, last: int, limit: int, count: CountTokens
) -> tuple[str, tuple[Unit, int, int], str | None]:
    """As much of a range as the limit allows: the text, what it is, and the range that is left (None: nothing)."""
    end = _largest(lambda n: view.cut(unit, first, n), first, last, limit, count)
    if end is not None:
        more = None if end == last else f"{_LETTER[unit]}{end + 1}-{last}"
        return view.cut(unit, first, end), (unit, first, end), more
    # Not even one line or row fits: show its beginning, and let the rest be asked for by characters.
    one = view.cut(unit, first, first)
    size = _largest(lambda n: one[:n], 1, len(one), limit, count) or 1
    start = view.breaks[first - 1] if unit == "lines" or view.rows is None else view.text.find(one)
    start = max(0, start) if unit != "chars" else first - 1
    return one[:size], ("chars", start + 1, start + size), f"C{start + size + 1}-{len(view.text)}"


def _largest(cut: Callable[[int], str], first: int, last: int, limit: int, count: CountTokens) -> int | None:
    """The largest end whose text fits, or None. Texts of over 16 characters a token are not counted, but cut."""

    def fits(end: int) -> bool:
        text = cut(end)
        return len(text) * 4 <= limit or (len(text) <= limit * 16 and count(text) <= limit)

    if fits(last):
        return last
    low, high = first - 1, last
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low if low >= first else None


def _search(query: Query, original: Original, view: View, count: CountTokens, budget: float) -> Answer:
    """Units with the pattern, numbered; a table of contents when there are none."""
    found = search(view, query.pattern, budget=budget)
    sought = repr(query.pattern if len(query.pattern) <= 80 else query.pattern[:80] + "…") + (
        f" ({found.note})" if found.note else ""
    )
    if not found.units:
        head = f"no match for {sought} in {found.total:,} {found.noun}; this is what there is"
        return _finish(original, head, contents(view), "outline", 0, found.total, count)
    body, done = printed(found, query.max_tokens, count)
    head = f"{len(found.units):,} of {found.total:,} {found.noun} match {sought}"
    if done < len(found.units):
        head += f"; the first {done:,} are shown, the next one is {found.noun[:-1]} {found.units[done] + 1:,}"
    return _finish(original, head, body, "pattern", done, found.total, count)


def _finish(
    original: Original,
    head: str,
    body: str,
    kind: Literal["full", "range", "pattern", "outline"],
    shown: int,
    total: int,
    count: CountTokens,
) -> Answer:
    text = f"hr:{original.hash} {head}\n{body}"
    return Answer(text, kind, shown, total, count(text))
