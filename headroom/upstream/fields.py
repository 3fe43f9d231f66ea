"""Header fields as bytes on the way through, and those we add to answers ourselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.exchange import Exchange
from headroom.wire.headers import forwarded, returned

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What no field may hold (RFC 9110, section 5.5); a folded line is such a one, too."""

type Fields = Sequence[tuple[bytes, bytes]]


def to_upstream(fields: Fields, *, drop: frozenset[str] = frozenset()) -> tuple[tuple[str, str], ...]:
    """The client's fields for the upstream, without ``drop`` (lower case).

    Raises ``ValueError`` for a value that could not be sent on unchanged; the message says why.
    """
    try:
        given = [(key.decode("ascii"), value.decode()) for key, value in fields if not key.startswith(b":")]
    except UnicodeDecodeError:
        raise ValueError("a header is not UTF-8 and could not be sent on unchanged") from None
    if any(_CONTROL.search(value) for _, value in given):
        raise ValueError("a header has a line break or another control character in it and can't be sent on")
    return tuple(pair for pair in forwarded(given) if pair[0].lower() not in drop)


def without(fields: tuple[tuple[str, str], ...], *names: str) -> tuple[tuple[str, str], ...]:
    """Fields less the named ones (lower case)."""
    return tuple(pair for pair in fields if pair[0].lower() not in names)


def to_client(fields: Fields, *, decoded: bool = False) -> tuple[tuple[bytes, bytes], ...]:
    """The upstream's fields for the client, less those of its connection and the length; never one of ours."""
    given = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in fields]
    return tuple(
        (key.encode("latin-1"), value.encode("latin-1"))
        for key, value in returned(given, decoded=decoded)
        if not key.lower().startswith("x-headroom-")
    )


_NO_STORE = ("store", "ledger", "originals")
"""Notes that say that something was left as it came because the store was away."""


def about(exchange: Exchange, *, counted: bool = True) -> tuple[tuple[bytes, bytes], ...]:
    """What we tell the client about its request; on a bypassed one only the id. ``counted``: the tokens are.

    Of a body that was not read (--no-optimize, no JSON) there is no count to tell.
    """
    fields = [(b"x-headroom-request-id", exchange.request_id)]
    if (exchange.generation or exchange.obstacle == "batch") and not exchange.bypass:
        shadow = "shadow_bytes" in exchange.notes
        # What no provider took saved nothing; the books say so, too.
        untouched = shadow or exchange.rescued or exchange.status >= 400
        before, after = exchange.tokens_before, exchange.tokens_before if untouched else exchange.tokens_after
        if counted and (before or exchange.cache_hit):
            fields += [
                (b"x-headroom-tokens-before", str(before)),
                (b"x-headroom-tokens-after", str(after)),
                (b"x-headroom-tokens-saved", str(max(0, before - after))),
            ]
            if exchange.context_window and after:
                fields.append((b"x-headroom-context-used", f"{after / exchange.context_window:.2f}"))
            if shadow:
                fields.append((b"x-headroom-would-save", str(max(0, before - exchange.tokens_after))))
        fields.append((b"x-headroom-model", exchange.model))
        if exchange.transforms and not untouched:
            names = dict.fromkeys(name.replace(",", ";") for name in exchange.transforms)
            fields.append((b"x-headroom-transforms", ",".join(names)))
        if isinstance(model := exchange.notes.get("kompress"), str):
            fields.append((b"x-headroom-kompress", model))
        if isinstance(images := exchange.notes.get("images"), str):
            fields.append((b"x-headroom-images", images))
        if not exchange.notes.keys().isdisjoint(_NO_STORE):
            fields.append((b"x-headroom-store", "unavailable"))
        if exchange.cache_hit:
            fields.append((b"x-headroom-cached", "true"))
        if exchange.compression_failed:
            fields.append((b"x-headroom-compression-failed", "true"))
    return tuple((key, _one_line(value)) for key, value in fields)


def _one_line(text: str) -> bytes:
    """A field value that can't end its line: the model's name and the like come from the client."""
    return "".join(char if " " <= char < "\x7f" else "?" for char in text[:1000]).encode("ascii")
