"""What the lines of a test runner's output say of single tests and of files of tests, and what that adds up to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from headroom.compress import cargo_suites, named_below, node_suites, omissions, pytest_dots, spec_tree, split_results
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of, once
from headroom.compress.rendition import Gap

# Each sign is looked for by itself: anchored at one end, so that a long line costs its length once.
_AT_END = re.compile(
    r" = [\d.]+ s = (?P<minitest>[.SFE])$"
    r"| (?P<word>PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED)(?: \([^\n]{1,200}\))?(?: +\[ *\d+%\])?$"
    r"| \.\.\. (?P<plain>ok|FAILED|FAIL|ERROR|ignored(?:, [^\n]{1,200})?|skipped\b[^\n]{0,200}"
    r"|expected failure|unexpected success)(?: <[\d.]+s>)?$"
    r"|\S +\| (?P<robot>PASS|FAIL|SKIP) \|$"
)
_AT_START = re.compile(
    r"\s*+(?:--- (?P<go>PASS|SKIP|FAIL): \S|(?P<tick>[✓✔√○✗✘✕×✖﹣↓↩]) |(?P<tap>not ok|ok) \d"
    r"|(?P<file>PASS|FAIL) {1,2}(?![^\n]* > )(?:[^\s:\[]\S* )?[^\s:\[]\S*[./\\]\S*(?: \([^()]{1,30}\))*$"
    r"|(?P<nextest>PASS|FAIL|SKIP|TIMEOUT|SIG[A-Z]+) \[ *[\d.]*s?\] "
    r"|\d+/\d+ Test +#\d+: .{0,200}?(?P<ctest>Passed|\*\*\*Not Run \(Disabled\)|\*\*\*\w+) "
    r"|(?P<dotnet>Passed|Failed|Skipped) \S.{0,200}\[.{1,20}s\]$)"
    r"|\[gw\d+\] \[ *\d+%\] (?P<xdist>PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED) "
    r"|\[ {7}(?P<gtest>OK) \] |\[  (?P<gfail>FAILED|SKIPPED)  ?\] .{0,200}ms\)$"
)
_START_CHARS = frozenset(" \t\r\xa0-✓✔√○✗✘✕×✖﹣↓↩no0123456789PFS[")
"""First characters of a line that may have a result at its start: most have another, which is seen at once."""
_LAST_CHARS = frozenset("DRLSFE]kd>|")
"""Last characters of a line with a result at its end, but for one that gives a reason."""
_REASONS = ("... skipped", "... ignored, ", "... expected failure", "... unexpected success")
_PYTEST_REASON = re.compile(r" (?:SKIPPED|XFAIL|XPASS) \(")
"""Where the line ends with the reason's bracket."""
_END_CHARS = 260
"""Characters of a line's end that are looked at."""
SIGN = re.compile(
    r"(?:\A|\n)(?:[ \t\xa0]*+(?:[✓✔√○✗✘✕×✖﹣↓↩❯●]|--- (?:PASS|FAIL|SKIP):|\[ *(?:OK|PASSED|FAILED|SKIPPED) *\]"
    r"|(?:PASS|FAIL|SKIP|TIMEOUT|PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|Passed|Failed|Skipped|not ok|ok)\b)"
    r"|\[gw\d+\] \[ *\d+%\] [A-Z]{5,7}\b)"
    r"|(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?=(?: \([^\n]{1,200}\))?(?: +\[ *\d+%\])?(?:\n|\Z))"
    r"|(?:Passed|\*\*\*[A-Z][A-Za-z ]{1,30}(?:\(Disabled\))?)(?= +[\d.]+ sec\b)"
    r"|\.\.\. (?:ok|FAILED|FAIL|ERROR|ignored|skipped|expected failure|unexpected success)\b"
    r"| = [\d.]+ s = [.SFE](?=\n|\Z)|\| (?:PASS|FAIL|SKIP) \|"
)
"""What tells a result, with the line's beginning before it: who reads a text must not have to look it up in a legend."""
_MEANS = {
    **dict.fromkeys(("PASSED", "Passed", "ok", "OK", "PASS", "✓", "✔", "√", "."), "passed"),
    **dict.fromkeys(("SKIPPED", "Skipped", "skipped", "SKIP", "ignored", "○", "﹣", "↓", "↩", "S"), "skipped"),
    **dict.fromkeys(("***Skipped", "***Not Run (Disabled)"), "skipped"),
    **dict.fromkeys(("XFAIL", "expected failure"), "xfailed"),
    "XPASS": "xpassed",
}
"""What a line's word says of its test, where it has not failed."""
_DIRECTIVE = re.compile(r"(?<!\\)# *(todo|skip)\b", re.IGNORECASE)
"""TAP's: a test with the one is not expected to pass, one with the other did not run."""
_TAP = frozenset(("ok", "not ok"))
_TICKS = frozenset("✓✔√○✗✘✕×✖﹣↓↩")
_DIRECTIVES = {"todo": "todo", "skip": "skipped"}
OF_FILES = "files "
"""Stands before what a line says of a whole file of tests."""
_OF_MANY = re.compile(r"\(\d+ tests?\b[^()]*\)")
"""What vitest writes behind a file's name."""
_MANY_FAILED = re.compile(r"\s*❯ \S.*\(\d+ tests?\b[^()]*\b[1-9]\d* failed\)")
_MOCHA_END = re.compile(r"^  \d+ (?:passing|failing)\b", re.MULTILINE)
_MOCHA = re.compile(r" {2,}(?:(\d+\) )|- )\S")
_PROVE = re.compile(r"\S+\.t \.{2,} ?(?:(ok|skipped|Dubious|Failed)\b|$)")
_PROVE_BELOW = ("Dubious, test returned", "Failed ", "No subtests run")
"""How the line below goes on where a file's own line has no result."""
_OF_SUITE = re.compile(r"\d+ tests?, \d+ passed, \d+ failed")
"""Below a suite's result in what Robot Framework prints."""
_REPEATS = re.compile(r"^(?:✖ failing tests:$| +Summary \[ *[\d.]+s\] )", re.MULTILINE)
"""Below this line a runner tells once more what failed."""
_REPEATING = ("\n✖ failing tests:", "  Summary [")
_SHORT_HEAD = re.compile(r"^={4,} short test summary info ={4,}$", re.MULTILINE)
_SHORT = re.compile(r"^(FAILED|ERROR|XFAIL|XPASS|SKIPPED|PASSED)(?: \[(\d+)\])? \S", re.MULTILINE)
_HEADINGS = re.compile(r"^={20,}\n(FAIL|ERROR): \S", re.MULTILINE)
"""How unittest begins what it tells of a failure."""


@once
def results_of(text: str) -> list[str]:
    """What each line says of a test: ``passed``, ``skipped``, ``xfailed``, ``xpassed``, ``todo``, ``failed``, or nothing: "".

    With ``files`` in front where it says that of a whole file.
    """
    lines = lines_of(text)
    words: list[str] = []
    reasons = [said for said in _REASONS if said in text] if "... " in text else []
    for line in lines:
        if line[:1] in _START_CHARS and (match := _AT_START.match(line)) is not None:
            words.append(match[match.lastgroup or 0])
            continue
        word = ""
        if (
            line[-1:] in _LAST_CHARS
            or line.endswith(" = .")
            or (line[-1:] == ")" and _PYTEST_REASON.search(line) is not None)
            or (reasons and any(said in line for said in reasons))
        ):
            size = len(line)
            match = _AT_END.search(line, size - _END_CHARS if size > _END_CHARS else 0)
            if match is not None:
                word = match[1] or match[3] or match[4] or (match[2] if "::" in line or " > " in line else "")
        words.append(word)
    means = {word: word and (_MEANS.get(word) or _otherwise(word)) for word in set(words)}
    results = [means[word] for word in words]
    for row, result in _more(text, lines, words, means):
        results[row] = result
    if any(sign in text for sign in _REPEATING) and (repeats := _REPEATS.search(text)) is not None:
        first = text.count("\n", 0, repeats.start())
        results[first:] = [""] * (len(lines) - first)
    return results


def _otherwise(word: str) -> str:
    return "skipped" if word.startswith(("skipped", "ignored")) else "failed"


def _more(text: str, lines: Sequence[str], words: Sequence[str], means: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Rows whose result takes more than one word to see, with that result."""
    yield from spec_tree.rspec_results(text, lines).items()
    yield from _mocha(text, lines, words)
    yield from ((last, "") for _, last in node_suites.suites_of(text))
    for rows, word in split_results.splits_of(text):
        if word:
            yield rows[-1], _MEANS.get(word) or _otherwise(word)
    if not {"PASS", "FAIL"}.isdisjoint(means):
        for row, word in enumerate(words):
            if word in {"PASS", "FAIL"} and (match := _AT_START.match(lines[row])) is not None and match["file"]:
                yield row, OF_FILES + means[word]
    if not _TICKS.isdisjoint(means) and _OF_MANY.search(text) is not None:
        for row, (line, word) in enumerate(zip(lines, words, strict=True)):
            if word and _OF_MANY.search(line) is not None:
                yield row, OF_FILES + means[word]
            elif "❯" in line and _MANY_FAILED.match(line) is not None:
                yield row, f"{OF_FILES}failed"
    if not _TAP.isdisjoint(means):
        for row, word in enumerate(words):
            if word in _TAP and "#" in lines[row] and (match := _DIRECTIVE.search(lines[row])) is not None:
                yield row, _DIRECTIVES[match[1].lower()]
    if " | PASS |\n" in text or " | FAIL |\n" in text:
        for row, (line, below) in enumerate(pairwise(lines)):
            if words[row] and line[-1:] == "|" and _OF_SUITE.match(below) is not None:
                yield row, ""
    if ".t .." in text:
        for row, line in enumerate(lines):
            if (match := _PROVE.match(line)) is None:
                continue
            if match[1]:
                yield row, OF_FILES + (_MEANS.get(match[1]) or _otherwise(match[1]))
            elif row + 1 < len(lines) and lines[row + 1].startswith(_PROVE_BELOW):
                yield row, f"{OF_FILES}failed"


def _mocha(text: str, lines: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What failed, with its number, and what is pending, in mocha's tree; what stands below the totals says it again."""
    if (" failing" not in text and " pending" not in text) or _MOCHA_END.search(text) is None:
        return
    pends = " pending" in text
    ended = False
    for row, (line, word) in enumerate(zip(lines, words, strict=True)):
        if word:
            ended = False
        elif line[:2] == "  ":
            if _MOCHA_END.match(line):
                ended = True
            elif not ended and (match := _MOCHA.match(line)) is not None and (match[1] or pends):
                yield row, "failed" if match[1] else "skipped"


def suites_of_gtest(lines: Sequence[str], drop: set[int]) -> set[int]:
    """First and last lines of googletest's suites of which no test stays, with the blank behind."""
    found: set[int] = set()
    first = -1
    for row, line in enumerate(lines):
        if line[:13] != "[----------] ":
            continue
        if not line.endswith(" total)"):
            first = row
        elif first >= 0 and drop.issuperset(range(first + 1, row)):
            found.update((first, row, row + 1) if lines[row + 1 : row + 2] == [""] else (first, row))
    return found


_GOOD = ("passed", "skipped", "xfailed", "xpassed")
"""Results that are no failures, in the order in which they are told."""
_FEW_SHOWN = 3
"""Results that nobody has to count."""


def note_of_good(results: Sequence[str], drop: Collection[int], dots: Mapping[int, tuple[str, str]]) -> str:
    """The line that tells of all gaps in place of results that are no failures, those of pytest's lines of dots among them.

    Empty where none goes.
    """
    gone = {results[row].removeprefix(OF_FILES) or "passed" for row in drop}
    gone.update(
        pytest_dots.WORDS.get(letter, "passed") for letter in set("".join([drawn for _, drawn in dots.values()]))
    )
    if not gone or not gone.issubset(_GOOD):
        return ""
    return omissions.note(f"{', '.join([word for word in _GOOD if word in gone])} tests")


_NAMING = frozenset(omissions.sorts_of(note) for note in (named_below.NOTE, cargo_suites.NOTE))
"""Sorts of lines among which are results of failures that are told of elsewhere."""


def counted(
    notes: Sequence[str], good: str, head: Sequence[str], results: Sequence[str], pieces: Sequence[str | Gap]
) -> str:
    """The note of what was left out, of which ``good`` is a part, with the numbers of these tests.

    Empty where `tally`'s ``head`` tells more: with no more than a few results in sight these numbers tell all.
    """
    words = omissions.sorts_of(good)
    sorts = omissions.sorts_of(notes[0]).split("; ") if good and notes else []
    if words not in sorts or len(head) != 1 or ";" in head[0]:
        return ""
    left: Counter[str] = Counter()
    for gap in pieces:
        if isinstance(gap, Gap):
            left.update(results[gap.first - 1 : gap.last])
    del left[""]
    counts = Counter(results)
    del counts[""]
    if not _NAMING.isdisjoint(sorts):
        left -= Counter({word: count for word, count in left.items() if word not in _GOOD})
    if not left or not left.keys() <= {*_GOOD} or (counts - left).total() > _FEW_SHOWN:
        return ""
    told = [f"{left[word]} {word}" for word in _GOOD if left[word]]
    sorts[sorts.index(words)] = f"{', '.join(told)} test{'s' * (left.total() != 1)}"
    return omissions.note(*sorts)


def tally(text: str, results: Sequence[str]) -> list[str]:
    """A line that counts what the lines say of single tests, if any says something; then what they say of files."""
    lines = lines_of(text)
    counts = Counter(results)
    del counts[""]
    single = Counter({word: count for word, count in counts.items() if word[:6] != OF_FILES})
    inner: Counter[str] = Counter()
    if single and " --- " in text:  # go's
        inner.update(
            word
            for line, word in zip(lines, results, strict=True)
            if word and line[0] == " " and line.lstrip().startswith("--- ")
        )
    files: dict[str, str] = {}
    if len(single) < len(counts):
        files = {
            line.strip().split(" (")[0]: word for line, word in zip(lines, results, strict=True) if word[:6] == OF_FILES
        }
    if not single:
        single = _summarised(text)
    parts = [f"result lines: {_listed(single)}"] if single else []
    if inner:
        parts.append(f"without subtests: {_listed(single - inner)}")
    if files:
        parts.append(f"of files: {_listed(Counter([word.removeprefix(OF_FILES) for word in files.values()]))}")
    if parts and parts[0].startswith("of files"):
        parts[0] = f"result lines {parts[0]}"
    return [f"{SIGIL}{'; '.join(parts)}]"] if parts else []


def _summarised(text: str) -> Counter[str]:
    """What pytest's short summary or unittest's headings say, where no line of progress names its test."""
    head = _SHORT_HEAD.search(text)
    if head is None:
        return Counter(["failed"] * len(_HEADINGS.findall(text)))
    counts: Counter[str] = Counter()
    for word, many in _SHORT.findall(text, head.end()):
        counts[_MEANS.get(word) or _otherwise(word)] += int(many or 1)
    return counts


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
