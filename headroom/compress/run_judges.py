"""Judges of what a program tells of its own run: tests, builds, traces, logs."""

from __future__ import annotations

import re

from headroom.compress import split_results
from headroom.compress.frames import CARP
from headroom.compress.line_signs import DIAGNOSED, LEVEL, TIMESTAMP
from headroom.compress.place_judges import are_commits, are_files
from headroom.compress.sample import LINE_CHARS, Sample

_TEST_LINE = re.compile(
    r"\s*+(?:\d+/\d+ Test +#\d+: |Start +\d+: |--- (?:PASS|FAIL|SKIP)|[✓✔✕✗×○●] |at Object\.<anonymous>)"
    r"|=== (?:RUN|PAUSE|CONT|NAME)|[^\s:]\S*+ (?:PASS|FAIL|SKIPP|XFAIL|XPASS|ERROR)|test \S+ .{0,20}\.\.\. "
    r"|(?:not )?ok \d+|[\w/.-]+\.py [.FEsxX]+|={5,} .* ={5,}$|Tests?:? +\d|Ran \d+ tests?|running \d+ tests?|\S++ \(\S+\) \.\.\. |(?:PASS|FAIL|ok)\b[ \t]+\S"
    r"|\S++\.t \.{2,}|E {2,}\S|test result:|# Subtest: |(?<=\s)(?:---|\.\.\.|duration_ms: [\d.]+)$|[^\s#]++#\S++ = [\d.]++ s = [.FES]$"
)
_TEST_SESSION = re.compile(
    r"={4,} (?:test session starts|FAILURES|ERRORS|short test summary info) =|\n_{3,} \S[^\n]* _{3,}\n"
)
"""A heading of pytest; the text may be a piece from any place of what it says."""
_TEST_TITLE = re.compile(
    r"\n(?:=== RUN|--- (?:PASS|FAIL)|running \d+ tests?$|Tests: +|Test Suites: |test result: |Ran \d+ tests? in"
    r"|TAP version|[ ]*+# Subtest: |[ℹ#] (?:tests|suites|pass|fail) \d+$|[ ]*+\d+ passing\b|[ ]*+\d+ tests? (?:passed|failed)$|# Running:$|(?:FAIL|PASS) \S+\.(?:test|spec)\.)",
    re.MULTILINE,
)
"""Like all that looks for the start of a line, this begins with the newline above it: the matcher then skips to newlines."""
_SPECS = re.compile(r"\n(?:\d+ (?:examples|specs), \d+ failures?|Files=\d+, Tests=\d+, )")
_SPECS_SURE = 0.75
_RUN_OF_GTEST = re.compile(r"\n\[ RUN      \] \S[^\n]*\n(?:[^\n]*\n){0,40}?\[(?:       OK|  FAILED|  SKIPPED) ")
_ROBOT = re.compile(r" \| (?:PASS|FAIL|SKIP) \|\n(?:[^\n]+\n){0,20}?[-=]{40,}(?:\n|\Z)")
"""A result of Robot Framework, and the rule below it."""
_SEVERAL_RESULTS = 3
_RUN_SURE = 0.95
_OF_UNITTEST = re.compile(
    rf"\n {{0,2}}{split_results.NAME}\n[^\n]{{1,300}}? \.\.\. (?:ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b"
    rf"|\n={{70}}\n(?:FAIL|ERROR): {split_results.NAME}\n"
)
"""A test of unittest with its docstring, and how it begins to tell of a failure."""
_OF_UNITTEST_WORDS = (" ... ", "=\nFAIL: ", "=\nERROR: ")
_OF_NODE = "(node:internal/test_runner/"
"""Stands in most frames below a failure of node's tests."""
_TEST_WORDS = (
    *(
        "PASS",
        "FAIL",
        "SKIP",
        "... ok",
        "\nok ",
        "✓",
        "✔",
        "✕",
        "✗",
        "Ran ",
        "Tests:",
        "test session",
        "=== RUN",
        " passing",
        " examples, ",
        " specs, ",
        "# Running:",
        ".t ...",
        "\nE   ",
    ),
    *("test result", "Tests run:", "Test project ", "# Subtest: "),
)
_BUILD_LINE = re.compile(
    r"[^\s:()]++[:(]\d++(?:[:,]\d++)?[:)]*:? *(?:fatal )?(?:error|warning|note|remark|info)\b|npm (?:http|warn|notice(?! [\d.]+ ?[kMG]?B )|error|info|verb|timing|ERR!|WARN)"
    r"|(?:make|ninja)(?:\[\d+\])?:|(?:gcc|g\+\+|cc|clang|rustc|javac|ld|ar) -|\s*+(?:-->|(?:Compiling|Downloading|Downloaded|Collecting|Installing|Fetching|Resolving"
    r"|Building|Finished|Checking|Updating|Unpacking|Setting up|Get:\d+|Selecting|Preparing|Requirement already|Using cached|Successfully)\b)"
    r"|\[ *\d+%\]|\[\d+/\d+\]|Step \d+/\d+|#\d+ |(?=[ \d])\s*+\d*+ *+\||> |In file included|.*: In function|error(?:\[\w+\])?:|warning:|\[(?:INFO|WARNING|ERROR)\]"
)
_MANY_DIAGNOSES = 0.15
_FINDINGS = re.compile(r"\nIn \S[^\n]* line \d+:\n|\n>> Issue: \[[\w:-]+\] ")
"""How shellcheck and bandit begin to tell of each thing that they found."""
_MANY_FINDINGS = 3
_SURE_FINDINGS = 0.9
_TRACE_LINE = re.compile(
    r"Traceback \(most recent|\s*+(?:File \"[^\"]+\", line \d+|\.\.\. \d+ (?:more|common)|from \S+:\d+:in)|Caused by:|goroutine \d+ \["
    r"|thread '.*' panicked|\s++(?:at .|\d+: +(?:0x[0-9a-f]+ - )?\S|\^)|[\w.]{1,80}(?:(?<=Error)|(?<=Exception))\b|#\d+ +(?:0x|\S+ in)|Exception in thread"
    rf"|\t{CARP}|#\d+ (?:/\S+\(\d+\)|\[internal function\]): \S|#\d+ \{{main\}}|Stack trace:$"
)
_SANITIZED = re.compile(r"\n(?:==\d+==\s?)?(?:(?:ERROR|WARNING): \w+Sanitizer: |WARNING: DATA RACE\n)")
"""How the report of a sanitizer begins; what stands below its frames looks like settings."""
_THREAD = re.compile(
    r"\n(?:goroutine \d+ (?:[a-z]+=\S+ ){0,3}\[|\"[^\"\n]{1,200}\" [^\n]{0,200}?\btid=0x[0-9a-f]+ nid=|(?:Current t|T)hread 0x[0-9a-f]+ [\[(]"
    r"|Thread \d+ \((?:Thread 0x|idle|active))"
)
"""How a dump of threads begins to tell of one."""
_OF_GDB = re.compile(
    r"#\d+ +(?:0x[0-9a-f]+ in )?[^\s(][^\n(]* ?\(.*\) (?:at|from) \S| {8}[\w<>]+ = |No locals\.$|No symbol table info available\.$"
)
"""A frame as gdb shows it, or what its variables hold."""
_MOST = 0.5
_GDB_SURE = 0.98
"""More than a log gets, for whose times the addresses of frames may be taken."""
_GROUPED = re.compile(
    r"\n *(?:[+|] Exception Group Traceback \(most recent call last\):|\+-\+?-{15} \d+ -{16}|\|   File \"[^\"\n]{1,400}\", line \d+)"
)
_OF_GROUP = re.compile(r"\s*[|+]")
"""A line of Python's exception groups, as they are drawn; of a part of one, too."""
_GROUPED_SURE = 0.99
"""More than a table gets, whose cells may be parted by bars, too."""
_OF_CALLS = re.compile(rf"\t{CARP}|#\d+ (?:/\S+\(\d+\)|\[internal function\]): \S")
"""A frame of Perl, whose arguments may be taken for cells, or of PHP, whose number may be taken for that of a step."""
_THREAD_WORDS = ("\ngoroutine ", " nid=", "hread 0x", "\nThread ")
_THREADS_SURE = 0.95
_FRAME = re.compile(r"\s+at .+[:(]\d|\s*File \"[^\"]+\", line \d|\s*from \S+:\d+:in |\t\S+\.go:\d+ ")
_SOME_TRACES = 0.3
_TRACES_AMONG = 3
_MANY_STAMPED = 10
"""Traces with a stamped line behind them, from which they are what a log tells of; of so many stamped lines one is enough."""
_LOGGED = 0.35
"""Share of stamped lines, of those outside of traces, that makes it a log."""


def tests(sample: Sample) -> float:
    """How surely, 0..1, this is what a test runner prints."""
    if any(word in sample.text for word in _OF_UNITTEST_WORDS) and _is_of_unittest(sample.text):
        return _RUN_SURE
    if sample.text.count(_OF_NODE) >= _SEVERAL_RESULTS:
        return _RUN_SURE
    if not any(word in sample.text for word in _TEST_WORDS):
        return 0.0
    if _SPECS.search(sample.text):
        return _SPECS_SURE
    if "\n[ RUN      ] " in sample.text and len(_RUN_OF_GTEST.findall(sample.text)) >= _SEVERAL_RESULTS:
        return _RUN_SURE
    if " |\n" in sample.text and len(_ROBOT.findall(sample.text)) >= _SEVERAL_RESULTS:
        return _RUN_SURE
    title = 0.5 if _TEST_SESSION.search(sample.text) or _TEST_TITLE.search(sample.text) else 0.0
    return min(1.0, title + 0.9 * sample.share(_TEST_LINE))


def _is_of_unittest(text: str) -> bool:
    """Whether at least half of a text, which may begin anywhere, is what unittest says of its tests."""
    first = _OF_UNITTEST.search(text)
    return first is not None and first.start() <= _MOST * len(text)


def build(sample: Sample) -> float:
    """How surely, 0..1, this is what a compiler, a linter or an installer prints."""
    if ("\nIn " in sample.text or "\n>> Issue: [" in sample.text) and len(
        _FINDINGS.findall(sample.text)
    ) >= _MANY_FINDINGS:
        return _SURE_FINDINGS
    found = 0.93 * sample.share(_BUILD_LINE)
    diagnosed = sample.share(DIAGNOSED)
    return min(0.93, max(found, 0.6 + diagnosed)) if diagnosed >= _MANY_DIAGNOSES else found


def trace(sample: Sample) -> float:
    """How surely, 0..1, this is mostly where programs failed, frame by frame; less where it is the log that tells of it."""
    if _SANITIZED.search(sample.text):
        return 0.95
    if any(word in sample.text for word in _THREAD_WORDS) and len(_THREAD.findall(sample.text)) >= _SEVERAL_RESULTS:
        return _THREADS_SURE if not _log_of_traces(sample) else _SOME_TRACES
    if "| " in sample.text and sample.share(_OF_GROUP) > _MOST and _GROUPED.search(sample.text):
        return _GROUPED_SURE
    if (" called at " in sample.text or "\n#0 " in sample.text) and sample.share(_OF_CALLS) > _MOST:
        return _GROUPED_SURE if not _log_of_traces(sample) else _SOME_TRACES
    if "\n#1  " in sample.text and sample.share(_OF_GDB) > _MOST:
        return _GDB_SURE if not _log_of_traces(sample) else _SOME_TRACES
    framed = 0.3 if sample.share(_FRAME) * len(sample.lines) >= 3 else 0.0
    score = min(1.0, framed + 0.9 * sample.share(_TRACE_LINE))
    return score if score < _SOME_TRACES or not _log_of_traces(sample) else _SOME_TRACES


def _log_of_traces(sample: Sample) -> float:
    """How surely a text with traces is the log that tells of each, by its lines outside of them; 0 where it is none."""
    stamped = others = among = 0
    in_trace = False
    for line in sample.text.split("\n"):
        if not line or line[0].isspace() or _TRACE_LINE.match(line, 0, LINE_CHARS):
            in_trace = in_trace or _FRAME.match(line, 0, LINE_CHARS) is not None
        elif TIMESTAMP.search(line, 0, 80):
            stamped += 1
            among += in_trace
            in_trace = False
        else:
            others += 1
    enough = among >= (1 if stamped >= _MANY_STAMPED else _TRACES_AMONG)
    if not enough or stamped < _LOGGED * (stamped + others):
        return 0.0
    return min(0.95, 0.6 + 0.4 * stamped / (stamped + others))


def log(sample: Sample) -> float:
    """How surely, 0..1, these are events with the time or the level of each."""
    lines, total = sample.counted.items(), len(sample.lines)
    if are_files(sample):
        return 0.0  # the times are those when files were changed
    stamped = sum([count for line, count in lines if TIMESTAMP.search(line, 0, 80)]) / total
    if stamped > 0.5 and are_commits(sample):
        return 0.0
    levelled = sum([count for line, count in lines if LEVEL.search(line, 0, 120)]) / total if stamped < 0.9 else 0
    traced = _log_of_traces(sample) if stamped < 0.9 and sample.share(_FRAME) else 0.0
    return min(0.97, max(1.05 * stamped, 0.7 * levelled, traced))
