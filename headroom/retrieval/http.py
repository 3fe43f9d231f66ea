"""The retrieval routes as pure functions of the request: status and JSON (surface.md 4.2 to 4.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from headroom.compress.rendition import CountTokens
from headroom.retrieval.answer import Query, answer, miss, query_of
from headroom.retrieval.find import find
from headroom.retrieval.original import Miss, Original
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Retrieval, Stats
from headroom.retrieval.tool import arguments_of, is_retrieve
from headroom.retrieval.view import View

type Json = dict[str, object]

_MOST_RESULTS = 500
_PARTS = ("lines", "rows", "chars", "pattern")
_PROVIDERS = ("anthropic", "openai", "google")


def retrieve(originals: Originals, body: object, *, count: CountTokens, now: float) -> tuple[int, Json]:
    """``POST /v1/retrieve``: ``hash``, and ``query`` for a search; or what the tool takes. Raises ``StoreError``."""
    given = body.get("hash") if isinstance(body, Mapping) else None
    if not isinstance(given, str) or not given.strip():
        return 400, {"detail": "hash required"}
    assert isinstance(body, Mapping)
    query = body.get("query")
    if any(body.get(name) for name in _PARTS):
        return _part(originals, {**body, "query": ""}, count=count, now=now)
    return _look_up(originals, given, query if isinstance(query, str) else "", count=count, now=now)


def retrieve_by_hash(
    originals: Originals, given: str, asked: Mapping[str, str], *, count: CountTokens, now: float
) -> tuple[int, Json]:
    """``GET /v1/retrieve/{hash}``, with ``?query=``, or ``?lines=``, ``?rows=``, ``?pattern=``. Raises ``StoreError``."""
    return retrieve(originals, {**asked, "hash": given}, count=count, now=now)


def stats(found: Stats) -> tuple[int, Json]:
    """``GET /v1/retrieve/stats``. The store is bounded in bytes, so there is no largest number of entries."""
    asked = found.hits + found.misses
    return 200, {
        "store": {
            "entry_count": found.entries,
            "max_entries": None,
            "default_ttl_seconds": _plain(found.ttl),
            "bytes": found.bytes,
            "total_original_tokens": found.original_tokens,
            "total_compressed_tokens": found.shown_tokens,
            "total_retrievals": found.retrievals,
            "hits": found.hits,
            "misses": found.misses,
            "expired": found.expired,
            "hit_rate": round(found.hits / asked, 4) if asked else 0.0,
            "evictions": found.evictions,
            "backend": found.backend,
        },
        "recent_retrievals": [
            {
                "hash": one.hash,
                "query": one.query,
                "items_retrieved": one.shown,
                "total_items": one.total,
                "tool_name": one.tool,
                "retrieval_type": one.type,
                "timestamp": _utc(one.wall),
            }
            for one in reversed(found.recent)
        ],
    }


def _utc(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tool_call(originals: Originals, body: object, *, count: CountTokens, now: float) -> tuple[int, Json]:
    """``POST /v1/retrieve/tool_call``: answer a provider's tool call in its own shape of a result. Raises ``StoreError``."""
    refused: tuple[int, Json] = (400, {"detail": "Invalid tool call or not a headroom_retrieve call"})
    if not isinstance(body, Mapping):
        return refused
    call = body.get("tool_call")
    provider = body.get("provider", "anthropic")
    if provider not in _PROVIDERS:
        return 400, {"detail": f"provider must be one of {', '.join(_PROVIDERS)}"}
    read = _read_call(call, str(provider)) if isinstance(call, Mapping) else None
    if read is None:
        return refused
    call_id, name, arguments = read
    if not is_retrieve(name):
        return refused
    query = query_of(arguments)
    found = originals.get(query.hash, now=now)
    if isinstance(found, Miss):
        text = miss(query.hash, found).text
        data: Json = {
            "hash": query.hash,
            "error": _not_found(found, originals.ttl),
            "status": "expired" if found.why == "expired" else "not_found",
            "ttl_seconds": _plain(originals.ttl),
        }
    else:
        got = answer(query, found, count=count)
        _count(originals, found, query, got.shown, got.total, got.type, now)
        text = got.text
        data = {"hash": found.hash, "tokens": got.tokens, "type": got.type, "shown": got.shown, "total": got.total}
    return 200, {
        "tool_result": _result(str(provider), call_id, name, text),
        "success": not isinstance(found, Miss),
        "data": data,
    }


def _look_up(originals: Originals, given: str, query: str, *, count: CountTokens, now: float) -> tuple[int, Json]:
    found = originals.get(given, now=now)
    if isinstance(found, Miss):
        return 404, {"detail": _not_found(found, originals.ttl)}
    view = View(found.as_read)
    if query:
        results = _results(view, query)
        asked = Query(hash=found.hash, pattern=query)
        _count(originals, found, asked, len(results), _items(view), "pattern", now)
        return 200, {"hash": found.hash, "query": query, "results": results, "count": len(results)}
    times = _count(originals, found, Query(hash=found.hash), _items(view), _items(view), "full", now)
    return 200, {
        "hash": found.hash,
        "original_content": found.text,
        "original_tokens": found.about.tokens or count(found.text),
        "original_item_count": _items(view),
        "compressed_item_count": found.about.shown_items,
        "tool_name": found.about.tool or None,
        "retrieval_count": times,
    }


def _part(originals: Originals, asked: Mapping[str, object], *, count: CountTokens, now: float) -> tuple[int, Json]:
    """A part of an original, as the model would get it: ``content`` is verbatim, ``note`` says what it is."""
    query = query_of(asked)
    found = originals.get(query.hash, now=now)
    if isinstance(found, Miss):
        return 404, {"detail": _not_found(found, originals.ttl)}
    if not query.ranges and not query.pattern:
        return 400, {"detail": "lines and rows are ranges such as 5-9 or 5-9,20-; pattern is a text"}
    got = answer(query, found, count=count)
    times = _count(originals, found, query, got.shown, got.total, got.type, now)
    note, _, content = got.text.partition("\n")
    return 200, {
        "hash": found.hash,
        "content": content,
        "type": got.type,
        "note": note.removeprefix(f"hr:{found.hash} "),
        "shown": got.shown,
        "total": got.total,
        "tokens": count(content),
        "tool_name": found.about.tool or None,
        "retrieval_count": times,
    }


def _results(view: View, query: str) -> list[object]:
    """The rows (as JSON values) or lines in which a query occurs."""
    if view.rows is not None:
        rows = [row for row in view.rows if find(row, query).spans]
        return [json.loads(row) for row in rows[:_MOST_RESULTS]]
    hit = dict.fromkeys(view.line_of(start) for start, _ in find(view.text, query).spans)
    return [view.cut("lines", line, line).rstrip("\r\n") for line in list(hit)[:_MOST_RESULTS]]


def _items(view: View) -> int:
    return view.count("rows")


def _count(originals: Originals, found: Original, query: Query, shown: int, total: int, kind: str, now: float) -> int:
    about = found.about
    return originals.tally.retrieved(
        Retrieval(found.hash, query.words, shown, total, about.tool, kind, now, kind=about.kind, project=about.project)
    )


def _not_found(found: Miss, ttl: float) -> str:
    if found.why == "expired":
        return f"Entry expired (CCR TTL: {_plain(ttl)} seconds; age: {int(found.age or 0)} seconds)"
    return f"Entry not found (CCR TTL: {_plain(ttl)} seconds)"


def _plain(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds


def _read_call(call: Mapping[str, object], provider: str) -> tuple[str, str, Mapping[str, object]] | None:
    """Id, name and arguments of a call in a provider's shape, or None."""
    inner: object = call
    key = "input"
    if provider == "openai":
        inner, key = call.get("function", call), "arguments"  # Responses has no wrapper
    elif provider == "google":
        inner, key = call.get("functionCall", call), "args"
    if not isinstance(inner, Mapping):
        return None
    name, given = inner.get("name"), inner.get(key)
    if isinstance(given, str):
        given = arguments_of(given)
    if not isinstance(name, str) or not isinstance(given, Mapping):
        return None
    call_id = call.get("call_id") or call.get("id") or inner.get("id") or ""
    return str(call_id), name, given


def _result(provider: str, call_id: str, name: str, text: str) -> Json:
    if provider == "openai":
        return {"role": "tool", "tool_call_id": call_id, "content": text}
    if provider == "google":
        return {"functionResponse": {"name": name, "response": {"output": text}}}
    return {"type": "tool_result", "tool_use_id": call_id, "content": text}


__all__ = ["retrieve", "retrieve_by_hash", "stats", "tool_call"]
