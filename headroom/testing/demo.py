"""The demo: one agent session played directly and through headroom, against the scripted provider, side by side.

Nothing leaves the machine and no key is needed. All counts come from the provider's side: it bills both runs by the
same model of the prompt cache, from the bodies that really reached it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from headroom.accounts.pricing import Prices
from headroom.exchange import Usage, Wire
from headroom.testing.agent import MODELS, PROVIDERS, AgentError, ScriptedAgent
from headroom.testing.gateway import GatewayProcess
from headroom.testing.process import LLMProcess
from headroom.testing.provider import Provider
from headroom.testing.record import RETRIEVE_TOOL, RecordedRequest
from headroom.testing.routes import find
from headroom.testing.session import Session
from headroom.testing.story import DEMO


@dataclass(frozen=True, slots=True)
class Run:
    """What one play of the session cost, and how each tool output reached the model."""

    usage: Usage
    calls: int
    """Model calls the provider answered, hidden retrieval rounds included."""
    outputs: tuple[str, ...]
    """Each tool output of the session as it stood in the last request."""
    strays: tuple[str, ...]


async def play(base_url: str, llm: LLMProcess, wire: Wire, session: Session, tick: Callable[[], None]) -> Run:
    """Play ``session`` against ``base_url``, behind which ``llm`` answers. Raises ``AgentError``."""
    await asyncio.to_thread(llm.play, session.name)
    agent = ScriptedAgent(base_url, wire, session)
    async for _turn in agent.run():
        tick()
    generations = await asyncio.to_thread(lambda: llm.generations)
    answered = [record for record in generations if record.usage is not None]
    usage = sum((record.usage for record in answered if record.usage is not None), Usage())
    return Run(usage, len(answered), tuple(tool_outputs(answered[-1])), tuple(agent.strays))


def tool_outputs(record: RecordedRequest) -> list[str]:
    """The client's tool results in a request, in order."""
    headers = {name.lower(): value for name, value in record.headers}
    reader = Provider(auth=False)
    reader.ledger.foreign = True
    reader.read(record, find(record.method, record.path, headers), headers)
    seen = record.conversation
    assert seen is not None
    names = {entry.id: entry.name for entry in seen.of("call")}
    return [
        entry.text for entry in seen.of("result") if not (names.get(entry.id) or entry.name).endswith(RETRIEVE_TOOL)
    ]


async def compare(wire: Wire, session: Session, workspace: Path, console: Console) -> tuple[Run, Run]:
    """Play the session directly, then through a proxy of our own with its state in ``workspace``."""
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        direct_bar = progress.add_task("directly", total=session.turns)
        proxied_bar = progress.add_task("through headroom", total=session.turns, start=False)
        with LLMProcess() as llm:
            direct = await play(llm.base_url, llm, wire, session, lambda: progress.advance(direct_bar))
        # The session takes seconds here and half an hour in life, so limits a minute would tell nothing.
        with LLMProcess() as llm, GatewayProcess(llm.base_url, workspace, ["--no-rate-limit"]) as gateway:
            progress.start_task(proxied_bar)
            proxied = await play(gateway.base_url, llm, wire, session, lambda: progress.advance(proxied_bar))
    return direct, proxied


def bill(direct: Run, proxied: Run, wire: Wire) -> Table:
    """Tokens by how they were billed, and dollars at the model's cache-aware prices."""
    model, provider = MODELS[wire], PROVIDERS[wire]
    prices = Prices()
    table = Table(title=f"What the provider billed ({model})", title_justify="left")
    table.add_column("")
    for name in ("direct", "headroom", "change"):
        table.add_column(name, justify="right")
    rows: list[tuple[str, int, int]] = [
        ("input, new", direct.usage.input, proxied.usage.input),
        ("input, cache writes", direct.usage.cache_write, proxied.usage.cache_write),
        ("input, cache reads", direct.usage.cache_read, proxied.usage.cache_read),
        ("output", direct.usage.output, proxied.usage.output),
        (
            "all tokens",
            direct.usage.total_input + direct.usage.output,
            proxied.usage.total_input + proxied.usage.output,
        ),
    ]
    table.add_row("model calls", f"{direct.calls}", f"{proxied.calls}", "")
    for name, before, after in rows:
        table.add_row(name, f"{before:,}", f"{after:,}", _change(before, after))
    before_usd = prices.cost(model, provider, direct.usage)
    after_usd = prices.cost(model, provider, proxied.usage)
    table.add_section()
    table.add_row("dollars", f"${before_usd:.4f}", f"${after_usd:.4f}", _change(before_usd, after_usd), style="bold")
    return table


def kinds(session: Session, direct: Run, proxied: Run) -> Table:
    """Tokens of the tool outputs by kind, and whether what the task needs is still in sight."""
    from headroom.testing.tokens import Tokens

    tokens = Tokens()
    sizes: dict[str, tuple[int, int]] = {}
    facts: dict[str, tuple[int, int]] = {}
    for use, before, after in zip(session.uses, direct.outputs, proxied.outputs, strict=True):
        old = sizes.get(use.kind, (0, 0))
        sizes[use.kind] = (old[0] + tokens.count(before), old[1] + tokens.count(after))
        kept = facts.get(use.kind, (0, 0))
        facts[use.kind] = (kept[0] + sum(fact in after for fact in use.facts), kept[1] + len(use.facts))
    table = Table(title="Tool outputs as the model sees them, in tokens", title_justify="left")
    table.add_column("kind")
    for name in ("direct", "headroom", "change", "facts in sight"):
        table.add_column(name, justify="right")
    for kind, (before_size, after_size) in sorted(sizes.items(), key=lambda row: -row[1][0]):
        seen, wanted = facts[kind]
        told = f"{seen} of {wanted}" if wanted else ""
        table.add_row(kind, f"{before_size:,}", f"{after_size:,}", _change(before_size, after_size), told)
    totals = [sum(pair[side] for pair in sizes.values()) for side in (0, 1)]
    seen, wanted = (sum(pair[side] for pair in facts.values()) for side in (0, 1))
    table.add_section()
    table.add_row("all", f"{totals[0]:,}", f"{totals[1]:,}", _change(*totals), f"{seen} of {wanted}", style="bold")
    return table


def _change(before: float, after: float) -> str:
    if not before:
        return ""
    change = 100 * (after - before) / before
    return f"{change:+.1f} %".replace("-", "−") if abs(change) >= 0.05 else "0 %"


_NEXT = """\
Try it with your own agent:

  headroom proxy                                            start the proxy on port 8787
  ANTHROPIC_BASE_URL=http://127.0.0.1:8787 claude           and point an agent at it
  http://127.0.0.1:8787/dashboard                           see what it saves
"""


def main(argv: list[str] | None = None) -> int:
    """Run the demo; 0 when both plays ended well."""
    parser = argparse.ArgumentParser(
        prog="headroom demo", description="Play one agent session directly and through headroom, and compare the bills."
    )
    parser.add_argument(
        "--wire", type=Wire, choices=list(Wire), default=Wire.ANTHROPIC, help="wire format (default: anthropic)"
    )
    options = parser.parse_args(argv)
    console = Console()
    session = DEMO
    console.print(
        f"An agent session of {session.turns} model calls and {len(session.uses)} tool outputs, played twice against a "
        "scripted provider on this machine. No key is needed, and nothing leaves the machine.\n",
        soft_wrap=True,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="headroom-demo-") as workspace:
            direct, proxied = asyncio.run(compare(options.wire, session, Path(workspace), console))
    except (AgentError, RuntimeError) as error:
        console.print(f"\n[red]The demo failed:[/red] {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    console.print()
    console.print(kinds(session, direct, proxied))
    console.print()
    console.print(bill(direct, proxied, options.wire))
    console.print()
    hidden = proxied.calls - direct.calls
    if hidden > 0:
        told = f"The model looked something up again {_times(hidden)}; the proxy answered, and the bill includes it.\n"
        console.print(told, soft_wrap=True)
    if proxied.strays:
        console.print(f"[red]Calls that leaked to the client:[/red] {', '.join(proxied.strays)}")
        return 1
    console.print(_NEXT, highlight=False, soft_wrap=True)
    return 0


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


if __name__ == "__main__":
    sys.exit(main())
