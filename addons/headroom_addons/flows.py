"""Recorded calls from mitmproxy's own flow files."""

from __future__ import annotations

from pathlib import Path

from mitmproxy import http
from mitmproxy.exceptions import FlowReadException
from mitmproxy.io import FlowReader

from headroom.replay.capture import BadCapture, Call


def read(path: Path) -> list[Call]:
    """All HTTP requests of a ``.flow`` file, in the order of their times. Raises ``BadCapture``."""
    calls: list[Call] = []
    try:
        with path.open("rb") as file:
            for flow in FlowReader(file).stream():
                if isinstance(flow, http.HTTPFlow):
                    request = flow.request
                    calls.append(
                        Call(
                            session="",
                            t=request.timestamp_start,
                            method=request.method,
                            path=request.path,
                            headers=tuple((name, value) for name, value in request.headers.items(multi=True)),  # type: ignore[no-untyped-call]
                            body=request.get_content(strict=False) or b"",
                            status=flow.response.status_code if flow.response is not None else 0,
                        )
                    )
    except (OSError, FlowReadException) as error:
        raise BadCapture(f"{path} can't be read: {error}") from None
    return sorted(calls, key=lambda call: call.t)
