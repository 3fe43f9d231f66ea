"""The engine over HTTP, and vLLM's pooling endpoint, each against a real socket."""

import asyncio
import contextlib
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiohttp import web

from headroom.compress.kompress import files, opening
from headroom.compress.kompress.backend import Loaded
from headroom.compress.kompress.engine import Engine
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.remote import RemoteEngine
from headroom.compress.kompress.serve import application
from headroom.compress.kompress.status import Missed, Scores
from headroom.compress.kompress.vllm import VllmBackend
from headroom.compress.kompress.words import Tokenizer
from headroom.testing import free_port
from tests.compress.kompress import tiny
from tests.compress.kompress.stubs import Gate, Stub, started
from tests.compress.kompress.test_engine import until


@contextlib.contextmanager
def serving(engine, port=0):
    """``headroom kompress serve``'s application on a loop of its own."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application(engine), access_log=None, shutdown_timeout=1)

    async def start():
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextlib.contextmanager
def asking(url, **kind):
    engine = RemoteEngine(url, **kind)
    engine.start()
    try:
        yield engine
    finally:
        engine.close()


def test_the_remote_engine_scores_as_the_local_one(layouts):
    words = tiny.essay(4).split()
    engine = Engine(
        opening.loader(files.inspect(layouts.merged, "tiny", {}), "cpu", lambda name: name != "onnxruntime"), nice=False
    )
    engine.start()
    assert engine.wait(60).ready
    with serving(engine) as url, asking(url) as remote:
        status = remote.wait(60)
        assert (status.ready, status.model, status.backend) == (True, "tiny", "remote:torch")
        here, there = engine.score(words, 60), remote.score(words, 60)
        assert isinstance(here, Scores)
        assert isinstance(there, Scores)
        assert there.values == pytest.approx(here.values, abs=1e-3)
        assert [v >= 0.5 for v in there.values] == [v >= 0.5 for v in here.values]
    engine.close()


def test_what_the_server_can_not_do_is_handed_on():
    gate = Gate()
    engine = started(Stub(do=gate))
    assert engine.wait(60).ready
    with serving(engine) as url, asking(url, every=3600) as remote:
        assert remote.wait(60).ready
        hung = threading.Thread(target=engine.score, args=(["x"], 60))
        hung.start()
        assert gate.entered.wait(60)
        assert isinstance(remote.score(["a"], 0.2), Missed)
        until(lambda: engine.status().state == "stalled")
        assert remote.score(["a"], 20) == Missed("stalled")
        gate.opened.set()
        until(lambda: engine.status().ready)
        assert remote.score(["a", "bb"], 20).values == (0.1, 0.2)
        hung.join(60)
    engine.close()


def test_a_server_that_is_away_is_not_waited_for_and_found_when_it_comes():
    engine = started(Stub())
    assert engine.wait(60).ready
    port, told = free_port(), []
    with asking(f"http://127.0.0.1:{port}", every=0.05, told=told.append) as remote:
        assert remote.wait(60).state == "unreachable"
        assert "start it: headroom kompress serve" in remote.status().reason
        assert remote.score(["a"], 30) == Missed("unreachable")
        with serving(engine, port):
            until(lambda: remote.status().ready)
            assert remote.score(["a"], 20).values == (0.1,)
        until(lambda: remote.status().state == "unreachable")
        until(lambda: [status.state for status in told] == ["unreachable", "ready", "unreachable"])
    engine.close()


@contextlib.contextmanager
def answering(reply):
    """An HTTP server whose answers ``reply(method, path, body)`` makes: a status and a value, or raw bytes."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self):
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"null")
            seen.append((self.command, self.path, body))
            status, value = reply(self.command, self.path, body)
            raw = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _do

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


_READY = {"service": "headroom-kompress", "state": "ready", "backend": "torch", "device": "cuda"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, {"scores": [0.5]}), "error:BadScores"),
        ((200, {"scores": [0.5, "x"]}), "error:BadScores"),
        ((200, b'{"scores": [NaN, 0.5]}'), "error:BadScores"),
        ((200, b"<html>"), "unreachable"),
        ((503, {"error": {"type": "busy", "message": "x"}}), "busy"),
        ((500, {"oops": 1}), "error:status"),
        ((503, {"error": {"type": "x; \r\nset-cookie", "message": "x"}}), "error:status"),
    ],
    ids=["too few", "no numbers", "nan", "no JSON", "busy", "another error", "a reason that is none"],
)
def test_an_answer_that_is_no_use_is_a_miss(answer, why):
    with (
        answering(lambda _method, path, _body: (200, _READY) if path == "/v1/status" else answer) as (url, _seen),
        asking(url, every=3600) as remote,
    ):
        assert remote.wait(60).ready
        assert remote.score(["a", "b"], 20) == Missed(why)


def test_after_some_misses_in_a_row_nobody_waits_any_more():
    with (
        answering(lambda _method, path, _body: (200, _READY if path == "/v1/status" else {})) as (url, seen),
        asking(url, every=3600) as remote,
    ):
        assert remote.wait(60).ready
        for _ in range(3):
            assert remote.score(["a"], 20) == Missed("error:BadScores")
        assert remote.score(["a"], 20) == Missed("unreachable")
        assert sum(path == "/v1/score" for _, path, _ in seen) == 3


def test_another_program_on_the_port_is_told_apart():
    with answering(lambda *_: (200, {"hello": 1})) as (url, _), asking(url, every=3600) as remote:
        assert "is no headroom kompress serve" in remote.wait(60).reason


def call(url, body, headers=None):
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"words": "text"}', {}, 400),
        (b'{"words": ["a"], "seconds": -1}', {}, 400),
        (b'{"words": ["a"], "seconds": 1e9}', {}, 400),
        (b'{"words": ["a"]}', {"Origin": "http://evil.example"}, 403),
        (b'{"words": ["a"]}', {}, 200),
    ],
    ids=["no JSON", "no list", "no time", "endless time", "a web page", "as it should be"],
)
def test_the_server_checks_what_it_is_asked(body, headers, status):
    engine = started(Stub())
    assert engine.wait(60).ready
    with serving(engine) as url:
        assert call(f"{url}/v1/score", body, headers)[0] == status
        assert call(f"{url}/livez", None)[0] == 200
        assert call(f"{url}/readyz", None) == (200, {"ready": True, "state": "ready", "reason": ""})
    engine.close()


# -- vLLM --------------------------------------------------------------------------------------------------------------
def vllm(rows):
    """A stand-in for vLLM's server, by its documentation: one list of class values a token."""

    def reply(method, path, body):
        if path == "/v1/models":
            return 200, {"object": "list", "data": [{"id": "kompress", "object": "model"}]}
        assert (method, path) == ("POST", "/pooling")
        assert body["model"] == "kompress"
        return 200, {
            "data": [{"index": at, "object": "pooling", "data": rows(ids)} for at, ids in enumerate(body["input"])]
        }

    return reply


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (lambda ids: [[1 - i % 10 / 10, i % 10 / 10] for i in ids], 0.3),
        (lambda ids: [[0.0, 30.0 if i % 10 == 3 else -30.0] for i in ids], 1.0),
    ],
    ids=["chances", "values before the softmax"],
)
def test_vllm_scores_tokens_of_windows_that_are_cut_here(tokenizer_file, rows, wanted):
    words = tiny.essay(2).split()
    with answering(vllm(rows)) as (url, seen):
        engine = Engine(lambda: Loaded(Tokenizer.load(tokenizer_file), VllmBackend(url), "served"), nice=False)
        engine.start()
        assert engine.wait(60).ready
        answer = engine.score(words, 30)
        assert isinstance(answer, Scores)
        asked = [body["input"] for method, path, body in seen if path == "/pooling"][-1]
        window = next(iter(Tokenizer.load(tokenizer_file).windows(words)))
        assert list(window.ids) in asked
        word = next(
            owner for i, owner in zip(window.ids, window.owners, strict=True) if i % 10 == 3 and owner is not None
        )
        assert answer.values[word] >= wanted
        engine.close()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((404, {"detail": "Not Found"}), "must name a vLLM server"),
        ((200, {"data": []}), "serves no model"),
        ((200, {"data": [{"id": "other"}]}), "serves other, not kompress"),
    ],
    ids=["another server", "no model", "another model"],
)
def test_a_vllm_server_without_the_model_is_told(answer, sentence):
    with answering(lambda *_: answer) as (url, _), pytest.raises(ModelError, match=sentence):
        VllmBackend(url, "kompress" if "other" in sentence else None)


def test_vllm_answers_of_another_shape_are_failures_of_the_run():
    with answering(
        lambda _m, path, _b: (200, {"data": [{"id": "m"}]} if path == "/v1/models" else {"data": [{"index": 0}]})
    ) as (
        url,
        _,
    ):
        from headroom.compress.kompress.errors import BadScores

        with pytest.raises(BadScores, match="another shape"):
            VllmBackend(url).run([[1, 2]])
