"""The dashboard: one page and its assets, all from this folder, and nothing that is not listed here."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from headroom.control.http import ControlReply, ControlRequest, Route

POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""No inline script or style, and no other host, whatever a page could be made to say."""

ASSETS = {
    "theme.js": "text/javascript",
    "app.js": "text/javascript",
    "charts.js": "text/javascript",
    "diff.js": "text/javascript",
    "dom.js": "text/javascript",
    "feed.js": "text/javascript",
    "format.js": "text/javascript",
    "history.js": "text/javascript",
    "overview.js": "text/javascript",
    "welcome.js": "text/javascript",
    "words.js": "text/javascript",
    "app.css": "text/css",
    "icon.svg": "image/svg+xml",
    "vendor/uPlot.iife.min.js": "text/javascript",
    "vendor/uPlot.min.css": "text/css",
}


@cache
def _read(name: str) -> bytes:
    return files(__package__).joinpath(*name.split("/")).read_bytes()


def _serving(name: str, kind: str) -> Route:
    headers = (("Content-Type", f"{kind}; charset=utf-8"), ("Content-Security-Policy", POLICY))

    def serve(_request: ControlRequest) -> ControlReply:
        return ControlReply(200, headers, _read(name))

    path = "/dashboard" if name == "index.html" else f"/dashboard/assets/{name}"
    return Route("GET", path, serve)


def _moved(_request: ControlRequest) -> ControlReply:
    return ControlReply(308, (("Location", "/dashboard"),))


def routes() -> tuple[Route, ...]:
    """The page, its assets, and the page's address with a slash at its end."""
    assets = (_serving(name, kind) for name, kind in ASSETS.items())
    return (_serving("index.html", "text/html"), Route("GET", "/dashboard/", _moved), *assets)
