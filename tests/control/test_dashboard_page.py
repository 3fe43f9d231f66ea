"""The dashboard's files: all of them listed, local, and served under a strict policy."""

import hashlib
import re
from pathlib import Path

import pytest

from headroom.control.dashboard import page
from headroom.control.http import ControlRequest, Router, Rule

FOLDER = Path(page.__file__).parent
ROUTER = Router(page.routes())
PATHS = sorted(ROUTER.paths() - {"/dashboard/"})


async def get(path):
    reply = await ROUTER.dispatch(ControlRequest("GET", path))
    return reply.status, dict(reply.headers), reply.body


@pytest.mark.parametrize("path", PATHS)
async def test_each_file_comes_with_its_type_and_a_strict_policy(path):
    status, headers, body = await get(path)
    assert status == 200
    assert body
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not {"script-src", "style-src"} & policy.keys()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", "": "text/html"}
    assert headers["Content-Type"] == f"{kinds[Path(path).suffix]}; charset=utf-8"
    assert ROUTER.rule(path) is Rule.TOKEN


async def test_a_slash_at_the_end_leads_to_the_page():
    status, headers, _ = await get("/dashboard/")
    assert (status, headers["Location"]) == (308, "/dashboard")


@pytest.mark.parametrize("path", ["/dashboard/assets/page.py", "/dashboard/assets/../page.py", "/dashboard/assets/"])
async def test_only_listed_files_are_served(path):
    assert (await get(path))[0] == 404


def test_every_file_that_is_named_is_there_and_every_file_is_listed():
    named = set()
    for name in ["index.html", *page.ASSETS]:
        if name.startswith("vendor/"):
            continue
        text = (FOLDER / name).read_text("utf-8")
        named |= set(re.findall(r"/dashboard/assets/([\w./-]+)", text))
        named |= {found.removeprefix("./") for found in re.findall(r'from "(\./[\w.]+)"', text)}
    assert named == set(page.ASSETS)
    files = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*") if p.suffix in {".js", ".css", ".svg"}}
    assert files == set(page.ASSETS)


def test_nothing_is_inline_and_nothing_is_elsewhere():
    text = (FOLDER / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text)
    for name in ["index.html", *page.ASSETS]:
        found = re.findall(r"(?:https?:)?//[a-z][\w.-]*\.[a-z]{2,}", (FOLDER / name).read_text("utf-8"))
        assert set(found) <= {"http://www.w3.org", "https://github.com"}, name


def test_vendored_files_are_the_released_ones():
    rows = re.findall(
        r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (FOLDER / "vendor/VENDOR.md").read_text(), re.MULTILINE
    )
    files = {p.name for p in (FOLDER / "vendor").iterdir()} - {"VENDOR.md", "uPlot.LICENSE"}
    assert {name for name, _ in rows} == files
    for name, checksum in rows:
        assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == checksum
    assert "MIT" in (FOLDER / "vendor/uPlot.LICENSE").read_text()
