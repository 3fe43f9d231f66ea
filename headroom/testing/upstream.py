"""The scripted LLM provider as a process: ``python -m headroom.testing.upstream --port 0`` prints its address.

For use inside a process see ``headroom.testing.server``; for the control routes, ``headroom.testing.control``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time

from headroom.testing import control
from headroom.testing.clock import Clock, FakeClock, SystemClock
from headroom.testing.server import ScriptedLLM


async def _serve(options: argparse.Namespace) -> None:
    clock: Clock = FakeClock(time.time()) if options.fake_clock else SystemClock()
    llm = ScriptedLLM(
        options.port,
        host=options.host,
        clock=clock,
        foreign=options.foreign,
        auth=not options.no_auth,
        billing=not options.no_billing,
    )
    async with llm:
        if options.session:
            llm.play(control.session_brain(options.session))
        print(f"listening on {llm.base_url}", flush=True)  # noqa: T201 - the line a parent process waits for
        await asyncio.Event().wait()


def main(argv: list[str] | None = None) -> None:
    """Run the fake as a process, until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m headroom.testing.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--foreign", action="store_true", help="take signatures and ids it never issued")
    parser.add_argument("--no-auth", action="store_true", help="waive credentials and version headers")
    parser.add_argument("--no-billing", action="store_true", help="do not count tokens")
    parser.add_argument("--fake-clock", action="store_true", help="cache lives pass only by POST /__control/clock")
    parser.add_argument("--session", help="name of a bundled session to play")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
