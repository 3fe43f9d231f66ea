"""Source code among the rooms: whether function bodies can be cut by syntax, told at the start and in the banner."""

from __future__ import annotations

from importlib.util import find_spec

from headroom.settings import Settings

MISSING = (
    "ast-grep is not installed; `pip install 'headroom-gateway[code]'` lets other languages than Python be cut, too"
)


def _asked(settings: Settings) -> str | None:
    if not settings.optimize or settings.lossless:
        return None
    if settings.code_aware:
        return "--code-aware"
    return "--intercept-tool-results" if settings.intercept_tool_results else None


def _missing() -> bool:
    return find_spec("ast_grep_py") is None


def warning(settings: Settings) -> str | None:
    """What is wrong, if code is to be cut and only Python can be."""
    asked = _asked(settings)
    return f"{asked}: {MISSING}" if asked is not None and _missing() else None


def banner(settings: Settings) -> str:
    """One line."""
    asked = _asked(settings)
    if asked is None:
        return "off"
    which = "Python only" if _missing() else "on"
    return which if asked == "--code-aware" else f"{which}, for large files when they are read first"
