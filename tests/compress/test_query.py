import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.asked_count import asked_count
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance, _lowered
from headroom.compress.rendition import Hints


@pytest.mark.parametrize(
    "query", ["Please go on with the task.", "continue", "ok, next", "", "Let me look.", "Fix the tests please"]
)
def test_a_question_that_names_nothing_is_not_specific(query):
    assert not Relevance(query).specific


@pytest.mark.parametrize(
    "query",
    ["What is `pop`?", "Why does it fail?", "how many rows", "trace 0xffeedb2f", "Show me moveToMRU", "see src/a.c"],
)
def test_a_question_that_names_something_is_specific(query):
    assert Relevance(query).specific


@pytest.mark.parametrize(
    "count",
    ["Step 3. ", "Step 3: ", "step 3) ", "**Step 3:** ", "Step 3/10: ", "Step 3 of 10 - ", "Task 2: ", "## Phase 1 – "],
)
@pytest.mark.parametrize("task", ["", "Find out why orders are slow.\n"])
def test_how_an_agent_counts_its_steps_names_nothing(count, task):
    counted, plain = (
        Relevance(f"{task}{count}Which image does the pod `shop` run?"),
        Relevance(f"{task}Which image does the pod `shop` run?"),
    )
    assert counted.named == plain.named
    assert counted.wording == plain.wording


@pytest.mark.parametrize("query", ["What does Step 3 of the build print?", "Step 3 failed, why?", "step 3.5 was slow"])
def test_a_step_that_the_question_is_about_is_named(query):
    assert any("step" in term.text for term in Relevance(query).named)


@settings(max_examples=200)
@given(st.lists(st.text(alphabet="aAéÉ\u0130ıßΣσΑ\u0345'. ", max_size=6), max_size=5))
def test_lines_are_lowered_as_one_text_would_be(lines):
    assert _lowered(lines) == "\n".join(lines).replace("\u0130", "I").lower()


def test_the_calls_own_arguments_never_make_a_question_specific():
    hints = Hints(arguments='{"command": "cat weather.csv"}', query='Go on.\n{"command": "cat weather.csv"}')
    relevance = Relevance.from_hints(hints)
    assert not relevance.specific
    assert relevance.score("weather.csv") > 0


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        pytest.param(
            "What does `addquoted` do?", "static void addquoted (lua_State *L)", "static void add (x)", id="literal"
        ),
        pytest.param("trace 0xffeedb2f", "session 0xffeedb2f opened", "session 0xffeedb30 opened", id="hex id"),
        pytest.param("show pull_request.node_id", "node_id: MDEx", "node: MDEx", id="tail of a dotted name"),
        pytest.param("the record datsun 810", "datsun 810,21", "datsun 210,31", id="two words together"),
        pytest.param("Where is ReaderTaskEither?", "ReaderTaskEither.ts", "reader notes", id="camel case"),
    ],
)
def test_what_is_named_scores_higher(query, near, far):
    relevance = Relevance(query)
    assert relevance.score(near) > relevance.score(far)
    assert 0 <= relevance.score(far) <= relevance.score(near) <= 1


def test_a_word_of_its_own_counts_more_than_one_inside_another():
    relevance = Relevance("explain the wind column")
    assert relevance.score("wind: 9.5") > relevance.score("window: open") > 0


def test_a_term_on_every_line_tells_nothing_apart():
    lines = [f"request {number} ok" for number in range(40)]
    lines[7] = "request 7 refused by quota"
    scores = Relevance("which request hit the quota").score_lines(lines)
    assert scores.index(max(scores)) == 7
    assert scores[3] == 0


def test_words_close_together_say_more_than_one_of_them():
    lines = ["filler"] * 30
    lines[3] = "indices"
    lines[20], lines[22] = "indices of the match", "did not contribute"
    near = Relevance("about indices, contribute").score_near(lines, 3)
    assert near[20] > near[3]
    assert set(near) == {3, 20, 22}


def test_what_a_question_asks_for_in_general():
    assert {"max", "failure"} <= Relevance("which had the highest latency, and did it fail?").asks
    assert "every" in Relevance("list every error").asks


TASK = "Please improve the parser of our project. " + " ".join(
    f"The module{chr(97 + n % 26)} has a helper called step{chr(97 + n % 26)}{chr(97 + n // 26)} near the border."
    for n in range(60)
)


def test_a_plain_word_in_a_long_task_says_little():
    short, long = Relevance("improve the parser"), Relevance(TASK)
    assert short.score("parser") > 2 * long.score("parser")


def test_what_is_said_right_before_the_call_counts_whole_after_a_long_task():
    relevance = Relevance(f"{TASK}\nLet me look at `resolve_path` and the border.")
    assert relevance.score("def resolve_path(x):") > 0.9
    assert relevance.literals == ("resolve_path",)


def test_a_long_task_does_not_ask_for_all_that_it_mentions():
    assert Relevance("which had errors?").asks == {"failure"}
    assert Relevance(f"{TASK} There were errors in all of the highest ones. {TASK}\nLet me look.").asks == frozenset()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("What happened to the requests under /v1?", "/v1"),
        ("Why is (/health) slow", "/health"),
        ("Which responses does /users/{id}/keys have?", "/users/{id}/keys"),
        ("Who calls /users/:id/keys.", "/users/:id/keys"),
    ],
)
def test_a_route_is_a_name_however_short(query, name):
    assert (name, 0.9) in Relevance(query).named


@pytest.mark.parametrize("query", ["a and/or b", "3 / 4 of 12/05", "see src/app.py", "in /repo/src/app.py /. //"])
def test_a_slash_alone_makes_no_route(query):
    assert not [term for term in Relevance(query).named if term.text.startswith("/")]


def test_a_long_query_is_bounded():
    relevance = Relevance("word other " * 50_000 + "`needle`")
    assert len(relevance.terms) <= 40
    assert relevance.literals == ("needle",)


@settings(max_examples=60)
@given(
    st.text(st.sampled_from("ab `.\"'_1A \n"), max_size=60),
    st.text(st.sampled_from("ab `._1A"), max_size=40),
)
def test_what_is_named_is_what_weighs_most_whatever_the_arguments_say(query, arguments):
    relevance = Relevance(query, json.dumps({"command": arguments}))
    assert relevance.named == tuple(term for term in relevance.terms if term.weight >= 0.3)


@pytest.mark.parametrize(
    ("query", "asks"),
    [
        ("Wer ist der umsatzstärkste Kunde?", {"max"}),
        ("Welche ist die größte Datei, welche die kürzeste?", {"max", "min"}),
        ("Quel est le plus gros fichier ?", {"max"}),
        ("¿Cuál fue la pausa más larga?", {"max"}),
        ("¿Cuántos hubo? Wie viele? Combien ?", {"count"}),
        ("Wann war der erste und wann der letzte Lauf?", {"first", "last"}),
        ("Which day was the coldest, which node the hottest?", {"max", "min"}),
        ("Where is the place of the last plus?", {"last"}),
    ],
)
def test_extremes_are_asked_for_in_many_words(query, asks):
    assert set(Relevance(query).asks) == asks


@pytest.mark.parametrize(
    ("query", "asks"),
    [
        pytest.param(
            "List every line on 10.9.8.7.\nWhich image does `web` run?", set(), id="a question before the call"
        ),
        pytest.param(
            "List every line on 10.9.8.7.\nI'll look into `web`.", {"every"}, id="no question before the call"
        ),
        pytest.param("List every line on 10.9.8.7.\nWhich is the largest file?", {"max"}, id="another question"),
        pytest.param("Which is the largest file?", {"max"}, id="one line"),
    ],
)
def test_a_question_right_before_the_call_says_what_is_wanted(query, asks):
    assert set(Relevance(query).asks) == asks


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Which packages are under the MIT licence?", "mit"),
        ("Is the certificate stored as DER?", "der"),
        ("Which jobs ran at night EST?", "est"),
        ("Who may send mail over SES?", "ses"),
    ],
)
def test_an_abbreviation_is_no_plain_word_of_another_language(query, wanted):
    assert wanted in [term.text for term in Relevance(query).terms]


@pytest.mark.parametrize("query", ["Welche Zeile wird dann nicht geladen?", "Quelle ligne est donc dans cette liste ?"])
def test_words_of_other_languages_that_say_nothing_are_no_terms(query):
    terms = {term.text for term in Relevance(query).terms}
    assert terms.isdisjoint({"welche", "wird", "dann", "nicht", "quelle", "dans", "cette"})


@pytest.mark.parametrize(
    ("query", "gone", "stays"),
    [
        ("I'd like to see the navbar", {"d", "d like", "i'd"}, "navbar"),
        ("The worker can't start its queue", {"t", "t start", "can"}, "queue"),
        ("It shouldn’t rotate the archive", {"shouldn", "t rotate"}, "archive"),
        ("What does the server's cache hold?", {"s cache"}, "cache"),
    ],
)
def test_words_said_in_short_are_no_terms(query, gone, stays):
    terms = {term.text for term in Relevance(query).terms}
    assert stays in terms
    assert terms.isdisjoint(gone)


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("why are two files rotated at once?", 1),
        ("is anything stopped early?", 2),
        ("what about timeouts?", 3),
        ("is there crashing?", None),
    ],
)
def test_other_forms_of_a_word_name_lines_where_it_stands_nowhere_itself(query, row):
    lines = [
        "nothing here",
        "Do not attempt to rotate while one is open",
        "calls stop() before the end",
        "the timeout is 4 s",
    ]
    found = named_rows(Relevance(query), lines)
    assert found == ({row} if row is not None else set())


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("the last 18 release", None),
        ("the last 18 releases", 18),
        ("the first 3 lines", 3),
        ("top 5", 5),
        ("last 2 version", None),
        ("Which five animals sleep the most hours?", 5),
        ("Which three journals have the highest price, and how many are from Wiley?", 3),
        ("list the 10 cities with the coldest winters", 10),
        ("the longest five", 5),
        ("highest 3 scores", 3),
        ("which 404 pages are the largest?", None),
        ("the latest 500 errors", None),
        ("Which two retry at most 5 times?", None),
        ("which five are red? And what is the highest?", None),
    ],
)
def test_the_number_of_the_most_is_told_from_releases_and_statuses(query, count):
    assert asked_count(query) == count


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("Find the leak.\nStep 4. Why did the worker restart?", False),
        ("Find the leak.\nStep 2/5: why did the worker restart?", False),
        ("phase 3 of 4) Why did the worker restart?", False),
        ("What happens in step 4?", True),
        ("Step 4 fails: why?", True),
    ],
)
def test_the_number_of_an_own_step_names_nothing(query, named):
    terms = {term.text for term in Relevance(query).terms}
    assert bool(terms & {"step 4", "step", "phase 3", "phase", "step 2"}) is named
