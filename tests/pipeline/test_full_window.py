"""A prompt that outgrows its model's window is cleared by what its texts really come to, however dense they are."""

import base64
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom.accounts.tokens import count
from headroom.exchange import Usage
from headroom.pipeline import room, window
from headroom.pipeline.window import Windows
from tests.pipeline.test_lifecycle import House, body, results

MODEL = "claude-sonnet-4-5"
SIZE = 40_000
ROOM = window.room(SIZE, 1_000)
WORDS = [
    "the",
    "valve",
    "was",
    "closed",
    "before",
    "noon",
    "and",
    "nobody",
    "in",
    "our",
    "house",
    "had",
    "asked",
    "why",
]


def digits(rng, size):
    return " ".join(str(rng.randrange(10)) for _ in range(size // 2))


def dense_log(rng, size):
    rows = (
        f"{rng.randrange(10**9)}.{rng.randrange(10**6)} 0x{rng.getrandbits(64):x} q={rng.random():.9f}"
        for _ in range(size // 50)
    )
    return "\n".join(rows)


def encoded(rng, size):
    return base64.b64encode(rng.randbytes(size * 3 // 4)).decode()


def cjk(rng, size):
    return "".join(chr(rng.randrange(0x4E00, 0x9FA5)) + "，\n" * (rng.random() < 0.05) for _ in range(size // 3))


def prose(rng, size):
    return "".join(f"{rng.choice(WORDS)}{rng.choice((' ', ' ', ' ', '. ', chr(10)))}" for _ in range(size // 5))


KINDS = [digits, dense_log, encoded, cjk, prose]


def texts_of(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for child in node:
            yield from texts_of(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key == "input":
                yield json.dumps(child)
            elif key in {"content", "text", "system", "messages"}:
                yield from texts_of(child)


def counted(raw):
    """Tokens of all texts that the model reads, tools included."""
    request = json.loads(raw)
    return count(json.dumps(request["tools"])) + sum(map(count, texts_of(request)))


def session(seed, kinds, steps, size):
    rng = random.Random(seed)
    return [
        ("Bash", {"command": f"report {n}"}, f"{n} {rng.choice(kinds)(rng, rng.randint(size // 2, size))}")
        for n in range(steps)
    ]


class Sent:
    """What tests look at of an exchange; the whole of it takes minutes to print where an assertion fails."""

    def __init__(self, exchange):
        self.raw, self.notes = exchange.body_out, set(exchange.notes)
        self.results, self.tokens = results(self.raw), counted(self.raw)
        self.whys = {verdict.why.split(":")[0] for verdict in exchange.verdicts}

    def __repr__(self):
        return f"<{self.tokens} tokens, {len(self.results)} results>"


def house(**options):
    return House(mode="token", windows=Windows({MODEL: SIZE}), **options)


def stays(steps):
    """Tokens that may not go: the front, what the user said, the newest results, and stubs for the others."""
    newest = steps[-window.NEWEST :]
    others = len(steps) - len(newest)
    return counted(body(newest)) + others * 120


@given(
    seed=st.integers(0, 10**6),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True),
    steps=st.integers(11, 70),
    size=st.sampled_from([600, 1_500, 4_000, 12_000]),
    first=st.booleans(),
    late=st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_sent_fits_the_window_where_old_results_suffice(seed, kinds, steps, size, first, late):
    made = session(seed, kinds, steps, size)
    proxy, raw = house(), body(made)
    if not first:  # the provider has counted all but the newest result
        answered = proxy.send(body(made[:-1]), 1000.0, noted=False)
        answered.usage = Usage(0, 0, counted(answered.body_out))
        proxy.pipeline.observed(answered, now=1000.0)
    sent = proxy.send(raw, 1010.0, seconds=0.0 if late else 60.0, noted=False)
    seen = Sent(sent)
    after = seen.tokens
    if counted(raw) + 40 * steps <= 0.9 * ROOM:
        assert "window" not in seen.whys, "nothing goes while all fits"
    least = stays(made)
    if least < 0.9 * ROOM:
        assert after <= ROOM
        if "revised" in seen.notes and not late and size >= 4_000 and least < 0.5 * SIZE:
            assert after <= 1.03 * window.CLEAR_TO * SIZE
    if after < ROOM - 500:
        sent.usage = Usage(0, 0, after)
        proxy.pipeline.observed(sent, now=1010.0)
        later = proxy.send(body([*made, ("Bash", {"command": "true"}, "")]), 1020.0)
        assert Sent(later).results[:-1] == seen.results, "decided once"


@pytest.mark.parametrize("kind", KINDS[:3] + KINDS[4:], ids=lambda kind: kind.__name__)
def test_what_there_is_no_time_to_count_is_sampled(kind, monkeypatch):
    monkeypatch.setattr(room, "_COUNTED", 1.0)
    made, proxy = session(3, [kind], 200, 1_500), house(compress_first=False)
    raw = body(made)
    assert counted(raw) > ROOM
    sent = Sent(proxy.send(raw, 1000.0, seconds=0.0))
    assert "revised" in sent.notes
    assert sent.tokens <= ROOM


def test_nothing_is_counted_while_it_fits_however_dense_it_is(monkeypatch):
    looked = []
    proxy = house()
    monkeypatch.setattr(proxy.pipeline._counts, "sent", lambda *_args, **_kind: looked.append(1) or 0)
    proxy.send(body(session(4, [digits], 14, 800)), 1000.0)
    assert not looked
    proxy.send(body(session(5, [digits], 40, 1_600)), 1000.0)
    assert looked


def test_a_dense_first_request_is_cleared_as_documented():
    made, proxy = session(6, [encoded], 50, 2_600), house()
    raw = body(made)
    assert len(raw) // 4 < ROOM < counted(raw), "by its bytes it fits"
    sent = Sent(proxy.send(raw, 1000.0))
    assert 0.4 * SIZE < sent.tokens <= 1.03 * window.CLEAR_TO * SIZE


def test_a_dense_result_behind_what_the_provider_counted_is_counted():
    made, proxy = session(7, [prose], 12, 6_000), house()
    proxy.send(body(made), 1000.0, Usage(0, 0, int(0.8 * SIZE)))
    sent = Sent(proxy.send(body([*made, ("Bash", {"command": "dump"}, encoded(random.Random(8), 15_000))]), 1010.0))
    assert "revised" in sent.notes
    assert "window" in sent.whys


def test_calls_go_only_until_enough_is_free():
    made = [("Write", {"file_path": f"/m{n}", "content": prose(random.Random(n), 3_000)}, "ok") for n in range(90)]
    proxy = house()
    sent = Sent(proxy.send(body(made), 1000.0))
    assert 0.5 * SIZE < sent.tokens <= 1.03 * window.CLEAR_TO * SIZE
