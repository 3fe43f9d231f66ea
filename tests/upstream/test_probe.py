import asyncio
from types import SimpleNamespace

import pytest

from headroom.errors import UpstreamUnreachable
from headroom.testing import FakeClock
from headroom.upstream.probe import CACHE_SECONDS, FRESH_SECONDS, Probe

BASE = "https://api.example"


class Sender:
    def __init__(self):
        self.asked = []
        self.error = None
        self.gate = None

    async def send(self, request):
        self.asked.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise UpstreamUnreachable(self.error)
        return SimpleNamespace(close=lambda: None)


@pytest.fixture
def parts():
    clock, sender = FakeClock(1000.0), Sender()
    return clock, sender, Probe(sender, clock.now, clock.now)


async def test_real_traffic_says_enough_for_a_minute(parts):
    clock, sender, probe = parts
    probe.note(BASE, status=200)
    clock.advance(FRESH_SECONDS - 1)
    assert (await probe.state(BASE)).status == "healthy"
    probe.note(BASE, "connection refused")
    assert (await probe.state(BASE)).status == "unhealthy"
    assert sender.asked == []


async def test_without_traffic_one_request_without_credentials_is_made(parts):
    clock, sender, probe = parts
    assert probe.last(BASE).status == "unknown"
    assert (await probe.state(BASE)).status == "healthy"
    request = sender.asked[0]
    assert (request.method, request.url, request.retry, request.body) == ("HEAD", f"{BASE}/", False, b"")
    assert {name for name, _ in request.headers} == {"accept"}
    clock.advance(CACHE_SECONDS - 1)
    await probe.state(BASE)
    assert len(sender.asked) == 1
    clock.advance(2)
    sender.error = "gone"
    state = await probe.state(BASE)
    assert (state.status, state.error) == ("unhealthy", "gone")
    assert state.last_ok == 1000.0


async def test_many_questions_at_once_make_one_request(parts):
    _, sender, probe = parts
    sender.gate = asyncio.Event()
    asking = [asyncio.ensure_future(probe.state(BASE)) for _ in range(10)]
    await asyncio.sleep(0)
    sender.gate.set()
    assert {state.status for state in await asyncio.gather(*asking)} == {"healthy"}
    assert len(sender.asked) == 1


async def test_it_never_asks_when_told_not_to():
    clock, sender = FakeClock(1000.0), Sender()
    probe = Probe(sender, clock.now, clock.now, skip=True)
    assert (await probe.state(BASE)).status == "unknown"
    probe.note(BASE, "connection refused")
    assert (await probe.state(BASE)).status == "unhealthy"
    clock.advance(FRESH_SECONDS + 1)
    assert (await probe.state(BASE)).status == "unknown"
    assert sender.asked == []


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        pytest.param([200], "healthy", id="an answer"),
        pytest.param([400], "healthy", id="a refusal is an answer"),
        pytest.param([529], "healthy", id="one overloaded answer"),
        pytest.param([529] * 20, "healthy", id="a provider that stays overloaded is there"),
        pytest.param([500], "healthy", id="one server error"),
        pytest.param([500, 502], "healthy", id="two server errors"),
        pytest.param([500, 502, 503], "unhealthy", id="three server errors in a row"),
        pytest.param([500, 502, 200, 503], "healthy", id="server errors with an answer between them"),
        pytest.param([500, 502, 503, 529], "healthy", id="overloaded after server errors"),
        pytest.param([(200, "broke off")], "healthy", id="one answer that broke off"),
        pytest.param([(200, "broke off")] * 3, "unhealthy", id="three answers that broke off"),
        pytest.param(["gone"], "unhealthy", id="no answer at all"),
        pytest.param(["gone", 500], "healthy", id="a server error after no answer"),
        pytest.param([500, 500, "gone", 200], "healthy", id="an answer after all"),
    ],
)
async def test_what_real_answers_say_of_an_upstream(parts, outcomes, status):
    _, sender, probe = parts
    for outcome in outcomes:
        status_, error = (
            (None, outcome) if isinstance(outcome, str) else outcome if isinstance(outcome, tuple) else (outcome, None)
        )
        probe.note(BASE, error, status=status_)
    assert (await probe.state(BASE)).status == status
    assert probe.uses(BASE) == len(outcomes)
    assert sender.asked == []


async def test_upstreams_that_callers_name_are_not_remembered_without_end(parts):
    _, _, probe = parts
    for _ in range(3):
        probe.note(BASE, status=200)
    for number in range(2_000):
        probe.note(f"https://{number}.example", status=200)
    assert probe.uses(BASE) == 3, "the one most used stays"
    assert sum(probe.uses(f"https://{number}.example") for number in range(2_000)) == 499
