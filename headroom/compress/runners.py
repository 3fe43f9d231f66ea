"""Output of test runners: passing tests folded or dropped with counts, every failure, message and total kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress import (
    again_counts,
    assert_diffs,
    before_tests,
    frames,
    go_results,
    go_runs,
    named_below,
    node_spec,
    node_suites,
    passing_output,
    pytest_dots,
    pytest_names,
    pytest_summary,
    pytest_warnings,
    repeated_failures,
    run_headings,
    run_results,
    run_totals,
    same_cause,
    same_place,
    spare_details,
    spare_frames,
    spec_tree,
    split_results,
    tap_blocks,
    thread_dumps,
)
from headroom.compress.asks import asking
from headroom.compress.folding import escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, told_above, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.run_asides import RunAsides, run_asides
from headroom.compress.run_questions import asks_how_it_went, asks_what_failed, naming_tests
from headroom.compress.selecting import elide, finish
from headroom.compress.traced_source import source_above

_UNRUN = frozenset(("skipped", "xfailed"))
_FEW_UNRUN = 10
"""Up to so many tests that were skipped, or failed as expected, all stay: why is often told on the same line."""
_ASKED_UNRUN = 60
"""So many where the question is about such tests."""
_OF_UNRUN = re.compile(
    r"\b(?:skip|ignored?\b|pending\b|disabled\b|xfail|not run\b|expected failure|other than pass)", re.IGNORECASE
)
_OF_FILES = re.compile(r"\b(?:suites?|(?:test )?files?|packages?|green|all pass(?:ed|ing)?)\b", re.IGNORECASE)
"""Words of a question for which whole files passed."""
_NOISE = re.compile(
    r"=== PAUSE .*"
    r"|\[ RUN {6}\] .*"
    r"|\s*# Subtest: .*"
    r"|(?:\S+ )?[.s,x]{2,}\s*\[ *\d+%\]"
    r"|\s*Start +\d+: .*"
)
_RULE = re.compile(r"-{40,}")
"""Below each test of Robot Framework's."""
_NOISE_STARTS = frozenset("=[#S")
"""First signs of such a line, but for one that ends with a share."""
_FAILURES = "= FAILURES ="
_TOLD_TWICE = (" short test summary info =", "\n    --- FAIL: ")
_MIN_PASSING = 3
_STAYING = ("failed", "xpassed", "todo")
"""What a result that stays ends with."""


class Runners(LineCompressor):
    """pytest, unittest, go test, cargo test, jest, vitest, mocha, TAP, ctest, gtest, gradle, dotnet test, robot."""

    kind = "tests"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Passing pytest tests by file and class, go's results without their RUN lines, then repeated blocks and a legend."""
        escaped = escape(text)
        lines = lines_of(escaped)
        if len(lines) < 4:
            return None
        head = run_results.tally(escaped, run_results.results_of(escaped)) if len(lines) > 40 else []
        folded, extra = pytest_names.fold(lines)
        if not extra:
            slim = go_results.fold(lines)
            folded, extra = (slim, [go_results.HEAD]) if slim else pytest_dots.fold(lines) or (lines, [])
        encoded = pack(folded, [*extra, *head], always=bool(extra), apart=run_results.SIGN)
        # What is above tells how a text is read that was folded.
        return encoded if encoded is None or extra else told_above(encoded, again_counts.told(text, encoded))

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        first = head[0] if head else ""
        if pytest_names.is_head(first):
            lines = pytest_names.unfold(lines, first)
        elif first == go_results.HEAD:
            lines = go_results.unfold(lines)
        elif pytest_dots.is_head(first):
            lines = pytest_dots.unfold(lines, first)
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Drop what passed and the lines of progress, count them, keep all else."""
        lines = lines_of(text)
        results = run_results.results_of(text)
        stays = {result: "" if result.endswith(_STAYING) else result for result in set(results)}
        outcome = [stays[result] for result in results]
        for row, line in enumerate(lines if "\nPASSED " in text else ()):
            if line.startswith("PASSED ") and "::" in line:  # of pytest's summary; counted where the test ran
                outcome[row] = outcome[row] or "passed"
        question = asking(hints.query)
        again = same_cause.repeated(lines) if _many_failures(text) else []
        relevance = Relevance.from_hints(hints)
        looped = [] if "every" in relevance.asks else same_place.repeated(text, lines)
        dots = pytest_dots.progress(lines) if "%]\n" in text else {}
        of_result = asks_how_it_went(relevance, question)
        stay = (set[int]() if of_result else _first_of_each(outcome, split_results.splits_of(text))) | (
            set() if _UNRUN.isdisjoint(stays) else _unrun(outcome, question)
        )
        drop = {row for row, result in enumerate(outcome) if result and row not in stay}
        if _OF_FILES.search(question):
            files = {row for row in drop if results[row].startswith(run_results.OF_FILES)}
            drop -= files if len(files) <= _ASKED_UNRUN else set()
        drop |= go_runs.of_passing(lines, results, stay) if "--- PASS: " in text or "--- SKIP: " in text else set()
        split = split_results.of_passing(text, results, drop)
        drop.update(*split)
        detailed = "---" in text
        details = False  # inside the YAML block of a passing TAP test
        for row, (line, passed) in enumerate(zip(lines, outcome, strict=True)):
            if passed:
                details = False
            elif details or (detailed and row and outcome[row - 1] and line.strip() == "---"):
                details = line.strip() != "..."
                drop.add(row)
            elif ((line[-2:] == "%]" or line.lstrip()[:1] in _NOISE_STARTS) and _NOISE.fullmatch(line)) or (
                line[:1] == "-" and row - 1 in drop and _RULE.fullmatch(line)
            ):
                drop.add(row)
        if spec_tree.is_tree(text, lines):
            drop |= spec_tree.headings_of(lines, drop, results)
        drop |= node_suites.emptied(text, drop)
        ok = {row for row, word in enumerate(outcome) if word and row in drop}
        good = run_results.note_of_good(results, ok, dots) if of_result else ""
        of_good = {*drop} if good else set[int]()
        twice = repeated_failures.again(text)
        below = node_spec.told_below(text, twice, lines) if of_result and "\r" not in text else set[int]()
        twice = [] if below else twice
        drop.update(row for failure in twice for row in failure.rows)
        equal = assert_diffs.unchanged(text, lines, question)
        drop.update(*equal)
        summed = assert_diffs.summed_up(text, lines)
        drop |= summed
        if "\n[----------] " in text:
            drop |= run_results.suites_of_gtest(lines, drop)
        blocks = passing_output.blocks(lines) if " PASSES =" in text else []
        drop.update(row for block in blocks for row in block)
        chatter = before_tests.chatter(text, lines)
        drop |= chatter
        drop.update(row for failure in again for row in failure.rows)
        waiting = thread_dumps.alike(lines) if "\ngoroutine " in text else []
        drop.update(row for thread in waiting for row in thread.rows)
        aside = run_asides(text, lines, drop, question) if of_result else RunAsides()
        drop |= aside.rows()
        of_good |= aside.rows_of_suites()
        warned = [warning for warning in pytest_warnings.alike(text, lines, question) if warning.rows.start not in drop]
        drop.update(row for warning in warned for row in warning.rows)
        elsewhere = drop | below
        stacks = spare_frames.cut(
            lines, [stack for stack in frames.stacks_of(lines) if stack[0].rows.start not in elsewhere]
        )
        sources = source_above(lines) if "\n_ _ _ " in text else []
        framed = stacks.rows().union(*sources)
        libraries = stacks.unmarked() if "\r" not in text else set[int]()
        if dots:
            drop |= dots.keys()
            of_good |= dots.keys() if good and run_totals.has_end(lines) else set()
            drop -= pytest_dots.shown(dots, sample=not of_result, unrun=_OF_UNRUN.search(question) is not None)
        spare = spare_details.spare(text, lines, question)
        if libraries:
            told_of = {spare_frames.NOTE: libraries}
            spare = {**spare, **told_of} if tap_blocks.NOTE in spare else {**told_of, **spare}
        passing = len(outcome) - outcome.count("") + len(dots)
        if (
            passing < _MIN_PASSING
            and not again
            and not twice
            and not equal
            and not summed
            and not framed
            and not looped
            and not waiting
            and not warned
            and not aside.asides
            and not spare
            and not any(sign in text for sign in _TOLD_TWICE)
        ):
            return None
        drop |= framed.difference(*spare.values())
        drop.update(row for message in looped for row in message.rows)
        keep = set(range(len(lines))) - drop
        wanted = naming_tests(relevance) if of_result else relevance
        named = named_rows(wanted, lines, strong_lines=20) & drop
        if of_good and not any(lines[row].strip() for row in keep):
            keep.add(min(of_good))
        if good and "\r" not in text:
            spare[good] = of_good - keep
        if of_result and "\r" not in text:
            spare.update(aside.spare(text, lines, results, keep, question))
            spare[named_below.NOTE] |= below
        asked = named_rows(relevance, lines, strong_lines=20, words=False) if spare else set[int]()
        asked |= stacks.asked(lines, relevance, most=20) if libraries else set[int]()
        named.difference_update(*(rows[1:] for rows in split))  # what a test wrote says nothing without its name
        keep |= (named - stacks.rows()) | stacks.asked(lines, relevance, most=20)
        keep.update(
            row
            for block in (*blocks, *split, *(failure.rows for failure in again))
            if not named.isdisjoint(block[:2])
            for row in block
        )
        if again:
            for failure in again if "every" in relevance.asks else same_cause.unnamed(lines, again):
                keep.update(failure.heads)

        def note(first: int, last: int) -> str:
            counts = Counter(filter(None, outcome[first : last + 1]))
            told = [f"{count} {name}" for name, count in counts.most_common()]
            if drawn := pytest_dots.told(dots[row] for row in range(first, last + 1) if row in dots):
                told.append(drawn)
            if written := sum(first <= block.start <= last for block in blocks):
                told.append(f"output of {written} passed")
            if fetched := sum(first <= row <= last for row in chatter):
                told.append(f"{fetched} of what was fetched or installed")
            if called := sum(first <= source.start <= last for source in sources):
                told.append(f"source of {called} function{'s' * (called != 1)} above the line that failed")
            told += [
                *aside.told(first, last),
                *repeated_failures.told(twice, first, last),
                *assert_diffs.told(equal, first, last),
                *(["as told above"] if first in summed else []),
                *thread_dumps.told(waiting, first, last),
                *stacks.told(first, last),
                *same_cause.told(again, first, last),
                *pytest_warnings.told(warned, first, last),
            ]
            return ", ".join([*told, *same_place.told(looped, first, last)])

        pieces = elide(lines, keep, note=note)
        head = run_results.tally(text, results)
        kept = [lines[row] for row in sorted(keep)] if of_result and head else []
        if run_totals.told_by(kept, head, of_failures=asks_what_failed(relevance, question)):
            head = []
        for sort, rows in (pytest_summary.spare(lines, keep, question) if "\r" not in text else {}).items():
            spare[sort] = rows | spare.get(sort, set())
        retold = spare.get(pytest_summary.NOTE, set())
        named = spare.get(named_below.NOTE, set()) - asked
        headings = run_headings.spare(lines, keep - retold, results, named) if of_result else set[int]()
        pieces, notes = spare_details.left_out(pieces, spare, asked, headings)
        if counted := run_results.counted(notes, "" if dots else good, head, results, pieces):
            head, notes = [], [counted]
        failures = again or twice or equal or summed or sources or looped or waiting
        transform = "tests:failures" if failures else "tests:frames" if framed else "tests:passed"
        return finish(pieces, self.kind, transform, head=[*head, *notes], apart=run_results.SIGN)


def _many_failures(text: str) -> bool:
    """Whether so many failures are told of that some may have the same cause."""
    return (_FAILURES in text and text.count("\n_") >= same_cause.LEAST) or (
        "\nRan " in text and text.count("\nERROR: ") + text.count("\nFAIL: ") >= same_cause.LEAST
    )


def _unrun(outcome: Sequence[str], query: str) -> set[int]:
    """Rows of tests that were skipped or failed as expected, if they are few."""
    rows = {row for row, result in enumerate(outcome) if result in _UNRUN}
    return rows if len(rows) <= (_ASKED_UNRUN if _OF_UNRUN.search(query) else _FEW_UNRUN) else set()


def _first_of_each(outcome: Sequence[str], splits: Sequence[split_results.Split]) -> set[int]:
    """One passing and one skipped line remain as a sample, with its test's name on it if one has."""
    bare = {split.rows[-1] for split in splits}
    first = {word: outcome.index(word) for word in set(outcome) if word}
    named = (row for row, word in enumerate(outcome) if word and row not in bare) if bare else ()
    whole: dict[str, int] = {}
    for row in named:
        whole.setdefault(outcome[row], row)
    return {whole.get(word, row) for word, row in first.items()}


COMPRESSORS: tuple[Compressor, ...] = (Runners(),)
