"""A real browser in front of a real proxy in front of a scripted provider, all on loopback."""

import asyncio
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec
import pytest
import pytest_asyncio

from headroom.accounts.savings import Entry, Savings
from headroom.testing import DEMO, GatewayProcess, LLMProcess, ScriptedAgent
from tests.conftest import PATIENT, absent

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAST_DAYS = 20


def past() -> Savings:
    """Savings on each of the last days but today."""
    dice = random.Random(3)
    state, today = Savings(), time.time() // 86_400 * 86_400
    for days in range(PAST_DAYS, 0, -1):
        for _ in range(5):
            before, saved = 60_000, dice.randint(10_000, 40_000)
            usd = saved * 1e-6
            wall = today - days * 86_400 + dice.uniform(0, 86_000)
            model = "claude-sonnet-4-5"
            state.add(
                Entry(
                    wall, "anthropic", model, "codex", "old", before, saved, usd, saved, usd, before - saved, 0.1, 0.1
                )
            )
    return state


@pytest.fixture(scope="session")
def chromium_path():
    path = shutil.which("chromium")
    if path is None:
        absent("the program chromium")
    return path


@pytest.fixture(scope="session")
def used(tmp_path_factory, chromium_path):
    """A proxy with a past, through which the demo session was played."""
    workspace = tmp_path_factory.mktemp("used")
    (workspace / "proxy_savings.json").write_bytes(msgspec.json.encode(past()))
    flags = ["--no-rate-limit", "--budget", "5"]
    with LLMProcess() as llm, GatewayProcess(llm.base_url, workspace, flags, environment=PATIENT) as gateway:
        llm.play("demo")

        async def play():
            headers = {"x-client": "claude-code", "x-headroom-project": "shop"}
            return [turn async for turn in ScriptedAgent(gateway.base_url, session=DEMO, headers=headers).run()]

        with ThreadPoolExecutor(1) as pool:
            assert len(pool.submit(asyncio.run, play()).result(100)) == DEMO.turns
        yield gateway


@pytest.fixture(scope="session")
def fresh(tmp_path_factory, chromium_path):
    """A proxy that nobody calls."""
    with (
        LLMProcess() as llm,
        GatewayProcess(llm.base_url, tmp_path_factory.mktemp("fresh"), environment=PATIENT) as gateway,
    ):
        yield gateway


@pytest.fixture
def newcomer(tmp_path, chromium_path):
    """A proxy that nobody has called yet, and its provider."""
    with LLMProcess() as llm, GatewayProcess(llm.base_url, tmp_path / "workspace", environment=PATIENT) as gateway:
        yield gateway, llm


@pytest.fixture
def shadow(tmp_path, chromium_path):
    """A proxy that only measures, through which the demo session was played."""
    with (
        LLMProcess() as llm,
        GatewayProcess(llm.base_url, tmp_path, ["--shadow", "--no-rate-limit"], environment=PATIENT) as gateway,
    ):
        llm.play("demo")

        async def play():
            return [turn async for turn in ScriptedAgent(gateway.base_url, session=DEMO).run()]

        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, play()).result(100)
        yield gateway


@dataclass
class Seen:
    """What a page did that it should not."""

    complaints: list = field(default_factory=list)
    hosts: set = field(default_factory=set)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path):
    try:
        from playwright.async_api import async_playwright
    except ModuleNotFoundError:
        absent("the package playwright")
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser):
    """``await visit(gateway, width=390)`` opens the dashboard; no page may complain (if ``quiet``) or ask another host."""
    opened = []

    async def go(gateway, *, width=1280, height=900, scheme="light", before=None, quiet=True):
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=gateway.base_url)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        seen = Seen()
        page.on(
            "console", lambda said: seen.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
        if before is not None:
            await before(page)
        await page.goto(f"{gateway.base_url}/dashboard")
        await page.wait_for_selector("body.ready")
        opened.append((gateway, context, seen, quiet))
        return page

    yield go
    for gateway, context, seen, quiet in opened:
        assert seen.complaints == [] or not quiet
        assert seen.hosts <= {urlsplit(gateway.base_url).netloc}
        await context.close()
