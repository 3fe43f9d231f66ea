"""Recorded calls from mitmproxy's own flow files."""

from __future__ import annotations

import os
from pathlib import Path

from mitmproxy import http
from mitmproxy.exceptions import FlowReadException
from mitmproxy.io import FlowReader

from headroom.replay.capture import BadCapture, Call


def read(path: Path) -> tuple[list[Call], int]:
    """All HTTP requests of a ``.flow`` file, in the order of their times, and how many bytes at its end are no flow.

    Whoever writes one may be killed: its last flow is cut off then. Raises ``BadCapture`` where no flow is whole.
    """
    calls: list[Call] = []
    whole = size = 0
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            for flow in FlowReader(file).stream():
                whole = file.tell()
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
        if not whole or isinstance(error, OSError):
            raise BadCapture(f"{path} can't be read: {error}") from None
    return sorted(calls, key=lambda call: call.t), size - whole
