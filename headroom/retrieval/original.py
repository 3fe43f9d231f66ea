"""One original: its text, what is kept beside it, and the row of the store that holds both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
import zstandard

from headroom.compress.envelope import CARRIED, as_read
from headroom.errors import StoreError


@dataclass(frozen=True, slots=True)
class About:
    """What is kept beside a text."""

    kind: str = ""
    tool: str = ""
    arguments: str = ""
    """The producing call's arguments, cut to a bound, to say how to get the content anew."""
    tokens: int = 0
    shown_tokens: int = 0
    """Tokens of the rendition that stands for it."""
    shown_items: int = 0
    """Lines or rows of the rendition."""
    project: str | None = None
    carried: bool = False
    """It is JSON that carries texts, and markers count in it as `envelope.open_strings` spells it out."""


@dataclass(frozen=True, slots=True)
class Original:
    """A text as it was before compression."""

    hash: str
    text: str
    about: About
    made: float

    @property
    def as_read(self) -> str:
        """The text in which markers count."""
        return as_read(self.text, CARRIED) if self.about.carried else self.text


@dataclass(frozen=True, slots=True)
class Miss:
    """No such original."""

    why: Literal["unknown", "expired", "malformed"]
    age: float | None = None
    """Seconds since an expired one was made."""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An original as the store holds it."""

    packed: bytes
    size: int
    kind: str
    tool: str
    arguments: str
    tokens: int
    shown_tokens: int
    shown_items: int
    made: float
    projects: tuple[str, ...] = ()
    carried: bool = False

    @property
    def text(self) -> str:
        """The text, unpacked. Raises ``StoreError``."""
        try:
            plain = zstandard.ZstdDecompressor().decompress(self.packed, max_output_size=self.size)
        except zstandard.ZstdError as error:
            raise StoreError(
                f"a stored original is damaged ({error}); run the command again for its content"
            ) from error
        return plain.decode("utf-8", "surrogatepass")

    def about(self, project: str | None) -> About:
        """What is kept beside the text, for a caller of this project."""
        return About(
            self.kind,
            self.tool,
            self.arguments,
            self.tokens,
            self.shown_tokens,
            self.shown_items,
            project,
            self.carried,
        )


def rows_of(texts: Mapping[str, tuple[str, About]], now: float) -> Iterator[tuple[str, Row]]:
    """What the store is to hold, by the names of the texts."""
    compress = zstandard.ZstdCompressor(level=3).compress
    for name, (text, about) in texts.items():
        content = text.encode("utf-8", "surrogatepass")
        yield (
            name,
            Row(
                compress(content),
                len(content),
                about.kind,
                about.tool,
                about.arguments[:2000],
                about.tokens,
                about.shown_tokens,
                about.shown_items,
                now,
                (about.project,) if about.project else (),
                about.carried,
            ),
        )


write_row = msgspec.msgpack.Encoder().encode
read_row = msgspec.msgpack.Decoder(Row).decode
