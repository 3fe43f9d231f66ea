"""Reading a request before its wire format matters: whose it is, its JSON, and the clouds' wrapping around it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from headroom.testing.record import RecordedRequest
from headroom.testing.routes import Route
from headroom.testing.validate import Refused

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,]+)/")
_VERSIONS = {"vertex": "vertex-2023-10-16", "bedrock": "bedrock-2023-05-31"}


def parse(record: RecordedRequest, route: Route) -> dict[str, Any]:
    """The request as the provider's own API takes it; sets the record's model where a wrapper names it.

    Raises ``Refused``.
    """
    body: Any
    try:
        body = json.loads(record.body)
    except (ValueError, UnicodeDecodeError):
        raise Refused("The request body is not valid JSON.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise Refused("The request body must be a JSON object.", code="invalid_type")
    if route.nested:
        record.model = str(body.get("model") or "")
        body = body.get("request")
        if not isinstance(body, dict):
            raise Refused("Invalid JSON payload received: 'request' is missing.")
    return _hosted(body, route) if route.cloud else body


def _hosted(body: Mapping[str, Any], route: Route) -> dict[str, Any]:
    """A Messages body as the clouds take it, in Anthropic's own form. Raises ``Refused``."""
    if body.get("anthropic_version") != _VERSIONS[route.cloud]:
        raise Refused("anthropic_version: Field required")
    for name in ("model", *(("stream",) if route.cloud == "bedrock" else ())):
        if name in body:
            raise Refused(f"{name}: Extra inputs are not permitted")
    kept = {name: value for name, value in body.items() if name not in {"anthropic_version", "anthropic_beta"}}
    return {"model": route.model, **kept}


def credential(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The caller's key, wherever its provider wants it."""
    for name in ("x-api-key", "x-goog-api-key", "api-key"):
        if headers.get(name):
            return headers[name]
    held = headers.get("authorization", "")
    if held.lower().startswith("bearer ") and held[7:].strip():
        return held[7:].strip()
    if signed := _SIGNED.match(held):
        return signed[1]
    return query.get("key", "")
