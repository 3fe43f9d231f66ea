"""Of settings that are one thing, a Kubernetes object or an API's description: the parts whose names a question says in plain words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress.asks import asking
from headroom.compress.config_nesting import KeyRow, key_rows, standing_in
from headroom.compress.config_outline import Entry, entries, key_of
from headroom.compress.manifests import manifest
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.word_forms import stem_of, words_of_label

_LONG = 12
"""Lines; a longer block of the following names, in which others are that are said, is the place of these alone."""
_PLACES = frozenset(("containers", "initContainers", "spec", "template", "metadata"))
_REASONS = frozenset(("reason", "message", "exit", "restart", "state", "phase", "error", "waiting"))
"""Words in the names of settings that say why something is so."""
_METHOD = re.compile(r"get|put|post|delete|patch|head|options", re.IGNORECASE)
_HOLDERS = frozenset(("schemas", "definitions", "responses", "parameters", "securitySchemes", "requestBodies"))
_DEPTH = 3
_WIDER = re.compile(
    r"\b(?:review|check|explain|summar\w*|describe|overview|any\w*|others?|else|all|every|each|compare\w*|complete"
    r"|add|write|implement|change|fix|refactor|improve|structure|explore|wrong|how many|most|least)\b",
    re.IGNORECASE,
)
"""Words of who wants more than a few settings."""
_REASON = re.compile(r"\b(?:why|how come|reasons?)\b", re.IGNORECASE)
_NAME = 0.9
_MOST_CHARS = 1_200
_SHARE = 0.75


class Part(NamedTuple):
    """What answers a question."""

    rows: set[int]
    outline: list[Entry]
    """The entries by which gaps name what they leave out."""


def plainly_asked(lines: Sequence[str], total: int, hints: Hints) -> Part | None:
    """What a question asks for, where that is surely all that it is after; None where it may be more, or most of the text."""
    query = asking(hints.query)
    if wants_more(query):
        return None
    relevance = Relevance(query, "")
    found = operations(lines, total, query)
    if found is not None:
        shown = "\n".join(lines[row] for row in found.rows).lower()
        if not all(term.text in shown for term in relevance.named if term.weight >= _NAME):
            return None
    else:
        found = said_in_words(lines, total, relevance, reasons=_REASON.search(query) is not None)
    size = sum(len(line) for line in lines[:total])
    if found is None or sum(len(lines[row]) for row in found.rows) > _SHARE * size:
        return None
    return found


def wants_more(query: str) -> bool:
    """Whether a question may be after more than a few settings."""
    return len(query) > _MOST_CHARS or _WIDER.search(query) is not None


def said_in_words(lines: Sequence[str], total: int, relevance: Relevance, *, reasons: bool) -> Part | None:
    """Rows of one Kubernetes object with each setting that a question says, what these stand in, and the object's name.

    None where a word of the question names no setting. ``reasons``: those that say why something is so stay, too.
    """
    whole = manifest(lines, 0, total - 1)
    if whole is None or not whole.name or any(one.manifest or one.path for one in entries(lines, 0, total - 1)):
        return None
    words = {stem_of(term.text) for term in relevance.named if " " not in term.text and term.text not in whole.name}
    words -= {stem_of(whole.kind.lower())}
    if not words or any(not word.isalpha() for word in words):
        return None
    lowered = "\n".join(lines[:total]).lower()
    if not all(word in lowered for word in words):
        return None
    rows = list(key_rows(lines, total))
    keyed: dict[str, list[KeyRow]] = {}
    for row in rows:
        keyed.setdefault(row.key, []).append(row)
    exact: dict[str, list[KeyRow]] = {}
    for key, own in keyed.items():
        exact.setdefault(stem_of(key.lower()), []).extend(own)
    holding = {key: {stem_of(word) for word in words_of_label(key)} for key in keyed}
    found = {
        word: exact[word] if word in exact else [row for key in keyed if word in holding[key] for row in keyed[key]]
        for word in words
    }
    if not all(found.values()):
        return None
    said = {row for matched in found.values() for row in matched}
    telling = [key for key in keyed if reasons and not _REASONS.isdisjoint(words_of_label(key))]
    also = {row for key in telling for row in keyed[key]}
    starts = sorted(row.row for row in said | also)
    keep = set(whole.rows)
    for row in said | also:
        inside = bisect_right(starts, row.end) - bisect_right(starts, row.row)
        if row.end - row.row <= _LONG or not inside or row.key not in _PLACES:
            keep.update(range(row.row, row.end + 1))
    return Part(keep | set(standing_in(lines, rows, keep)), list(tree(lines, 0, total - 1)))


def operations(lines: Sequence[str], total: int, query: str) -> Part | None:
    """Rows of the paths of an API's description that a question tells, of one of their methods where it says that, and of schemas.

    None where it tells none, or something that is neither.
    """
    if not any(line.startswith("paths:") for line in lines):
        return None
    tops = {key_of(lines[entry.head]): entry for entry in entries(lines, 0, total - 1)}
    if not {"paths"} < tops.keys() or not tops.keys() & {"openapi", "swagger"}:
        return None
    rows: set[int] = set()
    outline = [*tops.values()]
    paths = entries(lines, tops["paths"].head + 1, tops["paths"].last)
    outline += paths
    for path in paths:
        key = key_of(lines[path.head])
        said = [
            match[1] or ""
            for match in re.finditer(rf"(?<![\w/{{}}.-])(?:([A-Za-z]+)\s+)?[`\"']?{re.escape(key)}(?![\w/{{-])", query)
        ]
        if not said or len(key) < 2:
            continue
        methods = entries(lines, path.head + 1, path.last)
        named = {word.lower() for word in said}
        chosen = [method for method in methods if key_of(lines[method.head]).lower() in named]
        if not chosen or not all(map(_METHOD.fullmatch, said)):
            chosen = methods
        outline += methods
        rows |= {tops["paths"].head, path.head, *(row for one in chosen for row in range(one.first, one.last + 1))}
    for top in tops.values():
        for holder in _holders(lines, top):
            held = entries(lines, holder.head + 1, holder.last)
            asked = [one for one in held if _is_said(key_of(lines[one.head]), query)]
            if asked:
                outline += [holder, *held]
                rows |= {top.head, holder.head, *(row for one in asked for row in range(one.first, one.last + 1))}
    return Part(rows, outline) if rows else None


def _holders(lines: Sequence[str], top: Entry) -> Iterator[Entry]:
    key = key_of(lines[top.head])
    if key == "definitions":
        yield top
    elif key == "components":
        yield from (one for one in entries(lines, top.head + 1, top.last) if key_of(lines[one.head]) in _HOLDERS)


def _is_said(name: str, query: str) -> bool:
    """Whether a schema is called, as it is spelled: "Line" is no "line"."""
    return len(name) > 2 and re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-]|\.\w)", query) is not None


def tree(lines: Sequence[str], first: int, last: int, depth: int = 0) -> Iterator[Entry]:
    """The entries between two lines, and what is in the longer ones, to name what goes of them."""
    for entry in entries(lines, first, last):
        yield entry
        if depth < _DEPTH and entry.last - entry.head >= _LONG // 2:
            yield from tree(lines, entry.head + 1, entry.last, depth + 1)
