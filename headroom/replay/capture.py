"""Recorded calls, and the two text formats they are read from: our JSON lines and HAR. No network, no clock.

A line of our format is an object with ``session``, ``t`` (seconds), ``method``, ``path``, ``headers`` (pairs), and the
request's body as ``body`` (parsed JSON, or a string holding it exactly) with ``status`` and ``usage`` (``input``,
``write_5m``, ``write_1h``, ``read``, ``output``) of the answer, where they are known.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from headroom.exchange import Usage

Headers = tuple[tuple[str, str], ...]
_GZIP = b"\x1f\x8b"
_UNFIT = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What comes of JSON that has another shape than expected, or is nested too deeply."""


class BadCapture(ValueError):
    """A file that can't be read as recorded traffic; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded request with what the provider billed for it."""

    session: str
    t: float
    """Seconds since the epoch, or since the session began."""
    method: str
    path: str
    headers: Headers
    body: bytes
    """Content encoding removed."""
    status: int = 200
    usage: Usage | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Header fields by lower-case name."""
        return {name.lower(): value for name, value in self.headers}


def read(path: Path) -> list[Call]:
    """All calls of a ``.jsonl``, ``.jsonl.gz`` or ``.har`` file, in the order of their times. Raises ``BadCapture``."""
    try:
        raw = path.read_bytes()
        if raw.startswith(_GZIP):
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise BadCapture(f"{path} can't be read: {error}") from None
    name = path.name.removesuffix(".gz")
    calls = list(_har(raw, path) if name.endswith(".har") else _lines(raw, path))
    calls.sort(key=lambda call: call.t)
    return calls


def _lines(raw: bytes, path: Path) -> Iterator[Call]:
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield _row(row)
        except _UNFIT as error:
            raise BadCapture(f"{path}, line {number}: not a recorded call ({type(error).__name__}: {error})") from None


def _row(row: Mapping[str, Any]) -> Call:
    body = row.get("body")
    if isinstance(body, str):
        raw = body.encode("utf-8", "surrogatepass")
    else:
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    t = float(row.get("t", 0.0))
    if not math.isfinite(t):
        raise ValueError(f"{t} is no time")
    return Call(
        session=str(row.get("session") or ""),
        t=t,
        method=str(row["method"]),
        path=str(row["path"]),
        headers=tuple((str(name), str(value)) for name, value in row.get("headers") or ()),
        body=raw,
        status=int(row.get("status") or 0),
        usage=_usage(row.get("usage")),
    )


def _usage(given: Mapping[str, Any] | None) -> Usage | None:
    if not given:
        return None
    return Usage(
        int(given.get("input", 0)),
        int(given.get("read", 0)),
        int(given.get("write_5m", 0)),
        int(given.get("write_1h", 0)),
        int(given.get("output", 0)),
    )


def _har(raw: bytes, path: Path) -> Iterator[Call]:
    try:
        entries = json.loads(raw)["log"]["entries"]
        for entry in entries:
            request = entry["request"]
            post = request.get("postData") or {}
            text = post.get("text") or ""
            body = base64.b64decode(text) if post.get("encoding") == "base64" else text.encode("utf-8")
            began = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
            _, _, rest = str(request["url"]).partition("://")
            host, slash, tail = rest.partition("/")
            headers = tuple((str(h["name"]), str(h["value"])) for h in request.get("headers") or ())
            if not any(name.lower() == "host" for name, _ in headers):
                headers += (("Host", host),)
            yield Call(
                session=str(entry.get("pageref") or ""),
                t=began,
                method=str(request["method"]),
                path=slash + tail or "/",
                headers=headers,
                body=body,
                status=int((entry.get("response") or {}).get("status") or 0),
            )
    except _UNFIT as error:
        raise BadCapture(f"{path}: not a HAR file ({type(error).__name__}: {error})") from None
