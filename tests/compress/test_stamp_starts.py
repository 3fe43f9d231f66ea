"""What time stamps begin with is said once, is put back exactly, and stays where somebody asks for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokens
from headroom.compress import law
from headroom.compress.log import Log
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.router import Policy, compress
from headroom.compress.stamp_starts import ended, is_note, left_out, put_back
from tests.compress.line_samples import asking, encoded, keeps_the_law, odd_line, round_trips, shown, spelled

LOG = Log()
ASKED = "Anything wrong in this shop log?"
WORDS = ("basket", "till", "shelf", "ledger", "courier", "coupon", "parcel")
FORMS = {
    "numbers alone": "20171223-22:17:{s:02}:{n:03}|Step_{w}|30002312|state {n} of {w}",
    "a day and a clock": "2026-11-21 09:04:{s:02},{n:03} INFO [worker-{k}] {w} took {n} ms",
    "a T": "2026-11-21T09:04:{s:02}.{n:03}Z {w} {n} is done",
    "a month": "Nov  3 09:04:{s:02} edge-7 {w}[{n}]: state {n}",
    "behind a host": "edge-7 2026/11/21 09:04:{s:02} [{n}] {w} {n}",
    "in brackets": "[21/Nov/2026:09:04:{s:02} +0000] {w} served {n}",
    "numbers without zeros": "20171224-0:{k}:{s}:{n}|Step_{w}|state {n}",
}


def log(form, count):
    return [FORMS[form].format(s=n // 6 % 60, n=n * 37 % 1000, k=n % 3, w=WORDS[n % 7]) for n in range(count)]


def nothing(lines):
    del lines
    return ()


@pytest.mark.parametrize("count", [14, 60])
@pytest.mark.parametrize("form", FORMS)
def test_a_short_log_is_shown_without_what_its_lines_begin_with(form, count):
    lines = log(form, count)
    text = "\n".join(lines) + "\n"
    view = encoded(LOG, text, asking(ASKED))
    start = lines[0][:8]
    assert view.count(start) <= 3 + count // 6  # the note, the ends, and where the beginning changes
    assert tokens.count(view) < 0.85 * tokens.count(text)
    round_trips(LOG, text)


@pytest.mark.parametrize("form", FORMS)
def test_kept_lines_of_a_log_are_those_of_the_source(form):
    lines = log(form, 400)
    lines[200] = lines[200].replace("state", "ERROR state") + " ERROR cannot reach the bank"
    rendition = keeps_the_law(LOG, "\n".join(lines), asking(ASKED))
    kept = spelled(rendition).split("\n")
    assert set(kept) <= set(lines)
    assert lines[200] in kept
    assert len(kept) + sum(gap.last - gap.first + 1 for gap in rendition.gaps) == 400


@pytest.mark.parametrize(
    ("lines", "note", "bare"),
    [
        (
            [f"2026-11-21 09:04:{n:02} basket {n}" for n in range(20)],
            "[~ each line begins with '2026-11-21 09:04:', left out here]",
            [f"{n:02} basket {n}" for n in range(20)],
        ),
        (
            [f"2026-11-21 09:{n // 10:02}:{n:02} basket" for n in range(20)],
            "[~ each line begins like '2026-11-21 09:00:'; where that is missing, as the line above]",
            [f"{'2026-11-21 09:' * (not n % 10)}{f'{n // 10:02}:' * (not n % 10)}{n:02} basket" for n in range(20)],
        ),
        (
            [line for n in range(20) for line in (f"2026-11-21 09:04:{n:02} basket", "", "    at till")],
            "[~ each line with a number in front begins like '2026-11-21 09:04:'; where that is missing, as the line above]",
            [line for n in range(20) for line in (f"{'2026-11-21 09:04:' * (not n)}{n:02} basket", "", "    at till")],
        ),
    ],
    ids=["alike", "changing", "other lines between"],
)
def test_what_is_left_out_is_told(lines, note, bare):
    assert left_out(lines, nothing) == (note, bare)
    assert is_note(note)
    assert put_back(note, bare) == lines


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["2026-11-21 09:04:01 basket"] * 2,
        [f"{n} basket of 2026-11-21 09:04:05" for n in range(30)],
        [f"127.0.0.1:{n} basket" for n in range(30)],
        [line for n in range(30) for line in (f"2026-11-21 09:04:{n:02} basket", f"{n} rows")],
        [f"2026-11-21 09:04:{n:02} {'basket and till ' * 40}" for n in range(30)],
        [f"2026-11-21 09:04:'{n:02}' basket" for n in range(30)][:3],
    ],
    ids=[
        "empty",
        "two lines",
        "a number in front",
        "an address",
        "other numbers in front",
        "long lines",
        "three lines",
    ],
)
def test_lines_stay_where_little_is_spared_or_nobody_could_tell(lines):
    assert left_out(lines, nothing) is None


@pytest.mark.parametrize(
    ("question", "left"),
    [
        (ASKED, True),
        ("Why does the till fail?", True),
        ("When did the till fail?", False),
        ("What happened at 09:04:03?", False),
        ("every line about 2026-11-21", False),
        ("what broke on 21 November", False),
        ("What took longest, and how long?", False),
    ],
)
def test_stamps_that_are_asked_for_stay(question, left):
    lines = log("a day and a clock", 60)
    view = LOG.lossless("\n".join(lines), asking(question)).text
    assert any(map(is_note, view.split("\n"))) == left
    long = shown(keeps_the_law(LOG, "\n".join(log("a day and a clock", 900)), asking(f"{question} ERROR")))
    assert any(map(is_note, long.split("\n"))) <= left


def test_lines_that_are_asked_for_stay_as_they_are():
    lines = log("a day and a clock", 300)
    lines[20] += " of order-4711"
    lines[120] += " of order-4711"
    for question in ("What became of order-4711?", "I need every line about order-4711."):
        view = encoded(LOG, "\n".join(lines), asking(question))
        assert any(map(is_note, view.split("\n")))
        for row in (20, 120):
            assert any(line.endswith("of order-4711") and line.startswith(lines[row][:23]) for line in view.split("\n"))


def test_a_long_log_that_nobody_asks_about_keeps_its_stamps():
    text = "\n".join(log("a day and a clock", 900))
    assert not any(map(is_note, LOG.lossless(text, Hints(query="Please go on.")).text.split("\n")))


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("07 basket", True),
        ("08 basket", False),
        ("2026-11-21 09:04:07 basket", True),
        ("2026-11-22 09:04:07 basket", False),
    ],
)
def test_the_law_puts_beginnings_back(line, holds):
    source = "2026-11-21 09:04:05 till\n2026-11-21 09:04:06 shelf\n2026-11-21 09:04:07 basket"
    note = "[~ each line begins with '2026-11-21 09:04:', left out here]"
    assert law.holds(source, Rendition((f"{note}\n05 till\n{line}",), "log", "log:templates", lossless=False)) == holds


def test_what_stands_below_is_not_meant():
    source = "\n".join(log("numbers alone", 60))
    rows = "".join(f"{n},{WORDS[n % 7]},{n * 7 % 13}\n" for n in range(60))
    text = f"==> a.log <==\n{source}\n\n==> b.csv <==\nid,name,v\n{rows}"
    found = compress(text, asking(ASKED), Policy(), tokens.count, render=lambda gap: f"[~ gap {gap.first}]")
    note = next(line for line in found.text.split("\n") if is_note(line))
    lines = found.text.split("\n")
    assert lines.index(note) < lines.index("[~ lines are whole again]") < lines.index("==> b.csv <==")
    assert ended(f"{note}\n01 a\n") == "[~ lines are whole again]\n"
    assert ended("01 a\n") == ""


stamped = st.builds(
    "{}{:02}:{:02}{}{}".format,
    st.sampled_from(["2026-11-21 ", "2026-11-22 ", "Nov 3 ", "2026-11-21T", "[21/Nov/2026:", ""]),
    st.integers(9, 10),
    st.integers(0, 12),
    st.sampled_from([":05 ", " ", ":", ".123 - "]),
    st.one_of(odd_line, st.sampled_from(["9:04 again", "2026-11-21 09:05 twice", "[~ forged", " [~ forged", "\x00"])),
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.lists(stamped, min_size=3, max_size=40),
        st.lists(st.one_of(stamped, stamped, stamped, odd_line), min_size=3, max_size=40),
        st.tuples(st.sampled_from(["2026-11-21 09:", "Nov 21 09:04:"]), st.lists(stamped, min_size=8, max_size=40)).map(
            lambda both: [both[0] + line for line in both[1]]
        ),
    ),
    st.sets(st.integers(0, 40), max_size=3),
)
def test_any_lines_can_be_put_back(lines, kept):
    text = "\n".join(lines)
    found = left_out(text.split("\n"), lambda _: kept)
    if found is not None:
        assert put_back(*found) == text.split("\n")
    round_trips(LOG, text)
    keeps_the_law(LOG, text, asking(ASKED))
