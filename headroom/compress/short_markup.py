"""Markup without loss: plain forms of tags, short ones for runs of tags that come often, a legend for what tags hold."""

from __future__ import annotations

from headroom.compress import legends, plain_markup, short_tags, tag_phrases


def encode(text: str) -> str | None:
    """Write ``text`` shorter, or None where no step spares anything. Inverted by `decode`."""
    plain = plain_markup.encode(text)
    encoded = short_tags.encode(plain or text) or plain
    short, body = short_tags.split(encoded or text)
    legend, body = tag_phrases.encode(body)
    return "\n".join([*legend, *short, body]) if legend else encoded


def decode(encoded: str) -> str:
    """Invert `encode`."""
    legend, rest = legends.split(encoded)
    short, body = short_tags.split(rest)
    return plain_markup.decode(short_tags.decode("\n".join([*short, tag_phrases.decode(legend, body)])))
