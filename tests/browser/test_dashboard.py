"""The dashboard as people use it: in a browser, by mouse and by keyboard, in the light and in the dark."""

import asyncio
import csv
import io
import json
import urllib.request

import pytest

from tests.browser.axe import source
from tests.browser.conftest import PAST_DAYS

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect = pytest.importorskip("playwright.async_api", reason="the package playwright is missing").expect
expect.set_options(timeout=60_000)

HEADERS = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def stats(gateway):
    with urllib.request.urlopen(f"{gateway.base_url}/stats", timeout=60) as answer:
        return json.load(answer)


async def until(condition, seconds=60):
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while not condition():
        assert loop.time() < ends, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def post(gateway, body):
    request = urllib.request.Request(f"{gateway.base_url}/v1/messages", json.dumps(body).encode(), HEADERS)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


# -- the empty state and the first request -------------------------------------------------------------------------------
async def test_a_newcomer_is_told_the_next_step_and_sees_the_first_request_arrive(newcomer, visit):
    gateway, llm = newcomer
    page = await visit(gateway)
    welcome = page.locator("#welcome")
    assert await welcome.is_visible()
    assert not await page.locator("#requests").is_visible()
    command = f"ANTHROPIC_BASE_URL={gateway.base_url} claude"
    assert command in await welcome.inner_text()
    await welcome.get_by_role("button", name="Copy the command for Claude Code").click()
    await expect(page.locator("#spoken")).to_have_text("Copied to the clipboard")
    assert await page.evaluate("navigator.clipboard.readText()") == command

    llm.queue("Good day.")
    model = "<img src=x onerror=alert(1)>"
    post(gateway, {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]})
    await page.wait_for_selector("[data-figure=requests]:text-is('1')")
    assert not await welcome.is_visible()
    row = page.locator("#feed tbody tr")
    assert await row.count() == 1
    assert model in await row.inner_text()
    assert "null" not in await page.locator("body").inner_text()  # there is no course to draw yet


async def test_pages_ask_only_while_somebody_looks(used, visit):
    asked = []

    async def before(page):
        await page.clock.install()
        page.on("request", lambda request: asked.append(request.url) if "/stats?cached" in request.url else None)

    page = await visit(used, before=before)
    await page.clock.run_for(5_100)
    await until(lambda: asked)
    hidden = "Object.defineProperty(document, 'hidden', {{get: () => {}, configurable: true}}); "
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.wait_for_selector("#state-text:text-is('Live')")
    await page.evaluate(hidden.format("true") + tell)
    before_pause = len(asked)
    await page.clock.run_for(60_000)
    assert len(asked) == before_pause
    assert await page.locator("#state-text").inner_text() == "Paused"
    await page.evaluate(hidden.format("false") + tell)
    await page.wait_for_selector("#state-text:text-is('Live')")


async def test_an_answer_that_arrives_after_the_page_was_hidden_leaves_it_paused(used, visit):
    page = await visit(used, before=lambda page: page.clock.install())
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def late(route):
        asked.set()
        await let_go.wait()
        await route.continue_()

    await page.route("**/stats?cached*", late)
    await page.clock.run_for(5_100)
    await asyncio.wait_for(asked.wait(), 60)
    hidden = "Object.defineProperty(document, 'hidden', {{get: () => {}, configurable: true}}); "
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate(hidden.format("true") + tell)
    async with page.expect_request_finished(lambda request: "/dashboard/requests" in request.url):
        let_go.set()  # the feed is asked for after the figures
    for _ in range(20):  # round trips to the page, which reads the answer meanwhile
        assert await page.locator("#state-text").inner_text() == "Paused"
    await page.evaluate(hidden.format("false") + tell)
    await page.clock.run_for(5_100)
    await page.wait_for_selector("#state-text:text-is('Live')")


async def test_trouble_is_told_and_passes(fresh, visit):
    page = await visit(fresh, before=lambda page: page.clock.install(), quiet=False)
    await page.route("**/stats*", lambda route: route.fulfill(status=500, body="no"))
    await page.clock.run_for(5_100)
    await expect(page.locator("#problem")).to_contain_text("/stats answered 500")
    await page.unroute("**/stats*")
    await page.clock.run_for(5_100)
    await expect(page.locator("#problem")).to_be_hidden()
    await expect(page.locator("#state-text")).to_have_text("Live")


# -- figures -------------------------------------------------------------------------------------------------------------
async def test_the_figures_are_those_of_stats_with_their_scope(used, visit):
    page = await visit(used)
    figures = stats(used)
    assert await page.locator("[data-figure=requests]").inner_text() == f"{figures['requests']['total']:,}"
    assert await page.locator("[data-figure=net-tokens]").inner_text() == f"{figures['savings']['net']['tokens']:,}"
    assert await page.locator("#kinds-title").inner_text() == "What was shortened"
    hero = await page.locator("#hero").inner_text()
    for words in ("Net savings", "this process", "estimated", "This session", "Lifetime"):
        assert words in hero
    ledger = await page.locator("#ledger").inner_text()
    net = figures["savings"]["net"]
    for tokens in (net["gross_tokens"], net["tokens"]):
        assert f"{tokens:,}" in ledger
    assert "measured" in ledger
    system = await page.locator("#panels").inner_text()
    for panel in (
        "Budget",
        "Rate limits",
        "prompt cache",
        "Response cache",
        "Kompress",
        "State store",
        "Refused rewrites",
    ):
        assert panel in system
    assert "of $5.00" in system
    kinds = await page.locator("#kinds tbody tr").count()
    assert kinds == len(figures["tokens_saved_by_kind"])
    assert await page.locator("#alone tbody tr").count() == len(figures["blocks_left_alone"])


async def test_what_shadow_mode_would_have_saved_is_told_and_not_called_saved(shadow, visit):
    page = await visit(shadow)
    would = stats(shadow)["tokens"]["would_save"]
    assert would > 0
    assert await page.locator("[data-figure=would-save]").inner_text() == f"{would:,}"
    assert await page.locator("[data-figure=net-tokens]").inner_text() == "0"
    assert await page.locator("#kinds-title").inner_text() == "What shadow mode would have shortened"
    assert "Saved" not in await page.locator("#kinds").inner_text()
    feed = await page.locator("#feed").inner_text()
    assert "would be shortened" in feed
    assert feed.count("shortened") == feed.count("would be shortened")


async def test_models_projects_and_clients_are_tabs_for_the_arrow_keys(used, visit):
    page = await visit(used)
    table = page.locator("#groups")
    assert "claude-sonnet-4-5" in await table.inner_text()
    await page.get_by_role("tab", name="Models").focus()
    await page.keyboard.press("ArrowRight")
    assert "shop" in await table.inner_text()
    await page.keyboard.press("End")
    assert "claude-code" in await table.inner_text()
    assert await page.get_by_role("tab", name="Clients").get_attribute("aria-selected") == "true"


# -- one request ---------------------------------------------------------------------------------------------------------
async def test_a_request_opens_into_before_after_and_diff_with_its_decisions(used, visit):
    page = await visit(used)
    await page.locator("#feed tbody tr").nth(16).click()
    dialog = page.get_by_role("dialog")
    await dialog.locator(".code .line").first.wait_for()
    decision = dialog.locator(".decision[aria-pressed=true]")
    told = await decision.inner_text()
    assert any(kind in told for kind in ("Test runs", "Logs", "Version control"))  # what is new in this request
    assert "% saved" in told
    gone = await dialog.locator(".code .gone").count()
    come = await dialog.locator(".code .come").count()
    assert gone > come > 0
    await dialog.get_by_role("tab", name="After").click()
    after = await dialog.locator(".code").inner_text()
    await dialog.get_by_role("tab", name="Before").click()
    before = await dialog.locator(".code").inner_text()
    assert len(after) < len(before) / 2
    assert "headroom" in after or "[~" in after
    await dialog.get_by_role("button", name="Newer").click()
    await expect(dialog.locator(".decision[aria-pressed=true]")).to_have_count(1)


async def test_a_text_written_anew_is_shown_side_by_side(used, visit):
    page = await visit(used)
    await page.locator("#feed tbody tr").nth(12).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("tab", name="Side by side")).to_have_attribute("aria-selected", "true")
    before, after = await dialog.locator(".column .scroll").all_inner_texts()
    assert len(after) < len(before)


async def test_the_reason_is_told_where_a_text_was_left_alone(used, visit):
    page = await visit(used)
    await page.locator("#feed tbody tr").nth(2).click()
    dialog = page.get_by_role("dialog")
    await dialog.locator(".decision", has_text="Protected").first.click()
    await dialog.locator(".viewer .notes").wait_for()
    assert "must stay exact" in await dialog.locator(".viewer .notes").inner_text()
    assert await dialog.get_by_role("tab").count() == 1
    assert "sent exactly so" in await dialog.locator(".viewer-head").inner_text()


async def test_the_feed_works_by_keyboard_alone(used, visit):
    page = await visit(used)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the figures"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.closest('#feed button') !== null"):
            break
    await page.keyboard.press("ArrowDown")
    key = await page.evaluate("document.activeElement.dataset.key")
    assert key == await page.locator("#feed button").nth(1).get_attribute("data-key")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.locator(".decision").first.wait_for()
    assert key in await dialog.inner_text()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="hidden")
    assert await page.evaluate("document.activeElement.dataset.key") == key


# -- history -------------------------------------------------------------------------------------------------------------
INKED = """id => {
  const canvas = document.querySelector(`#${id} canvas`);
  const found = getComputedStyle(document.documentElement).getPropertyValue(id === 'chart-tokens' ? '--accent' : '--second').trim();
  const [r, g, b] = [1, 3, 5].map(at => parseInt(found.slice(at, at + 2), 16));
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const columns = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255) columns.add((at / 4) % canvas.width);
  const sorted = [...columns].sort((x, y) => x - y);
  return sorted.filter((x, index) => index === 0 || x > sorted[index - 1] + 1).length;
}"""


async def test_charts_show_one_bar_a_day_and_a_table_says_the_same(used, visit):
    page = await visit(used)
    await page.locator("#chart-tokens canvas").scroll_into_view_if_needed()
    for chart in ("chart-tokens", "chart-dollars"):
        assert await page.evaluate(INKED, chart) == PAST_DAYS + 1
    await page.locator("#history-table summary").click()
    assert await page.locator("#history-rows tbody tr").count() == PAST_DAYS + 1
    label = await page.locator("#chart-tokens .uplot").get_attribute("aria-label")
    await page.get_by_text("Weeks", exact=True).click()
    assert await page.locator("#history-rows tbody tr").count() in {3, 4}  # three where today is a Sunday
    assert await page.locator("#chart-tokens .uplot").get_attribute("aria-label") != label
    await page.keyboard.press("ArrowRight")
    assert await page.locator("#series input:checked").get_attribute("value") == "monthly"


@pytest.mark.parametrize("kind", ["JSON", "CSV"])
async def test_the_history_can_be_downloaded(used, visit, kind, tmp_path):
    page = await visit(used)
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name=f"Export the history as {kind}").click()
    download = await waiting.value
    assert download.suggested_filename == f"headroom-stats-history-daily.{kind.lower()}"
    path = tmp_path / "download"
    await download.save_as(path)
    if kind == "JSON":
        found = json.loads(path.read_text())
        assert len(found["series"]["daily"]) == PAST_DAYS + 1
        total = found["lifetime"]["tokens_saved"]
    else:
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        assert len(rows) == PAST_DAYS + 1
        total = int(rows[-1]["total_tokens_saved"])
    assert total == stats(used)["persistent_savings"]["lifetime"]["tokens_saved"]


# -- looks ---------------------------------------------------------------------------------------------------------------
GROUND = "getComputedStyle(document.body).backgroundColor"


async def test_the_theme_follows_the_system_until_one_is_chosen(used, visit):
    page = await visit(used, scheme="dark")
    dark = await page.evaluate(GROUND)
    await page.locator("#theme").click()
    light = await page.evaluate(GROUND)
    assert light != dark
    await page.reload()
    assert await page.evaluate(GROUND) == light
    await page.locator("#theme").click()
    assert await page.evaluate(GROUND) == dark


@pytest.mark.parametrize("width", [390, 768, 1280])
async def test_nothing_sticks_out_sideways(used, visit, width):
    page = await visit(used, width=width, height=844)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.locator("#feed button").first.click()
    await page.get_by_role("dialog").locator(".code .line").first.wait_for()
    assert (
        await page.evaluate(
            "document.querySelector('#detail .body').scrollWidth - document.querySelector('#detail .body').clientWidth"
        )
        <= 0
    )


async def findings(page):
    await page.evaluate(source())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(used, visit, scheme):
    page = await visit(used, scheme=scheme)
    assert await findings(page) == []
    await page.locator("#feed button").nth(3).click()
    await page.get_by_role("dialog").locator(".code .line").first.wait_for()
    assert await findings(page) == []


async def test_axe_finds_nothing_serious_when_empty(fresh, visit):
    assert await findings(await visit(fresh)) == []
