"""Finished exchanges of every kind, for tests of the books."""

from __future__ import annotations

from hypothesis import strategies as st

from headroom.exchange import Exchange, Outcome, Usage, Verdict, Wire

WALL = 1_790_000_000.0
MODELS = ("claude-sonnet-4-5", "gpt-4o", "gemini-2.5-pro", "a-model-nobody-knows")


def exchange(number: int = 0, **fields) -> Exchange:
    """One that went well; ``fields`` replace what it says."""
    base = {
        "request_id": f"hr_{int(WALL)}_{number:06d}",
        "wall": WALL + number,
        "started": 100.0 + number,
        "wire": Wire.ANTHROPIC,
        "provider": "anthropic",
        "method": "POST",
        "path": "/v1/messages",
        "upstream": "https://api.anthropic.com",
        "model": "claude-sonnet-4-5",
        "body_in": b'{"messages":[]}',
        "status": 200,
        "tokens_before": 10_000,
        "tokens_after": 4_000,
        "usage": Usage(input=3_900, output=50),
        "first_byte": 100.4 + number,
        "ended": 101.0 + number,
        "overhead": 0.003,
        "client": "claude-code",
        "project": "demo",
        "transforms": ["log"],
        "verdicts": [Verdict("compressed", "log", 1, "Bash", "log", 9_000, 3_000)],
        "stages": {"compress": 0.002},
    }
    made = Exchange(**(base | fields))
    if not made.body_out:
        made.body_out = made.body_in
    return made


counts = st.integers(0, 200_000)
usages = st.builds(Usage, counts, counts, counts, counts, st.integers(0, 8_000))
odd_usages = st.builds(Usage, st.integers(-5, 5), st.integers(-5, 5), st.just(0), st.just(0), st.integers(-5, 5))
verdicts = st.lists(
    st.builds(
        Verdict,
        st.sampled_from(["compressed", "raw", "refused"]),
        st.sampled_from(["log", "json", "too_small", "protected"]),
        st.just(0),
        st.just("Bash"),
        st.sampled_from(["log", "json", None]),
        st.integers(0, 50_000),
        st.integers(0, 50_000),
        fresh=st.booleans(),
    ),
    max_size=4,
)
endings = st.sampled_from(
    [
        (Outcome.OK, 200),
        (Outcome.OK, 200),
        (Outcome.BYPASS, 200),
        (Outcome.CACHED, 200),
        (Outcome.RATE_LIMITED, 429),
        (Outcome.BUDGET, 429),
        (Outcome.REFUSED, 503),
        (Outcome.FAILED, 502),
        (Outcome.FAILED, 200),
        (Outcome.ABORTED, 200),
        (Outcome.ABORTED, 0),
    ]
)


@st.composite
def exchanges(draw, number: int = 0) -> Exchange:
    """Cached, failed, refused, aborted, streamed, estimated, retried and shadowed ones."""
    outcome, status = draw(endings)
    before = draw(st.integers(0, 300_000))
    notes: dict[str, object] = {}
    if draw(st.booleans()):
        notes["output_bytes"] = draw(st.integers(0, 100_000))
    if draw(st.integers(0, 9)) == 0:
        notes["shadow_bytes"] = 17
    if draw(st.integers(0, 5)) == 0:
        notes["retrieved_tokens"] = draw(st.integers(0, 20_000))
    if draw(st.integers(0, 9)) == 0:
        notes["discarded_usage"] = draw(usages)
    if draw(st.booleans()):
        notes["cache_miss"] = True
    if retries := draw(st.integers(0, 2)):
        notes["retried"] = ("connection",) * retries
    return exchange(
        number,
        outcome=outcome,
        status=status,
        cache_hit=outcome is Outcome.CACHED,
        stream=draw(st.booleans()),
        model=draw(st.sampled_from(MODELS)),
        provider=draw(st.sampled_from(["anthropic", "openai", "gemini"])),
        client=draw(st.sampled_from([None, "claude-code", "codex"])),
        project=draw(st.sampled_from([None, "demo", "other project"])),
        tokens_before=before,
        tokens_after=draw(st.integers(0, before + 5_000)),
        usage=draw(st.one_of(st.none(), usages, odd_usages)),
        verdicts=draw(verdicts),
        retries=retries,
        rescued=draw(st.integers(0, 9)) == 0,
        rounds=draw(st.integers(0, 2)),
        truncated=draw(st.integers(0, 9)) == 0,
        first_byte=draw(st.sampled_from([None, 100.2 + number])),
        wall=WALL + draw(st.integers(-7_200, 40 * 86_400)),
        notes=notes,
    )


@st.composite
def mixes(draw, most: int = 12) -> list[Exchange]:
    """Several, each with an id of its own."""
    return [draw(exchanges(number)) for number in range(draw(st.integers(0, most)))]
