"""Which compressors treat a content kind; modules are imported when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from headroom.compress.rendition import Compressor

_MODULES: dict[str, tuple[str, ...]] = {
    "json": ("notebook", "json_table", "json_values"),
    "table": ("tabular", "sql_insert"),
    "config": ("described", "config_text"),
    "log": ("log",),
    "playbook": ("playbook",),
    "tests": ("runners",),
    "build": ("build",),
    "search": ("file_counts", "search"),
    "listing": ("dependency_trees", "listing", "line_list"),
    "diff": ("diff",),
    "vcs": ("vcs",),
    "plan": ("plans",),
    "trace": ("trace",),
    "html": ("html_rows", "markup"),
    "snapshot": ("snapshot",),
    "markdown": ("markdown",),
    "code": ("code",),
    "prose": ("prose",),
    "dense": ("dense",),
    "enumeration": ("enumerations",),
}
"""Detected kind → modules whose ``COMPRESSORS`` are tried in order."""

KINDS = tuple(_MODULES)
"""Every detected kind that has compressors."""


@cache
def compressors(kind: str) -> tuple[Compressor, ...]:
    """Return the compressors for a detected kind, in the order to try them; empty for an unknown kind."""
    found: list[Compressor] = []
    for name in _MODULES.get(kind, ()):
        module = import_module(f"headroom.compress.{name}")
        found.extend(cast("tuple[Compressor, ...]", module.COMPRESSORS))
    return tuple(found)
