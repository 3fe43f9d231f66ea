"""Which content kinds a text may be, the likeliest first: hints first, then a look at a sample of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from headroom.compress.command import read_command
from headroom.compress.rendition import Hints

_EXTENSIONS: dict[str, str] = {
    **dict.fromkeys(("log", "out", "err"), "log"),
    **dict.fromkeys(("csv", "tsv", "tab", "psv"), "table"),
    **dict.fromkeys(("json", "jsonl", "ndjson", "geojson", "ipynb", "har", "map"), "json"),
    **dict.fromkeys(("md", "markdown", "mdx", "rst", "adoc", "rmd"), "markdown"),
    **dict.fromkeys(("html", "htm", "xhtml", "xml", "svg", "rss", "atom", "xsd", "plist"), "html"),
    **dict.fromkeys(("yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "hcl", "tf"), "config"),
    **dict.fromkeys(("diff", "patch"), "diff"),
    **dict.fromkeys(("txt", "text", "tex"), "prose"),
    **dict.fromkeys(
        (
            *("py", "pyi", "pyx", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "kt", "kts", "scala"),
            *(
                "go",
                "rs",
                "c",
                "h",
                "cc",
                "cpp",
                "cxx",
                "hh",
                "hpp",
                "hxx",
                "cs",
                "m",
                "mm",
                "swift",
                "rb",
                "php",
                "pl",
            ),
            *(
                "lua",
                "sh",
                "bash",
                "zsh",
                "fish",
                "ps1",
                "r",
                "jl",
                "hs",
                "ml",
                "ex",
                "exs",
                "erl",
                "clj",
                "dart",
                "groovy",
            ),
            *(
                "sql",
                "proto",
                "vue",
                "svelte",
                "zig",
                "nim",
                "css",
                "scss",
                "less",
                "cu",
                "glsl",
                "v",
                "vhd",
                "el",
                "lisp",
            ),
        ),
        "code",
    ),
}
_MIMES: tuple[tuple[str, str], ...] = (
    ("html", "html"),
    ("xml", "html"),
    ("json", "json"),
    ("csv", "table"),
    ("tab-separated", "table"),
    ("markdown", "markdown"),
    ("yaml", "config"),
    ("toml", "config"),
    ("javascript", "code"),
    ("typescript", "code"),
    ("x-python", "code"),
    ("x-diff", "diff"),
    ("x-patch", "diff"),
)
_TOOLS: dict[str, str] = {
    **dict.fromkeys(("grep", "search_files", "grep_search", "codebase_search", "ripgrep", "search"), "search"),
    **dict.fromkeys(
        ("glob", "ls", "list_dir", "list_directory", "list_files", "file_search", "directory_tree"), "listing"
    ),
}

_SAMPLE_CHARS = 4_000
_SAMPLE_LINES = 48
_LINE_CHARS = 240
_LOOK_CHARS = 160
_HINT_BONUS = 0.3
_FLOOR = 0.3
_CLOSE = 0.15
"""A kind this much less likely than the likeliest is not tried: a wrong compressor cuts in wrong places."""
_CERTAIN = 0.98
_DECIDED = 0.8
"""When a hinted kind looks this likely, nothing else is looked for."""
_DECISIVE = frozenset(("json", "html", "diff"))
"""Kinds whose opening cannot be mistaken: when it stands there, nothing else is looked for."""
_MOST = 4

TIMESTAMP = re.compile(
    r"[0-9](?:[0-9]?[:.][0-9]{2}[:.][0-9]{2}|[0-9]{3}[-/][0-9]{2}[-/][0-9]{2}[T _]|[0-9]{9}(?![0-9])|[0-9]{5} [0-9]{6}\b)"
)
"""A time of day, a date or an epoch, in the spellings that logs use; tried before ``file:line``: ``10:00:00`` is no hit."""

_LEVEL = re.compile(
    r"(?:T(?=RACE)|D(?=EBUG)|I(?=NFO)|N(?=OTICE)|W(?=ARN)|E(?=RROR)|F(?=ATAL)|S(?=EVERE)|C(?=RITICAL))[A-Z]+\b|level=\w|<\w+>|\[\w+\]"
)
_HIT = re.compile(r"(?:[A-Za-z]:\\)?[^\s:|][^:|\n]{0,300}?[:-]\d+(?:[:-]\d+)?[:-]")
_DIAGNOSIS = re.compile(r" *(?:fatal )?(?:error|warning|note|remark)\b", re.IGNORECASE)
_HEADED_HIT = re.compile(r"\s*\d+[:-]")
_PATH_LINE = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\)?[\w.@+~#\[\]()-]+(?:[/\\][\w.@+ ~#\[\]()-]+)*[/\\]?$")
_LS_LINE = re.compile(r"[-dlbcps][-rwxsStT]{9}[.+@]?\s|total \d+$")
_TREE_LINE = re.compile(r"[\s│|]*(?:[├└]──|[|`]--|\+---|\\---)\s")
_SIZED_PATH = re.compile(r"\s*[\d.]+[KMGT]?\s+\S*/\S+$")
_TEST_LINE = re.compile(
    r"=== (?:RUN|PAUSE|CONT|NAME)|\s*--- (?:PASS|FAIL|SKIP)|[^\s:]\S* (?:PASS|FAIL|SKIPP|XFAIL|XPASS|ERROR)|test \S+ .{0,20}\.\.\. |\s*[✓✔✕✗×○●] "
    r"|(?:not )?ok \d+|[\w/.-]+\.py [.FEsxX]+|={5,} .* ={5,}$|Tests?:? +\d|Ran \d+ tests?|running \d+ tests?|\S+ \(\S+\) \.\.\. |(?:PASS|FAIL|ok)\b[ \t]+\S"
    r"|E {2,}\S|test result:|\s*at Object\.<anonymous>"
)
_TEST_TITLE = re.compile(
    r"={4,} test session starts|^=== RUN|^--- (?:PASS|FAIL)|^running \d+ tests?$|^Tests: +|^Test Suites: |^test result: |^Ran \d+ tests? in"
    r"|^TAP version|^\d+ passing|^(?:FAIL|PASS) \S+\.(?:test|spec)\.",
    re.MULTILINE,
)
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
    ),
    *("test result", "Tests run:"),
)
_BUILD_LINE = re.compile(
    r"[^\s:()]+[:(]\d+(?:[:,]\d+)?[:)]*:? *(?:fatal )?(?:error|warning|note|remark|info)\b|npm (?:http|warn|notice|error|info|verb|timing|ERR!|WARN)"
    r"|(?:make|ninja)(?:\[\d+\])?:|(?:gcc|g\+\+|cc|clang|rustc|javac|ld|ar) -|\s*(?:Compiling|Downloading|Downloaded|Collecting|Installing|Fetching|Resolving"
    r"|Building|Finished|Checking|Updating|Unpacking|Setting up|Get:\d+|Selecting|Preparing|Requirement already|Using cached|Successfully)\b"
    r"|\[ *\d+%\]|\[\d+/\d+\]|Step \d+/\d+|#\d+ |\s*-->|\s*\d* *\||> |In file included|.*: In function|error(?:\[\w+\])?:|warning:|\[(?:INFO|WARNING|ERROR)\]"
)
_TRACE_LINE = re.compile(
    r"Traceback \(most recent|\s*File \"[^\"]+\", line \d+|\s+at .+|Caused by:|\s*\.\.\. \d+ (?:more|common)|goroutine \d+ \["
    r"|thread '.*' panicked|\s+\d+: +(?:0x[0-9a-f]+ - )?\S|[\w.]{1,80}(?:(?<=Error)|(?<=Exception))\b|\s*from \S+:\d+:in|#\d+ +(?:0x|\S+ in)|\s+\^+|Exception in thread"
)
_FRAME = re.compile(r"\s+at .+[:(]\d|\s*File \"[^\"]+\", line \d|\s*from \S+:\d+:in |\t\S+\.go:\d+ ")
_DIFF_HEAD = re.compile(r"^(?:diff --git |@@ -\d+(?:,\d+)? \+\d+|Index: |--- \S.*\n\+\+\+ )", re.MULTILINE)
_DIFF_LINE = re.compile(r"[-+ @]|diff |index |new file|deleted file|rename |similarity |Binary files|\\ No newline")
_VCS_LINE = re.compile(
    r"commit [0-9a-f]{7,40}|Author: |AuthorDate: |Commit: |CommitDate: |Date: |Merge: |[0-9a-f]{7,12} \S|[* |\\/]+[0-9a-f]{7,12} \S|On branch |## \S"
    r"|(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S|\t(?:modified|new file|deleted|renamed|both modified): |\^?[0-9a-f]{7,40} \(?| \S.* \| +(?:\d+ [+-]*|Bin .*)$| \d+ files? changed"
)
_VCS_HEAD = re.compile(
    r"^commit [0-9a-f]{7,40}\b|^On branch |^## \S+|^(?:(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S.*\n){2}|^(?:[* |\\/]*[0-9a-f]{7,12} \S.*\n){3}",
    re.MULTILINE,
)
_CONFIG_LINE = re.compile(
    r"\s*(?:- )?[\w./\"'${}@-]+\s*(?::(?:\s|$)|=)|\s*-\s+\S|\s*[#;]|\[+[\w.\"' -]+\]+\s*$|---\s*$|\.\.\.\s*$"
)
_YAML_LINE = re.compile(r"\s*(?:- )?[\w./\"'-]+:(?:\s|$)|\s*- ")
_COMMENT = re.compile(r"# ?\S")
_ATX = re.compile(r"^#{2,6} \S", re.MULTILINE)
_MANY_TITLES = 0.12
_DEFINES = 0.04
_KEY_LINE = re.compile(r"\s*(?:- )?[A-Za-z_][\w.-]*:(?:\s|$)")
_MARKDOWN_LINE = re.compile(
    r"#{1,6} \S|\s*[-*+] \S|\s*\d+\. \S|```|~~~|> |\|.*\|\s*$|={3,}\s*$|-{3,}\s*$|!\[|\[[^\]]+\]\(|<\w+[ >]"
)
_MARKDOWN_HEAD = re.compile(r"#{1,6} \S|```|(?:={3,}|-{3,}|~{3,})$|[^\]\n]{0,120}\]\([^)\s]+\)")
_CODE_LINE = re.compile(
    r"\s*(?:def|class|import|from|return|if|elif|else|for|while|try|except|with|async|await|func|fn|pub|use|let|const|var|function"
    r"|export|public|private|protected|static|package|struct|enum|impl|type|interface|case|switch|match|module|require|end|local|namespace|template|typedef|raise|throw|yield)\b"
    r"|\s+[\w.\[\]\"']+(?:: [\w.\[\], ]+)? [-+|&*/]?= \S|\s+(?:self\.|this\.|\$)?[\w.]+\("
    r"|\s*(?://|/\*|\*|#(?:include|define|if|endif|pragma|else|ifdef|ifndef)\b|@\w+|\"\"\"|--\s|[)\]}]+[,;]?$)"
)
_REMARK = re.compile(r"\s*# ")
_CODE_HEAD = re.compile(
    r"\s*(?:(?:export |default |public |private |protected |static |final |abstract |async |pub(?:\([a-z]+\))? |inline |extern |unsafe )*"
    r"(?:(?:def|class|func|fn|function|interface|struct|enum|impl|trait|namespace|module|package|typedef)\s+[\w(]|const \w+ =|let \w+ =|type \w+\b)"
    r"|import [\w{*\"]|from \S+ import|#include\b|use \w+::|using \w+|[\w*&<>,: ]{3,80}\([^;]{0,120}\)\s*(?:const\s*)?\{)"
)
_HTML_HEAD = re.compile(r"\s*(?:<!doctype html|<html\b|<\?xml\b|<!--)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]{0,400})?/?>")
_SENTENCE = re.compile(r"[a-z,;)][.!?](?:\s|$)")
_BOX_HINT = re.compile(r"[│┃║]|\+[-=]{3,}\+| \| ")
_BOX = re.compile(r"[│┃║](?!  |\xa0)|^[┌├└╔╠╚][─═┬┼┴╤╪╧]{2}|^\s*\+[-=+]{3,}\+\s*$|\S \| +\S")
_WIDE = re.compile(r"\S {2,}\S")
_RULE = re.compile(r"\s*[-=]{2,}(?:[ +|]+[-=]{2,})+\s*$")


@dataclass(frozen=True, slots=True)
class _Sample:
    text: str
    lines: tuple[str, ...]
    head: str
    tail: str
    size: int

    def share(self, pattern: re.Pattern[str]) -> float:
        """Part of the sampled lines that start with the pattern."""
        match = pattern.match
        return sum(1 for line in self.lines if match(line, 0, _LOOK_CHARS)) / max(1, len(self.lines))

    def share_anywhere(self, pattern: re.Pattern[str]) -> float:
        search = pattern.search
        return sum(1 for line in self.lines if search(line)) / max(1, len(self.lines))


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text seems to be."""

    kinds: tuple[str, ...]
    """Up to four content kinds, the likeliest first; empty when nothing fits."""
    confidence: float
    """0..1.3 for the first kind; hints included."""


def detect(text: str, hints: Hints) -> Guess:
    """Guess what a text is.

    Constant work: at most 12 KB of the text is looked at. A hint adds weight to its kind; it never decides against the content.
    """
    sample = _take(text)
    if not sample.lines:
        return Guess((), 0.0)
    hinted = _hinted(hints)
    scores: dict[str, float] = {}
    best = 0.0
    for kind, judge, most in sorted(_JUDGES, key=lambda entry: entry[0] not in hinted):
        if most <= best and kind not in hinted:
            continue
        score = judge(sample)
        if (score >= _DECIDED and kind in hinted) or (score >= _CERTAIN and kind in _DECISIVE):
            return Guess((kind,), score)
        if kind in hinted:
            score += _HINT_BONUS if score > 0 else _HINT_BONUS / 2
        scores[kind] = score
        best = max(best, score)
    floor = max(_FLOOR, best - _CLOSE)
    ranked = sorted((kind for kind in scores if scores[kind] >= floor), key=lambda kind: -scores[kind])
    return Guess(tuple(ranked[:_MOST]), best)


def _hinted(hints: Hints) -> frozenset[str]:
    found: set[str] = set()
    path = hints.path
    if hints.command:
        kind, read = read_command(hints.command)
        if kind:
            found.add(kind)
        path = path or read
    if path and (by_path := kind_of_path(path)):
        found.add(by_path)
    if hints.mime:
        mime = hints.mime.lower()
        found.update(kind for part, kind in _MIMES if part in mime)
    if hints.tool and (by_tool := _TOOLS.get(hints.tool.lower())):
        found.add(by_tool)
    return frozenset(found)


def kind_of_path(path: str) -> str | None:
    """Content kind that a file's name promises, or None."""
    name = path.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].lower()
    if name in {"makefile", "dockerfile", "jenkinsfile", "rakefile", "gemfile"}:
        return "code"
    if name in {"readme", "changelog", "history", "contributing"}:
        return "markdown"
    return _EXTENSIONS.get(name.rpartition(".")[2]) if "." in name else None


def _take(text: str) -> _Sample:
    """Sample the head, the middle and the tail, cut at line ends, long lines cut short."""
    size = len(text)
    if size <= 3 * _SAMPLE_CHARS:
        parts = [text]
    else:
        middle = (size - _SAMPLE_CHARS) // 2
        parts = [text[:_SAMPLE_CHARS], text[middle : middle + _SAMPLE_CHARS], text[-_SAMPLE_CHARS:]]
        parts = [_whole_lines(part, first=index == 0) for index, part in enumerate(parts)]
    rows = [line for part in parts for line in part.split("\n") if line and not line.isspace()]
    step = max(1, len(rows) // _SAMPLE_LINES)
    lines = tuple(line[:_LINE_CHARS].rstrip() for line in rows[::step])
    return _Sample("\n".join(parts), lines, text[:4_000].lstrip("\ufeff \t\r\n"), text[-400:].rstrip(), size)


def _whole_lines(part: str, *, first: bool) -> str:
    start = 0 if first else part.find("\n") + 1
    end = part.rfind("\n")
    return part[start : end if end > start else len(part)]


def _json(sample: _Sample) -> float:
    head = sample.head
    if head[:1] in "{[" and head:
        closing = "}" if head[0] == "{" else "]"
        if sample.tail.endswith(closing) and re.match(r"[\[{]\s*[\"\[{\]}\d\-tfn]", head):
            return 1.0
        objects = sum(1 for line in sample.lines if line[0] == "{" and (line.endswith("}") or len(line) >= _LINE_CHARS))
        if objects >= 0.6 * len(sample.lines) and objects >= 2:
            return 0.95
    return 0.0


def _html(sample: _Sample) -> float:
    if _HTML_HEAD.match(sample.head):
        return 1.0
    tagged = sum(len(match.group()) for match in _TAG.finditer(sample.text))
    return min(0.95, 2.5 * tagged / max(1, len(sample.text)))


def _diff(sample: _Sample) -> float:
    return 0.98 * sample.share(_DIFF_LINE) if _DIFF_HEAD.search(sample.text) else 0.0


def _trace(sample: _Sample) -> float:
    framed = 0.3 if sample.share(_FRAME) * len(sample.lines) >= 3 else 0.0
    return min(1.0, framed + 0.9 * sample.share(_TRACE_LINE))


def _tests(sample: _Sample) -> float:
    if not any(word in sample.text for word in _TEST_WORDS):
        return 0.0
    title = 0.5 if _TEST_TITLE.search(sample.text) else 0.0
    return min(1.0, title + 0.9 * sample.share(_TEST_LINE))


def _log(sample: _Sample) -> float:
    stamped = sum(1 for line in sample.lines if TIMESTAMP.search(line, 0, 80)) / len(sample.lines)
    levelled = (
        sum(1 for line in sample.lines if _LEVEL.search(line, 0, 120)) / len(sample.lines) if stamped < 0.9 else 0
    )
    return min(0.97, max(1.05 * stamped, 0.7 * levelled))


def _vcs(sample: _Sample) -> float:
    return min(0.96, 0.45 + 0.6 * sample.share(_VCS_LINE)) if _VCS_HEAD.search(sample.text) else 0.0


def _search(sample: _Sample) -> float:
    flat = headed = 0
    for line in sample.lines:
        if TIMESTAMP.match(line):
            continue
        match = _HIT.match(line)
        if match and _DIAGNOSIS.match(line, match.end()):
            continue
        if match and ("/" in match.group() or "." in match.group() or "\\" in match.group()):
            flat += 1
        elif _HEADED_HIT.match(line):
            headed += 1
    total = len(sample.lines)
    paths = sum(1 for line in sample.lines if _PATH_LINE.match(line) and ("/" in line or "." in line))
    if headed >= 2 and paths and headed + paths >= 0.7 * total:
        return 0.9 * (headed + paths) / total
    return 0.97 * flat / total


def _build(sample: _Sample) -> float:
    return 0.93 * sample.share(_BUILD_LINE)


def _listing(sample: _Sample) -> float:
    total = len(sample.lines)
    found = 0
    for line in sample.lines:
        if (
            _LS_LINE.match(line)
            or _TREE_LINE.match(line)
            or _SIZED_PATH.match(line)
            or (_PATH_LINE.match(line) and ("/" in line or "." in line or line.endswith(":")))
            or (line.endswith(":") and "/" in line and " " not in line)
        ):
            found += 1
    return 0.94 * found / total


def _table(sample: _Sample) -> float:
    lines = sample.lines
    if len(lines) < 3:
        return 0.0
    total = len(lines)
    if _BOX_HINT.search(sample.head) and sample.share_anywhere(_BOX) >= 0.8:
        return 0.99
    best = 0.0
    for delimiter in ("\t", ",", ";", "|"):
        usual = lines[0].count(delimiter)
        if usual:
            same = sum(1 for line in lines if line.count(delimiter) == usual) / total
            headed = not any(char.isdigit() for char in lines[0].partition(delimiter)[0])
            best = max(best, (0.985 if headed else 0.9) * same if same >= 0.93 else 0.5 * same)
    if any(_RULE.match(line) for line in lines[:4]):
        return 0.92
    wide = sum(1 for line in lines if "  " in line and len(_WIDE.findall(line)) >= 2) / total if best < 0.9 else 0.0
    return max(best, 0.7 * wide)


def _config(sample: _Sample) -> float:
    lined = sample.share(_CONFIG_LINE)
    yaml = sample.share(_YAML_LINE)
    ends = sum(1 for line in sample.lines if line.rstrip().endswith((";", "{", "}"))) / len(sample.lines)
    if sample.share(_CODE_HEAD) >= _DEFINES:  # keys and annotated names look alike
        return 0.5 * max(yaml, lined)
    return max(0.0, 0.88 * max(yaml, 0.9 * lined) - ends)


def _markdown(sample: _Sample) -> float:
    comments = sample.share(_COMMENT)  # a script's comments and a title look alike; a title is rarer
    comments = comments if comments > _MANY_TITLES else 0.0
    marks = sample.share(_MARKDOWN_HEAD) - comments
    if marks <= 0:
        return 0.0
    if "\n```" in sample.text and _ATX.search(sample.text):  # headings around code blocks: the code is quoted
        return 0.92
    keyed = sample.share(_KEY_LINE)  # a YAML file's comments look like headings
    return min(0.86, 0.25 + 0.45 * (sample.share(_MARKDOWN_LINE) - comments) + min(0.35, 4.0 * marks)) - 0.6 * keyed


def _code(sample: _Sample) -> float:
    heads = sample.share(_CODE_HEAD)
    match = _CODE_LINE.match
    lines = [line for line in sample.lines if not _REMARK.match(line)] or sample.lines
    share = sum(1 for line in lines if line.endswith((";", "{", "}", "):")) or match(line)) / len(lines)
    return min(0.9, share + min(0.2, 4.0 * heads)) if heads else 0.6 * share


def _prose(sample: _Sample) -> float:
    text = sample.text[:4_000]
    words = text.count(" ")
    sentences = len(_SENTENCE.findall(text))
    if not sentences or words < 40:
        return 0.0
    letters = (sum(map(str.isalpha, text)) + words) / len(text)
    rate = min(1.0, 25.0 * sentences / words)
    return 0.8 * rate * max(0.0, (letters - 0.75) / 0.25) if letters > 0.75 else 0.0


def _dense(sample: _Sample) -> float:
    """Long lines with next to no blanks: minified code, base64, serialised state."""
    long = [line for line in sample.text.split("\n") if len(line) >= 300 and line.count(" ") < 0.06 * len(line)]
    return min(0.85, sum(map(len, long)) / max(1, len(sample.text)))


_JUDGES: tuple[tuple[str, Callable[[_Sample], float], float], ...] = (
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
    ("markdown", _markdown, 0.92),
    ("code", _code, 0.9),
    ("config", _config, 0.88),
    ("dense", _dense, 0.85),
    ("prose", _prose, 0.8),
)
"""Kind, its judge, and the most that the judge can say: one that cannot win any more is not asked."""
KINDS: tuple[str, ...] = tuple(kind for kind, _, _ in _JUDGES)
"""Every kind that ``detect`` knows; ties are settled in this order."""
