"""Names that a text does not hold are told as absent, not left to be taken for cut."""

import pytest

from headroom.compress.absent import not_there
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

TEXT = (
    "\n".join(f"{n * 4096:016x} T sqlite3_{word}_{n}" for n, word in enumerate(["open", "close", "bind", "step"] * 60))
    + "\n"
)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("Is sqlite3_snapshot_open exported?", "sqlite3_snapshot_open"),
        ("Check the exports.\nI'll look for sqlite3_close_9 and sqlite3_load_extension.", "sqlite3_load_extension"),
        ("Is snapshotOpen there, or sqlite3_open_0?", "snapshotOpen"),
        ("Is SQLITE3_OPEN_0 there?", ""),
        ("Is `zebra` there, and `open`?", "zebra"),
        ("What does `src/zebra.c` hold, what `zebra.c`, and what `zebra run`?", ""),
        ("Fix sqlite3_snapshot_open.\nLet me look.", ""),
        ("Read src/sqlite3_snapshot_open.c and lib.sqlite3_bind_x", ""),
        ("What of plain words, and of aCap?", ""),
        ("one_name two_name_x three_name four_name_x five_name_x", ""),
    ],
)
def test_names_that_are_not_there(query, names):
    assert not_there(Hints(query=query), TEXT) == (f"[~ not in this text: {names}]\n" if names else "")


def test_a_path_of_keys_is_there_where_its_last_key_is():
    text = '{"time":{"3.16.1":"2024-12-13"},"job":{"id":7}}'
    asked = Hints(query="What are `time.3.16.1`, `job.id` and `time.9.9.9`?")
    assert not_there(asked, text) == "[~ not in this text: time.9.9.9]\n"


def test_what_the_call_itself_says_is_not_told():
    hints = Hints(query="Look for old_name_here: grep -rn old_name_here .", arguments="grep -rn old_name_here .")
    assert not_there(hints, TEXT) == ""


def test_a_cut_text_says_it_first_and_a_whole_one_never():
    query = "Where is `sqlite3_bind_30`, and is there a sqlite3_snapshot_open?"
    cut = compress(TEXT, Hints(query=query), Policy(lossy=True), len, render=lambda _gap: "[~ gap]")
    assert cut.gaps
    assert cut.text is not None
    assert cut.text.startswith("[~ not in this text: sqlite3_snapshot_open]\n")
    whole = compress(TEXT, Hints(query=query), Policy(lossy=False), len, render=lambda _gap: "[~ gap]")
    assert "not in this text" not in (whole.text or "")
