"""Make the pictures of the dashboard in docs/img from the bundled demo session, played through a proxy on this machine."""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from playwright.async_api import Browser, async_playwright

from headroom.accounts.savings import Entry, Savings
from headroom.exchange import Wire
from headroom.testing import DEMO, GatewayProcess, LLMProcess, ScriptedAgent

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PLAYS = (
    (Wire.ANTHROPIC, "claude-code", "harbor"),
    (Wire.OPENAI_RESPONSES, "codex", "harbor"),
    (Wire.GEMINI, "gemini", "website"),
)


def past(workspace: Path) -> None:
    """Six weeks of use that never was, so that the charts have something to show."""
    dice = random.Random(7)
    state, today = Savings(), time.time() // 86_400 * 86_400
    for days in range(42, 0, -1):
        day = today - days * 86_400
        if time.gmtime(day).tm_wday >= 5 and dice.random() < 0.7:
            continue
        for _ in range(dice.randint(12, 60)):
            before = dice.randint(20_000, 130_000)
            saved = int(before * dice.uniform(0.25, 0.6))
            usd, sent = saved * 0.9e-6, before - saved
            wall = day + dice.uniform(8, 18) * 3_600
            state.add(
                Entry(
                    wall,
                    "anthropic",
                    "claude-sonnet-4-5",
                    "claude-code",
                    "harbor",
                    before,
                    saved,
                    usd,
                    saved,
                    usd,
                    sent,
                    sent * 0.8e-6,
                    sent * 0.9e-6,
                )
            )
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / "proxy_savings.json").write_bytes(msgspec.json.encode(state))


async def shoot(
    browser: Browser, url: str, name: str, width: int, height: int, scheme: str, *, opened: bool = False
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=2 if width < 600 else 1
    )
    page = await context.new_page()
    await page.goto(f"{url}/dashboard")
    await page.wait_for_selector("body.ready")
    if opened:
        await page.locator("#feed button").nth(16).click()
        await page.wait_for_selector(".code .line")
    path = IMAGES / f"dashboard-{name}.png"
    await page.screenshot(path=path, full_page=not opened and width > 600, animations="disabled")
    await context.close()
    print(path.relative_to(ROOT), f"{path.stat().st_size // 1024} KiB")


async def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is missing: install the package of that name")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            with LLMProcess() as llm, GatewayProcess(llm.base_url, workspace / "empty") as gateway:
                await shoot(browser, gateway.base_url, "empty", 1280, 900, "light")
            past(workspace / "used")
            flags = ["--no-rate-limit", "--budget", "5"]
            with LLMProcess() as llm, GatewayProcess(llm.base_url, workspace / "used", flags) as gateway:
                for wire, client, project in PLAYS:
                    llm.play("demo")
                    headers = {"x-client": client, "x-headroom-project": project}
                    async for _turn in ScriptedAgent(gateway.base_url, wire, DEMO, headers=headers).run():
                        pass
                await shoot(browser, gateway.base_url, "light", 1280, 900, "light")
                await shoot(browser, gateway.base_url, "dark", 1280, 900, "dark")
                await shoot(browser, gateway.base_url, "phone", 390, 844, "light")
                await shoot(browser, gateway.base_url, "request", 1280, 900, "light", opened=True)
            await browser.close()


asyncio.run(main())
