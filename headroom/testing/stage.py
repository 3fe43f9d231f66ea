"""What a scripted provider says, what it has seen, and the gates it holds requests at; without a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable

from headroom.exchange import Usage
from headroom.testing.faults import Fault
from headroom.testing.provider import Provider
from headroom.testing.record import RecordedRequest
from headroom.testing.script import Block, Brain, Reply, Rule, Script, When, as_reply


class Stage:
    """A provider with its script. ``keep`` bounds how many requests are remembered, ``keep_bytes`` their bodies."""

    def __init__(self, provider: Provider, script: Script, *, keep: int, keep_bytes: int) -> None:
        self.provider = provider
        self.clock = provider.clock
        self.script = script
        self._log: deque[RecordedRequest] = deque()
        self._keep, self._keep_bytes, self._held_bytes = keep, keep_bytes, 0
        self._count = 0
        self._open = asyncio.Event()
        self._open.set()
        self._arrival = asyncio.Condition()
        self._waiting = 0

    # -- script ----------------------------------------------------------------------------------------------------

    def queue(self, *replies: Reply | Block | str | Fault | Iterable[Block | str]) -> None:
        """Say these next, one a generation request, in order."""
        self.script.queue.extend(as_reply(reply) for reply in replies)

    def on(
        self, when: When, reply: Reply | Block | str | Fault | Iterable[Block | str], *, times: int | None = None
    ) -> None:
        """Answer requests that fit ``when`` with ``reply``; earlier rules go first, all rules go before the queue."""
        self.script.rules.append(Rule(when, as_reply(reply), times))

    def fail(self, fault: Fault, *, times: int | None = 1, when: When | None = None) -> None:
        """Let the next ``times`` requests fail (for ever when None)."""
        self.on(when or When(), fault, times=times)

    def play(self, brain: Brain) -> None:
        """Let a function of the request choose what neither rules nor queue answer."""
        self.script.brain = brain

    def reset(self) -> None:
        """Forget script, records and prompt caches; connections stay."""
        self.script.clear()
        self._log.clear()
        self._held_bytes = 0
        self.provider.forget_caches()
        self.release()

    # -- what was seen ---------------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        """All remembered requests, oldest first."""
        return list(self._log)

    @property
    def generations(self) -> list[RecordedRequest]:
        """Those that asked for model output."""
        return [record for record in self._log if record.operation == "generate"]

    @property
    def last(self) -> RecordedRequest:
        """The latest request. Raises ``LookupError`` when there was none."""
        if not self._log:
            raise LookupError("the fake upstream has seen no request yet")
        return self._log[-1]

    @property
    def usage(self) -> Usage:
        """All that the remembered requests billed."""
        return sum((record.usage for record in self._log if record.usage is not None), Usage())

    async def wait_for_requests(self, count: int, timeout: float = 60.0) -> None:  # noqa: ASYNC109 - part of the API
        """Return when ``count`` requests in all have arrived since the start. Raises ``TimeoutError``."""
        async with asyncio.timeout(timeout), self._arrival:
            await self._arrival.wait_for(lambda: self._count >= count)

    async def remember(self, record: RecordedRequest) -> None:
        """Number a request and put it into the log, dropping the oldest over the bounds."""
        record.index = self._count
        self._count += 1
        self._log.append(record)
        self._held_bytes += len(record.wire_body)
        while len(self._log) > self._keep or (self._held_bytes > self._keep_bytes and len(self._log) > 1):
            self._held_bytes -= len(self._log.popleft().wire_body)
        async with self._arrival:
            self._arrival.notify_all()

    # -- gates -----------------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep all generation requests waiting until ``release``."""
        self._open.clear()

    def release(self) -> None:
        """Let held requests go on."""
        self._open.set()

    async def pass_gates(self, fault: Fault | None) -> None:
        """Wait while held, and at a ``wait_for`` barrier."""
        async with asyncio.timeout(60):
            await self._open.wait()
        if fault is None or fault.kind != "wait_for":
            return
        self._waiting += 1
        try:
            async with self._arrival:
                self._arrival.notify_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds):
                        await self._arrival.wait_for(lambda: self._waiting >= fault.size)
        finally:
            # All that met at the barrier leave together; only then is it closed again.
            await asyncio.sleep(0)
            self._waiting -= 1
