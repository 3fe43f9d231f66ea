"""An upstream's answer as it arrives, and plain words for what can go wrong with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import aiohttp

from headroom.errors import UpstreamTimeout, UpstreamUnreachable


class Reply:
    """An upstream's answer whose head has arrived. Must be read to the end or closed.

    ``retried`` has the reason of each attempt beyond the first: ``connection``, ``timeout`` or a status.
    """

    __slots__ = ("_deadline", "_host", "_response", "headers", "reason", "retried", "status")

    def __init__(
        self, response: aiohttp.ClientResponse, *, host: str, retried: tuple[str, ...], deadline: float | None
    ) -> None:
        self._response = response
        self._host = host
        self._deadline = deadline
        self.status = response.status
        self.reason = response.reason or ""
        self.headers = response.raw_headers
        self.retried = retried

    def header(self, name: bytes) -> bytes | None:
        """The first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    async def read(self, limit: int) -> bytes:
        """The whole body, still encoded. Raises ``UpstreamUnreachable`` when it breaks off or exceeds ``limit`` bytes."""
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout_at(self._deadline):
                async for piece in self.chunks():
                    size += len(piece)
                    if size > limit:
                        raise UpstreamUnreachable(f"{self._host} sent more than {limit} bytes in one answer")
                    pieces.append(piece)
        except TimeoutError:
            raise UpstreamTimeout(f"{self._host} did not finish its answer in time") from None
        finally:
            self.close()
        return b"".join(pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, still encoded. Raises ``UpstreamTimeout`` / ``UpstreamUnreachable`` when it breaks.

        What had arrived before it broke comes first.
        """
        content = self._response.content
        try:
            async for piece in content.iter_any():
                yield piece
        except (aiohttp.SocketTimeoutError, TimeoutError):
            broken: UpstreamTimeout | UpstreamUnreachable = UpstreamTimeout(f"{self._host} stopped sending")
        except (aiohttp.ClientError, OSError) as error:
            broken = UpstreamUnreachable(f"{self._host} broke off its answer: {reason_of(error)}")
        else:
            return
        finally:
            self.close()
        if left := _unread(content):
            yield left
        raise broken

    def close(self) -> None:
        """Give the connection back when the answer was read to its end, else end it at once."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _unread(content: aiohttp.StreamReader) -> bytes:
    """What arrived and was not read yet: aiohttp raises the connection's error before it hands that out."""
    return b"".join(content._buffer)[content._buffer_offset :]


def reason_of(error: BaseException) -> str:
    """The shortest true words about an error, without addresses of objects or the request."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        inner: BaseException = error.certificate_error
        return str(getattr(inner, "verify_message", "")) or str(inner)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return os.strerror(cause.errno)
    return first_line(str(cause)) or type(cause).__name__


def first_line(text: str) -> str:
    """The first line of a message, without a colon at its end."""
    return text.partition("\n")[0].rstrip(": ")
