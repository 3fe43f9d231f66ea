"""Name lookup for upstreams that a caller chose: every address is checked right before it is connected to."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from headroom.policy.destination import unsafe_address


class UnsafeDestination(OSError):
    """A name that leads to an address no caller may send us to."""


class GuardedResolver(AbstractResolver):
    """Asks another resolver and refuses the name when any of its addresses is not public.

    One bad address is enough: which of several is connected to is not ours to choose. The connector connects to the
    very addresses returned here, so no second lookup can bring others (DNS rebinding).
    """

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of ``host``. Raises ``UnsafeDestination``."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            reason = unsafe_address(one["host"])
            if reason is not None:
                raise UnsafeDestination(f"{host} can't be chosen as the upstream: {reason}")
        return found

    async def close(self) -> None:
        """Close the resolver that is asked."""
        await self._inner.close()
