"""What a question means by the words it uses of a table: numbers of rows, groups, letters for columns, statuses in words."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from headroom.compress.beside import with_neighbours
from headroom.compress.columns import describe
from headroom.compress.rendition import Gap, Hints
from headroom.compress.table_levels import levels
from headroom.compress.table_question import read_question
from headroom.compress.table_rows import choose, pieces, too_few
from headroom.compress.table_statistics import statistics_lines
from headroom.compress.table_wants import asks_of, columns_named

NAMED = {
    "id": [str(n) for n in range(1, 201)],
    "x": [str(n * 37 % 1009 / 10) for n in range(200)],
    "pos": ["C" if n % 40 == 7 else "SS" if n % 50 == 9 else "LF" if n % 3 else "RF" for n in range(200)],
    "code": ["AND" if n == 12 else "LSO" if n == 99 else f"K{n}" for n in range(200)],
    "org": ["Morgan, F2F" if n % 2 else "Galaxy" for n in range(200)],
    "st": ["502" if n == 61 else "404" if n == 140 else "200" for n in range(200)],
    "score": [str(1000 + n * 7919 % 4001) for n in range(200)],
}
UNNAMED = {f"column {place}": cells for place, cells in enumerate(NAMED.values(), 1)}


BETWEEN = {row for row, cell in enumerate(NAMED["score"]) if 2000 <= float(cell) <= 2200}


def asked(query: str, table: dict[str, list[str]] = NAMED):
    columns = [describe(name, cells) for name, cells in table.items()]
    return read_question(columns, [",".join(cells) for cells in zip(*table.values(), strict=True)], Hints(query=query))


def rows_of(name: str, *values: str) -> set[int]:
    return {row for row, cell in enumerate(NAMED[name]) if cell in values}


def extreme(name: str, rows: set[int], best) -> int:
    return best(rows, key=lambda row: float(NAMED[name][row]))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Compare the score of row 151 and row 49", {150, 48}),
        ("Compare rows 151, 49 and 7", {150, 48, 6}),
        ("what is in record #12?", {11}),
        ("which rows have x above 100?", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("rows where x > 100", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("rows with x greater than 100", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("anything exceeding 4900 in score?", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("which have more than 4900 score?", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("entries whose score tops 4900", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("score no more than 1090", {row for row, cell in enumerate(NAMED["score"]) if float(cell) <= 1090}),
        ("score of at most 1,090", {row for row, cell in enumerate(NAMED["score"]) if float(cell) <= 1090}),
        ("Which score has x below .5?", {row for row, cell in enumerate(NAMED["x"]) if float(cell) <= 0.5}),
        ("rows with score between 2000 and 2200", BETWEEN),
        ("score from 2000 to 2200", BETWEEN),
        ("which score are in the range 2000-2200?", BETWEEN),
        ("show rows 131 to 134", {130, 131, 132, 133}),
        ("show rows 31-34", {30, 31, 32, 33}),
        ("Lowest score among C?", rows_of("pos", "C")),
        ("which C has the lowest score?", rows_of("pos", "C")),
        ("max score for pos C", rows_of("pos", "C")),
        ("highest score for SS?", rows_of("pos", "SS")),
        ("list the SS ones", rows_of("pos", "SS")),
        ("score of AND vs LSO", rows_of("code", "AND", "LSO")),
        ("Which calls got a bad gateway?", rows_of("st", "502")),
        ("which requests failed?", rows_of("st", "502", "404")),
        ("which URLs were not found?", rows_of("st", "404")),
    ],
)
def test_records_that_a_question_means_are_shown(query, wanted):
    found = asked(query)
    assert found is not None
    assert wanted <= found.rows
    assert len(found.rows) <= len(wanted) + 6
    assert not found.elsewhere


def test_numbers_that_name_no_key_count_the_rows():
    table = {"city": [f"town{n % 190}" for n in range(200)], "score": NAMED["score"]}
    found = asked("Compare the score of row 68 and row 116", table)
    assert found is not None
    assert {67, 115} <= found.rows


@pytest.mark.parametrize(("word", "best"), [("Lowest", min), ("Highest", max)])
def test_of_a_large_group_its_extremes_are_shown(word, best):
    found = asked(f"{word} score among Morgan, F2F?")
    assert found is not None
    assert extreme("score", rows_of("org", "Morgan, F2F"), best) in found.rows
    assert len(found.rows) < 20


def test_of_a_large_group_all_may_be_asked_for():
    assert asked("Show all records with org Morgan, F2F and the highest score") is None


@pytest.mark.parametrize("query", ["which letter comes above 0.25 others?", "is a over 0.25 here?", "Compare the rows"])
def test_a_letter_or_a_word_alone_means_no_column(query):
    found = asked(query)
    assert found is None or not found.rows


def test_columns_without_names_are_meant_by_their_numbers():
    found = asked("who has the largest area?", UNNAMED)
    assert found is not None
    assert {1, 6} <= found.columns
    found = asked("which rows have area above 4900?", UNNAMED)
    assert found is not None
    assert {row for row, cell in enumerate(NAMED["score"]) if float(cell) > 4900} <= found.rows
    assert len(found.rows) < 20


@pytest.mark.parametrize(
    ("query", "top"),
    [
        ("top 10 by score", 10),
        ("What are the three largest scores?", 3),
        ("the highest score", 1),
        ("first five by id", 5),
        ("the second highest score", 2),
    ],
)
def test_how_many_are_wanted_may_be_a_word(query, top):
    found = asked(query)
    assert found is not None
    assert found.top == top


def _shop():
    count = 200
    return {
        "order_id": [str(5000 + n) for n in range(count)],
        "customerId": [str(n * 31 % 83) for n in range(count)],
        "max_wal_size": [str(n * 17 % 193) for n in range(count)],
        "weight_kg": [f"{n * 37 % 199 / 4:.2f}" for n in range(count)],
        "elapsed": [str(20 + n * 29 % 700 + (15_000 if n == 44 else 0)) for n in range(count)],
        "step": ["05 Pay" if n % 4 else "02 Search" for n in range(count)],
        "city": [{9: "Salzburg", 72: "Luxembourg", 140: "Lyon"}.get(n, "Oslo") for n in range(count)],
        "saved": [str(-3 if 50 <= n <= 52 else n % 40 + 1) for n in range(count)],
        "setting": [f"checkpoint_{n}" if n in {12, 90} else f"item_{n}" for n in range(count)],
        "paid": [f"2024-0{1 + n * 7 % 4}-{1 + n * 11 % 27:02} 03:30:48.{n}+00" for n in range(count)],
    }  # fmt: skip


SHOP = _shop()


def _best(name, best, of=None):
    rows = [row for row in range(200) if of is None or SHOP["step"][row] == of]
    key = (lambda row: SHOP[name][row]) if name == "paid" else (lambda row: float(SHOP[name][row]))
    return best(rows, key=key)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("Which parcel is the heaviest?", {_best("weight_kg", max)}, id="what is measured"),
        pytest.param("which one was the slowest", {_best("elapsed", max)}, id="a time"),
        pytest.param("Welches Paket ist das schwerste?", {_best("weight_kg", max)}, id="German"),
        pytest.param("what was the slowest payment?", {_best("elapsed", max, "05 Pay")}, id="of a group"),
        pytest.param(
            "Which is the worst?",
            {_best("weight_kg", max), _best("elapsed", max), _best("max_wal_size", max)},
            id="any",
        ),
        pytest.param(
            "the first order and the most recent one?", {_best("paid", min), _best("paid", max)}, id="by time"
        ),
    ],
)
def test_an_extreme_is_meant_by_another_word(query, wanted):
    found = asked(query, SHOP)
    assert found is not None
    columns = [describe(name, cells) for name, cells in SHOP.items()]
    rows = [",".join(cells) for cells in zip(*SHOP.values(), strict=True)]
    assert wanted <= choose(columns, rows, found)
    assert len(found.rows) < 20


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("What did customer 74 order?", {row for row, cell in enumerate(SHOP["customerId"]) if cell == "74"}, id="an entity"),
        pytest.param("what is in order #5077?", {77}, id="its number"),
        pytest.param("There is one that took over 10 seconds.", {44}, id="a unit, and no column"),
        pytest.param("anything above 49.5 kg?", {row for row, cell in enumerate(SHOP["weight_kg"]) if float(cell) > 49.5}, id="no column"),
        pytest.param("When did max_wal_size first reach 190?", {min(row for row, cell in enumerate(SHOP["max_wal_size"]) if int(cell) >= 190)}, id="reached once"),
        pytest.param("When did the saving rate turn negative?", {50, 51, 52}, id="less than zero"),
        pytest.param("how often are checkpoints forced", {12, 90}, id="part of an identifier"),
        pytest.param("Compare Lyon and Luxemburg.", {row for row, cell in enumerate(SHOP["city"]) if cell in {"Lyon", "Luxembourg"}}, id="misspelt"),
    ],
)  # fmt: skip
def test_what_is_meant_in_other_words_is_shown(query, wanted):
    found = asked(query, SHOP)
    assert found is not None
    assert wanted <= found.rows
    assert len(found.rows) <= len(wanted) + 6


ACCOUNTS = {
    "aid": [str(n * 211 + 5) for n in range(150)],
    "bid": ["1"] * 150,
    "abalance": [str(n * 7919 % 9973 - 4990) for n in range(150)],
    "UnitPrice": [f"{n * 104729 % 7001 / 100:.2f}" for n in range(150)],
}


@pytest.mark.parametrize(
    ("query", "name", "best"),
    [
        pytest.param("Which account has the highest balance?", "abalance", max, id="the end of a name"),
        pytest.param("Which account has the lowest balance?", "abalance", min, id="the lowest"),
        pytest.param("Which one is the most expensive?", "UnitPrice", max, id="another word for it"),
        pytest.param("Who has the highest price?", "UnitPrice", max, id="a word of a name"),
    ],
)
def test_the_column_that_an_extreme_can_only_be_of_counts_as_named(query, name, best):
    found = asked(query, ACCOUNTS)
    assert found is not None
    assert found.answered
    assert {list(ACCOUNTS)[index] for index in found.columns} == {name}
    columns = [describe(name, cells) for name, cells in ACCOUNTS.items()]
    rows = [",".join(cells) for cells in zip(*ACCOUNTS.values(), strict=True)]
    wanted = best(range(150), key=lambda row: float(ACCOUNTS[name][row]))
    assert wanted in choose(columns, rows, found)


def test_an_extreme_that_no_column_is_told_of_counts_as_none():
    found = asked("Which supplier is the biggest?", ACCOUNTS)
    assert found is None or not found.answered


def test_an_extreme_by_a_column_that_is_named_is_of_that_alone():
    found = asked("Which city has the highest elapsed?", SHOP)
    assert found is not None
    assert {list(SHOP)[index] for index in found.columns} == {"elapsed", "city"}


def test_a_comparison_that_many_records_meet_in_some_column_means_none_of_the_others():
    assert asked("Show all rows with more than 40", SHOP) is None
    found = asked("Is there one over 700?", SHOP)
    assert found is not None
    assert found.rows == {row for row, cell in enumerate(SHOP["elapsed"]) if int(cell) >= 700}


PODS = {
    "pod": [f"web-{n}" for n in range(120)],
    "phase": ["Pending" if n in {17, 90} else "CrashLoopBackOff" if n == 64 else "Running" for n in range(120)],
    "node": [f"worker-{n % 3}" for n in range(120)],
}


@pytest.mark.parametrize(
    "query",
    [
        "Which pods are not running?",
        "Which pods aren't Running, and why?",
        "pods with a phase other than `Running`",
        "show those where phase != Running",
        "everything except Running ones",
    ],
)
def test_a_state_behind_a_not_means_the_records_in_other_states(query):
    found = asked(query, PODS)
    assert found is not None
    assert {17, 64, 90} <= found.rows
    assert len(found.rows) < 20


def test_a_not_before_a_state_that_few_are_in_names_no_records():
    found = asked("Which pods are not pending on worker-2?", PODS)
    assert found is None or len(found.rows) < 60


PANEL = {
    "person": [str(n // 4 + 1) for n in range(400)],
    "mode": [str(n % 4 + 1) for n in range(400)],
    "cost": [str(n * 7919 % 997) for n in range(400)],
}


@pytest.mark.parametrize(
    "query",
    [
        "What is the cost for person = 57 with mode = 3?",
        "What is the cost for person = 57 with mode = 3? Which row has the highest cost?",
        "cost where mode = 3 and person = 57",
    ],
)
def test_a_record_named_by_two_columns_is_not_all_records_of_one(query):
    found = asked(query, PANEL)
    assert found is not None
    assert 226 in found.rows
    assert len(found.rows) < 20


def test_asked_for_all_of_a_group_beside_a_record_all_are_shown():
    found = asked("Show the records of person = 57 and those with mode = 3", PANEL)
    assert found is not None
    assert len(found.rows) > 100


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
STOCKS = {
    "symbol": [symbol for symbol in ("MSFT", "AMZN", "IBM", "AAPL") for _ in range(120)],
    "date": [f"{_MONTHS[n % 12]} 1 {2000 + n // 12}" for _ in range(4) for n in range(120)],
    "price": [f"{n * 7919 % 997}.5" for n in range(480)],
}


@pytest.mark.parametrize(
    ("query", "wanted", "most"),
    [
        ("What is the price of AAPL on Nov 1 2004?", {418}, 10),
        ("What is the price of AAPL on Nov 1 2004? Which row has the highest price?", {418}, 10),
        ("What are the prices of AAPL and AMZN on Nov 1 2004?", {178, 418}, 10),
        ("How did AAPL do? And what was the price on Nov 1 2004?", {360, 418, 479}, 140),
        ("Show the prices of AAPL or of Nov 1 2004", {58, 360, 418}, 140),
    ],
    ids=["a record", "with a highest", "two of a column", "two sentences", "either"],
)
def test_a_group_beside_a_value_of_another_column_narrows_it(query, wanted, most):
    found = asked(query, STOCKS)
    assert found is not None
    assert wanted <= found.rows
    assert len(found.rows) <= most


@pytest.mark.parametrize(
    ("query", "highest", "count"),
    [
        ("Which five of them have the highest score?", True, 5),
        ("Which three have the lowest score, and how many are Galaxy?", False, 3),
        ("the seven with the most score", True, 7),
    ],
)
def test_as_many_of_the_most_are_shown_as_the_question_says(query, highest, count):
    columns = [describe(name, cells) for name, cells in NAMED.items()]
    rows = [",".join(cells) for cells in zip(*NAMED.values(), strict=True)]
    found = asked(query)
    assert found is not None
    order = sorted(range(200), key=lambda row: float(NAMED["score"][row]), reverse=highest)
    assert set(order[:count]) <= choose(columns, rows, found)


def test_of_columns_that_share_a_word_the_one_is_meant_that_has_more_of_the_question():
    table = NAMED | {
        "sleep_total": [str(n * 31 % 211) for n in range(200)],
        "sleep_rem": [str(n * 29 % 223) for n in range(200)],
    }
    found = asked("Which five code sleep the most hours in total?", table)
    assert found is not None
    assert [list(table)[index] for index in found.columns if "sleep" in list(table)[index]] == ["sleep_total"]


def test_of_many_columns_those_that_nobody_named_share_a_line_of_statistics():
    more = {
        "wide": [str(n % 90) for n in range(200)],
        "flag": ["1" if n < 180 else "0" for n in range(200)],
        "day": [f"2026-01-{n % 28 + 1:02d}" for n in range(200)],
        "word": [f"w{n % 90}" for n in range(200)],
        "same": ["yes"] * 200,
        "city": [f"a place called {'abcdefghij'[n % 10 if n < 150 else 0]}" for n in range(200)],
    }
    for table, shared in ((NAMED, False), (NAMED | more, True)):
        found = asked("highest score of K5?", table)
        assert found is not None
        columns = [describe(name, cells) for name, cells in table.items()]
        lines = statistics_lines(columns, replace(found, answered=False), 9_000)
        assert any(line.startswith("[~ stats score: n=200 min=") and " sum=" in line for line in lines)
        others = [line for line in lines if line.startswith("[~ stats of other columns: ")]
        assert len(others) == shared
        for said in (
            "wide 0 .. 89;",
            "flag 180 × 1, 20 × 0;",
            "day 2026-01-01 .. 2026-01-28;",
            "word 90 ",
            "same yes",
            "city 10 values: ",
        ):
            assert not shared or said in others[0]
    assert "a place called a 65, a place called b 15, a place called c 15, 7 others 15 times each" in others[0]


LEVELS = ["20", "50", "40", "30", "60"]


@pytest.mark.parametrize(
    ("column", "query", "wanted"),
    [
        ("level", "Which requests were not logged at level info?", {"20", "50", "40", "60"}),
        ("level", "entries other than level info", {"20", "50", "40", "60"}),
        ("log.level", "everything at level=error", {"50"}),
        ("level", "What warnings are there?", {"40"}),
        ("severity", "show the fatal level records", {"60"}),
        ("levelno", "Which records have level warning?", {"30"}),
        ("levelno", "which ones are of critical severity?", {"50"}),
    ],
)
def test_levels_in_words_are_found_by_their_numbers(column, query, wanted):
    cells = ["30" if column != "levelno" else "20"] * 200
    for place, number in enumerate(LEVELS[:-1] if column == "levelno" else LEVELS):
        cells[30 + 31 * place] = number
    table = {name: values for name, values in NAMED.items() if name != "st"}
    found = asked(query, table | {column: cells})
    assert found is not None
    assert found.rows == {row for row, cell in enumerate(cells) if cell in wanted}


@pytest.mark.parametrize(
    ("column", "cells"),
    [("floor", ["30"] * 199 + ["50"]), ("level", ["30"] * 199 + ["55"]), ("level", ["3"] * 199 + ["5"])],
)
def test_numbers_that_are_no_levels_have_no_words(column, cells):
    described = [describe(name, cells) for name, cells in (NAMED | {column: cells}).items()]
    assert levels(described, "what is not at level info, and which errors are there?") == ([], [])


@pytest.mark.parametrize(
    ("question", "beside"),
    [
        ("What are neighborhood and death_date of K5?", False),
        ("Which neighbourhoods does K5 have?", False),
        ("Which rows are neighbours of K5?", True),
        ("Show K5 and its neighboring records", True),
        ("What stands right before K5?", True),
    ],
)
def test_neighbours_are_records_beside_another_and_neighbourhoods_are_not(question, beside):
    assert with_neighbours(Hints(query=question), {5}, range(9)) == ({4, 5, 6} if beside else {5})


def test_where_the_question_has_its_answer_no_more_is_told_than_the_extremes_that_it_asks_for():
    table = NAMED | {f"more{n}": [str(row * (n + 3) % 97) for row in range(200)] for n in range(30)}
    table |= {"state": ["done"] * 198 + ["failed", "lost"]}
    found = asked("highest score of K5?", table)
    assert found is not None
    assert found.answered
    columns = [describe(name, cells) for name, cells in table.items()]
    highest, lowest = (fold(map(int, table["score"])) for fold in (max, min))
    assert statistics_lines(columns, found, 90_000) == [f"[~ stats score: max={highest}]"]
    both = replace(found, lowest=True)
    assert statistics_lines(columns, both, 90_000) == [f"[~ stats score: min={lowest}, max={highest}]"]
    table["score"] = [score if row not in {7, 9} else "99999" for row, score in enumerate(table["score"])]
    tied = [describe(name, cells) for name, cells in table.items()]
    assert statistics_lines(tied, found, 90_000) == ["[~ stats score: max=99999 2 times]"]
    odd = replace(found, odd=True, odd_in=found.columns)
    assert " p50=" in statistics_lines(columns, odd, 90_000)[0], "what is unusual is seen beside all values"
    assert statistics_lines(columns, replace(odd, odd_in=frozenset()), 90_000) == [f"[~ stats score: max={highest}]"]


def test_where_the_question_has_its_answer_only_what_deviates_alone_is_shown_beside_it():
    table = NAMED | {
        "state": ["done"] * 120 + ["failed"] + ["done"] * 79,
        "kind": [f"k{n % 90}" if n % 90 > 2 else "k3" for n in range(200)],
        "far": [str(n % 7) if n != 140 else "90000" for n in range(200)],
        "spread": [str((n * 7919) % 1009) for n in range(200)],
        "note": ["as it was " * 6] * 200,
    }
    found = asked("highest score of K5?", table)
    assert found is not None
    columns = [describe(name, cells) for name, cells in table.items()]
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    kept = choose(columns, rows, found)
    beside = choose(columns, rows, replace(found, answered=False))
    assert {120, 140} | found.rows <= kept
    assert kept.isdisjoint({0, 199})
    assert {0, 199} <= beside
    assert len(kept) < len(beside)
    short = {name: cells[100:150] for name, cells in table.items()}
    asked_short = replace(found, rows=frozenset({7}))
    columns = [describe(name, cells) for name, cells in short.items()]
    highest = max(range(50), key=lambda row: int(short["score"][row]))
    assert choose(columns, rows[100:150], asked_short) == {7, 20, highest}, "of the others what failed"


def test_of_many_columns_all_statistics_are_told_where_none_is_named_unless_the_question_has_its_answer():
    table = NAMED | {f"more{n}": [str(row * (n + 3) % 97) for row in range(200)] for n in range(6)}
    columns = [describe(name, cells) for name, cells in table.items()]
    found = asked("what is with LSO?", table)
    assert found is not None
    assert statistics_lines(columns, found, 9_000) == []
    assert statistics_lines(columns, found, 90_000) == []
    lines = statistics_lines(columns, replace(found, answered=False), 9_000)
    assert sum(" sum=" in line for line in lines) >= 7


def test_of_columns_without_names_the_extremes_are_shown_where_any_may_be_meant():
    table = {f"column {n + 1}": [str(row * (n + 3) % 97) for row in range(60)] for n in range(8)}
    found = asked("Which row has the highest price?", table)
    assert found is not None
    columns = [describe(name, cells) for name, cells in table.items()]
    assert statistics_lines(columns, found, 1_500) == ["[~ the highest of each column of numbers in sight]"]
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    assert {column.highest for column in columns} <= choose(columns, rows, found, sparing=True)
    flags = [*columns, describe("column 9", ["0", "1"] * 30)]
    assert statistics_lines(flags, found, 1_500) == [], "of the last no more than two values are known"
    lines = statistics_lines(columns, replace(found, answered=False), 1_500)
    assert [line[:47] for line in lines] == ["[~ stats: column 1 0 .. 96; column 2 0 .. 96; c"]
    summed = asked("What is the average price of the highest three?", table)
    assert summed is not None
    assert any(" mean=" in line for line in statistics_lines(columns, summed, 9_000))


NUMBERED = [str(4400 + row) for row in range(20)]
DAYS = [f"2031-05-{row + 1:02d} 00:00:00" for row in range(20)]
AMOUNTS = [f"{row * 37 % 101}.5" for row in range(20)]


@pytest.mark.parametrize(
    ("question", "cells", "meant"),
    [
        ("Which row has the highest freight?", [NUMBERED, DAYS, AMOUNTS], {2}),
        ("What is the cheapest parcel?", [NUMBERED, DAYS, AMOUNTS], {2}),
        ("Which row has the highest parcel_id?", [NUMBERED, DAYS, AMOUNTS], {0, 1, 2}),
        ("Which is the lowest order number?", [NUMBERED, DAYS, AMOUNTS], {0, 1, 2}),
        ("Which parcel has the highest freight, and which is the latest?", [NUMBERED, DAYS, AMOUNTS], {0, 1, 2}),
        ("Which row has the highest?", [NUMBERED, DAYS, AMOUNTS], {0, 1, 2}),
        ("Which row has the highest freight?", [NUMBERED, AMOUNTS, AMOUNTS[::-1]], {0, 1, 2}),
        ("Which row has the highest freight?", [NUMBERED[::-1], DAYS, AMOUNTS], {0, 1, 2}),
        ("Which row has the highest freight?", [[str(row * 90) for row in range(20)], DAYS, AMOUNTS], {0, 1, 2}),
        ("Which row has the highest freight?", [NUMBERED, DAYS, ["sent", "lost"] * 10], {0, 1}),
    ],
    ids=["highest", "lowest", "id", "number", "latest", "no name", "two", "descending", "sorted amounts", "none"],
)
def test_without_names_the_one_quantity_is_meant_beside_numbers_and_days_of_records(question, cells, meant):
    columns = [describe(f"column {index + 1}", values) for index, values in enumerate(cells)]
    asks = asks_of(Hints(query=question), columns)
    assert set(columns_named(columns, question, asks)) == meant


def test_statistics_of_columns_that_nobody_named_take_little_of_a_short_table():
    size = sum(len(cell) + 1 for cells in NAMED.values() for cell in cells[:30])
    found = asked("highest score of K5?", {name: cells[:30] for name, cells in NAMED.items()})
    assert found is not None
    columns = [describe(name, cells[:30]) for name, cells in NAMED.items()]
    lines = statistics_lines(columns, replace(found, answered=False), size)
    (score,) = [line for line in lines if "score" in line]
    assert " sum=" in score
    assert sum(len(line) for line in lines if line != score) < 0.35 * size


@pytest.mark.parametrize(
    ("query", "table", "sure"),
    [
        ("What are x and score for code = K5?", NAMED, True),
        ("What are x and score for code = K5? Which row has the highest score?", NAMED, True),
        ("What is the score for code = Z99? Which row has the highest score?", UNNAMED, True),
        ("Who is K5, and who is Galaxy?", UNNAMED, False),
        ("What is with the code of K5? Compare the x of all others.", NAMED, False),
        ("Which row has the highest score, and what of the morgans?", NAMED, False),
    ],
)
def test_a_question_for_records_by_their_keys_and_for_extremes_is_answered_by_them(query, table, sure):
    found = asked(query, table)
    assert (found is not None and found.answered) is sure


@pytest.mark.parametrize(
    ("count", "width", "few"),
    [(19, 20, {False}), (20, 20, set()), (10, 20, {False}), (12, 200, set()), (9, 900, {False, True})],
)
def test_a_table_of_few_rows_is_shown_whole_unless_they_are_long_or_the_question_has_its_answer(count, width, few):
    rows = ["x" * width] * count
    found = asked("what is with LSO?")
    assert found is not None
    assert {answered for answered in (False, True) if too_few(rows, replace(found, answered=answered))} == few
    assert too_few(rows) is (count < 10)


def test_one_long_row_is_worth_a_gap_and_one_short_one_is_none():
    columns = [describe("id", [str(n) for n in range(9)])]
    for length, gaps in ((400, 2), (40, 0)):
        rows = [f"{n}{'x' * length}" for n in range(9)]
        found = pieces(rows, {0, 1, 2, 4, 6, 7, 8}, columns, lambda a, b: (a, b, "lines"))
        assert sum(isinstance(piece, Gap) for piece in found) == gaps


def test_of_a_short_table_few_rows_are_shown_that_nobody_asked_for():
    rng = random.Random(3)
    table = {f"column {n + 1}": [str(rng.randrange(9_999)) for _ in range(40)] for n in range(6)}
    columns = [describe(name, cells) for name, cells in table.items()]
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    found = read_question(columns, rows, Hints(query="Which row has the highest price?"))
    assert found is not None
    assert {column.highest for column in columns} <= choose(columns, rows, found, sparing=True)
    found = replace(found, answered=False)
    keep = choose(columns, rows, found, sparing=True)
    assert {column.highest for column in columns} <= keep
    assert len(keep) + 3 <= len(choose(columns, rows, found))


IMAGES = {
    "REPOSITORY": [f"example.org/shop/api{n}" for n in range(18)] + ["example.org/shop/worker", "nginx"],
    "TAG": [f"2.{n}" for n in range(20)],
    "STATUS": ["Up 3 days"] * 17 + ["Exited (137) 2 hours ago", "Restarting (1) 3 seconds ago", "Up 3 days"],
    "Cost Total": [str(n * 37 % 101) for n in range(20)],
    "last": [f"z{n}" for n in range(20)],
}
HEADLESS = {f"column {place}": cells for place, cells in enumerate(IMAGES.values(), 1)}


@pytest.mark.parametrize(
    ("query", "table", "rows"),
    [
        ("How big is worker?", IMAGES, {18}),
        ("What is the TAG of nginx?", IMAGES, {19}),
        ("Which tests fail and why? Give file:line for each.\nWhat is the TAG of nginx?", IMAGES, {19}),
        ("Anything odd in this log? Every request.\nStep 2. What is the TAG of nginx?", IMAGES, {19}),
        ("What is the TAG for last = z7? Which row has the highest Cost Total?", IMAGES, {7}),
        ("The etcd cluster was shaky. What does it report?\nStep 6. What is the TAG of nginx?", IMAGES, {19}),
        (
            "What are TAG and STATUS for REPOSITORY = example.org/api77? Which row has the highest Cost Total?",
            IMAGES,
            set(),
        ),
        ("What are tag and up for repository = example.org/api77? Which row has the highest cost?", HEADLESS, set()),
        ("Which containers are not running?", HEADLESS, {17, 18}),
    ],
)
def test_what_answers_a_question_is_all_it_needs(query, table, rows):
    found = asked(query, table)
    assert found is not None
    assert found.answered
    assert found.rows == rows
    assert not found.figures
    assert not found.odd


PACKAGES = {
    "name": [f"lib{n}" for n in range(60)],
    "version": [f"{n % 7}.{n % 11}" for n in range(60)],
    "installed_kb": [str(6 + n * 7919 % 4001) for n in range(60)],
    "maintainer": [f"Packagers of group {n % 5}" for n in range(60)],
}


@pytest.mark.parametrize(
    ("query", "answered", "rows"),
    [
        ("Which version of lib7 is there, and how large is it (installed_kb)?", True, {7}),
        ("Which version of lib7 is there, and how large is it?", True, {7}),
        ("Which version of lib7 is there? Who is its maintainer? Which package is the largest?", True, {7}),
        ("Which package is the largest?", True, set()),
        ("Which version of lib7 is there, and which package pulls it in?", False, {7}),
        ("Which version of lib7 is there, and how does it compare to the maintainer of others?", False, {7}),
    ],
)
def test_what_else_is_asked_of_a_record_stands_in_it(query, answered, rows):
    found = asked(query, PACKAGES)
    assert found is not None
    assert found.answered is answered
    assert found.rows >= rows if not answered else found.rows == rows
    columns = [describe(name, cells) for name, cells in PACKAGES.items()]
    shown = choose(columns, [",".join(cells) for cells in zip(*PACKAGES.values(), strict=True)], found)
    largest = max(range(60), key=lambda row: int(PACKAGES["installed_kb"][row]))
    assert largest in shown or "largest" not in query


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("Which version of libssl3 is there, and how large is it (installed_kb)?", ("libssl3",)),
        ("Which version of LibSSL-3 is there?", ("LibSSL-3",)),
        ("Which version of lib-59 is there?", ()),
        ("What is the maintainer for name = libssl3?", ("libssl3",)),
        ("Which name and which version belong to code XQ?", ("XQ",)),
        ("Which name belongs to code AC?", ()),
        ("Which name belongs to code AND version?", ()),
        ("Which version of installed_kb is it?", ()),
        ("Which rule is R99, and which version has it?", ("R99",)),
        ("Which version has R5?", ()),
        ("Which version has H2O?", ()),
        ("What is the name of the version 8?", ()),
    ],
)
def test_a_key_that_no_row_has_is_said_to_be_in_none(query, missing):
    table = PACKAGES | {"code": [f"{chr(65 + n // 8)}{chr(65 + n % 8)}" for n in range(60)]}
    table |= {"rule": [f"R{n % 9}" for n in range(60)]}
    found = asked(query, table)
    assert (found.missing if found is not None else ()) == missing
    if found is None or not missing:
        return
    assert found.answered
    lines = statistics_lines([describe(name, cells) for name, cells in table.items()], found, 9_000)
    assert lines[0] == f"[~ in none of these rows: {missing[0]}]"


@pytest.mark.parametrize(
    "query",
    [
        "Convert all of these to JSON.\nWhat is the TAG of nginx?",
        "Cluster these rows.\nWhat is the TAG of nginx?",
        "Give the TAG of each.\nWhat is the TAG of nginx?",
        "What is the sum of Cost Total?\nWhat is the TAG of nginx?",
    ],
)
def test_a_task_that_means_this_table_counts(query):
    found = asked(query, IMAGES)
    assert found is None or not found.answered or found.figures


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("What are x and pos of AND? Which row has the highest score?", {6}),
        ("What are x and pos of AND?", set()),
        ("What is x of AND? Any unusual `pos`?", {2}),
        ("Which row has the highest score? Any unusual `pos`?", {2, 6}),
    ],
)
def test_where_the_question_has_its_answer_only_the_columns_count_of_which_it_wants_extremes(query, columns):
    found = asked(query)
    assert found is not None
    assert found.answered
    assert found.columns == columns
    assert found.odd_in == ({2} if "unusual" in query else None)


def test_all_values_that_are_there_once_are_shown_where_the_column_is_asked_for_what_is_unusual():
    table = NAMED | {"sender": [f"rare{n}" if n % 50 == 30 else "c" * (1 + n % 3) for n in range(200)]}
    found = asked("What is x of AND? Any unusual `sender`?", table)
    assert found is not None
    columns = [describe(name, cells) for name, cells in table.items()]
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    assert {30, 80, 130, 180} <= choose(columns, rows, found, sparing=True)


def test_of_an_unusual_value_that_a_few_rows_have_all_of_them_are_shown():
    table = NAMED | {"kind": ["odd" if n in {41, 90, 133} else "few" if n % 20 == 7 else "usual" for n in range(200)]}
    found = asked("What is x of AND? Any unusual `kind`?", table)
    assert found is not None
    columns = [describe(name, cells) for name, cells in table.items()]
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    kept = choose(columns, rows, found, sparing=True)
    assert {41, 90, 133, 7} <= kept
    assert 27 not in kept


@pytest.mark.parametrize(
    "query",
    [
        "What is the TAG of nginx, and which one is the shiniest?",
        "What is the TAG of nginx, and which is the fullest?",
    ],
)
def test_a_question_for_the_records_that_is_not_understood_has_no_answer(query):
    found = asked(query, IMAGES)
    assert found is None or not found.answered or found.highest


def test_the_latest_and_the_test_are_not_the_most_of_anything():
    found = asked("What is the TAG of nginx, and what does the test of the manifest want?", IMAGES)
    assert found is not None
    assert found.answered


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("What are x and score for code = K5?", ()),
        ("What are x and score for code = Z99? Which row has the highest score?", ("Z99",)),
        ("What is the score for the record whose `code` is Kx? Which row has the highest score?", ("Kx",)),
        ("Fix it.\nWhat are x and score for code = Z99? Which row has the highest score?", ("Z99",)),
    ],
)
def test_it_is_said_where_no_record_has_what_the_question_tells_one_by(query, missing):
    found = asked(query)
    assert found is not None
    assert found.missing == missing
    columns = [describe(name, cells) for name, cells in NAMED.items()]
    said = [line for line in statistics_lines(columns, found, 9_000) if "in none of these rows" in line]
    assert said == [f"[~ in none of these rows: {value}]" for value in missing]
