"""SQL dumps: exact back without loss, the row asked for with loss, other statements untouched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.rendition import Gap
from headroom.compress.sql_insert import SqlInsert
from headroom.compress.tabular import COMPRESSORS as TABLES
from tests.compress.line_samples import ASKED, VAGUE, asking, keeps_the_law, round_trips, shown

SQL = SqlInsert()
TABLE = "-- dump\nCREATE TABLE `users` (\n  `id` int NOT NULL,\n  `email` varchar(255),\n  `state` varchar(20),\n  PRIMARY KEY (`id`)\n);\n"


def row(n):
    return f"({n},'user{n}@example.com, the \\'{n}\\'','{'blocked' if n == 41 else 'active'}')"


SINGLE = TABLE + "".join(f"INSERT INTO `users` VALUES {row(n)};\n" for n in range(80)) + "UNLOCK TABLES;\n"
MANY = TABLE + "INSERT INTO `users` (`id`,`email`,`state`) VALUES\n" + ",\n".join(map(row, range(80))) + ";\nCOMMIT;\n"
each = pytest.mark.parametrize("dump", [SINGLE, MANY], ids=["a statement a row", "one statement"])


def test_words_that_begin_each_statement_are_said_once():
    found = SQL.lossless(SINGLE, ASKED)
    assert SQL.decode(found.text) == SINGLE
    assert found.text.count("INSERT INTO") == 1
    assert len(found.text) < 0.75 * len(SINGLE)


@each
def test_the_row_asked_for_stays_with_its_table(dump):
    found = keeps_the_law(SQL, dump, asking("What is the state of user57@example.com?"))
    view = shown(found)
    assert row(57) in view
    assert "CREATE TABLE `users`" in view
    assert view.rstrip().endswith(("UNLOCK TABLES;", "COMMIT;"))
    assert len(view) < 0.5 * len(dump)


@each
def test_every_row_is_shown_or_lies_in_a_gap(dump):
    found = SQL.lossy(dump, asking("Which user is blocked?"))
    hidden = sum(piece.last - piece.first + 1 for piece in found.pieces if isinstance(piece, Gap))
    kept = sum(piece.count("\n(") + piece.count("VALUES (") for piece in found.pieces if isinstance(piece, str))
    starts = sum(piece.startswith("(") for piece in found.pieces if isinstance(piece, str))
    assert hidden + kept + starts == 80


DEFINED = {
    "names on one line": 'CREATE TABLE t ("id","name" varchar(9) DEFAULT \'a,b\',"x" numeric(10,2), PRIMARY KEY ("id"));\n',
    "no names": "",
}


@pytest.mark.parametrize("head", DEFINED)
@pytest.mark.parametrize("query", ["who has the largest x?", "which rows have x above 499000?"])
def test_a_dump_is_no_table_of_words_or_commas(head, query):
    head = f"BEGIN TRANSACTION;\n{DEFINED[head]}" if DEFINED[head] else ""
    dump = head + "".join(
        f"INSERT INTO t VALUES({n},'name{n}',{500000.5 if n == 41 else n * 37.25});\n" for n in range(90)
    )
    assert all(table.lossy(dump, asking(query)) is None for table in TABLES)
    assert all(table.lossless(dump, ASKED) is None for table in TABLES)
    view = shown(keeps_the_law(SQL, dump, asking(query)))
    assert "(41,'name41',500000.5)" in view
    assert ("stats x: " in view) == (bool(head) and "largest" in query)
    assert len(view) < 0.5 * len(dump)


@each
def test_without_a_question_nothing_is_left_out(dump):
    assert SQL.lossy(dump, VAGUE) is None


lines = st.sampled_from(
    [
        "INSERT INTO t VALUES (1,'a');",
        "INSERT INTO t VALUES (2,'b);",
        "INSERT INTO u VALUES (3);",
        "(4,'x'),",
        "(5,'y');",
        "INSERT INTO t VALUES",
        "",
        "[~ sql: 3 rows; x stands before each line that begins with (]",
        "-- (c)",
    ]
)


@settings(max_examples=150)
@given(st.lists(lines, max_size=30).map("\n".join))
def test_any_dump_comes_back(dump):
    round_trips(SQL, dump)
    keeps_the_law(SQL, dump, asking("Which row has 4?"))
