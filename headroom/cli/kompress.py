"""``headroom kompress``: the model on this machine - its state, its files, its speed, and serving it to several proxies."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from headroom.cli import kompress_status
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.status import Missed, Status
from headroom.errors import SettingsError
from headroom.precedence import resolve
from headroom.settings import Settings

_DEVICES = click.Choice(["auto", "cuda", "mps", "cpu"])
_LOAD_SECONDS = 300.0


@click.group(name="kompress")
def kompress() -> None:
    """The model that says which words of a text matter. Without it, rules shorten prose."""


def _settings(device: str | None = None, model: str | None = None) -> Settings:
    given = {name: value for name, value in (("kompress_device", device), ("kompress_model", model)) if value}
    try:
        return resolve(given, os.environ).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


# -- status ------------------------------------------------------------------------------------------------------------
@kompress.command()
@click.option("--port", "-p", type=click.IntRange(1, 65535), help="Port of the running proxy.")
@click.option("--check", is_flag=True, help="Compare the files with their checksums, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(port: int | None, *, check: bool, as_json: bool) -> int:
    """Show which libraries and which model are here, and what the running proxy says. Exit code 1: no model can serve."""
    settings = _settings()
    facts = kompress_status.facts_of(settings, port=port or settings.port, check=check)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        kompress_status.show(facts)
    return 0 if facts["usable"] else 1


# -- pull --------------------------------------------------------------------------------------------------------------
@kompress.command()
@click.option(
    "--from", "source", metavar="DIR|REPO", help="A folder, or owner/name on the hub; the published model otherwise."
)
@click.option("--revision", help="Commit or branch on the hub.")
@click.option("--only", multiple=True, metavar="FILE", help="Take these files only; may be given several times.")
def pull(source: str | None, revision: str | None, only: tuple[str, ...]) -> None:
    """Fetch the model into the workspace, and note its checksums. The proxy itself never fetches anything."""
    from headroom.compress.kompress.pull import pull as fetch

    settings = _settings()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def told(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total or None)
            progress.update(tasks[name], completed=done, total=total or None)

        try:
            found = fetch(source, workspace=settings.workspace, revision=revision, only=only or None, told=told)
        except ModelError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{len(found.files)} files, {found.bytes / 1e6:,.1f} MB, from {found.source} in {found.folder}")
    click.echo("A running proxy uses it after its next start.")


# -- running it --------------------------------------------------------------------------------------------------------
def _engine(device: str | None, model: str | None) -> Any:
    """A ready engine. Raises ``click.ClickException`` with what to do."""
    from headroom.compress.kompress.opening import open_engine

    settings = replace(_settings(device, model), optimize=True, kompress=True, lossless=False, stateless=False)
    engine = open_engine(settings, os.environ, nice=False)  # nothing else runs in this process
    if isinstance(engine, Status):
        raise click.ClickException(f"{engine.state}: {engine.reason}")
    engine.start()
    found = engine.wait(_LOAD_SECONDS)
    if not found.ready:
        engine.close()
        raise click.ClickException(f"{found.state}: {found.reason or 'it took longer than five minutes'}")
    return engine


def _about(found: Status) -> str:
    speed = f", {found.words_per_second:,.0f} words/s" if found.words_per_second else ""
    return f"{found.model} ({found.backend}, {found.device}, {found.precision}{speed})"


@kompress.command()
@click.option("--device", type=_DEVICES, help="Where to run it.")
@click.option("--model", help="Folder of a model.")
@click.option("--seconds", type=click.FloatRange(min=0.1, max=600), default=10.0, show_default=True, help="How long.")
@click.option("--at-once", type=click.IntRange(1, 64), default=4, show_default=True, help="Concurrent texts.")
def bench(device: str | None, model: str | None, seconds: float, at_once: int) -> None:
    """Measure the model that the proxy would use: words a second, and how long a text of 1,000 words takes."""
    from concurrent.futures import ThreadPoolExecutor

    engine = _engine(device, model)
    words = (_TEXT * 40).split()[:1000]
    took: list[float] = []
    missed: list[str] = []
    ends = time.perf_counter() + seconds

    def work(_number: int) -> None:
        while time.perf_counter() < ends:
            answer = engine.score(words, 60.0)
            if isinstance(answer, Missed):
                missed.append(answer.why)
                time.sleep(0.05)
            else:
                took.append(answer.seconds)

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, range(at_once)))
    lasted = time.perf_counter() - began
    found = engine.status()
    engine.close()
    if not took:
        raise click.ClickException(
            f"{_about(found)}: not one text was scored ({', '.join(sorted(set(missed))) or 'no time'})"
        )
    took.sort()
    click.echo(_about(found))
    click.echo(
        f"{1000 * len(took) / lasted:,.0f} words/s with {at_once} texts of 1,000 words at once; a text takes "
        f"{1e3 * took[len(took) // 2]:,.0f} ms (slowest {1e3 * took[-1]:,.0f} ms); {len(missed)} refused"
    )


_TEXT = (
    "The committee met on the third of May and heard the report of its engineers, who had looked at the bridge twice. "
    "They found that the eastern pier was sound, while the western one had moved by four millimetres since last year. "
)


@kompress.command(name="compress")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@click.option("--device", type=_DEVICES, help="Where to run it.")
@click.option("--model", help="Folder of a model.")
@click.option("--query", default="", help="What the reader wants to know; parts that answer it are kept.")
@click.option("--target-ratio", type=click.FloatRange(0, 1, min_open=True), help="Part of the text to keep.")
@click.option("--words", "show_words", is_flag=True, help="Show each word's score instead.")
def compress_file(
    file: str, device: str | None, model: str | None, query: str, target_ratio: float | None, *, show_words: bool
) -> None:
    """Shorten one text with the model; figures go to standard error."""
    from headroom.accounts import tokens
    from headroom.compress.kompress import gate
    from headroom.compress.rendition import Hints
    from headroom.compress.router import Policy
    from headroom.pipeline.block import Job, run

    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text (byte {error.start})") from None
    hints = Hints(query=query)
    engine = _engine(device, model)
    answer = engine.score(text.split(), 600.0)
    found = engine.status()
    engine.close()
    if isinstance(answer, Missed):
        raise click.ClickException(f"the model gave no scores: {answer.why}")
    if show_words:
        for word, value in zip(text.split(), answer.values, strict=True):
            click.echo(f"{value:.3f} {word}")
        return
    why = gate.why_not(text, hints)
    policy = Policy(lossy=True, target_ratio=target_ratio)
    outcome = run(Job(text, hints, policy, "0" * 24, None if why else answer.values), seconds=60.0)
    result = text if outcome.text is None else outcome.text
    sys.stdout.write(result)
    sys.stdout.flush()
    before, after = tokens.count(text), tokens.count(result)
    note = f"the model is not asked about it ({why}); " if why else ""
    Console(stderr=True, highlight=False).print(
        f"\n{note}{outcome.transform or f'left as it is ({outcome.why})'}: {before:,} → {after:,} tokens, "
        f"model {1e3 * answer.seconds:,.0f} ms; {_about(found)}",
        markup=False,
    )


@kompress.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option(
    "--port", "-p", type=click.IntRange(0, 65535), default=8790, show_default=True, help="Port; 0 takes a free one."
)
@click.option("--device", type=_DEVICES, help="Where to run it.")
@click.option("--model", help="Folder of a model.")
def serve(host: str, port: int, device: str | None, model: str | None) -> int:
    """Serve the model to several proxies: set HEADROOM_KOMPRESS_URL=http://HOST:PORT for them."""
    import asyncio
    import logging

    from headroom.compress.kompress.opening import open_engine

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    settings = replace(
        _settings(device, model), kompress_url=None, optimize=True, kompress=True, lossless=False, stateless=False
    )
    engine = open_engine(settings, os.environ)
    if isinstance(engine, Status):
        raise click.ClickException(f"{engine.state}: {engine.reason}")
    if not replace(settings, host=host).loopback:
        click.echo(
            f"Warning: bound to {host}: whoever reaches this port may use the model, and texts travel in clear",
            err=True,
        )
    try:
        asyncio.run(_serve(engine, host, port))
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} can't be bound ({error.strerror}); choose another with --port"
        ) from None
    except KeyboardInterrupt:
        return 130
    finally:
        engine.close()
    return 0


async def _serve(engine: Any, host: str, port: int) -> None:
    import asyncio
    import signal

    from aiohttp import web

    from headroom.compress.kompress.serve import application

    runner = web.AppRunner(application(engine), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        # Before the first line: who reads it may stop it at once.
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        click.echo(
            f"serving Kompress on http://{host}:{bound}; for the proxies: HEADROOM_KOMPRESS_URL=http://{host}:{bound}"
        )
        sys.stdout.flush()
        engine.start()
        sys.setswitchinterval(0.001)
        await ended.wait()
    finally:
        await runner.cleanup()
