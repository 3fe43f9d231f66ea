"""Keeping credentials out of everything we write: by their value where we know it, by their form where we don't."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl

MARK = "[redacted]"
CLEAN = "headroom_clean"
"""Attribute of log records made of nothing but texts that were redacted before."""
_SHORTEST = 8
"""A shorter value is no credential, and to blank it everywhere would blank words."""
_CREDENTIAL_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "cookie",
        "x-headroom-proxy-token",
        "x-amz-security-token",
    }
)
_QUERY_NAMES = frozenset({"key", "api_key", "api-key", "access_token", "token"})
_FORMS = re.compile(
    r"(?P<keep>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|(?P<field>[?&](?:key|api[_-]?key|access_token|token)=)[^&\s\"']{4,}"
    r"|\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}",
    re.IGNORECASE,
)
"""The forms of the keys that providers hand out, bearer tokens, and keys in a query."""


def credentials(headers: Mapping[str, str], path: str) -> tuple[str, ...]:
    """The values in a request that let somebody act for its sender, longest first."""
    found: set[str] = set()
    for name in _CREDENTIAL_HEADERS:
        if (value := headers.get(name)) is not None:
            found |= {value, value.partition(" ")[2].strip()}
    _, _, query = path.partition("?")
    if query:
        found |= {value for name, value in parse_qsl(query) if name.lower() in _QUERY_NAMES}
    return tuple(sorted((v for v in found if len(v) >= _SHORTEST), key=len, reverse=True))


def redact(text: str, values: Iterable[str] = ()) -> tuple[str, int]:
    """A text without ``values`` and without anything that has the form of a credential; and how many there were."""
    count = 0
    for value in values:
        if value in text:
            count += text.count(value)
            text = text.replace(value, MARK)
    text, more = _FORMS.subn(lambda m: (m["keep"] or m["field"] or "") + MARK, text)
    return text, count + more


def redact_bytes(body: bytes, values: Iterable[str]) -> tuple[bytes, int]:
    """A body without the known values. Forms are not looked for: a body is content, and what it says is left alone."""
    count = 0
    for value in values:
        raw = value.encode("utf-8", "surrogateescape")
        if raw in body:
            count += body.count(raw)
            body = body.replace(raw, MARK.encode())
    return body, count


class Redacting(logging.Filter):
    """Cleans a handler's records; tells ``counted`` how many credentials it took out."""

    def __init__(self, counted: Callable[[int], None] = lambda _n: None) -> None:
        super().__init__()
        self.counted = counted

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, without its credentials."""
        if getattr(record, CLEAN, False):
            return True
        try:
            text, count = redact(record.getMessage())
        except (TypeError, ValueError):
            return True  # the handler will complain about the arguments by itself
        if count:
            record.msg, record.args = text, None
            self.counted(count)
        return True
