"""What was done to one call, in plain text: for mitmweb's views, its comment column and its commands."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from headroom.exchange import Exchange, Outcome
from headroom.wire.dialect import Dialect
from headroom.wire.sse import EventSplitter, data_of, event_name

_SHOWN_DATA = 300
_CONTEXT = 1


def comment(exchange: Exchange) -> str:
    """One line: −12,340 tokens, −$0.031, table ×3, refused: cache."""
    saved = exchange.tokens_before - exchange.tokens_after
    parts = [f"−{saved:,} tokens" if saved > 0 else "0 tokens saved"]
    if exchange.saved_usd:
        parts.append(f"{'−' if exchange.saved_usd > 0 else '+'}${abs(exchange.saved_usd):.4f}")
    done = Counter(verdict.why for verdict in exchange.verdicts if verdict.kind == "compressed")
    parts += [f"{why} ×{count}" for why, count in done.most_common()]
    refused = Counter(verdict.why for verdict in exchange.verdicts if verdict.kind == "refused")
    if refused:
        parts.append("refused: " + ", ".join(why for why, _ in refused.most_common(3)))
    if exchange.passthrough_reason:
        parts.append(f"untouched: {exchange.passthrough_reason}")
    if exchange.rescued:
        parts.append("the provider refused the rewrite; the original went out")
    if exchange.rounds:
        parts.append(f"{exchange.rounds} hidden retrievals")
    if exchange.outcome is not Outcome.OK:
        parts.append(str(exchange.outcome))
    return ", ".join([*parts, f"${exchange.cost_usd:.4f}"])


def cost(exchange: Exchange) -> str:
    """Tokens, money, and every decision."""
    usage = exchange.usage
    lines = [
        f"{exchange.request_id}  {exchange.provider}  {exchange.model}  {exchange.outcome} {exchange.status}",
        f"tokens      {exchange.tokens_before:,} → {exchange.tokens_after:,}",
        f"cost        ${exchange.cost_usd:.6f} ({exchange.cost_basis})",
        f"saved       ${exchange.saved_usd:.6f}",
    ]
    if usage is not None:
        lines.append(
            f"billed      {usage.input:,} new, {usage.cache_read:,} read from cache, {usage.cache_write:,} written, {usage.output:,} out"
        )
    if exchange.passthrough_reason:
        lines.append(f"untouched   {exchange.passthrough_reason}")
    for stage, seconds in exchange.stages.items():
        lines.append(f"{stage:<11} {seconds * 1e3:.2f} ms")
    for name, note in exchange.notes.items():
        lines.append(f"{name}: {note}")
    if exchange.verdicts:
        lines += ["", f"{'message':>7}  {'decision':<11}{'why':<22}{'tool':<16}{'kind':<12}tokens"]
    lines += [
        f"{verdict.message:>7}  {verdict.kind:<11}{verdict.why:<22}{verdict.tool or '':<16}{verdict.content_kind or '':<12}"
        f"{verdict.tokens_before:,} → {verdict.tokens_after:,}{'' if verdict.lossless else '  (cut)'}"
        for verdict in exchange.verdicts
    ]
    return "\n".join(lines)


def body(data: bytes) -> str:
    """A request's body with its texts readable. Raises ``ValueError`` when it is not JSON."""
    return "\n".join(_shown(json.loads(data), ""))


def changes(before: bytes, after: bytes) -> str:
    """What differs between two bodies, text by text. Raises ``ValueError`` when they are not JSON."""
    if before == after:
        return "nothing was changed: the provider got the client's own bytes"
    old, new = dict(_texts(json.loads(before), "")), dict(_texts(json.loads(after), ""))
    lines: list[str] = []
    for place in dict.fromkeys([*old, *new]):
        if old.get(place) == new.get(place):
            continue
        a, b = old.get(place, "").splitlines(), new.get(place, "").splitlines()
        lines.append(f"# {place}: {len(old.get(place, '')):,} → {len(new.get(place, '')):,} characters")
        lines += [
            line for line in difflib.unified_diff(a, b, n=_CONTEXT, lineterm="") if not line.startswith(("---", "+++"))
        ]
        lines.append("")
    return "\n".join(lines)


def stream(data: bytes, dialect: Dialect | None) -> str:
    """A streamed answer: its text, then its events one a line. Raises ``ValueError`` when there are none."""
    splitter = EventSplitter()
    events = splitter.feed(data)
    if tail := splitter.tail():
        events.append(tail)
    if not events:
        raise ValueError("no events")
    text = ""
    if dialect is not None:
        text = "".join(dialect.delta(event) for event in events)
    lines = [text, "", f"# {len(events)} events"] if text else [f"# {len(events)} events"]
    for event in events:
        content = data_of(event).decode("utf-8", "replace")
        lines.append(
            f"{event_name(event) or 'data':<24} {content[:_SHOWN_DATA]}{'…' if len(content) > _SHOWN_DATA else ''}"
        )
    return "\n".join(lines)


def record(exchange: Exchange) -> dict[str, Any]:
    """A row that ``headroom replay`` reads; without credentials."""
    usage = exchange.usage
    row: dict[str, Any] = {
        "session": exchange.session_id or exchange.turn_id or "",
        "t": exchange.wall,
        "method": exchange.method,
        "path": exchange.path.partition("?")[0],
        "headers": [],
        "status": exchange.status,
        "body": exchange.body_in.decode("utf-8", "surrogatepass"),
        "sent": exchange.body_out.decode("utf-8", "surrogatepass"),
        "explained": cost(exchange),
    }
    if usage is not None:
        row["usage"] = {
            "input": usage.input,
            "read": usage.cache_read,
            "write_5m": usage.cache_write_5m,
            "write_1h": usage.cache_write_1h,
            "output": usage.output,
        }
    return row


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{place}[{index}]")
    else:
        yield place, value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any, place: str) -> Iterator[str]:
    for name, text in _texts(value, place):
        if "\n" in text:
            yield f"{name}:"
            yield from (f"  {line}" for line in text.splitlines())
        else:
            yield f"{name}: {text}"
