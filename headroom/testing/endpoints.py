"""The endpoints beside generation and counting: models, embeddings, stored responses, batches."""

from __future__ import annotations

from typing import Any

from headroom.exchange import Usage, Wire
from headroom.testing.deliver import Outgoing, json_out
from headroom.testing.provider import Provider
from headroom.testing.record import RecordedRequest
from headroom.testing.routes import Route
from headroom.testing.validate import Refused, anthropic

_MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "gpt-5.4", "gpt-4.1", "gemini-2.5-pro")


def other(provider: Provider, record: RecordedRequest, route: Route) -> Outgoing:
    """Endpoints beside generation and counting."""
    missing = Refused(f"Not found: {record.method} {record.path}", status=404)
    match route.operation:
        case "models":
            return json_out(_models(route.wire), provider.headers(route.wire))
        case "model":
            return json_out(_model(route.wire, route.item), provider.headers(route.wire))
        case "embeddings":
            record.usage = Usage(input=provider.tokens.count(record.body.decode("utf-8", "replace")))
            vector = {"object": "embedding", "index": 0, "embedding": [0.0, 0.6, 0.8]}
            total = record.usage.input
            told = {"prompt_tokens": total, "total_tokens": total}
            data = {"object": "list", "data": [vector], "model": "text-embedding-3-small", "usage": told}
            return json_out(data, provider.headers(route.wire))
        case "embed":
            return json_out({"embedding": {"values": [0.0, 0.6, 0.8]}}, provider.headers(route.wire))
        case "batch":
            return _batch(provider, record, route)
        case "stored" | "input_items":
            return _stored(provider, record, route)
        case _:
            return provider.refuse(route, missing)


def _stored(provider: Provider, record: RecordedRequest, route: Route) -> Outgoing:
    held = provider.ledger.response(route.item)
    if held is None:
        return provider.refuse(route, Refused(f"Response with id '{route.item}' not found.", status=404))
    if record.method == "DELETE":
        provider.ledger.forget(route.item)
        data: dict[str, Any] = {"id": route.item, "object": "response", "deleted": True}
    elif route.operation == "input_items":
        data = {"object": "list", "data": held.input, "has_more": False}
    else:
        data = held.response
    return json_out(data, provider.headers(route.wire))


def _batch(provider: Provider, record: RecordedRequest, route: Route) -> Outgoing:
    try:
        rows = record.json.get("requests")
    except (ValueError, AttributeError):
        rows = None
    if not isinstance(rows, list) or not rows:
        return provider.refuse(route, Refused("requests: Field required"))
    for index, row in enumerate(rows):
        try:
            anthropic.read(row["params"], {}, provider.ledger)
        except Refused as why:
            record.refusal = why.message
            return provider.refuse(route, Refused(f"requests.{index}.params.{why.message}"))
        except (KeyError, TypeError):
            return provider.refuse(route, Refused(f"requests.{index}.params: Field required"))
    counts = {"processing": len(rows), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    data = {
        "id": provider.new_id("msgbatch_01"),
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": counts,
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-02T00:00:00Z",
        "ended_at": None,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }
    return json_out(data, provider.headers(route.wire))


def _models(wire: Wire) -> dict[str, Any]:
    rows = [_model(wire, name) for name in _MODELS]
    if wire is Wire.ANTHROPIC:
        return {"data": rows, "has_more": False, "first_id": _MODELS[0], "last_id": _MODELS[-1]}
    return {"models": rows} if wire is Wire.GEMINI else {"object": "list", "data": rows}


def _model(wire: Wire, name: str) -> dict[str, Any]:
    if wire is Wire.ANTHROPIC:
        return {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
    if wire is Wire.GEMINI:
        return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}
    return {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "headroom-testing"}
