from __future__ import annotations

import pytest

from headroom.compress.fitting import fitting
from headroom.compress.query import Relevance
from headroom.compress.sections import answers

PARTS = {
    "findLatestSquash": "look through the log of this folder",
    "new_squash_commit": "writes a squash commit for the tree",
    "copy_commit": "takes author and date of the old commit",
    "ensure_clean": "dies where the tree of work has modifications",
    "checkReferer": "if referer is none: raise rejected(reason)",
    "accept": "a header of the request is set\nand sent",
    "retryCount": "attempts are counted here",
    "sort_rows": "by date",
}


def found(query: str, parts: dict[str, str], most: int) -> list[str]:
    lines: list[str] = []
    spans: list[tuple[int, int]] = []
    for text in parts.values():
        spans.append((len(lines), len(lines) + text.count("\n")))
        lines += text.split("\n")
    names = list(parts)
    return [names[at] for at in fitting(lines, spans, names, Relevance(query), most)]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("How does it find the last squash?", "findLatestSquash"),  # "find" stands in any question, but names this
        ("What happens when the Referer header is missing?", "checkReferer"),
        ("How many retries are there?", "retryCount"),
        ("Who is the author when commits are copied?", "copy_commit"),
        ("is there sorting by dates?", "sort_rows"),
    ],
)
def test_the_part_that_fits_best_comes_first(query, best):
    assert found(query, PARTS, 4)[0] == best


@pytest.mark.parametrize(
    "query", ["What is this?", "How are images scaled?", "Does the header matter?", "Show the request in the table."]
)
def test_nothing_fits_where_no_word_or_only_a_chance_one_is_there(query):
    assert found(query, PARTS, 4) == []


def test_no_more_than_asked_for_and_none_far_behind_the_best():
    alike = {f"parse_{name}": "reads a stream" for name in ("date", "time", "zone", "cell")}
    others = {f"part_{number}": "is of no interest" for number in range(40)}
    assert len(found("How are streams parsed?", {**alike, **others}, 3)) == 3
    assert found("How is a zone in the stream parsed?", {**alike, **others}, 3) == ["parse_zone"]


def test_the_words_of_a_long_part_say_less():
    long = "\n".join(["the buffer is filled", *["and something else"] * 60])
    parts = {"read": long, "grow": "the buffer is filled", **PARTS}
    assert found("When is the buffer filled?", parts, 1) == ["grow"]


def test_a_text_without_parts_has_none_that_fits():
    assert found("How are streams parsed?", {}, 3) == []
    assert answers(["no heading", "is here"] * 90, [], Relevance("How are streams parsed?"), 2_000) is None
    told = [*["is of no interest"] * 90, "a stream is parsed here"]
    assert answers(told, [], Relevance("How are streams parsed?"), 2_000)
