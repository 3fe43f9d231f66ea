"""What a request costs on its way: direct, nginx, bare mitmdump and headroom, in turns within one run.

Needs wrk and nginx. The target is pinned to the first processor, load and upstream to the last, where there are two.
Machines are noisy: compare within a run, and read CPU per request before latency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from headroom.testing.outputs.logs import suite_run

BIN = Path(sys.executable).parent
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
TARGET, LOAD = CPUS[0], CPUS[-1]
ANSWER = json.dumps({
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn", "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
})  # fmt: skip


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def pinned(cpu: int, command: list[str]) -> list[str]:
    return ["taskset", "-c", str(cpu), *command] if shutil.which("taskset") and len(CPUS) > 1 else command


def wait_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return time.monotonic() - began
        time.sleep(0.01)
    raise SystemExit(f"{process.args} did not listen within {seconds} s")


@contextmanager
def running(command: list[str], port: int, cpu: int, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        pinned(cpu, command), env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def family(pid: int) -> list[int]:
    """A process and its children."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with suppress(OSError):
            waiting += [int(c) for c in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children, to the nanosecond; /proc counts ticks, as long as a turn."""
    total = 0.0
    for one in family(pid):
        with suppress(OSError):
            total += time.clock_gettime((~one << 3) | 2)  # the id that clock_getcpuclockid(3) gives
    return total


def megabytes(pid: int) -> float:
    total = 0.0
    for one in family(pid):
        with suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) / 1024 if found else 0
    return total


NGINX = """daemon off; worker_processes 1; pid {dir}/{name}.pid; error_log {dir}/{name}.err;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 200m; client_body_buffer_size 4m; client_body_temp_path {dir}/{name}.body;
  proxy_temp_path {dir}/{name}.proxy; fastcgi_temp_path {dir}/{name}.f; uwsgi_temp_path {dir}/{name}.u;
  scgi_temp_path {dir}/{name}.s; keepalive_requests 1000000;
  {more}
}}
"""


def nginx_upstream(folder: Path, port: int) -> list[str]:
    (folder / "answer.json").write_text(ANSWER)
    server = f"""server {{ listen 127.0.0.1:{port}; default_type application/json;
      location / {{ return 200 '{ANSWER}'; }} }}"""
    path = folder / "upstream.conf"
    path.write_text(NGINX.format(dir=folder, name="upstream", more=server))
    return ["nginx", "-c", str(path), "-p", str(folder)]


def nginx_proxy(folder: Path, port: int, upstream: int) -> list[str]:
    more = f"""upstream up {{ server 127.0.0.1:{upstream}; keepalive 64; }}
      server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://up; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_buffering off; }} }}"""
    path = folder / "proxy.conf"
    path.write_text(NGINX.format(dir=folder, name="proxy", more=more))
    return ["nginx", "-c", str(path), "-p", str(folder)]


def headroom(port: int, upstream: int, workspace: Path, *more: str) -> tuple[list[str], dict[str, str]]:
    url = f"http://127.0.0.1:{upstream}"
    command = [
        str(BIN / "headroom"), "proxy", "--port", str(port), "--anthropic-api-url", url, "--openai-api-url", url,
        "--rpm", "100000000", "--tpm", "2000000000", "--budget", "1000000", *more,
    ]  # fmt: skip
    return command, {"HEADROOM_WORKSPACE_DIR": str(workspace)}


def mitmdump(port: int, upstream: int, folder: Path) -> list[str]:
    return [
        str(BIN / "mitmdump"), "-q", "--mode", f"reverse:http://127.0.0.1:{upstream}@127.0.0.1:{port}",
        "--set", f"confdir={folder}/mitm", "--set", "connection_strategy=lazy",
    ]  # fmt: skip


def conversation(size: int, seed: int = 7, turns: int | None = None, block: int | None = None) -> bytes:
    """An agent's request of about ``size`` bytes: calls and results of several kinds, everything resent.

    With ``turns`` it has that many instead, each with a result of about ``block`` bytes.
    """
    rng = random.Random(seed)
    tools = [{"name": n, "description": f"Runs {n}.", "input_schema": {"type": "object"}} for n in ("Bash", "Read")]
    messages: list[dict[str, object]] = [{"role": "user", "content": "Find out why job 17 failed and fix it."}]
    total, i = 400, 0
    block = block or max(400, min(12_000, size // 12))
    while total < size and (turns is None or i < turns):
        if i % 3 == 0:
            text = "".join(
                f"2026-11-21 10:{j // 60 % 60:02}:{j % 60:02},{rng.randrange(999):03} INFO worker-{rng.randrange(8)} job {j} done in {rng.randrange(90)} ms\n"
                for j in range(block // 70)
            )
        elif i % 3 == 1:
            text = json.dumps(
                [{"id": j, "state": rng.choice(["a", "b"]), "score": rng.random()} for j in range(block // 55)],
                indent=1,
            )
        else:
            text = "".join(f"def f{j}(x):\n    return x * {rng.randrange(10**6)}\n\n" for j in range(block // 40))
        name, given = ("Read", {"file_path": f"/r/a{i}.py"}) if i % 3 == 2 else ("Bash", {"command": f"make t{i}"})
        messages.append(
            {"role": "assistant", "content": [{"type": "tool_use", "id": f"t{i}", "name": name, "input": given}]}
        )
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{i}", "content": text}]})
        total += len(text) + 250
        i += 1
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "tools": tools, "messages": messages}
    return json.dumps(body).encode()


@dataclass
class Load:
    rps: float
    p50: float
    p99: float
    cpu_ms: float
    errors: int


def wrk(port: int, body: Path, connections: int, seconds: float, pid: int | None) -> Load:
    script = body.with_suffix(".lua")
    script.write_text(
        f'local f = io.open("{body}", "rb"); wrk.body = f:read("*a"); f:close(); wrk.method = "POST"\n'
        'wrk.headers["Content-Type"] = "application/json"; wrk.headers["x-api-key"] = "sk-bench"\n'
        'wrk.headers["anthropic-version"] = "2023-06-01"\n'
        "done = function(s, l, r) io.write(string.format('R %d %d %f %f %d\\n', s.requests, s.duration, "
        "l:percentile(50)/1000, l:percentile(99)/1000, s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout)) end\n"
    )
    before = cpu_seconds(pid) if pid else 0.0
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s", "-s", str(script)]
    out = subprocess.run(
        pinned(LOAD, [*command, f"http://127.0.0.1:{port}/v1/messages"]), capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"^R (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", out, re.MULTILINE)
    if not found:
        raise SystemExit(out)
    requests = int(found[1])
    spent = (cpu_seconds(pid) - before) if pid else 0.0
    return Load(
        requests / (int(found[2]) / 1e6),
        float(found[3]),
        float(found[4]),
        1e3 * spent / max(1, requests),
        int(found[5]),
    )


@dataclass
class Row:
    loads: list[Load] = field(default_factory=list)

    def median(self, get: Callable[[Load], float]) -> float:
        return statistics.median(get(x) for x in self.loads)


def table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    print("| " + " | ".join(h.ljust(w) for h, w in zip(head, widths, strict=True)) + " |")
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for row in rows:
        print(
            "| "
            + " | ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
            + " |"
        )
    print(flush=True)


def bench_load(folder: Path, rounds: int, seconds: float) -> None:
    up = free_port()
    with running(nginx_upstream(folder, up), up, LOAD):
        ports = {"nginx": free_port(), "mitmdump": free_port(), "headroom": free_port(), "headroom -O": free_port()}
        command, env = headroom(ports["headroom"], up, folder / "ws")
        fast, fast_env = headroom(ports["headroom -O"], up, folder / "ws-o")
        with (
            running(nginx_proxy(folder, ports["nginx"], up), ports["nginx"], TARGET) as a,
            running(mitmdump(ports["mitmdump"], up, folder), ports["mitmdump"], TARGET) as b,
            running(command, ports["headroom"], TARGET, **env) as c,
            running(fast, ports["headroom -O"], TARGET, **fast_env, PYTHONOPTIMIZE="1") as d,
        ):
            pids = {"direct": None, "nginx": a.pid, "mitmdump": b.pid, "headroom": c.pid, "headroom -O": d.pid}
            for label, size in (("2 KB", 2_000), ("100 KB", 100_000), ("1 MB", 1_000_000)):
                body = folder / f"body-{size}"
                body.write_bytes(conversation(size))
                for connections in (1, 16):
                    rows = {name: Row() for name in pids}
                    for name, pid in pids.items():  # seen before: the first sight is not what is measured
                        wrk(ports.get(name, up), body, 1, 1, pid)
                    for _ in range(rounds):
                        for name, pid in pids.items():
                            rows[name].loads.append(wrk(ports.get(name, up), body, connections, seconds, pid))
                    base = rows["direct"]
                    print(f"{label} request, history seen before, {connections} connection(s)")
                    table(
                        [
                            "",
                            "requests/s",
                            "p50 ms",
                            "p99 ms",
                            "added p50 ms",
                            "added p99 ms",
                            "CPU ms/request",
                            "errors",
                        ],
                        [
                            [
                                name,
                                f"{row.median(lambda x: x.rps):,.0f}",
                                f"{row.median(lambda x: x.p50):.2f}",
                                f"{row.median(lambda x: x.p99):.2f}",
                                f"{row.median(lambda x: x.p50) - base.median(lambda x: x.p50):.2f}",
                                f"{row.median(lambda x: x.p99) - base.median(lambda x: x.p99):.2f}",
                                f"{min(x.cpu_ms for x in row.loads):.2f}" if pids[name] else "",
                                str(sum(x.errors for x in row.loads)),
                            ]
                            for name, row in rows.items()
                        ],
                    )


@dataclass
class Asked:
    """What the upstream was sent last."""

    body: bytes = b""


async def paced_upstream(port: int, events: int, pause: float, asked: Asked | None = None) -> asyncio.Server:
    """A stream whose events carry the moment at which they were written."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
                body = await reader.readexactly(length)
                if asked is not None:
                    asked.body = body
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                )
                start = {
                    "type": "message_start",
                    "message": {
                        "id": "m",
                        "type": "message",
                        "role": "assistant",
                        "content": [],
                        "model": "claude-sonnet-4-5",
                        "usage": {"input_tokens": 9, "output_tokens": 1},
                    },
                }
                for name, data in (
                    ("message_start", start),
                    (
                        "content_block_start",
                        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                    ),
                ):
                    chunk(writer, name, data)
                for _ in range(events):
                    chunk(
                        writer,
                        "content_block_delta",
                        {
                            "type": "content_block_delta",
                            "index": 0,
                            "delta": {"type": "text_delta", "text": f"{time.monotonic():.6f} "},
                        },
                    )
                    await writer.drain()
                    if pause:
                        await asyncio.sleep(pause)
                chunk(writer, "content_block_stop", {"type": "content_block_stop", "index": 0})
                chunk(
                    writer,
                    "message_delta",
                    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": events}},
                )
                chunk(writer, "message_stop", {"type": "message_stop"})
                writer.write(b"0\r\n\r\n")
                await writer.drain()

    def chunk(writer: asyncio.StreamWriter, name: str, data: object) -> None:
        text = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
        writer.write(b"%x\r\n%s\r\n" % (len(text), text))

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def read_stream(port: int, body: bytes) -> tuple[float, list[float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(
        b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: sk-b\r\nanthropic-version: 2023-06-01\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )
    first, lags = 0.0, []
    while line := await reader.readline():
        if not first and line.startswith(b"event:"):
            first = time.monotonic() - began
        if found := re.search(rb'"text": "([\d.]+) "', line):
            lags.append(time.monotonic() - float(found[1]))
        if b"message_stop" in line and line.startswith(b"data"):
            break
    writer.close()
    return first, lags


def bench_stream(folder: Path, streams: int) -> None:
    raw = with_long_log(20_000)
    plain = json.loads(raw)
    plain.pop("tools")
    raw_plain = json.dumps(plain).encode()

    async def run() -> None:
        up, events = free_port(), 60
        server = await paced_upstream(up, events, 0.01)
        ports = {"nginx": free_port(), "mitmdump": free_port(), "headroom": free_port()}
        command, env = headroom(ports["headroom"], up, folder / "ws-s")
        stack = [
            running(nginx_proxy(folder, ports["nginx"], up), ports["nginx"], TARGET),
            running(mitmdump(ports["mitmdump"], up, folder), ports["mitmdump"], TARGET),
            running(command, ports["headroom"], TARGET, **env, HEADROOM_COMPRESSION_DEADLINE_SECONDS="30"),
        ]
        with stack[0] as a, stack[1] as b, stack[2] as c:
            targets = [
                ("direct", up, None, raw), ("nginx", ports["nginx"], a.pid, raw), ("mitmdump", ports["mitmdump"], b.pid, raw),
                ("headroom, no tools", ports["headroom"], c.pid, raw_plain),
                ("headroom, may retrieve", ports["headroom"], c.pid, raw),
            ]  # fmt: skip
            for count in (1, streams):
                rows = []
                for name, port, pid, text in targets:
                    await read_stream(port, text)
                    before = cpu_seconds(pid) if pid else 0.0
                    got = [
                        r
                        for _ in range(max(1, 8 // count))
                        for r in await asyncio.gather(*(read_stream(port, text) for _ in range(count)))
                    ]
                    spent = (cpu_seconds(pid) - before) if pid else 0.0
                    lags = sorted(x for _, lag in got for x in lag)
                    rows.append([
                        name,
                        f"{1e3 * statistics.median(f for f, _ in got):.2f}",
                        f"{1e3 * lags[len(lags) // 2]:.2f}",
                        f"{1e3 * lags[int(len(lags) * 0.99)]:.2f}",
                        f"{1e3 * spent / max(1, len(lags)):.3f}" if pid else "",
                    ])  # fmt: skip
                print(f"paced stream of {events} events, {count} at once")
                table(["", "first byte p50 ms", "event lag p50 ms", "event lag p99 ms", "CPU ms/event"], rows)
        server.close()

    asyncio.run(run())


@contextmanager
def on_the_load_processor() -> Iterator[None]:
    """Client and upstream live in this process: keep it off the target's processor."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    os.sched_setaffinity(0, {LOAD})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(CPUS))


def with_long_log(size: int) -> bytes:
    """A streamed request of an agent whose oldest tool result is so long that much of it is left out, to be retrieved."""
    body = json.loads(conversation(size))
    body["messages"][2]["content"][0]["content"] = suite_run("bench", 600)
    body["stream"] = True
    return json.dumps(body).encode()


def bench_first_byte(folder: Path, streams: int, samples: int) -> None:
    """The first byte of a stream that may contain a retrieval, against the same request where none can be: in turns."""
    raw = with_long_log(20_000)
    calm = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "30"}

    async def run() -> None:
        up, asked = free_port(), Asked()
        server = await paced_upstream(up, 3, 0.0, asked)
        ports = {"no retrieval": free_port(), "may retrieve": free_port()}
        plain, plain_env = headroom(ports["no retrieval"], up, folder / "ws-f0", "--no-ccr-inject-tool")
        command, env = headroom(ports["may retrieve"], up, folder / "ws-f1")
        with (
            running(plain, ports["no retrieval"], TARGET, **plain_env, **calm),
            running(command, ports["may retrieve"], TARGET, **env, **calm),
        ):
            for name, port in ports.items():
                for _ in range(20):
                    await read_stream(port, raw)
                if (b'"headroom_retrieve"' in asked.body) != (name == "may retrieve"):
                    raise SystemExit(f"{name}: the retrieval tool's presence is not what the row says")
            for count in (1, streams):
                firsts = await in_turns(ports, raw, count, max(20, samples // count))
                compare(f"first byte of a stream, {count} at once, in turns", firsts)
        server.close()

    with on_the_load_processor():
        asyncio.run(run())


async def in_turns(ports: dict[str, int], raw: bytes, count: int, rounds: int) -> dict[str, list[float]]:
    """First-byte times in ms by way, one entry a round (the median of its streams); which way begins alternates."""
    found: dict[str, list[float]] = {name: [] for name in ports}
    for i in range(rounds):
        for name in list(ports)[:: 1 if i % 2 else -1]:
            await asyncio.sleep(0.04)  # the other way's books are kept beside its answer, on the same processor
            got = await asyncio.gather(*(read_stream(ports[name], raw) for _ in range(count)))
            found[name].append(1e3 * statistics.median(first for first, _ in got))
    return found


def compare(title: str, found: dict[str, list[float]]) -> None:
    """Both ways' median and p90, and the median of the rounds' differences with its 95 % interval (bootstrap of rounds)."""
    (_, base), (_, other) = found.items()
    differences = [b - a for a, b in zip(base, other, strict=True)]
    middle = statistics.median(differences)
    rng = random.Random(1)
    again = sorted(statistics.median(rng.choices(differences, k=len(differences))) for _ in range(2000))
    spread = statistics.median(abs(x - middle) for x in differences)
    print(f"{title}: {len(differences)} rounds each")
    table(
        ["", "p50 ms", "p90 ms"],
        [
            [name, f"{statistics.median(times):.2f}", f"{sorted(times)[int(len(times) * 0.9)]:.2f}"]
            for name, times in found.items()
        ],
    )
    low, high = again[int(len(again) * 0.025)], again[int(len(again) * 0.975)]
    verdict = "later" if low > 0 else "earlier" if high < 0 else "no difference that can be told"
    print(
        f"difference {middle:+.3f} ms, 95 % interval {low:+.3f} to {high:+.3f}, one round varies by {spread:.3f}: {verdict}"
    )
    print(flush=True)


def bench_start(folder: Path) -> None:
    rows = []
    up = free_port()
    with running(nginx_upstream(folder, up), up, LOAD):
        for name in ("mitmdump", "headroom"):
            times, sizes, after = [], [], []
            for i in range(3):
                port = free_port()
                command, env = (
                    (mitmdump(port, up, folder), {}) if name == "mitmdump" else headroom(port, up, folder / f"ws-{i}")
                )
                process = subprocess.Popen(
                    command, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                times.append(wait_port(port, process))
                time.sleep(1.0)
                sizes.append(megabytes(process.pid))
                body = folder / "start-body"
                body.write_bytes(conversation(20_000))
                wrk(port, body, 1, 1, process.pid)
                after.append(megabytes(process.pid))
                process.terminate()
                process.wait(15)
            rows.append(
                [
                    name,
                    f"{statistics.median(times):.2f}",
                    f"{statistics.median(sizes):.0f}",
                    f"{statistics.median(after):.0f}",
                ]
            )
    print("start and memory (proportional set size)")
    table(["", "start to first answer s", "idle MB", "after some requests MB"], rows)


def bench_turns(folder: Path, talks: int) -> None:
    """CPU of one turn with the same new content, early and late in a conversation; a bare mitmdump only carries the bytes.

    Two hundred turns fill a window of about 200,000 tokens. Every turn is sent once; a row is the mean of 18 turns of
    each conversation.
    """
    import http.client

    up, port, bare = free_port(), free_port(), free_port()
    command, env = headroom(port, up, folder / "ws-t")
    stack = [
        running(nginx_upstream(folder, up), up, LOAD),
        running(mitmdump(bare, up, folder), bare, TARGET),
        running(command, port, TARGET, **env),
    ]

    def post(to: int, body: bytes) -> None:
        c = http.client.HTTPConnection("127.0.0.1", to)
        headers = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}
        c.request("POST", "/v1/messages", body, headers)
        c.getresponse().read()
        c.close()

    with stack[0], stack[1] as plain, stack[2] as process:
        spent: dict[int, list[tuple[float, float, int]]] = {20: [], 60: [], 200: []}
        # The next conversation begins while the last one nears its end, so that early and late turns are sent in turns:
        # a machine that grows slower for some minutes slows both.
        steps = sorted((180 * talk + k, talk, k) for talk in range(talks) for k in range(1, 210))
        bodies: dict[int, list[bytes]] = {}
        for _, talk, k in steps:
            if talk not in bodies:
                # All of a talk at once: to write a body just before it is sent would drive the caches' contents out.
                bodies = {old: bodies[old] for old in bodies if old == talk - 1}
                bodies[talk] = [conversation(10**9, 7 + talk, turns=turns, block=3_600) for turns in range(1, 210)]
            body = bodies[talk][k - 1]
            costs = []
            for pid, to in ((process.pid, port), (plain.pid, bare)):
                before = cpu_seconds(pid)
                post(to, body)
                time.sleep(0.05)  # books and counts are done beside the answer
                costs.append(1e3 * (cpu_seconds(pid) - before))
            for middle, window in spent.items():
                if middle - 9 <= k < middle + 9:
                    window.append((costs[0], costs[1], len(body)))
    rows = []
    for k, window in spent.items():
        ours, carried, size = (statistics.mean(column) for column in zip(*window, strict=True))
        if k == 20:
            first, first_carried = ours, carried
        rows.append([
            str(k), f"{size / 1024:,.0f}", f"{carried:.1f}", f"{carried / first_carried:.2f}", f"{ours:.1f}",
            f"{ours / first:.2f}", f"{ours - carried:.1f}", f"{(ours - carried) / (first - first_carried):.2f}",
        ])  # fmt: skip
    print("CPU of a turn as the conversation grows (same kind of new content; the whole history is resent)")
    head = [
        "turn",
        "request KB",
        "bare mitmdump ms",
        "× turn 20",
        "headroom ms",
        "× turn 20",
        "beyond mitmdump ms",
        "×",
    ]
    table(head, rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["proxy", "stream", "start", "turns", []], default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--samples", type=int, default=400, help="first bytes of each way, by one stream at a time")
    parser.add_argument("--talks", type=int, default=4, help="conversations of 200 turns")
    given = parser.parse_args()
    for tool in ("wrk", "nginx"):
        if not shutil.which(tool):
            print(f"{tool} is missing; install it (Debian: apt-get install {tool})", file=sys.stderr)
            return 1
    what = given.what or ["start", "proxy", "stream", "turns"]
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name:
        folder = Path(name)
        if "start" in what:
            bench_start(folder)
        if "proxy" in what:
            bench_load(folder, given.rounds, given.seconds)
        if "stream" in what:
            bench_first_byte(folder, given.streams, given.samples)
            bench_stream(folder, given.streams)
        if "turns" in what:
            bench_turns(folder, given.talks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
