"""Output of test runners: passing tests folded or dropped with counts, every failure, message and total kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from headroom.compress import go_results, spec_tree
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish

_PYTEST = re.compile(r"((?:\S.*?)::)?(\S.*?) (PASSED|SKIPPED|FAILED|ERROR|XFAIL|XPASS)( +)\[ *(\d+)%\]")
_PYTEST_BLOCK = re.compile(r"\[~ (\d+) (PASSED|SKIPPED|XFAIL|XPASS) in (.*):\]")
_PYTEST_HEAD = re.compile(r"\[~ pytest: (\d+) collected, (\d+) wide")
_COLLECTED = re.compile(r"^(?:collecting .*?)?collected (\d+) items?(?: / (\d+) deselected)?", re.MULTILINE)
_MIN_BLOCK = 2

_GO_RUN = "=== RUN   "
_GO_PASSING = re.compile(r"\n[^\S\n]*--- (?:PASS|SKIP): (\S+) \(")
"""The name of a test that passed or was skipped."""

# Each sign is looked for by itself: anchored at one end, so that a long line costs its length once.
_AT_END = re.compile(
    r" = [\d.]+ s = (?P<minitest>[.SFE])$"
    r"| (?P<word>PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED)(?: +\[ *\d+%\])?$"
    r"| \.\.\. (?P<plain>ok|FAILED|FAIL|ERROR|ignored|skipped\b[^\n]{0,200})(?: <[\d.]+s>)?$"
)
_AT_START = re.compile(
    r"\s*(?:--- (?P<go>PASS|SKIP|FAIL): \S|(?P<tick>[✓✔√○✗✘✕×]) |(?P<tap>not ok|ok) \d"
    r"|\d+/\d+ Test +#\d+: .{0,200}?(?P<ctest>Passed|\*\*\*\w+) |(?P<dotnet>Passed|Failed|Skipped) \S.{0,200}\[.{1,20}s\]$)"
    r"|\[ {7}(?P<gtest>OK) \] |\[  (?P<gfail>FAILED)  \] .{0,200}ms\)$"
)
_START_CHARS = frozenset(" \t\r\xa0-✓✔√○✗✘✕×no0123456789PFS[")
"""First characters of a line that may have a result at its start: most have another, which is seen at once."""
_LAST_CHARS = frozenset("DRLSFE]kd>")
"""Last characters of a line with a result at its end, but for one that says why a test was skipped."""
_END_CHARS = 260
"""Characters of a line's end that are looked at."""
_MEANS = {
    **dict.fromkeys(("PASSED", "Passed", "ok", "OK", "PASS", "✓", "✔", "√", "."), "passed"),
    **dict.fromkeys(("SKIPPED", "Skipped", "skipped", "SKIP", "ignored", "○", "S"), "skipped"),
    "XFAIL": "xfailed",
}
"""What a line's word says of its test, where it has not failed."""
_PASSES = re.compile(r"={4,} PASSES ={4,}")
_PYTEST_PART = re.compile(r"={4,} .* ={4,}")
_PYTEST_TITLE = re.compile(r"_{3,} .* _{3,}")
_NOISE = re.compile(
    r"=== (?:RUN|PAUSE|CONT|NAME) .*"
    r"|\[ RUN {6}\] .*"
    r"|\s*# Subtest: .*"
    r"|(?:\S+ )?[.s,x]{2,}\s*\[ *\d+%\]"
    r"|\s*Start +\d+: .*"
)
_NOISE_STARTS = frozenset("=[#S")
"""First signs of such a line, but for one that ends with a share."""
_MIN_PASSING = 3


class Runners(LineCompressor):
    """pytest, unittest, go test, cargo test, jest, vitest, mocha, TAP, ctest, gtest, gradle, dotnet test."""

    kind = "tests"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Passing pytest tests by file and class, go's results without their RUN lines, then repeated blocks and a legend."""
        escaped = escape(text)
        lines = lines_of(escaped)
        if len(lines) < 4:
            return None
        head = [_tally(lines, _results(escaped))] if len(lines) > 40 else []
        folded, extra = _fold_pytest(lines)
        if not extra:
            slim = go_results.fold(lines)
            folded, extra = (slim, [go_results.HEAD]) if slim else (lines, [])
        return pack(folded, [*extra, *head], always=bool(extra))

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        first = head[0] if head else ""
        if match := _PYTEST_HEAD.match(first):
            lines = _unfold_pytest(lines, int(match[1]), int(match[2]))
        elif first == go_results.HEAD:
            lines = go_results.unfold(lines)
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Drop what passed and the lines of progress, count them, keep all else."""
        lines = lines_of(text)
        results = _results(text)
        outcome = ["" if result == "failed" else result for result in results]
        for row, line in enumerate(lines if "\nPASSED " in text else ()):
            if line.startswith("PASSED ") and "::" in line:  # of pytest's summary; counted where the test ran
                outcome[row] = outcome[row] or "passed"
        if len(outcome) - outcome.count("") < _MIN_PASSING:
            return None
        passing_go = set(_GO_PASSING.findall(f"\n{text}")) if "--- " in text else set()
        detailed = "---" in text
        drop: set[int] = set()
        current = ""
        details = False  # inside the YAML block of a passing TAP test
        for row, (line, passed) in enumerate(zip(lines, outcome, strict=True)):
            if passed:
                details = False
                drop.add(row)
            elif details or (detailed and row and outcome[row - 1] and line.strip() == "---"):
                details = line.strip() != "..."
                drop.add(row)
            elif line.startswith(_GO_RUN):
                current = line[len(_GO_RUN) :]
                if current in passing_go:
                    drop.add(row)
            elif passing_go:
                if line[:1] in {" ", "\t"} and current in passing_go:
                    drop.add(row)
            elif (line[-2:] == "%]" or line.lstrip()[:1] in _NOISE_STARTS) and _NOISE.fullmatch(line):
                drop.add(row)
        if spec_tree.is_tree(text, lines):
            drop |= spec_tree.headings_of(lines, drop, results)
        blocks = _passing_output(lines) if " PASSES =" in text else []
        drop.update(row for block in blocks for row in block)
        keep = set(range(len(lines))) - drop
        named = named_rows(Relevance.from_hints(hints), lines, strong_lines=20) & drop
        keep |= named
        keep.update(row for block in blocks if block.start in named for row in block)
        keep |= _first_of_each(outcome)

        def note(first: int, last: int) -> str:
            counts = Counter(filter(None, outcome[first : last + 1]))
            told = [f"{count} {name}" for name, count in counts.most_common()]
            if written := sum(first <= block.start <= last for block in blocks):
                told.append(f"output of {written} passed")
            return ", ".join(told)

        return finish(elide(lines, keep, note=note), self.kind, "tests:failures", head=[_tally(lines, results)])


def _passing_output(lines: Sequence[str]) -> list[range]:
    """What each passing test wrote, as ``pytest -rA`` shows it below PASSES: rows from the test's title on."""
    first = next((row for row, line in enumerate(lines) if _PASSES.fullmatch(line)), None)
    if first is None:
        return []
    end = next((row for row in range(first + 1, len(lines)) if _PYTEST_PART.fullmatch(lines[row])), len(lines))
    titles = [row for row in range(first + 1, end) if _PYTEST_TITLE.fullmatch(lines[row])]
    return [range(row, behind) for row, behind in pairwise([*titles, end])] if titles else []


@once
def _results(text: str) -> list[str]:
    """What each line says of a test: ``passed``, ``skipped``, ``xfailed``, ``failed``, or the empty string."""
    words: list[str] = []
    skips = "... skipped" in text
    for line in lines_of(text):
        if line[:1] in _START_CHARS and (match := _AT_START.match(line)) is not None:
            words.append(match[match.lastgroup or 0])
            continue
        word = ""
        if line[-1:] in _LAST_CHARS or line.endswith(" = .") or (skips and "... skipped" in line):
            size = len(line)
            match = _AT_END.search(line, size - _END_CHARS if size > _END_CHARS else 0)
            if match is not None:
                word = match[1] or match[3] or (match[2] if "::" in line or " > " in line else "")
        words.append(word)
    means = {word: word and (_MEANS.get(word) or _otherwise(word)) for word in set(words)}
    results = [means[word] for word in words]
    for row, result in spec_tree.rspec_results(text, lines_of(text)).items():
        results[row] = results[row] or result
    return results


def _otherwise(word: str) -> str:
    return "skipped" if word.startswith("skipped") else "failed"


def _first_of_each(outcome: Sequence[str]) -> set[int]:
    """One passing and one skipped line remain as a sample."""
    return {outcome.index(word) for word in set(outcome) if word}


def _tally(lines: Sequence[str], results: Sequence[str]) -> str:
    """Count results as the lines say them."""
    counts = Counter(results)
    counts[""] = 0
    counts -= Counter(  # a subtest of go's counted test
        [
            word
            for line, word in zip(lines, results, strict=True)
            if word and line[0] in " \t" and line.lstrip().startswith("--- ")
        ]
    )
    return f"{SIGIL}lines of single results: {', '.join(f'{count} {word}' for word, count in sorted(counts.items())) or 'none'}]"


def _fold_pytest(lines: list[str]) -> tuple[list[str], list[str]]:
    """Write runs of passing tests of one class as its name and theirs; return the lines and the head line, if any."""
    progress = [
        match if "::" in line and len(line) < 500 and (match := _PYTEST.fullmatch(line)) else None for line in lines
    ]
    rows = [row for row, match in enumerate(progress) if match]
    if len(rows) < 4:
        return lines, []
    collected = next((int(m[1]) for line in lines if (m := _COLLECTED.match(line))), len(rows))
    width = Counter(len(lines[row]) for row in rows).most_common(1)[0][0]
    out: list[str] = []
    run: list[str] = []
    opened = ("", "")
    done = 0

    def close() -> None:
        if len(run) < _MIN_BLOCK:
            out.extend(
                _pytest_line(opened[0], name, opened[1], done - len(run) + i + 1, collected, width)
                for i, name in enumerate(run)
            )
        else:
            out.append(f"{SIGIL}{len(run)} {opened[1]} in {opened[0]}:]")
            out.extend(run)
        run.clear()

    for line, match in zip(lines, progress, strict=True):
        key = ("", "")
        if match:
            prefix, name = _split_test(line[: match.start(3) - 1])
            key = (prefix, match[3])
            regular = line == _pytest_line(prefix, name, match[3], done + 1, collected, width)
            if not regular or match[3] in {"FAILED", "ERROR"} or not prefix or name.startswith("["):
                key = ("", "")
        if run and key != opened:
            close()
        if key[0]:
            opened = key
            run.append(name)
            done += 1
        else:
            out.append(line)
            done += match is not None
    if run:
        close()
    return out, [f"{SIGIL}pytest: {collected} collected, {width} wide; names stand below their file and class]"]


def _split_test(test: str) -> tuple[str, str]:
    """Part ``file::Class::name[param]`` behind the last ``::`` that is not in the parameters."""
    bracket = test.find("[")
    at = test.rfind("::", 0, bracket if bracket >= 0 else len(test))
    return (test[: at + 2], test[at + 2 :]) if at >= 0 else ("", test)


def _pytest_line(prefix: str, name: str, word: str, number: int, collected: int, width: int) -> str:
    left = f"{prefix}{name} {word}"
    return f"{left}{' ' * max(1, width - len(left) - 6)}[{number * 100 // max(1, collected):3d}%]"


def _unfold_pytest(lines: Sequence[str], collected: int, width: int) -> list[str]:
    out: list[str] = []
    done = row = 0
    while row < len(lines):
        line = lines[row]
        row += 1
        match = _PYTEST_BLOCK.fullmatch(line) if line.startswith(SIGIL) else None
        if match is None:
            done += "::" in line and len(line) < 500 and _PYTEST.fullmatch(line) is not None
            out.append(line)
            continue
        for name in lines[row : row + int(match[1])]:
            done += 1
            out.append(_pytest_line(match[3], name, match[2], done, collected, width))
        row += int(match[1])
    return out


COMPRESSORS: tuple[Compressor, ...] = (Runners(),)
