"""``headroom compress``: what the proxy would make of one tool output."""

from __future__ import annotations

import difflib
import json
import sys
import time

import click
from rich.console import Console
from rich.text import Text

from headroom.accounts import tokens
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy
from headroom.pipeline.block import Job, run

KINDS = {
    "json": {"mime": "application/json"},
    "csv": {"path": "x.csv"},
    "yaml": {"path": "x.yaml"},
    "log": {"path": "x.log"},
    "html": {"mime": "text/html"},
    "markdown": {"path": "x.md"},
    "diff": {"command": "git diff"},
    "vcs": {"command": "git log"},
    "tests": {"command": "pytest"},
    "build": {"command": "make"},
    "search": {"command": "grep -rn x ."},
    "listing": {"command": "ls -l"},
    "code": {"path": "x.py"},
    "sql": {"command": "psql -c x"},
}
"""What the proxy would know from the tool call, for a text whose kind is named on the command line."""


def _read(path: str) -> str:
    raw = sys.stdin.buffer.read() if path == "-" else click.open_file(path, "rb").read()
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{path} is not UTF-8 text (byte {error.start}); the proxy leaves such content alone"
        ) from None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Content kind, when the text does not show it.")
@click.option("--query", default="", help="What the reader wants to know; parts that answer it are kept.")
@click.option("--lossless", is_flag=True, help="Leave nothing out.")
@click.option("--code-aware", is_flag=True, help="Allow cutting function bodies.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the text.")
@click.option("--diff", "show_diff", is_flag=True, help="Show what was taken out and put in.")
def compress(
    file: str, kind: str | None, query: str, *, lossless: bool, code_aware: bool, as_json: bool, show_diff: bool
) -> None:
    """Compress one tool output from FILE, or from standard input; counts go to standard error."""
    text = _read(file)
    hints = Hints(query=query, **KINDS[kind]) if kind else Hints(query=query, path=None if file == "-" else file)
    job = Job(text, hints, Policy(lossy=not lossless, code_aware=code_aware), "0" * 24)
    began = time.perf_counter()
    outcome = run(job, seconds=60.0)
    took = time.perf_counter() - began
    result = text if outcome.text is None else outcome.text
    before, after = tokens.count(text), tokens.count(result)
    facts = {
        "kind": outcome.kind or None,
        "transform": outcome.transform or None,
        "lossless": outcome.lossless,
        "tokens_before": before,
        "tokens_after": after,
        "savings_percent": round(100 * (before - after) / before, 2) if before else 0.0,
        "gaps": [{"first": g.first, "last": g.last, "unit": g.unit, "note": g.note} for g in outcome.gaps],
        "why_not": outcome.why or None,
        "milliseconds": round(1e3 * took, 2),
    }
    if as_json:
        click.echo(json.dumps({"text": result, **facts}, ensure_ascii=False))
        return
    if show_diff:
        _show(text, result)
    else:
        sys.stdout.write(result)
        sys.stdout.flush()
    what = outcome.transform or f"left as it is ({outcome.why})"
    loss = "" if outcome.lossless else f", {len(outcome.gaps)} gaps"
    Console(stderr=True, highlight=False).print(
        f"\n{what}{loss}: {before:,} → {after:,} tokens ({facts['savings_percent']:.1f} % less), {facts['milliseconds']:.1f} ms"
    )


def _show(before: str, after: str) -> None:
    console = Console(highlight=False)
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=1):
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
        console.print(Text(line, style=style))
