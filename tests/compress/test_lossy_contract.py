"""Head, tail and a sample of any output stay in sight, gaps stand in their place, and what is asked for stays whole."""

from __future__ import annotations

import re

import pytest

from headroom.compress import Gap, Hints, Outcome, Policy, compress, legends
from tests.compress import output_samples

_QUESTIONS = {
    "a record by its name": "What do you see about {key}?",
    "something that is not there": "Which of them belongs to the gryphon-xyzzy-77 project?",
    "a record by its name, and a sum": "What do you see about {key}, and what is the total amount?",
    "nothing": "Please go on",
}
_SEEN_BETWEEN = 2
_ANSWERED = frozenset({"csv:asked", "table:asked", "json:asked", "sql:asked", "listing:asked", "listing:folder"})
"""Of a table or a listing of which all is there that is asked for, no other record need stay; what is said of all does."""
_TOLD_ENDS = frozenset({"vcs:asked", "vcs:elsewhere"})
"""Of a log with a commit that is called by its hash or is not there, the first and the last are told in a line each."""


def render(gap: Gap) -> str:
    return f"[~ gap {gap.first}-{gap.last} {gap.unit}{': ' * bool(gap.note)}{gap.note}]"


def shorten(output: output_samples.Output, question: str) -> Outcome:
    key = output.records[len(output.records) // 2][0].strip(" )")
    hints = Hints(tool="Bash", command=output.command, query=_QUESTIONS[question].format(key=key))
    return compress(output.text, hints, Policy(lossy=True), lambda text: len(text) // 3 + 1, render=render)


def spelled(text: str) -> str:
    """The text without its legend of phrases."""
    return legends.decode(*legends.split(legends.to_top(text)))


def is_shown(key: str, text: str) -> bool:
    """Whether a record's key, or the short form of a commit's, is in a text."""
    return (
        key in text or key.upper().replace("-", "_") in text or (re.fullmatch("[0-9a-f]{40}", key) and key[:9] in text)
    )


@pytest.fixture(scope="module", params=list(output_samples.OUTPUTS))
def cases(request):
    """An output with each question on it by which something was left out, and the outcome."""
    output = output_samples.make(request.param)
    outcomes = {question: shorten(output, question) for question in _QUESTIONS}
    cut = [(output, question, outcome) for question, outcome in outcomes.items() if not outcome.lossless]
    assert "a record by its name" in [question for _, question, _ in cut]
    return cut


def gone_lines(outcome: Outcome) -> set[int]:
    assert {gap.unit for gap in outcome.gaps} == {"lines"}
    return {line for gap in outcome.gaps for line in range(gap.first, gap.last + 1)}


def test_heading_ends_and_totals_stay(cases):
    for output, _, outcome in cases:
        gone = gone_lines(outcome)
        count = len(output.records)
        total = output.text.count("\n")
        assert not gone & set(range(1, len(output.head) + 1)), "lines above the records"
        below = range(total - len(output.tail) + 1, total + 1)
        said = {row for row, line in zip(below, output.tail, strict=True) if line and not line.startswith("└")}
        assert not gone & said, "lines below the records"
        narrow = sum(map(len, output.text.splitlines())) < 100 * count
        if outcome.transform in _TOLD_ENDS:
            assert all(is_shown(output.records[end][0], spelled(outcome.text)) for end in (0, -1))
            continue
        if outcome.transform in _ANSWERED:
            continue
        for record in (0, 1, count - 2, count - 1) if narrow else (0, count - 1):
            assert not gone & {output.lines_of(record)[-1]}, f"record {record} of {count}"


def test_some_records_between_the_ends_are_shown(cases):
    for output, _, outcome in cases:
        shown = spelled(outcome.text)
        seen = [key for key, _ in output.records[3:-3] if is_shown(key, shown)]
        assert len(seen) >= (1 if outcome.transform in _ANSWERED else _SEEN_BETWEEN)


def test_what_no_gap_covers_is_in_the_text(cases):
    for output, _, outcome in cases:
        gone = gone_lines(outcome)
        shown = spelled("\n".join(line for line in outcome.text.split("\n") if not line.lstrip().startswith("[~ gap")))
        for record, (key, _) in enumerate(output.records):
            assert (
                gone.issuperset(output.lines_of(record))
                or not gone.isdisjoint(output.lines_of(record))
                or is_shown(key, shown)
            )


def test_each_gap_stands_between_its_neighbours(cases):
    for output, _, outcome in cases:
        gone = gone_lines(outcome)
        text = spelled(outcome.text)
        kept = [record for record in range(len(output.records)) if gone.isdisjoint(output.lines_of(record))]
        for gap in outcome.gaps:
            at = text.index(f"[~ gap {gap.first}-{gap.last} ")
            before = [record for record in kept if output.lines_of(record)[-1] < gap.first]
            behind = [record for record in kept if output.lines_of(record)[0] > gap.last]
            assert not before or is_shown(output.records[before[-1]][0], text[:at])
            assert not behind or is_shown(output.records[behind[0]][0], text[at:])


def test_what_is_asked_for_stays_whole(cases):
    for output, question, outcome in cases:
        if question == "a record by its name":
            assert gone_lines(outcome).isdisjoint(output.lines_of(len(output.records) // 2))


def test_a_table_says_how_many_records_it_had(cases):
    for output, _, outcome in cases:
        if outcome.kind == "table":
            said = re.search(r"(?m)^\[~ \w+: (\d+) rows", outcome.text)
            assert said is not None
            assert int(said[1]) == len(output.records)


def test_units_and_totals_are_no_part_of_statistics():
    output = output_samples.make("csv_total")
    text = shorten(output, "a record by its name, and a sum").text
    amounts = [int(line.rpartition(",")[2]) for _, line in output.records]
    assert f"n={len(amounts)} min={min(amounts)} " in text
    assert f"max={max(amounts)} " in text
    assert f"sum={sum(amounts)}]" in text
    assert "400 rows; units above and totals below not counted" in text


def test_settings_without_what_is_asked_for_are_not_cut_to_their_first_lines():
    output = output_samples.make("yaml_items")
    assert shorten(output, "something that is not there").lossless
