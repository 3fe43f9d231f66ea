"""headroom: context compression for LLM agents. The public surface of the library; the proxy is ``headroom proxy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headroom.version import __version__

if TYPE_CHECKING:
    from headroom.gateway.library import CompressResult as CompressResult
    from headroom.gateway.library import compress as compress
    from headroom.settings import Settings

__all__ = ["CompressResult", "Settings", "__version__", "compress"]

_WHERE = {
    "compress": "headroom.gateway.library",
    "CompressResult": "headroom.gateway.library",
    "Settings": "headroom.settings",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import headroom`` costs nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
