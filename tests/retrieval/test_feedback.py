import pytest

from headroom.retrieval.feedback import MIN_SAMPLES, Feedback, Gates, Made, refetches, wilson
from headroom.retrieval.wanted import MAX_AGE, Wanted


def play(feedback, clock, tool, kind, *, offered, retrieved=0, refetched=0):
    for i in range(offered):
        feedback.offered(tool, kind, f"{tool}{kind}{i}", tokens=100, now=clock.now)
    for i in range(retrieved):
        feedback.retrieved(tool, kind, f"{tool}{kind}{i}", now=clock.now)
        feedback.retrieved(tool, kind, f"{tool}{kind}{i}", now=clock.now)  # twice is still one block
    for i in range(refetched):
        feedback.refetched(tool, kind, f"{tool}{kind}{offered - 1 - i}", now=clock.now)


def test_few_samples_say_nothing(store, clock):
    feedback = Feedback(store)
    play(feedback, clock, "Bash", "log", offered=MIN_SAMPLES - 1, retrieved=MIN_SAMPLES - 1)
    assert feedback.gates(now=clock.now) == Gates()
    assert Gates().chance("Bash", "log", 0.05) == 0.05


def test_what_is_often_wanted_back_gets_a_higher_chance(store, clock):
    feedback = Feedback(store)
    play(feedback, clock, "Bash", "log", offered=40, retrieved=15, refetched=15)
    gates = feedback.gates(now=clock.now)
    assert 0.5 < gates.chance("Bash", "log", 0.05) < 0.75
    assert gates.chance("Bash", "json", 0.15) == 0.15
    rate = feedback.rates()["Bash", "log"]
    assert (rate.offered, rate.retrieved, rate.refetched, rate.wanted, rate.tokens) == (40, 15, 15, 30, 4000)
    assert rate.backs_off
    assert gates.backs_off("Bash", "log")
    assert not gates.backs_off("Bash", "json")


def test_a_block_that_was_retrieved_and_called_for_again_is_wanted_once(store, clock):
    feedback = Feedback(store)
    play(feedback, clock, "Bash", "log", offered=40, retrieved=40, refetched=40)
    feedback.read(now=clock.now)
    rate = feedback.rates()["Bash", "log"]
    assert (rate.retrieved, rate.refetched, rate.wanted) == (40, 0, 40)
    assert rate.high <= 1.0


def test_what_is_asked_back_within_the_very_call_that_condensed_counts(store, clock):
    """The retrieval is then written down before the result it belongs to."""
    feedback = Feedback(store)
    for n in range(MIN_SAMPLES):
        feedback.retrieved("Bash", "log", f"h{n}", now=clock.now)
        feedback.read(now=clock.now)
        feedback.offered("Bash", "log", f"h{n}", tokens=10, now=clock.now)
    feedback.retrieved("Bash", "log", "of another installation", now=clock.now)
    feedback.read(now=clock.now)
    rate = feedback.rates()["Bash", "log"]
    assert (rate.offered, rate.retrieved) == (MIN_SAMPLES, MIN_SAMPLES)
    assert rate.backs_off


def test_a_quarter_wanted_back_is_no_reason_to_stop(store, clock):
    feedback = Feedback(store)
    play(feedback, clock, "Bash", "log", offered=40, retrieved=10)
    assert not feedback.gates(now=clock.now).backs_off("Bash", "log")
    assert not feedback.rates()["Bash", "log"].backs_off


def test_what_is_never_wanted_back_gets_a_lower_one(store, clock):
    feedback = Feedback(store)
    play(feedback, clock, "Bash", "code", offered=200)
    assert feedback.gates(now=clock.now).chance("Bash", "code", 0.4) < 0.03


def test_a_conversation_keeps_its_table(store, clock):
    one, other = Feedback(store), Feedback(store)
    play(one, clock, "Bash", "log", offered=40, retrieved=30)
    first = one.gates(now=clock.now)
    play(one, clock, "Bash", "json", offered=40, retrieved=30)
    assert one.gates(now=clock.now) == first  # not read again so soon
    clock.now += 601
    second = one.gates(now=clock.now)
    assert second.version != first.version
    assert other.pinned(first.version) == first
    assert other.pinned(second.version) == second
    assert other.pinned("") == Gates()
    assert other.pinned("unknown") is None


def test_the_same_counts_give_the_same_version(store, clock):
    one, other = Feedback(store), Feedback(store)
    play(one, clock, "Bash", "log", offered=40, retrieved=30)
    assert one.gates(now=clock.now).version == other.gates(now=clock.now).version != ""


@pytest.mark.parametrize(
    ("calls", "since", "want"),
    [
        ([Made(1, "Bash", "ls", "h1"), Made(3, "Bash", "ls", "h2")], 3, ("h1",)),
        ([Made(1, "Bash", "ls", "h1"), Made(3, "Bash", "ls", "h2"), Made(4, "Bash", "pwd")], 4, ()),
        ([Made(1, "Bash", "ls", "h1"), Made(7, "Bash", "ls")], 0, ()),
        ([Made(1, "Bash", "ls", None), Made(2, "Bash", "ls")], 0, ()),
        ([Made(1, "Bash", "ls", "h1"), Made(2, "Bash", "pwd")], 0, ()),
        ([Made(1, "Bash", "ls", "h1"), Made(1, "Bash", "ls", "h2")], 0, ()),
    ],
    ids=["run again", "told before", "much later", "was not condensed", "another command", "in parallel"],
)
def test_a_call_made_again_soon_is_a_hidden_failure(calls, since, want):
    assert refetches(calls, since=since) == want


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (50, 100, 0.4038, 0.5962)],
)
def test_wilson(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_searches_tell_what_is_wanted_for_a_while():
    wanted = Wanted()
    wanted.note("a", "Bash", "request_id=77 (timeout|refused)", now=100.0)
    assert wanted.words("a", "Bash", now=200.0) == "request_id timeout refused"
    assert wanted.words("a", "Grep", now=200.0) == ""
    assert wanted.words("b", "Bash", now=200.0) == ""
    assert wanted.words(None, "Bash", now=200.0) == ""
    assert wanted.words("a", "Bash", now=101.0 + MAX_AGE) == ""
