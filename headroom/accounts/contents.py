"""Request and answer content, kept only with ``--log-messages``: what goes into the log, and the newest for the feed."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import msgspec

from headroom.accounts.redact import credentials, redact_bytes
from headroom.exchange import Exchange

_IMAGE = re.compile(rb'"((?:data:image\\?/[a-z+.-]+;base64,)?(?:[A-Za-z0-9+/]|\\/){1024,}={0,2})"')
MAX_KEPT = 100
MAX_BYTES = 32 * 1024 * 1024


def redact_images(body: bytes) -> bytes:
    """Replace base64 over 1 KiB in JSON strings by a note of its size."""
    return _IMAGE.sub(lambda m: b'"<image:base64-redacted bytes=%d>"' % (len(m.group(1)) * 3 // 4), body)


def readable(body: bytes) -> Any:
    """A body as it goes into the log: JSON when it is JSON, else text."""
    body = redact_images(body)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Content:
    """One call's content; the credentials of its request are blanked."""

    received: bytes
    sent: bytes
    answer: str | None
    redactions: int = 0

    @classmethod
    def of(cls, exchange: Exchange) -> Content:
        """The content of an exchange that has ended."""
        secrets = credentials(exchange.headers, exchange.path)
        received, count = redact_bytes(exchange.body_in, secrets)
        if exchange.body_out is exchange.body_in or exchange.rescued:
            sent = received
        else:
            sent, more = redact_bytes(exchange.body_out, secrets)
            count += more
        answer = exchange.response_text
        if answer is not None:
            raw, more = redact_bytes(answer.encode("utf-8", "replace"), secrets)
            answer, count = raw.decode("utf-8", "replace"), count + more
        return cls(received, sent, answer, count)

    @property
    def size(self) -> int:
        """Bytes it takes, roughly."""
        shared = 0 if self.sent is self.received else len(self.sent)
        return len(self.received) + shared + 4 * len(self.answer or "")

    def shown(self) -> dict[str, Any]:
        """As the log and the feed show it."""
        received = readable(self.received)
        return {
            "request_messages": received,
            "compressed_messages": received if self.sent is self.received else readable(self.sent),
            "response_content": self.answer,
        }


class Contents:
    """The newest calls' content, bounded in number and bytes. Thread-safe."""

    def __init__(self, *, most: int = MAX_KEPT, max_bytes: int = MAX_BYTES) -> None:
        self._most = most
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Content] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, request_id: str, content: Content) -> None:
        """Keep one; the oldest go. One that alone is over the bound is not kept."""
        with self._lock:
            if content.size > self._max_bytes:
                return
            self._kept[request_id] = content
            self._bytes += content.size
            while len(self._kept) > self._most or self._bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= gone.size

    def get(self, request_id: str) -> Content | None:
        """The content of a call, if it is still there."""
        with self._lock:
            return self._kept.get(request_id)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
