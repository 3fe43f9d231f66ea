"""The proxy under mitmweb: what people see of a call. HEADROOM_TEST_WRITE=1 writes the screenshots of the documents."""

import asyncio
import json
import os
import random
import shutil
import urllib.parse
import urllib.request

import pytest

from headroom.control import explain
from headroom.control.trimmed import Trimmed
from headroom.exchange import Exchange, Usage, Verdict, Wire
from headroom.replay.capture import read
from headroom.testing import GatewayProcess, ScriptedLLM, free_port
from headroom.wire import ANTHROPIC
from tests.conftest import PATIENT, ROOT
from tests.e2e.test_agents import log

HEADERS = {"x-api-key": "sk-ant-canary", "anthropic-version": "2023-06-01", "content-type": "application/json"}
VIEWS = ("before", "after", "diff", "cost")


def conversation():
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "cat app.log"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": log(random.Random(3))}
    tool = {"name": "Bash", "description": "Run it", "input_schema": {"type": "object", "properties": {}}}
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 200,
        "stream": True,
        "tools": [tool],
        "messages": [
            {"role": "user", "content": "Why did job 1999 fail?"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    }


class Mitmweb:
    def __init__(self, gateway, port):
        self.gateway, self.port = gateway, port
        self.cookies = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
        )
        self.cookies.open(f"http://127.0.0.1:{port}/?token=open", timeout=60).read()

    def get(self, path):
        with self.cookies.open(f"http://127.0.0.1:{self.port}{urllib.parse.quote(path)}", timeout=60) as answer:
            return json.load(answer)

    def command(self, name, *arguments):
        jar = next(h.cookiejar for h in self.cookies.handlers if hasattr(h, "cookiejar"))
        cookies = "; ".join(["_mitmproxy_xsrf=deadbeef", *(f"{c.name}={c.value}" for c in jar if "xsrf" not in c.name)])
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/commands/{name}",
            json.dumps({"arguments": arguments}).encode(),
            {"Content-Type": "application/json", "X-XSRFToken": "deadbeef", "Cookie": cookies},
        )
        with self.cookies.open(request, timeout=60) as answer:
            return json.load(answer)

    async def flows(self, count):
        for _ in range(1200):
            found = [f for f in await asyncio.to_thread(self.get, "/flows") if f["comment"]]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("the flows did not come")

    def view(self, flow, message, name):
        value = self.get(f"/flows/{flow['id']}/{message}/content/{name}.json")
        return value["text"] if "text" in value else "\n".join("".join(t for _, t in line) for line in value["lines"])


def post(gateway, body):
    request = urllib.request.Request(f"{gateway.base_url}/v1/messages", json.dumps(body).encode(), HEADERS)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


@pytest.mark.timeout(180)
async def test_a_call_is_explained(tmp_path):
    port = free_port()
    flags = ["--web", "--web-port", str(port), "--no-web-open", "--no-rate-limit", "--set", "web_password=open"]
    async with ScriptedLLM() as llm:
        llm.play(lambda request: "The disk was full.")
        with GatewayProcess(llm.base_url, tmp_path / "workspace", flags, environment=PATIENT) as gateway:
            answer = await asyncio.to_thread(post, gateway, conversation())
            web = await asyncio.to_thread(Mitmweb, gateway, port)
            (flow,) = await web.flows(1)
            assert flow["comment"].startswith("−"), flow["comment"]
            assert "tokens" in flow["comment"]
            assert flow["marked"] in {":scissors:", "✂"}
            texts = {name: await asyncio.to_thread(web.view, flow, "request", f"headroom: {name}") for name in VIEWS}
            assert "processed job 700 " in texts["before"]
            assert "processed job 700 " not in texts["after"]
            assert "-2026-11-21" in texts["diff"]
            assert "messages[2].content[0].content" in texts["diff"]
            assert "compressed" in texts["cost"]
            assert "tokens" in texts["cost"]
            shown = await asyncio.to_thread(web.view, flow, "response", "headroom: answer")
            assert shown.startswith("The disk was full.")
            assert "message_stop" in shown
            assert b"message_stop" in answer
            assert "tokens " in str(await asyncio.to_thread(web.command, "headroom.explain", "~m POST"))
            path = tmp_path / "calls.jsonl"
            await asyncio.to_thread(web.command, "headroom.export", "~m POST", str(path))
            assert "sk-ant-canary" not in path.read_text()
            (call,) = read(path)
            assert json.loads(call.body) == conversation()
            await asyncio.to_thread(web.command, "headroom.replay.original", "~m POST")
            await web.flows(2)
            assert json.loads(llm.generations[-1].body) == conversation()
            await asyncio.to_thread(web.command, "headroom.bypass", "true")
            await asyncio.to_thread(post, gateway, conversation())
            assert json.loads(llm.generations[-1].body) == conversation()
            await pictures(port, flow)


async def pictures(port, flow):
    if os.environ.get("HEADROOM_TEST_WRITE") != "1":
        return
    playwright = pytest.importorskip("playwright.async_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    async with playwright.async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1440, "height": 860})
        await page.goto(f"http://127.0.0.1:{port}/?token=open")
        await page.goto(f"http://127.0.0.1:{port}/#/flows/{flow['id']}/request")
        await page.reload()
        await page.wait_for_selector(".flow-detail")
        for name in VIEWS:
            picker = page.locator(
                ".flow-detail .controls, .flow-detail .contentview-controls, .flow-detail footer"
            ).first
            await page.get_by_text("View:").first.click()
            await page.get_by_text(f"headroom: {name}", exact=True).last.click()
            await page.wait_for_timeout(500)
            del picker
            await page.screenshot(path=ROOT / "docs" / "img" / f"mitmweb-{name}.png")
        await browser.close()


def exchange(**more):
    base = {
        "request_id": "hr_1_000001",
        "wall": 1.0,
        "started": 0.0,
        "wire": Wire.ANTHROPIC,
        "provider": "anthropic",
        "method": "POST",
        "path": "/v1/messages?key=secret",
        "upstream": "https://api.anthropic.com",
    }
    return Exchange(**base | more)


def test_the_comment_says_what_was_saved_and_what_was_refused():
    done = exchange(
        tokens_before=20_000,
        tokens_after=7_660,
        saved_usd=0.031,
        cost_usd=0.05,
        verdicts=[
            *[Verdict("compressed", "table", n) for n in range(3)],
            Verdict("refused", "cache", 4),
            Verdict("raw", "too_small", 5),
        ],
    )
    assert explain.comment(done) == "−12,340 tokens, −$0.0310, table ×3, refused: cache, $0.0500"
    assert "billed" in explain.cost(exchange(usage=Usage(input=1, output=2)))
    assert "secret" not in json.dumps(explain.record(done))


def test_equal_bodies_have_no_difference_and_a_changed_text_has_its_place():
    assert "nothing was changed" in explain.changes(b"{}", b"{}")
    shown = explain.changes(b'{"a":[{"t":"one\\ntwo"}],"n":1}', b'{"a":[{"t":"one\\nthree"}],"n":1}')
    assert "# a[0].t" in shown
    assert "-two" in shown
    assert "+three" in shown
    assert "# n" not in shown


def test_a_stream_without_events_is_no_stream():
    with pytest.raises(ValueError, match="no events"):
        explain.stream(b"", ANTHROPIC)


def test_what_is_kept_stays_under_its_bound():
    kept = Trimmed(1000, 10_000)
    gone = [old for number in range(10_000) for old in kept.add(number, 100)]
    assert gone == list(range(10_000 - 10))
    assert (len(kept), kept.bytes) == (10, 1000)
    assert kept.add("large", 5000) == list(range(9_990, 10_000))
    assert len(kept) == 1
    few = Trimmed(1000, 2)
    assert [few.add(n, 1) for n in range(3)] == [[], [], [0]]
