"""A gateway inside the test's own event loop: the real master on a real port, without a process of its own."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from headroom_addons.compose import compose
from headroom_addons.master import HeadroomMaster
from headroom_addons.services import Services
from mitmproxy import options
from mitmproxy.test import taddons

from headroom.accounts import tokens
from headroom.settings import Settings
from headroom.testing import ScriptedLLM, free_port

HEADERS = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01", "content-type": "application/json"}


@dataclass
class Gateway:
    master: HeadroomMaster
    services: Services
    port: int
    run: asyncio.Task

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        self.master.shutdown()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.run, 60)


async def until(condition, seconds: float = 60.0) -> None:
    """Wait for a condition, for a bounded time."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while not condition():
        assert loop.time() < ends, "the condition did not come true in time"
        await asyncio.sleep(0.01)


@pytest.fixture(scope="session", autouse=True)
def _tokenizer():
    """Loaded once: the first call of a process would otherwise be the odd one out."""
    tokens.estimate("a first count")


@pytest.fixture
async def llm():
    async with ScriptedLLM() as upstream:
        yield upstream


async def contained(master: HeadroomMaster) -> None:
    """mitmproxy leaves a start that fails with ``sys.exit``, which would end the event loop under the tests to come."""
    try:
        await master.run()
    except SystemExit as end:
        raise RuntimeError(f"the gateway did not start: exit code {end.code}") from end


@pytest.fixture
async def gateway(tmp_path):
    """``await gateway(llm, rpm=5)`` starts one; all are stopped at the end."""
    running: list[Gateway] = []

    async def start(upstream: ScriptedLLM | str, *, adapt=lambda _services: None, **kind: Any) -> Gateway:
        url = upstream if isinstance(upstream, str) else upstream.base_url
        base = {"stateless": True, "store": "memory", "rate_limit": False, "port": free_port()}
        base["compression_deadline"] = 30.0  # a busy machine must not make blocks go raw
        for name in ("anthropic_api_url", "openai_api_url", "gemini_api_url"):
            base[name] = url
        settings = replace(Settings(), **(base | kind))
        services, _ = compose(settings, {})
        adapt(services)
        ready = asyncio.Event()
        services.on_ready.append(ready.set)
        opts = options.Options()
        master = HeadroomMaster(opts, services)
        opts.update(
            mode=[f"reverse:{url}"], listen_host="127.0.0.1", listen_port=settings.port, confdir=str(tmp_path / "ca")
        )
        run = asyncio.get_running_loop().create_task(contained(master))
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait({run, waiting}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), run
        made = Gateway(master, services, settings.port, run)
        running.append(made)
        return made

    yield start
    for one in running:
        await one.stop()


@pytest.fixture
async def client():
    async with httpx.AsyncClient(headers=HEADERS, timeout=30, trust_env=False) as made:
        yield made


class OnlyHttp2(ssl.SSLContext):
    """httpx names HTTP/1.1 first, and mitmproxy takes what a client names first."""

    def set_alpn_protocols(self, _protocols):
        super().set_alpn_protocols(["h2"])


@pytest.fixture
async def client2():
    """An HTTP/2 client over TLS that trusts anything: the gateway's own authority signs what it presents."""
    context = OnlyHttp2(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with httpx.AsyncClient(http2=True, verify=context, headers=HEADERS, timeout=30, trust_env=False) as made:
        yield made


def ask(stream: bool = False, text: str = "hello", **more: Any) -> dict:
    """A small Messages request."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
    return body | ({"stream": True} if stream else {}) | more


__all__ = ["HEADERS", "Gateway", "ask", "free_port", "taddons", "until"]
