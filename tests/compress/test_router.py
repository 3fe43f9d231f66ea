import pytest

from headroom.compress import router, tiers, unwrapping
from headroom.compress.any_lines import RepeatedLines
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.router import Policy, compress

TEXT = "".join(f"row {n} with words that make it a line of some length\n" for n in range(200))


def count(text):
    return len(text) // 4


def render(gap):
    return f"[~ {gap.last - gap.first + 1} {gap.unit} omitted; {gap.note}]"


class Fake:
    kind = "log"

    def __init__(self, lossless=None, lossy=None, decoded=None, loses="log"):
        self._lossless, self._lossy, self._decoded, self._loses = lossless, lossy, decoded, loses

    def lossless(self, text, hints):
        if isinstance(self._lossless, Exception):
            raise self._lossless
        return self._lossless and Rendition((self._lossless,), "log", "log:fake", lossless=True)

    def decode(self, encoded):
        return TEXT if self._decoded is None else self._decoded

    def lossy(self, text, hints):
        if isinstance(self._lossy, Exception):
            raise self._lossy
        return self._lossy and Rendition(self._lossy, self._loses, f"{self._loses}:lossy", lossless=False)


@pytest.fixture
def use(monkeypatch):
    def install(*compressors):
        monkeypatch.setattr(unwrapping, "detect", lambda text, hints: router_guess())
        monkeypatch.setattr(tiers, "compressors", lambda kind: compressors)

    def router_guess():
        from headroom.compress.detect import Guess

        return Guess(("log",), 1.0)

    return install


LOSSY = Policy(lossy=True)
SHORT = "".join(TEXT.splitlines(keepends=True)[:100])
CUT = (TEXT.splitlines(keepends=True)[0], Gap(2, 199, note="rows"), TEXT.splitlines(keepends=True)[-1])


def run(policy=LOSSY, text=TEXT, **kwargs):
    return compress(text, Hints(), policy, count, render=render, **kwargs)


def test_a_lossy_text_shows_its_gaps_and_ends_with_the_trailer(use):
    use(Fake(lossless=SHORT, lossy=CUT))
    outcome = run(trailer="[~ the end]")
    assert outcome.text is not None
    assert outcome.text.split("\n")[1] == "[~ 198 lines omitted; rows]"
    assert outcome.text.endswith("\n[~ the end]")
    assert not outcome.lossless
    assert outcome.gaps == (CUT[1],)
    assert outcome.tokens_after == count(outcome.text) < outcome.tokens_before
    assert outcome.why == ""


@pytest.mark.parametrize(
    ("roughly", "closely", "taken"),
    [
        pytest.param(0.97, 0.89, True, id="more is spared than it seems"),
        pytest.param(0.9, 0.97, False, id="less is spared than it seems"),
        pytest.param(0.5, 0.97, True, id="far from the margin nothing is counted again"),
    ],
)
def test_where_a_few_percent_decide_the_closer_count_does(use, roughly, closely, taken):
    use(Fake(lossless=SHORT))

    def counting(share):
        return lambda text: int(1_000 * share) if text == SHORT else 1_000

    outcome = compress(TEXT, Hints(), Policy(), counting(roughly), recount=counting(closely), render=render)
    assert (outcome.text == SHORT) is taken


@pytest.mark.parametrize(
    ("policy", "lossless"),
    [
        pytest.param(Policy(lossy=False), True, id="no promise"),
        pytest.param(Policy(lossy=True, protect="lossless"), True, id="protected from loss"),
        pytest.param(Policy(lossy=True, min_tokens_lossy=10**6, min_tokens_sure=10**6), True, id="too small for loss"),
        pytest.param(LOSSY, False, id="all allowed"),
    ],
)
def test_which_tier_is_taken(use, policy, lossless):
    use(Fake(lossless=SHORT, lossy=CUT))
    outcome = run(policy)
    assert outcome.lossless is lossless
    assert outcome.text is not None


@pytest.mark.parametrize(
    ("loses", "least", "sure", "lossless"),
    [
        pytest.param("log", 10**6, 250, False, id="a small log, hardly ever asked back"),
        pytest.param("html", 10**6, 250, True, id="a small page, of which any part may be next"),
        pytest.param("html", 500, 250, False, id="a page that is large enough"),
        pytest.param("log", 10**6, 10**6, True, id="a log smaller than all limits"),
        pytest.param("log", 500, 10**6, False, id="the limit for all kinds holds for those, too"),
    ],
)
def test_of_a_small_text_only_what_is_hardly_asked_back_is_left_out(use, loses, least, sure, lossless):
    use(Fake(lossless=TEXT[:-800], lossy=CUT, loses=loses))
    outcome = run(Policy(lossy=True, min_tokens_lossy=least, min_tokens_sure=sure))
    assert outcome.text is not None
    assert outcome.lossless is lossless


@pytest.mark.parametrize(
    ("fake", "why"),
    [
        pytest.param(Fake(), "no_gain", id="nothing found"),
        pytest.param(Fake(lossless=SHORT, decoded="other"), "roundtrip", id="decoding gives another text"),
        pytest.param(Fake(lossless=ValueError("x")), "error:ValueError", id="an exception in the lossless tier"),
        pytest.param(Fake(lossy=RecursionError()), "error:RecursionError", id="an exception in the lossy tier"),
        pytest.param(Fake(lossy=("made up\n", Gap(2, 199))), "law", id="a line that nobody wrote"),
        pytest.param(Fake(lossless=TEXT), "no_gain", id="no shorter"),
        pytest.param(Fake(lossless=TEXT[:-100]), "no_gain", id="less than the margin"),
        pytest.param(Fake(lossless="  \n"), "no_gain", id="blank"),
    ],
)
def test_the_source_goes_out_when_a_compressor_fails(use, fake, why):
    use(fake)
    outcome = run()
    assert outcome.text is None
    assert outcome.why == why
    assert outcome.tokens_after == outcome.tokens_before


def test_a_broken_lossy_tier_falls_back_to_the_lossless_one(use):
    use(Fake(lossless=SHORT, lossy=("made up\n", Gap(2, 199))))
    outcome = run()
    assert outcome.lossless
    assert outcome.text == SHORT


def test_a_saving_that_a_retrieval_would_eat_is_not_taken(use):
    lines = TEXT.splitlines(keepends=True)
    barely = ("".join(lines[:185]), Gap(186, 199), lines[199])
    use(Fake(lossy=barely))
    assert run().text is None


@pytest.mark.parametrize(
    ("text", "policy", "why"),
    [
        pytest.param(TEXT, Policy(protect="exact"), "protected", id="protected"),
        pytest.param("short", LOSSY, "too_small", id="short"),
        pytest.param(" \n" * 4000, LOSSY, "too_small", id="blank"),
        pytest.param("words " * 100, LOSSY, "too_small", id="few tokens"),
    ],
)
def test_blocks_that_are_not_looked_at(use, text, policy, why):
    use(Fake(lossless=SHORT, lossy=CUT))
    outcome = run(policy, text)
    assert (outcome.text, outcome.why) == (None, why)


def test_too_big_a_block_is_left(monkeypatch):
    monkeypatch.setattr(router, "MAX_CHARS", 1000)
    assert run().why == "too_big"


def test_when_time_is_up_the_source_goes_out(use):
    use(Fake(lossless=SHORT, lossy=CUT))
    assert run(deadline=lambda: True).why == "deadline"


def test_an_exception_in_the_glue_is_counted_not_raised(monkeypatch):
    def broken(text, hints):
        raise KeyError("x")

    monkeypatch.setattr(unwrapping, "detect", broken)
    assert run().why == "error:KeyError"


def test_a_forged_marker_in_the_source_is_escaped(use):
    text = TEXT.replace("row 0 ", "[~ 9 lines omitted; row 0 ")
    first = text.splitlines(keepends=True)[0]
    use(Fake(lossy=(first, Gap(2, 199), text.splitlines(keepends=True)[-1])))
    outcome = run(text=text)
    assert outcome.text is not None
    assert outcome.text.startswith("[\\~ 9 lines omitted; row 0 ")


def test_margin_numbers_are_taken_off_without_loss():
    code = "".join(f"{n:>6}\t    value_{n} = compute(value_{n - 1})\n" for n in range(1, 300))
    outcome = compress(code, Hints(tool="x"), Policy(), count, render=render)
    assert outcome.lossless
    assert outcome.text is not None
    assert outcome.text.startswith("[~ lines 1-299 of the file, their numbers left out]")
    assert "value_7 = compute(value_6)" in outcome.text


@pytest.mark.parametrize("numbered", [False, True], ids=["bare", "with line numbers"])
def test_source_without_a_form_of_its_own_is_not_read_as_a_document(numbered):
    source = "import os\n\n" + "".join(
        f"# The name of the current indentation, number {n}.\nname_{n} = current_indentation_of(os)\n\n"
        f"def get_{n}(parser):\n    return parser.current_indentation_of(os, name_{n})\n\n"
        for n in range(80)
    )
    text = "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(source.split("\n"), 1)) if numbered else source
    outcome = compress(text, Hints(tool="fetch"), Policy(lossy=True), len, render=render)
    assert outcome.kind == "code"
    if numbered:
        assert outcome.lossless
        assert outcome.text is not None
        note, _, bare = outcome.text.partition("\n")
        assert note == f"[~ lines 1-{text.count(chr(10)) + 1} of the file, their numbers left out]"
        assert bare == source
    else:
        assert outcome.text is None


def test_a_sequence_of_json_texts_is_read_as_json_lines():
    text = "".join(f'\x1e{{"id": {n}, "name": "user {n}", "plan": "free"}}\n' for n in range(300))
    outcome = compress(text, Hints(tool="fetch"), Policy(), count, render=render)
    assert outcome.transform == "json:table"
    assert outcome.tokens_after < 0.4 * outcome.tokens_before


RUNS = {
    "one line": "the very same line of output\n" * 5_000,
    "one line, others between": "".join("the very same line of output\n" * 700 + f"now step {n}\n" for n in range(7)),
    "a block": "first of it\nsecond line of it\nand the third\n" * 1_500,
    "without a newline at the end": "\n".join(["the very same line of output"] * 3_000),
    "sentences": "The committee met on Monday to discuss the budget. Several members spoke.\n" * 500,
    "source": "import os\n\ndef f():\n    return 1\n" * 300,
    "a document": "# Title\n\n" + "- one and the same item\n" * 900 + "\n## More\n\n[a](b)\n\n```\ncode\n```\n" * 4,
    "our own words": "[~ the line above: 3x more]\n" * 2_000,
    "lines that end otherwise": "the very same line of output\r\n" * 3_000,
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("policy", [Policy(), LOSSY], ids=["without loss", "with loss"])
def test_equal_lines_in_a_row_stand_once_with_a_count(name, policy):
    text = RUNS[name]
    outcome = compress(text, Hints(tool="fetch"), policy, count, render=render)
    assert outcome.lossless
    assert outcome.text is not None
    assert len(outcome.text) < 0.02 * len(text)
    assert RepeatedLines().decode(outcome.text) == text


def test_mixed_output_is_treated_part_by_part():
    log = "".join(
        f"2024-01-01 10:00:{n % 60:02d} INFO worker-{n % 3} processed job {n} in {n % 7} ms\n" for n in range(300)
    )
    notes = "".join(f"note {n}: remember the milk and the bread, {n * 7919 % 1000}\n" for n in range(60))
    outcome = compress(f"{notes}\n==> app.log <==\n{log}", Hints(), LOSSY, count, render=render, trailer="[~ end]")
    assert outcome.kind in {"mixed", "log"}
    assert outcome.text is not None
    assert all(line in outcome.text for line in notes.splitlines())
    if outcome.gaps:
        assert outcome.gaps[0].first > 60


PROGRESS = "".join(
    f"[{n:3d}/400] Compiling src/part_{n * 7 % 53}/unit_{n * 3 % 31}.c -> build/obj\n" for n in range(400)
)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"], ids=["commas", "semicolons", "pipes", "tabs"])
def test_rows_of_a_table_are_no_pattern(delimiter):
    rows = [
        ["time", "count"],
        *([f"2015/01/{n % 28 + 1:02d} {n % 24:02d}:00:00", str(n * 7919 % 50)] for n in range(500)),
    ]
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    outcome = compress(text, Hints(query="Go on."), LOSSY, count, render=render, trailer="[~ end]")
    assert outcome.text is None or outcome.lossless


def test_lines_of_no_known_kind_are_read_as_patterns():
    text = PROGRESS.replace("[200/400] Compiling", "[200/400] FAILED: linking", 1)
    found = compress(text, Hints(command="make"), LOSSY, count, render=render)
    assert found.text is not None
    assert "FAILED: linking" in found.text
    assert len(found.text) < len(text) / 3


def test_a_retrieval_costs_more_in_a_long_conversation(use):
    lines = TEXT.splitlines(keepends=True)
    use(Fake(lossy=(*lines[:170], Gap(171, 199, note="rows"), lines[-1])))
    assert run(Policy(lossy=True, context=10_000, calls=30)).text is not None
    assert run(Policy(lossy=True, context=200_000, calls=2)).text is None


def test_what_a_shell_tool_says_before_the_output_hides_no_kind():
    head = "Chunk ID: fd8db2\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\n"
    rows = "".join(f"{n},part {n % 7},{n * 3 % 101},Oslo\n" for n in range(400))
    found = compress(
        f"{head}id,name,stock,city\n{rows}", Hints(query="What is the stock of id 217?"), LOSSY, count, render=render
    )
    assert found.transform == "csv:asked"
    assert found.text.startswith(head)
    assert "\n217,part 0,45,Oslo\n" in found.text
    source = f"{head}id,name,stock,city\n{rows}".split("\n")
    shown = set(found.text.split("\n"))
    for gap in found.gaps:
        assert not shown & set(source[gap.first - 1 : gap.last]), "gaps are counted in lines of the whole text"


def test_a_drawn_table_keeps_its_titles_where_a_part_cannot_answer():
    orgs = ["Morgan, F2F" if n % 9 < 4 else "Galaxy" for n in range(160)]
    cells = [f"| {n:<5} | {40 + n % 9:<5} | {org:<11} |" for n, org in enumerate(orgs)]
    rule = "+-------+-------+-------------+"
    text = "\n".join([rule, "|  id   | Dems  |     org     |", rule, *cells, rule, ""])
    hints = Hints(query="How do polls by Morgan, F2F move?")
    outcome = compress(text, hints, LOSSY, count, render=render)
    assert outcome.text is not None
    assert "rows split by" in outcome.text.split("\n")[0]
    assert any(line.startswith("id") and line.endswith("org") for line in outcome.text.split("\n"))
