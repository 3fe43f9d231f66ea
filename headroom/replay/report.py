"""A replay's result as text, JSON and one self-contained HTML page. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from headroom.replay.outcome import WITHOUT_BODY, Report, Run, Turn

_COLOURS: Final = {
    "off": "#888888",
    "lossless": "#3b7dd8",
    "cache": "#2a9d5c",
    "token": "#d9822b",
    "aligned": "#8e5bc0",
}
_WIDTH: Final = 640
_HEIGHT: Final = 180
_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}svg{background:#fafafa;border:1px solid #ddd}h2{margin-top:2em}"
)


def _change(new: float, old: float) -> str:
    return f"{100 * (new / old - 1):+.1f} %" if old else "-"


def _base(report: Report) -> Run:
    return report.runs.get("off") or next(iter(report.runs.values()))


def _dearer(report: Report) -> list[tuple[str, str]]:
    """Conversations that cost more than going direct, as (mode, conversation)."""
    if "off" not in report.runs:
        return []
    direct = {name: sum(t.dollars for t in turns) for name, turns in report.runs["off"].by_conversation().items()}
    return [
        (mode, name)
        for mode, run in report.runs.items()
        for name, turns in run.by_conversation().items()
        if sum(t.dollars for t in turns) > direct[name] + 1e-9
    ]


def summary(report: Report) -> dict[str, Any]:
    """Everything as plain data, for ``--json``."""
    base = _base(report)
    return {
        "skipped": report.skipped,
        "unpriced_models": report.unpriced,
        "modes": {
            mode: {
                "turns": len(run.turns),
                "input_tokens": run.usage.total_input,
                "dollars": round(run.dollars, 6),
                "saved_dollars": round(base.dollars - run.dollars, 6),
                "cache_hit_rate": round(run.hit_rate, 4),
                "diverging_turns": sum(turn.diverges is not None for turn in run.turns),
                "markers": sum(max((t.markers for t in turns), default=0) for turns in run.by_conversation().values()),
                "expected_retrievals": round(sum(turn.expected_retrievals for turn in run.turns), 3),
                "earned_dollars": {name: round(d, 6) for name, d in run.earned().items()},
                "other_dollars": round(base.dollars - run.dollars - sum(run.earned().values()), 6),
                "conversations": {
                    name: {
                        "turns": len(turns),
                        "input_tokens": sum(t.usage.total_input for t in turns),
                        "dollars": round(sum(t.dollars for t in turns), 6),
                        "turn": [asdict(turn) for turn in turns],
                    }
                    for name, turns in run.by_conversation().items()
                },
            }
            for mode, run in report.runs.items()
        },
        "dearer_than_direct": [{"mode": mode, "conversation": name} for mode, name in _dearer(report)],
    }


def lines(report: Report, *, turns: bool = False) -> Iterator[str]:
    """The report for a terminal; ``turns`` adds a line for each turn."""
    base = _base(report)
    if not base.turns:
        yield "no call that can be replayed"
        yield from _left_out(report)
        return
    direct = base.by_conversation()
    for name, known in direct.items():
        yield f"{name}  ({len(known)} turns, {known[-1].model})"
        yield from _table(report, name, known)
        if turns:
            yield from _turns(report, name)
    if len(direct) != 1:
        yield f"total  ({len(base.turns)} turns, {len(direct)} conversations)"
        yield from _table(report, None, base.turns)
    for mode, run in report.runs.items():
        if mode == "off" or not run.turns:
            continue
        earned = run.earned()
        yield f"what earned it in mode {mode}:"
        for transform, dollars in earned.items():
            yield f"  {transform:<28} ${dollars:.4f}"
        yield f"  {'cache hints and damage, tool':<28} ${base.dollars - run.dollars - sum(earned.values()):+.4f}"
    yield from _left_out(report)
    for mode, name in _dearer(report):
        yield f"DEARER THAN DIRECT: {name} in mode {mode}"


def _left_out(report: Report) -> Iterator[str]:
    for reason, count in report.skipped.items():
        hint = "; record with --capture-bodies" if reason == WITHOUT_BODY else ""
        yield f"left out: {count} ({reason}{hint})"
    for model in report.unpriced:
        yield f"no known price: {model}; counted at a cautious one, --prices FILE has yours"


def _table(report: Report, conversation: str | None, known: Sequence[Turn]) -> Iterator[str]:
    old_tokens = sum(t.usage.total_input for t in known)
    old_dollars = sum(t.dollars for t in known)
    yield f"  {'mode':<9}{'tokens':>12}{'':>10}{'dollars':>11}{'':>10}{'cache hit':>11}{'diverging':>11}{'markers':>9}{'exp. retrievals':>17}"
    for mode, run in report.runs.items():
        turns = [t for t in run.turns if conversation is None or t.conversation == conversation]
        tokens = sum(t.usage.total_input for t in turns)
        dollars = sum(t.dollars for t in turns)
        hit = sum(t.usage.cache_read for t in turns) / tokens if tokens else 0.0
        diverging = sum(t.diverges is not None for t in turns)
        markers = max((t.markers for t in turns), default=0)
        asked = sum(t.expected_retrievals for t in turns)
        yield (
            f"  {mode:<9}{tokens:>12,}{_change(tokens, old_tokens):>10}{dollars:>11.4f}{_change(dollars, old_dollars):>10}"
            f"{100 * hit:>10.1f}%{diverging:>11}{markers:>9}{asked:>17.2f}"
        )


def _turns(report: Report, conversation: str) -> Iterator[str]:
    for mode, run in report.runs.items():
        for turn in run.turns:
            if turn.conversation != conversation:
                continue
            grew = "extends" if turn.diverges is None else f"diverges at byte {turn.diverges:,}"
            u = turn.usage
            yield (
                f"    {mode} {turn.number:>3}: {u.total_input:,} tokens (new {u.input:,}, written {u.cache_write:,}, "
                f"read {u.cache_read:,}), ${turn.dollars:.5f}, {grew}"
            )
            for sentence in turn.gates:
                yield f"         {sentence}"


def page(report: Report) -> str:
    """One HTML page that needs nothing else."""
    base = _base(report)
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>headroom replay</title><style>{_STYLE}</style>"]
    parts.append(f"<h1>headroom replay</h1><p>{len(base.turns)} calls, {len(base.by_conversation())} conversations</p>")
    parts.append(_html_table(report, None, base.turns))
    parts.append(
        _plot("Dollars, summed over calls", {m: _running([t.dollars for t in r.turns]) for m, r in report.runs.items()})
    )
    for mode, run in report.runs.items():
        if mode != "off" and run.earned():
            rows = "".join(f"<tr><td>{html.escape(n)}<td>${d:.4f}" for n, d in run.earned().items())
            rest = base.dollars - run.dollars - sum(run.earned().values())
            rows += f"<tr><td>cache hints and damage, tool<td>${rest:+.4f}"
            parts.append(f"<h2>What earned it in mode {mode}</h2><table><tr><th>transform<th>dollars{rows}</table>")
    for name, known in base.by_conversation().items():
        parts.append(f"<h2>{html.escape(name)}</h2>{_html_table(report, name, known)}")
        own = {m: [t for t in r.turns if t.conversation == name] for m, r in report.runs.items()}
        parts.append(
            _plot("Input tokens of each call", {m: [float(t.usage.total_input) for t in ts] for m, ts in own.items()})
        )
        parts.append(
            _plot("Dollars, summed over calls", {m: _running([t.dollars for t in ts]) for m, ts in own.items()})
        )
        parts.append(_diverging(own))
    if report.unpriced:
        parts.append(f"<p>No price is known of {html.escape(', '.join(report.unpriced))}: counted at a cautious one.")
    if report.skipped:
        rows = "".join(f"<tr><td>{html.escape(reason)}<td>{count}" for reason, count in report.skipped.items())
        parts.append(f"<h2>Left out</h2><table><tr><th>reason<th>calls{rows}</table>")
    return "\n".join(parts) + "\n"


def _html_table(report: Report, conversation: str | None, known: Sequence[Turn]) -> str:
    old_tokens = sum(t.usage.total_input for t in known)
    old_dollars = sum(t.dollars for t in known)
    rows: list[str] = []
    for mode, run in report.runs.items():
        turns = [t for t in run.turns if conversation is None or t.conversation == conversation]
        tokens, dollars = sum(t.usage.total_input for t in turns), sum(t.dollars for t in turns)
        hit = 100 * sum(t.usage.cache_read for t in turns) / tokens if tokens else 0.0
        rows.append(
            f"<tr><td>{mode}<td>{tokens:,}<td>{_change(tokens, old_tokens)}<td>${dollars:.4f}"
            f"<td>{_change(dollars, old_dollars)}<td>{hit:.1f} %<td>{sum(t.diverges is not None for t in turns)}"
            f"<td>{max((t.markers for t in turns), default=0)}<td>{sum(t.expected_retrievals for t in turns):.2f}"
        )
    head = (
        "<tr><th>mode<th>input tokens<th><th>dollars<th><th>cache hits<th>diverging turns<th>markers<th>exp. retrievals"
    )
    return f"<table>{head}{''.join(rows)}</table>"


def _diverging(runs: dict[str, list[Turn]]) -> str:
    """The calls whose prompt did not extend an earlier one, and the first byte that differs."""
    rows = "".join(
        f"<tr><td>{mode}<td>{turn.number}<td>{turn.diverges:,}<td>{turn.usage.cache_read:,}<td>{html.escape(' '.join(turn.gates))}"
        for mode, turns in runs.items()
        for turn in turns
        if turn.diverges is not None
    )
    head = "<tr><th>mode<th>call<th>diverges at byte<th>read from the cache<th>what the gate said"
    return f"<table>{head}{rows}</table>" if rows else ""


def _running(values: Sequence[float]) -> list[float]:
    total, out = 0.0, []
    for value in values:
        total += value
        out.append(total)
    return out


def _plot(title: str, series: dict[str, list[float]]) -> str:
    top = max((max(values) for values in series.values() if values), default=0.0) or 1.0
    longest = max((len(values) for values in series.values()), default=1)
    drawn: list[str] = []
    for place, (mode, values) in enumerate(series.items()):
        step = (_WIDTH - 20) / max(1, longest - 1)
        points = " ".join(
            f"{10 + i * step:.1f},{_HEIGHT - 10 - v / top * (_HEIGHT - 40):.1f}" for i, v in enumerate(values)
        )
        colour = _COLOURS.get(mode, "#000000")
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        drawn.append(f'<text x="{10 + 90 * place}" y="16" fill="{colour}" font-size="12">{mode}</text>')
    return (
        f"<figure><figcaption>{html.escape(title)} (top: {top:,.4g})</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">{"".join(drawn)}</svg></figure>'
    )
