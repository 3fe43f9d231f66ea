"""The ways a provider or the network fails, as data.

The names follow Toxiproxy's vocabulary where it has one (reset_peer, slow_close, slicer, limit_data, latency).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Kind = Literal[
    "status",
    "reset",
    "close",
    "rst_after",
    "cut_after",
    "cut_event",
    "slow_head",
    "slow_first_byte",
    "stall_after",
    "wrong_length",
    "malformed_sse",
    "truncated_gzip",
    "gzip",
    "empty",
    "empty_body",
    "slices",
    "stream_error",
    "unknown_events",
    "no_terminator",
    "crlf",
    "wait_for",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure; make it with the functions below rather than by hand."""

    kind: Kind
    status: int = 0
    after: int = 0
    """Bytes of the body, or events, that pass unharmed."""
    seconds: float = 0.0
    size: int = 0
    """Slice size, length error, or how many requests to wait for."""
    retry_after: str | None = None
    body: str | None = None
    """Replaces the provider-shaped error body."""
    content_type: str = "application/json"

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """Read what ``to_json`` wrote."""
        unknown = set(data) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        return cls(**data)


def status(
    code: int,
    *,
    retry_after: str | float | None = None,
    body: str | None = None,
    content_type: str = "application/json",
) -> Fault:
    """Answer ``code`` in the provider's error shape, or with ``body`` as it stands."""
    after = None if retry_after is None else str(retry_after)
    return Fault("status", status=code, retry_after=after, body=body, content_type=content_type)


def rate_limited(retry_after: str | float | None = 1) -> Fault:
    """429 with ``Retry-After``."""
    return status(429, retry_after=retry_after)


def overloaded() -> Fault:
    """529, Anthropic's own way to say that it is overloaded (OpenAI and Gemini: 503)."""
    return status(529)


def server_error() -> Fault:
    """500 in the provider's shape."""
    return status(500)


def html_502() -> Fault:
    """502 with a load balancer's HTML page."""
    page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
    return status(502, body=page, content_type="text/html")


def refused(code: int = 400) -> Fault:
    """400, 413 or 422 in the provider's shape; use it with ``When(rewritten=True)``."""
    return status(code)


def reset() -> Fault:
    """TCP RST after the request was read, before any response byte."""
    return Fault("reset")


def close() -> Fault:
    """An orderly close after the request was read, before any response byte."""
    return Fault("close")


def rst_after(count: int) -> Fault:
    """TCP RST after ``count`` bytes of the response body."""
    return Fault("rst_after", after=count)


def cut_after(count: int) -> Fault:
    """An orderly close after ``count`` bytes of the body, the last chunk missing."""
    return Fault("cut_after", after=count)


def cut_event(count: int) -> Fault:
    """An orderly close in the middle of the event that follows ``count`` whole ones."""
    return Fault("cut_event", after=count)


def slow_head(seconds: float) -> Fault:
    """Nothing at all for ``seconds``, then the answer."""
    return Fault("slow_head", seconds=seconds)


def slow_first_byte(seconds: float) -> Fault:
    """The response head at once, the body's first byte after ``seconds``."""
    return Fault("slow_first_byte", seconds=seconds)


def stall_after(count: int, seconds: float) -> Fault:
    """Silence for ``seconds`` after ``count`` bytes of the body."""
    return Fault("stall_after", after=count, seconds=seconds)


def wrong_length(error: int = 10) -> Fault:
    """A Content-Length ``error`` bytes too large (the connection closes early) or, negative, too small."""
    return Fault("wrong_length", size=error)


def malformed_sse(count: int = 1) -> Fault:
    """Broken JSON and a line that is no SSE field, after ``count`` good events; then the rest."""
    return Fault("malformed_sse", after=count)


def truncated_gzip(count: int = 20) -> Fault:
    """``Content-Encoding: gzip`` with all but ``count`` bytes of the compressed body missing."""
    return Fault("truncated_gzip", after=count)


def gzip() -> Fault:
    """No failure: the whole answer compressed with gzip, streams too."""
    return Fault("gzip")


def empty() -> Fault:
    """200 with the usual envelope and no content in it."""
    return Fault("empty")


def empty_body() -> Fault:
    """200 with no byte of body."""
    return Fault("empty_body")


def slices(size: int = 1) -> Fault:
    """No failure: the body written ``size`` bytes at a time, whatever the frames are."""
    return Fault("slices", size=size)


def stream_error(count: int = 2) -> Fault:
    """The provider's own error event after ``count`` events, then the end; 200 was long said."""
    return Fault("stream_error", after=count)


def unknown_events() -> Fault:
    """No failure: events, block types and fields of a future API version among the known ones."""
    return Fault("unknown_events")


def no_terminator() -> Fault:
    """A stream that ends in good order, but for its terminator (message_stop, [DONE], response.completed)."""
    return Fault("no_terminator")


def crlf() -> Fault:
    r"""No failure: ``\r\n`` line ends, comments, and ``data`` split over several lines where JSON allows it."""
    return Fault("crlf")


def wait_for(count: int, seconds: float = 10.0) -> Fault:
    """Hold the answer until ``count`` requests wait together, at most ``seconds``: a barrier for races."""
    return Fault("wait_for", size=count, seconds=seconds)
