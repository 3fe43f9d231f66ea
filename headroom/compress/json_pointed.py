"""A question for nothing but values that it calls by their dotted names: "What are `_id` and `time.modified`?"."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headroom.compress.json_parts import Cut, join, key_text, leave_out, parts_of
from headroom.compress.query import Relevance
from headroom.compress.query_terms import literals_of
from headroom.compress.rendition import Hints

_SHARE = 0.25
"""Of a document of which more than this is asked for, the rest may be left as well."""
_SURE = 0.8
"""Weight of a name, quoted or not."""
_KEYS = 300
"""Characters of the keys of an object that are told."""
_LOOKS_UP = frozenset({"last", "first"})
"""What may be in such a question as a part of a name: any other wish is one for more than these values."""


def all_but_pointed(body: str, hints: Hints) -> list[Cut] | None:
    """What to leave out of a minified object: all that the question does not call by name.

    None where it asks for something else, too, or names something that stands elsewhere in the object. Half of the names
    may be nowhere in it, as in a part of a document: the text says so above.
    """
    query = hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query
    last = query.rstrip().rpartition("\n")[2]
    said = last if next(literals_of(last), None) is not None else query
    names = dict.fromkeys(name.lower() for name in literals_of(said))
    relevance = Relevance(said)
    if not names or body[0] != "{" or not relevance.asks <= _LOOKS_UP:
        return None
    called = " ".join(names)
    others = [term.text for term in relevance.named if term.weight >= _SURE and term.text not in called]
    lowered = body.lower() if others else ""
    if any(f'"{other}"' in lowered for other in others):
        return None  # "when was 3.4.0 published, and which `dependencies` are there?"
    cuts: list[Cut] = []
    found: set[str] = set()
    told = _walk(body, 0, "", {name: name for name in names}, found, cuts)
    left = len(body) - sum(cut.end - cut.start for cut in cuts)
    return cuts if told and _are_all(found, names, body) and left <= _SHARE * len(body) else None


def _are_all(found: Collection[str], names: Collection[str], body: str) -> bool:
    """Whether each name was found, or half of them and nothing that is like the others or that these lead into."""
    lacking = [name for name in names if name not in found]
    if not lacking:
        return True
    lowered = body.lower()
    return 2 * len(found) >= len(names) and not any(
        f'"{name.partition(".")[0]}":' in lowered or name.rpartition(".")[2] in lowered for name in lacking
    )


def _walk(raw: str, at: int, path: str, wanted: Mapping[str, str], found: set[str], cuts: list[Cut]) -> bool:
    """Cut the members that no name is of; whether the notes can tell the keys of all, or they are a map's.

    ``wanted`` maps the rest of each name, below here, to the whole one.
    """
    told = True
    parts = parts_of(raw)
    keep: set[int] = set()
    for row, (start, _, key, value) in enumerate(parts):
        called = str(key).lower()
        if called in wanted:
            keep.add(row)
            found.add(wanted[called])
            continue
        below = {rest[len(called) + 1 :]: name for rest, name in wanted.items() if rest.startswith(f"{called}.")}
        if below and value[0] == "{":
            keep.add(row)
            offset = at + start + len(key_text(raw, start))
            told = _walk(value, offset, join(path, key), below, found, cuts) and told
    listed = sum(len(str(part[2])) + 2 for part in parts) <= _KEYS
    cuts += leave_out(parts, keep, at, path, listed=listed, most=2 * _KEYS)
    return told and (listed or len({part[3][0] for part in parts}) == 1)
