"""The tables of options that the README shows."""

from __future__ import annotations

from typing import Literal

from headroom.option import Entry
from headroom.settings import SECTIONS, TABLE


def _default_text(entry: Entry) -> str:
    if entry.type is bool:
        # Of what the flag and the variable name: --no-cache is off while the cache is on.
        return "on" if entry.default is not entry.option.inverted else "off"
    if entry.default in (None, ()):
        return "unset"
    return f"`{entry.default:g}`" if isinstance(entry.default, float) else f"`{entry.default}`"


def markdown_tables(*, level: Literal["##", "###"] = "###") -> str:
    """The option tables of the README, one a section."""
    lines: list[str] = []
    for section in SECTIONS:
        rows = [e for e in TABLE if e.option.section == section and not e.option.hidden]
        if not rows:
            continue
        lines += [f"{level} {section}", "", "| flag | variable | default | what it does |", "|---|---|---|---|"]
        for entry in rows:
            option = entry.option
            flags = ", ".join(f"`{f}`" for f in (option.flag, option.short, option.off_flag) if f)
            text = option.help + (" *Not available in this version.*" if option.missing else "")
            env = f"`{option.env}`" if option.env else ""
            lines.append(f"| {flags} | {env} | {_default_text(entry)} | {text} |")
        lines.append("")
    return "\n".join(lines)
