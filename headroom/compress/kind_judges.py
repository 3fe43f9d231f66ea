"""One judge a content kind: how surely a sample of a text is of that kind, by the looks of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable

from headroom.compress import line_list
from headroom.compress.file_judges import code, config, markdown
from headroom.compress.sample import LINE_CHARS, Sample
from headroom.compress.table_judge import table

TIMESTAMP = re.compile(
    r"[0-9](?:[0-9]?[:.][0-9]{2}[:.][0-9]{2}|[0-9]{3}[-/][0-9]{2}[-/][0-9]{2}[T _]|[0-9]{3}/[0-9]{6}(?:\.[0-9]{3}|:[A-Z])|[0-9]{9}(?![0-9])|[0-9]{5} [0-9]{6}\b)"
)
"""A time of day, a date or an epoch, in the spellings that logs use; tried before ``file:line``: ``10:00:00`` is no hit."""

_LEVEL = re.compile(  # each alternative begins with a letter or sign of its own, which the matcher can look for
    r"T(?=RACE)[A-Z]+\b|D(?=EBUG)[A-Z]+\b|I(?=NFO)[A-Z]+\b|N(?=OTICE)[A-Z]+\b|W(?=ARN)[A-Z]+\b|E(?=RROR)[A-Z]+\b|F(?=ATAL)[A-Z]+\b"
    r"|S(?=EVERE)[A-Z]+\b|C(?=RITICAL)[A-Z]+\b|level=\w|<\w+>|\[\w+\]"
)
_NUMBER = r"[:-]\d+(?:[:-]\d+)?[:-]"
_HIT = re.compile(rf"(?:[A-Za-z]:\\)?[^\s:|](?:[^:|\n-]++|-(?!\d+(?:[:-]\d+)?[:-]))*+{_NUMBER}")
_DIAGNOSIS = re.compile(r" *(?:fatal )?(?:error|warning|note|remark)\b", re.IGNORECASE)
_COUNTED = re.compile(r"(?=[^:\n]*[/\\.][A-Za-z_])[^\s:|\[(\"'<{][^\s:|]*:\d+$")
_HEADED_HIT = re.compile(r"\s*\d+[:-]")
_PATH_LINE = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\)?[\w.@+~#\[\]()-]++(?:[/\\][\w.@+ ~#\[\]()-]++)*+[/\\]?$")
_LS_LINE = re.compile(r"(?:\s*+\d++\s++\d++\s++)?[-dlbcps][-rwxsStTh]{9}[.+@]?\s|total \d+$")
"""A line of ``ls -l``, ``tar tv`` or ``find -ls``."""
_ARCHIVED = re.compile(r"\s*+\d++\s++\d\d(?:\d\d)?-\d\d-\d\d(?:\d\d)?\s\d\d:\d\d\s++\S++$")
"""A line of ``unzip -l``."""
_WINDOWS_FILE = re.compile(
    r"(?:[dl-][a-z-]{4,6}\s+)?\d{1,4}[/.-]\d\d?[/.-]\d{2,4}\s+\d\d?:\d\d(?: [AP]M)?\s+(?:<\w+>|[\d,.]+)? +\S"
)
"""A line of ``Get-ChildItem`` or ``dir``."""
_WINDOWS_FOLDER = re.compile(r"\n\s+Directory(?: of|:) [^\n]*\\")
_TOLD_FILE = re.compile(
    r"\d{6} (?:blob|tree|commit) [0-9a-f]{40,64}(?: ++(?:\d+|-))?\t"
    r"|[^\s:,]*/[^\s:,]++[ \t]+\d++(?:$|[ \t]+(?:\d{4}-\d\d-\d\d|\d{9,10}\b|[-dl][-rwxsStT]{9}\b))"
)
"""A line of ``git ls-tree``, or of ``stat`` with the name before the size."""
_NAME = re.compile(r"(?=\d*[^\W\d]|\.)[^\s\"'`<>|:;=(){}\[\],?*/]{1,120}[*/@|=]?$")
_NAMES = 40
_NAMED = 0.6
"""From so many sampled lines on names alone, all different, are a listing, so likely."""
_TREE_LINE = re.compile(r"[\s│|]*(?:[├└]─[─┬]|[|`]--|\+---|\\---)\s")
_SIZED_PATH = re.compile(r"\s*+[\d.]++[KMGT]?\s++\S*/\S+$")
_TEST_LINE = re.compile(
    r"\s*+(?:\d+/\d+ Test +#\d+: |Start +\d+: |--- (?:PASS|FAIL|SKIP)|[✓✔✕✗×○●] |at Object\.<anonymous>)"
    r"|=== (?:RUN|PAUSE|CONT|NAME)|[^\s:]\S*+ (?:PASS|FAIL|SKIPP|XFAIL|XPASS|ERROR)|test \S+ .{0,20}\.\.\. "
    r"|(?:not )?ok \d+|[\w/.-]+\.py [.FEsxX]+|={5,} .* ={5,}$|Tests?:? +\d|Ran \d+ tests?|running \d+ tests?|\S++ \(\S+\) \.\.\. |(?:PASS|FAIL|ok)\b[ \t]+\S"
    r"|\S++\.t \.{2,}|E {2,}\S|test result:|# Subtest: |(?<=\s)(?:---|\.\.\.|duration_ms: [\d.]+)$|[^\s#]++#\S++ = [\d.]++ s = [.FES]$"
)
_ELEMENT = re.compile(r"\s*- '?[a-z]{3,30}\b[^\n]*\[ref=\w+\]|\s*uid=\w+ [A-Za-z]{3,30}\b")
_ELEMENTS = 0.35
"""Share of lines that tell an element of a page with its handle; others tell its properties."""
_TEST_SESSION = re.compile(
    r"={4,} (?:test session starts|FAILURES|ERRORS|short test summary info) =|\n_{3,} \S[^\n]* _{3,}\n"
)
"""A heading of pytest; the text may be a piece from any place of what it says."""
_TEST_TITLE = re.compile(
    r"\n(?:=== RUN|--- (?:PASS|FAIL)|running \d+ tests?$|Tests: +|Test Suites: |test result: |Ran \d+ tests? in"
    r"|TAP version|[ ]*+# Subtest: |[ ]*+\d+ passing\b|[ ]*+\d+ tests? (?:passed|failed)$|# Running:$|(?:FAIL|PASS) \S+\.(?:test|spec)\.)",
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
    r"[^\s:()]++[:(]\d++(?:[:,]\d++)?[:)]*:? *(?:fatal )?(?:error|warning|note|remark|info)\b|npm (?:http|warn|notice|error|info|verb|timing|ERR!|WARN)"
    r"|(?:make|ninja)(?:\[\d+\])?:|(?:gcc|g\+\+|cc|clang|rustc|javac|ld|ar) -|\s*+(?:-->|(?:Compiling|Downloading|Downloaded|Collecting|Installing|Fetching|Resolving"
    r"|Building|Finished|Checking|Updating|Unpacking|Setting up|Get:\d+|Selecting|Preparing|Requirement already|Using cached|Successfully)\b)"
    r"|\[ *\d+%\]|\[\d+/\d+\]|Step \d+/\d+|#\d+ |(?=[ \d])\s*+\d*+ *+\||> |In file included|.*: In function|error(?:\[\w+\])?:|warning:|\[(?:INFO|WARNING|ERROR)\]"
)
_MSBUILD = r" *(?:\d+>)?(?:[A-Za-z]:(?=[\\/]))?[^\n:(>]{1,150}+(?:\(\d+(?:,\d+){0,3}\)|(?<= )): (?:fatal )?(?:error|warning) [A-Z]{1,10}\d{1,5}:"
"""As MSBuild, and the tools that it runs, write a diagnosis: a path may hold a drive and blanks, and may have no line."""
_DIAGNOSED = re.compile(
    r"[^\s:()]++[:(]\d++(?:[:,]\d++)?\)?:?(?: -)? *(?:fatal )?(?:error|warning)(?::|\[| TS\d)|\s*+\d++:\d++ +(?:error|warning|[✖✘×⚠ℹ]) +\S"
    rf"|{_MSBUILD}"
)
_MANY_DIAGNOSES = 0.15
_FINDINGS = re.compile(r"\nIn \S[^\n]* line \d+:\n|\n>> Issue: \[[\w:-]+\] ")
"""How shellcheck and bandit begin to tell of each thing that they found."""
_MANY_FINDINGS = 3
_SURE_FINDINGS = 0.9
_TRACE_LINE = re.compile(
    r"Traceback \(most recent|\s*+(?:File \"[^\"]+\", line \d+|\.\.\. \d+ (?:more|common)|from \S+:\d+:in)|Caused by:|goroutine \d+ \["
    r"|thread '.*' panicked|\s++(?:at .|\d+: +(?:0x[0-9a-f]+ - )?\S|\^)|[\w.]{1,80}(?:(?<=Error)|(?<=Exception))\b|#\d+ +(?:0x|\S+ in)|Exception in thread"
)
_SANITIZED = re.compile(r"\n(?:==\d+==\s?)?(?:ERROR|WARNING): \w+Sanitizer: ")
"""How the report of a sanitizer begins; what stands below its frames looks like settings."""
_FRAME = re.compile(r"\s+at .+[:(]\d|\s*File \"[^\"]+\", line \d|\s*from \S+:\d+:in |\t\S+\.go:\d+ ")
_SOME_TRACES = 0.3
_TRACES_AMONG = 3
_MANY_STAMPED = 10
"""Traces with a stamped line behind them, from which they are what a log tells of; of so many stamped lines one is enough."""
_LOGGED = 0.35
"""Share of stamped lines, of those outside of traces, that makes it a log."""
_DIFF_HEAD = re.compile(r"\n(?:diff --git |@@ -\d+(?:,\d+)? \+\d+|Index: |--- \S.*\n\+\+\+ )")
_DIFF_LINE = re.compile(r"[-+ @]|diff |index |new file|deleted file|rename |similarity |Binary files|\\ No newline")
_OTHER_DIFFS = (
    (
        re.compile(r"\n\*{15}[^\n]*\n\*\*\* \d"),
        re.compile(r"[-+! ] |[*-]{3} |\*{15}|diff |Index: |={20}|Only in |Binary files |\\ No newline"),
    ),
    (
        re.compile(r"\n\d+(?:,\d+)?[acd]\d+(?:,\d+)?\n[<>](?: |\n)"),
        re.compile(r"[<>](?: |$)|\d+(?:,\d+)?[acd]\d+(?:,\d+)?$|---$|diff |Only in |Binary files |\\ No newline"),
    ),
)
"""Context and normal formats: the head of a hunk, and what lines look like."""
_VCS_LINE = re.compile(
    r"commit [0-9a-f]{7,40}|Author: |AuthorDate: |Commit: |CommitDate: |Date: |Merge: |[0-9a-f]{7,12} \S|[* |\\/]++[0-9a-f]{7,12} \S|On branch |## \S"
    r"|(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S|\t(?:modified|new file|deleted|renamed|both modified): |::?\d{6} \d{6} |\^?[0-9a-f]{7,40} \(?| \S.* \| +(?:\d+ [+-]*|Bin .*)$| \d+ files? changed"
)
_VCS_HEAD = re.compile(
    r"\n(?:commit [0-9a-f]{7,40}\b|On branch |## \S+(?: \[.*\])?\n[ MADRCUT?!]{2} \S|(?:(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S.*\n){2}"
    r"|(?:[* |\\/]*[0-9a-f]{7,12} \S.*\n){3}|(?: \S.* \| +(?:\d+ [+-]+|Bin .*)\n){3})"
)
_NAMED_BY_HASH = re.compile(r"(?=\d*[a-f])[0-9a-f]{7,40}(?: (?=\S)|\t|\|| - )")
_ALL_HASHES = 0.8
"""Share of lines that begin with a commit's hash, almost all, from which the times behind it are those of commits."""
_SOME_LEVELS = 0.3
_HTML_HEAD = re.compile(r"\ufeff?\s*(?:<!doctype html|<html\b|<\?xml\b|<!--)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]{0,400})?/?>")
_MESSAGE = re.compile(r'"(?:msg|message|event|log|text)" ?:')
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_SENTENCE = re.compile(r"[a-z,;)][.!?](?:\s|$)")


def _json(sample: Sample) -> float:
    head = sample.head.removeprefix("\x1e")  # a text sequence has one before each value
    if head[:1] in "{[" and head:
        closing = "}" if head[0] == "{" else "]"
        if sample.tail.endswith(closing) and re.match(r"[\[{]\s*[\"\[{\]}\d\-tfn]", head):
            return 1.0
        objects = sum(1 for line in sample.lines if line[0] == "{" and (line.endswith("}") or len(line) >= LINE_CHARS))
        if objects >= 0.6 * len(sample.lines) and objects >= 2:
            return 0.95
    return 0.0


def is_json_records(sample: Sample) -> bool:
    """Whether each line looked at is an object of JSON by its ends, and none tells what happened in words, as events do."""
    return (
        sample.head[:2] == '{"'
        and _MESSAGE.search(sample.head, 0, LINE_CHARS) is None
        and all(line[:2] == '{"' and (line[-1] == "}" or len(line) >= LINE_CHARS) for line in sample.counted)
    )


def _html(sample: Sample) -> float:
    if _HTML_HEAD.match(sample.head):
        return 1.0
    tagged = sum(map(len, _TAG.findall(sample.text)))
    return min(0.95, 2.5 * tagged / max(1, len(sample.text) - 1))


_GIT_DIFF = re.compile(
    r"(?:commit [0-9a-f]{7,64}\b(?:[^\n]*\n){1,60}?)?diff --git \S[^\n]*\n(?:[^\n]*\n){0,8}?@@@* -\d+(?:,\d+)? "
)
"""How what git prints of changes begins."""


def _diff(sample: Sample) -> float:
    if _DIFF_HEAD.search(sample.text):
        # A diff by words, as of --word-diff, begins none of its lines with a sign.
        return 0.98 if _GIT_DIFF.match(sample.head) else 0.98 * sample.share(_DIFF_LINE)
    return max((0.98 * sample.share(line) for head, line in _OTHER_DIFFS if head.search(sample.text)), default=0.0)


def _trace(sample: Sample) -> float:
    if _SANITIZED.search(sample.text):
        return 0.95
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


def _tests(sample: Sample) -> float:
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


def _log(sample: Sample) -> float:
    lines, total = sample.counted.items(), len(sample.lines)
    if _are_files(sample):
        return 0.0  # the times are those when files were changed
    stamped = sum([count for line, count in lines if TIMESTAMP.search(line, 0, 80)]) / total
    if stamped > 0.5 and (sample.share(_TOLD_FILE) > 0.5 or _are_commits(sample)):
        return 0.0
    levelled = sum([count for line, count in lines if _LEVEL.search(line, 0, 120)]) / total if stamped < 0.9 else 0
    traced = _log_of_traces(sample) if stamped < 0.9 and sample.share(_FRAME) else 0.0
    return min(0.97, max(1.05 * stamped, 0.7 * levelled, traced))


def _are_commits(sample: Sample) -> bool:
    """Whether each line is a commit in a format with a date: a hash, no two alike, and on few a word on how bad it is."""
    hashed = [
        line
        for line in sample.lines
        if (match := _NAMED_BY_HASH.match(line)) is not None and TIMESTAMP.search(line, match.end(), 120)
    ]
    return (
        len(hashed) > _ALL_HASHES * len(sample.lines)
        and len({re.split(r"[\s|]", line, maxsplit=1)[0] for line in hashed}) == len(hashed)
        and sum(_LEVEL.search(line, 0, 120) is not None for line in hashed) < _SOME_LEVELS * len(hashed)
    )


def _vcs(sample: Sample) -> float:
    if sample.share(_NAMED_BY_HASH) > _ALL_HASHES and _are_commits(sample):
        return 0.96
    return min(0.96, 0.45 + 0.6 * sample.share(_VCS_LINE)) if _VCS_HEAD.search(sample.text) else 0.0


def _search(sample: Sample) -> float:
    if _are_files(sample):
        return 0.0
    flat = headed = 0
    for line, count in sample.counted.items():
        if TIMESTAMP.match(line):
            continue
        match = _HIT.match(line)
        if match and _DIAGNOSIS.match(line, match.end()):
            continue
        if match and ("/" in match.group() or "." in match.group() or "\\" in match.group()):
            flat += count
        elif _HEADED_HIT.match(line) and not _DIAGNOSED.match(line):
            headed += count
    total = len(sample.lines)
    if not flat and not headed:
        return 0.9 * sample.share(_COUNTED)
    if headed >= 2:
        paths = sum(1 for line in sample.lines if _PATH_LINE.match(line) and ("/" in line or "." in line))
        if paths and headed + paths >= 0.7 * total:
            return 0.9 * (headed + paths) / total
    return 0.97 * flat / total


def _build(sample: Sample) -> float:
    if ("\nIn " in sample.text or "\n>> Issue: [" in sample.text) and len(
        _FINDINGS.findall(sample.text)
    ) >= _MANY_FINDINGS:
        return _SURE_FINDINGS
    found = 0.93 * sample.share(_BUILD_LINE)
    diagnosed = sample.share(_DIAGNOSED)
    return min(0.93, max(found, 0.6 + diagnosed)) if diagnosed >= _MANY_DIAGNOSES else found


def _are_files(sample: Sample) -> bool:
    return (
        _of_windows(sample) > 0.5 or sample.share(_LS_LINE) + sample.share(_ARCHIVED) + sample.share(_TOLD_FILE) > 0.5
    )


def _of_windows(sample: Sample) -> float:
    named = "LastWriteTime" in sample.text or (
        "Directory" in sample.text and _WINDOWS_FOLDER.search(sample.text) is not None
    )
    return sample.share(_WINDOWS_FILE) if named else 0.0


def _table(sample: Sample) -> float:
    return 0.0 if _are_files(sample) else table(sample)


def _listing(sample: Sample) -> float:
    total = len(sample.lines)
    found = 0
    for line, count in sample.counted.items():
        if (
            _LS_LINE.match(line)
            or _ARCHIVED.match(line)
            or _TOLD_FILE.match(line)
            or _TREE_LINE.match(line)
            or _SIZED_PATH.match(line)
            or (_PATH_LINE.match(line) and ("/" in line or "." in line or line.endswith(":")))
            or (line.endswith(":") and "/" in line and " " not in line)
        ):
            found += count
    listed = 0.94 * max(found / total, _one_a_line(sample), _of_windows(sample))
    if listed < _NAMED and total >= _NAMES and len(sample.counted) == total:
        return max(listed, _NAMED * sample.share(_NAME) ** 4)
    return listed


def _one_a_line(sample: Sample) -> float:
    """Share of lines that begin with a name and say what it is, or hold cells below comments; 0 unless nearly all do."""
    total = len(sample.lines)
    if total < line_list.LEAST:
        return 0.0
    if not sample.head.startswith(line_list.COMMENT):
        share = sample.share(line_list.DESCRIBED) if " - " in sample.head else 0.0
    elif "\t" in sample.text:
        comments = sum(line.startswith(line_list.COMMENT) for line in sample.lines)
        share = sample.share(line_list.CELLS) * total / max(1, total - comments) if 2 * comments < total else 0.0
    else:
        share = 0.0
    return share if share >= line_list.SHARE else 0.0


def _prose(sample: Sample) -> float:
    text = sample.text[1:4_001]
    words = text.count(" ")
    sentences = len(_SENTENCE.findall(text))
    if not sentences or words < 40:
        return 0.0
    letters = (_letters(text) + words) / len(text)
    rate = min(1.0, 25.0 * sentences / words)
    return 0.8 * rate * max(0.0, (letters - 0.75) / 0.25) if letters > 0.75 else 0.0


def _letters(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(None, _NO_LETTERS))
    return sum(map(str.isalpha, text))


def _dense(sample: Sample) -> float:
    """Long lines with next to no blanks: minified code, base64, serialised state."""
    long = [line for line in sample.text.split("\n") if len(line) >= 300 and line.count(" ") < 0.06 * len(line)]
    return min(0.85, sum(map(len, long)) / max(1, len(sample.text) - 1))


def _snapshot(sample: Sample) -> float:
    """A page's elements with handles. Surer than any other kind: cut as a list or as settings it would be of no use."""
    if "[ref=" not in sample.text and "uid=" not in sample.text:
        return 0.0
    return 1.1 if sample.share(_ELEMENT) >= _ELEMENTS else 0.0


JUDGES: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
    ("snapshot", _snapshot, 1.1),
    ("json", _json, 1.0),
    ("html", _html, 1.0),
    ("diff", _diff, 0.98),
    ("trace", _trace, 1.0),
    ("tests", _tests, 1.0),
    ("table", _table, 0.99),
    ("log", _log, 0.97),
    ("search", _search, 0.97),
    ("vcs", _vcs, 0.96),
    ("listing", _listing, 0.94),
    ("build", _build, 0.93),
    ("markdown", markdown, 0.92),
    ("code", code, 0.9),
    ("config", config, 0.88),
    ("dense", _dense, 0.85),
    ("prose", _prose, 0.8),
)
"""Kind, its judge, and the most that the judge can say: one that cannot win any more is not asked."""

_PATH = r"(?=[^:\n]*[/\\.][A-Za-z_])[^\s:|\[(\"'<{][^\s:|]*"
OPENINGS: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("search", re.compile(rf"(?:{_PATH}:\d+[:-][^\n]*\n){{3}}|{_PATH}\n(?:\d+[:-][^\n]*\n){{3}}"), 0.85),
    ("trace", re.compile(r"Traceback \(most recent call last\):\n|[^\n]*\n\s+at [^\n]+[:(]\d"), 0.72),
)
"""Kinds that are known by how a text begins, and how sure their judge must be that it goes on so: then no other is asked."""
