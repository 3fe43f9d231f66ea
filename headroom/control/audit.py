"""The audit stream: one record for every call that may change something here. Names of fields, never their values."""

from __future__ import annotations

import json
import logging

log = logging.getLogger("headroom.audit")

_MAX_READ = 16 * 1024
_MAX_NAMES = 50


def record(*, action: str, method: str, path: str, peer: str, body: bytes, status: int) -> None:
    """Write one record. ``action`` is the route's pattern, ``path`` what was called."""
    event = {
        "event": "headroom_admin_audit",
        "action": action,
        "method": method,
        "path": path,
        "source_ip": peer,
        "status_code": status,
        "details": {"bytes": len(body), "fields": _fields(body)},
    }
    log.info("%s", json.dumps(event, ensure_ascii=True))


def _fields(body: bytes) -> list[str]:
    if not body or len(body) > _MAX_READ:
        return []
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return sorted(str(name)[:100] for name in value)[:_MAX_NAMES] if isinstance(value, dict) else []
