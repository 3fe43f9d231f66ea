"""``headroom replay``: recorded traffic through the pipeline, offline, priced against going direct."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import click

from headroom.errors import SettingsError
from headroom.precedence import resolve


def _unlike(known: set[str], session: str, path: Path) -> str:
    """A name for a file's session that no file before it has."""
    if session not in known:
        return session
    named = f"{session} in {path.name}"
    return named if named not in known else f"{session} in {path}"


@click.command(short_help="Price recorded traffic with and without headroom.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--compare",
    default="off,lossless,cache,token",
    show_default=True,
    metavar="MODES",
    help="Which modes to run, separated by commas; off is going direct, aligned is token with --cache-aligner.",
)
@click.option("--turns", is_flag=True, help="Print a line for each turn: where it diverges, what the gate said.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", "page_path", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with plots.")
@click.option("--prices", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your own price table.")
def replay(
    files: tuple[Path, ...], compare: str, turns: bool, as_json: bool, page_path: Path | None, prices: Path | None
) -> int:
    """Run recorded calls (our JSON lines, HAR, mitmproxy's .flow) through each mode, offline, and compare the bills.

    Nothing is sent anywhere. Provider caches are simulated at the recorded times. Exit code 1 when a mode makes any
    conversation dearer than going direct.
    """
    from headroom.gateway.models import models_of
    from headroom.replay import report as reports
    from headroom.replay.capture import BadCapture, Call, read
    from headroom.replay.run import MODES
    from headroom.replay.run import replay as run

    modes = tuple(mode.strip() for mode in compare.split(",") if mode.strip())
    if not modes or any(mode not in MODES for mode in modes):
        raise click.UsageError(f"--compare takes {', '.join(MODES)}")
    calls: list[Call] = []
    cut: dict[str, int] = {}
    try:
        settings = resolve({}, os.environ).settings
        table, windows = models_of(replace(settings, prices_file=prices or settings.prices_file))
        for path in files:
            if path.name.endswith((".flow", ".flows", ".mitm")):
                from headroom_addons.flows import read as read_flows

                found, unread = read_flows(path)
                if unread:
                    cut[f"bytes at the end of {path}, which is cut off"] = unread
            else:
                found = read(path)
            # Files are sessions of their own, whatever they are called: one must not warm the other's simulated cache.
            known = {call.session for call in calls}
            calls += [replace(call, session=_unlike(known, call.session or path.name, path)) for call in found]
        report = run(calls, modes, prices=table, windows=windows)
        report.skipped.update(cut)
    except (BadCapture, ValueError, SettingsError) as error:
        raise click.ClickException(str(error)) from None
    if page_path is not None:
        try:
            page_path.write_text(reports.page(report), "utf-8")
        except OSError as error:
            raise click.ClickException(f"{page_path} can't be written: {error.strerror}") from None
    summary = reports.summary(report)
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    else:
        for line in reports.lines(report, turns=turns):
            click.echo(line)
    return 1 if summary["dearer_than_direct"] else 0
