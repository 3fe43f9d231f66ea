"""A test kit without a provider: a scripted LLM upstream, an agent that plays sessions, a fake clock and scorer.

**The upstream.** ``ScriptedLLM`` answers Anthropic Messages, OpenAI Chat Completions and Responses (SSE and
WebSocket) and Gemini on one loopback port. It refuses what the providers refuse, in their words, and bills by a model
of their prompt caches. ::

    async with ScriptedLLM() as llm:                     # port, ssl_context, clock, foreign, auth, billing, default …
        llm.queue("Hello.", [Thinking("hm"), "Looking.", Call("Bash", {"command": "ls"})])   # one reply a request
        llm.on(When(contains="weather"), "Sunny.", times=1)        # rules go before the queue
        llm.queue([Retrieve(lines="10-20")], "Found it.")           # calls headroom's tool with a hash it saw
        llm.fail(faults.rate_limited(2), times=3)                   # faults are replies, too
        llm.on(When(rewritten=True), faults.refused(400))           # refuse bodies with headroom's marks
        llm.play(DEMO.brain())                              # a function of the request, when all else is used up
        …                                                            # call llm.base_url + "/v1/messages" and so on
        llm.last.body, llm.last.header("x-api-key"), llm.last.usage, llm.last.refusal, llm.generations, llm.usage

A reply is a text, a block (``Text``, ``Thinking``, ``Call``, ``Retrieve``), a list of those, a ``Fault``, or a
``Reply(blocks, stop, fault, usage, piece, pause, headers)``; ``usage`` is "cache" (billed), "omit", or a ``Usage`` told as
it stands. ``RecordedRequest`` has method, path, query, headers, body (decoded), wire_body, wire, operation, model,
stream, conversation (entries, tools, client_results, retrievals), status, refusal (why it was invalid), usage, sent
(bytes written back), finished, disconnected, arrived, ended, connection. ``hold()``/``release()`` keep requests waiting;
``await wait_for_requests(n)`` waits for their arrival; ``reset()`` forgets everything.

**Faults** (``headroom.testing.faults``): status, rate_limited, overloaded, server_error, html_502, refused, reset, close,
rst_after, cut_after, cut_event, slow_head, slow_first_byte, stall_after, wrong_length, malformed_sse, truncated_gzip,
gzip, empty, empty_body, slices, stream_error, unknown_events, no_terminator, crlf, wait_for.

**As a process**: ``python -m headroom.testing.upstream --port 0`` prints ``listening on URL``; ``LLMProcess`` starts
one and offers the same methods synchronously over ``/__control/`` (see ``headroom.testing.control``).

**The agent**: ``async for turn in ScriptedAgent(base_url, Wire.ANTHROPIC, stream=True).run(): …`` plays the bundled
session (``DEMO``, 19 model calls, 18 tool outputs, 100,000 tokens) and yields ``Turn``: status, headers,
request, response, reading (text, calls, usage), first_byte, seconds, kinds. ``agent.strays`` lists calls that no client
tool answers: a leaked retrieve call shows up there.

**The proxy**: ``GatewayProcess(upstream_url, workspace, flags)`` starts ``headroom proxy`` on a free port, waits until it
is ready, and has ``base_url``, ``pid``, ``output`` and ``stop()``. ``free_port()`` gives a port for a server that must be
told one.

**Time and model**: ``FakeClock`` (``now()``, ``advance``, callable) and ``FakeScorer`` (deterministic; sleeps, raises, NaN).
"""

from headroom.testing import faults
from headroom.testing.agent import AgentError, ScriptedAgent, Turn
from headroom.testing.clock import Clock, FakeClock, SystemClock
from headroom.testing.faults import Fault
from headroom.testing.gateway import GatewayProcess
from headroom.testing.ports import free_port
from headroom.testing.process import LLMProcess
from headroom.testing.record import Conversation, Entry, RecordedRequest
from headroom.testing.scorer import FakeScorer
from headroom.testing.script import Call, Reply, Retrieve, Text, Thinking, When
from headroom.testing.server import ScriptedLLM, scripted
from headroom.testing.session import Session
from headroom.testing.story import DEMO

__all__ = [
    "DEMO",
    "AgentError",
    "Call",
    "Clock",
    "Conversation",
    "Entry",
    "FakeClock",
    "FakeScorer",
    "Fault",
    "GatewayProcess",
    "LLMProcess",
    "RecordedRequest",
    "Reply",
    "Retrieve",
    "ScriptedAgent",
    "ScriptedLLM",
    "Session",
    "SystemClock",
    "Text",
    "Thinking",
    "Turn",
    "When",
    "faults",
    "free_port",
    "scripted",
]
