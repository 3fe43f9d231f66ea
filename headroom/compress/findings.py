"""What linters and compilers find, one finding after the other: its lines, rule, file, and whether it is an error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of, once

_PATH = r"(?:[A-Za-z]:(?=[\\/]))?[^\s:()][^:()\n]{0,300}?"
_WORD = r"(?:(?:fatal|catastrophic|syntax|internal) )?(?P<{}>error|warning|info|style|convention|refactor|hint)\b"
_FLAT = re.compile(
    rf"(?P<file>{_PATH})(?::\d+(?::\d+)?(?:-\d+(?::\d+)?)?:?|\(\d+(?:,\d+){{0,3}}\):) ?(?:- )?"
    rf"(?:{_WORD.format('word')}|(?P<code>[A-Z]{{1,7}}\d{{2,5}})\b)"
)
_OF_PYLINT = re.compile(r"(?<=[EF]\d{4}): \S")
"""Behind a code of pylint that stands for an error, as no other linter writes it."""
_CODE = re.compile(r" \[?(?P<code>[A-Z]{1,7}\d{2,5})\b|: (?P<tag>\[[a-z]+(?:-[a-z]+)*\]) ")
"""Behind the word "error", or as javac's lint has it behind "warning"."""
_STYLISH = re.compile(rf"\s+\d+:\d+ +(?:{_WORD.format('word')}|(?P<sign>[✖✘×⚠ℹ])) +\S")
_FILE = re.compile(r"(?:[A-Za-z]:)?[^\s:|][^:|\n]{0,300}$")
_TITLE = re.compile(
    rf"(?:{_WORD.format('word')}(?:\[(?P<rule>[\w:-]+)\])?: |(?P<code>[A-Z]{{1,7}}\d{{2,5}}) (?:\[\*\] )?)\S"
)
_ARROW = re.compile(rf" *-->\s+(?P<file>{_PATH}):\d+:\d+$")
_SHELLCHECK = re.compile(r"In (?P<file>\S.{0,300}) line \d+:$")
_SHELL_CODE = re.compile(r"\s*\^-*\^?(?:--)? (?P<rule>SC\d{4}) \((?P<word>\w+)\): ")
_BANDIT = re.compile(r">> Issue: \[(?P<rule>[\w:-]+)\]")
_BANDIT_MORE = re.compile(r"   (?:Severity: (?P<word>\w+) |Location: (?P<file>\S[^:\n]*):\d)")
_RULE = re.compile(
    r"(?:\[(?P<square>[A-Za-z@-][\w/@=+.,-]*)\]|\((?P<round>[a-z]+(?:[/-][\w-]+)+|(?<=  \()[a-z]{3,})\)|  (?P<bare>@?[a-zA-Z][\w@/-]*))$"
)
"""What stands at the end of a finding of one line."""
_INDENTED = frozenset(("flat", "arrow"))
"""How findings are written whose further lines are indented, or numbered."""
_ERROR_SIGNS = frozenset("✖✘×")
_ERRORS = frozenset(("error", "High", "Medium"))
_LEAD = re.compile(
    r"In file included from |\s+from \S+:\d+[:,]|\S+: In (?:\w+ )*(?:function|constructor|lambda)|\S+: At "
)
_TRAIL = re.compile(r"\d+\s*[|+-]|\.{3}|\S+?:\d+(?::\d+)?: note: |(?:note|help|hint): |\d+\t")
_CLOSING = re.compile(
    r"\s*(?:\[\w+\] +)?(?:Found \d+ |No (?:issues|problems)|[✖✔×✗]? ?\d+ (?i:problem|error|warning|offen[cs]e|issue|violation)(?:\(s\)|s?\b)"
    r"|\d+ files? (?:inspected|checked|scanned)|\[\*\] \d+ fixable|\d+ fixable|Your code has been rated|All checks passed|Success: no "
    r"|B(?:UILD|uild) (?:FAIL\w*|SUCC\w*|failed|succeeded)|error: (?:could not compile|aborting due to|build failed)"
    r"|(?:warning|error): .{1,200} generated \d+ |make(?:\[\d+\])?: \*\*\* |ninja: build stopped|Total (?:issues|errors|violations)\b"
    r"|Done linting|Time Elapsed |Run metrics:|Code scanned:|For more information:)"
)
_CLOSING_STARTS = frozenset(" \t[FNY✖✔×✗ABSbewmnTDRC0123456789")
NO_RULES = frozenset(("error", "warning", "info", "style", "convention", "refactor", "hint"))
"""What stands for a rule where a finding names none."""
_CLOSINGS = 12
_DIGEST = 16
"""Rules and files that are counted by name."""
_LEAST = 8
_FEW = 3
_UNMISTAKABLE = frozenset(("bandit", "shellcheck"))
"""How findings are written that nothing else looks like: of these a few are enough."""
_SHARE = 0.6
"""Part of the lines that must belong to findings."""


class Finding(NamedTuple):
    """Rows of one finding: from ``start`` to before ``end``; ``heads`` say what it is and where."""

    start: int
    end: int
    heads: tuple[int, ...]
    file: str
    rules: tuple[str, ...]
    """One for each thing found there."""
    error: bool
    level: str = ""
    """How bad it is in its tool's own word, in lower case, where it says so."""


def closing_rows(lines: Sequence[str], rows: Iterable[int] | None = None) -> list[int]:
    """Rows (of these) of what a tool says in the end of all that it did: totals, a rating, whether the build failed.

    The last ones of many.
    """
    starts = _CLOSING_STARTS
    among = range(len(lines)) if rows is None else rows
    return [row for row in among if lines[row][:1] in starts and _CLOSING.match(lines[row])][-_CLOSINGS:]


@once
def findings_of(text: str) -> list[Finding]:
    """All findings, where most of the lines belong to one; else none."""
    lines = lines_of(text)
    starts = list(_starts(lines))
    if len(starts) < (_LEAST if any(kind not in _UNMISTAKABLE for _, kind, _ in starts) else _FEW):
        return []
    found: list[Finding] = []
    for (start, kind, match), following in zip(starts, [*(row for row, _, _ in starts[1:]), len(lines)], strict=True):
        end = _end(lines, start, following, kind)
        found += _read(lines, start, end, kind, match, found)
    covered = sum([finding.end - finding.start for finding in found])
    filled = len(lines) - lines.count("")
    return found if covered >= _SHARE * filled else []


def _starts(lines: Sequence[str]) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Rows at which findings start, how they are written, and what was read there."""
    headed = False
    for row, line in enumerate(lines):
        if line[:1] in {"", "|", "^"}:
            continue
        below = lines[row + 1] if row + 1 < len(lines) else ""
        if line[:1] in {" ", "\t"}:
            if headed and (match := _STYLISH.match(line)) is not None:
                yield row, "stylish", match
        elif line.startswith("In ") and (match := _SHELLCHECK.match(line)) is not None:
            yield row, "shellcheck", match
        elif line.startswith(">> Issue: "):
            yield row, "bandit", _BANDIT.match(line)
        elif (match := _TITLE.match(line)) is not None:
            if _ARROW.match(below) is not None:
                yield row, "arrow", match
        elif (match := _FLAT.match(line)) is not None:
            yield row, "flat", match
        elif below[:1].isspace() and _STYLISH.match(below) is not None and _FILE.match(line) is not None:
            headed = True


def _end(lines: Sequence[str], start: int, following: int, kind: str) -> int:
    """Where the finding ends that starts at a row, ``following`` at the most; blank lines below belong to it."""
    row = start + 1
    while row < following and not (kind == "stylish" and lines[row]):
        line = lines[row]
        if line and not (kind in _INDENTED and line[0] in " \t|") and _ends(line, kind):
            break
        row += 1
    while row > start + 1 and _LEAD.match(lines[row - 1]) is not None:
        row -= 1
    return row


def _ends(line: str, kind: str) -> bool:
    return _CLOSING.match(line) is not None or (kind in _INDENTED and _TRAIL.match(line) is None)


def _read(
    lines: Sequence[str], start: int, end: int, kind: str, match: re.Match[str] | None, before: Sequence[Finding]
) -> Iterator[Finding]:
    if match is None:
        return
    line = lines[start]
    if kind == "flat":
        code = _CODE.match(line, match.end())
        rule = match["code"] or (code[code.lastgroup or 0] if code is not None else _last_rule(line)) or match["word"]
        lead = start
        floor = before[-1].end if before else 0
        while lead > floor and _LEAD.match(lines[lead - 1]) is not None:
            lead -= 1
        error = match["word"] == "error" or (bool(match["code"]) and _OF_PYLINT.match(line, match.end("code")))
        yield Finding(lead, end, (start,), match["file"], (rule,), bool(error))
    elif kind == "stylish":
        rows = range(start - 1, -1, -1)
        heading = (
            before[-1].heads[0]
            if before and before[-1].end == start
            else next(row for row in rows if lines[row][:1] != " ")
        )
        rule = _last_rule(line) or match["word"] or ""
        error = match["word"] == "error" or match["sign"] in _ERROR_SIGNS
        yield Finding(start, end, (heading, start), lines[heading], (rule,), error)
    elif kind == "arrow":
        at = _ARROW.match(lines[start + 1])
        rule = match["code"] or match["rule"] or match["word"]
        yield Finding(start, end, (start, start + 1), at["file"] if at else "", (rule,), match["word"] == "error")
    elif kind == "shellcheck":
        codes = [(row, code) for row in range(start, end) if (code := _SHELL_CODE.match(lines[row])) is not None]
        heads = (start, *(row for row, _ in codes))
        error = any(code["word"] == "error" for _, code in codes)
        rules = tuple([code["rule"] for _, code in codes])
        yield Finding(start, end, heads, match["file"], rules, error)
    elif kind == "bandit":
        more = {row: told for row in range(start, end) if (told := _BANDIT_MORE.match(lines[row])) is not None}
        file = next((told["file"] for told in more.values() if told["file"]), "")
        level = next((told["word"] for told in more.values() if told["word"]), "")
        yield Finding(start, end, (start, *more), file, (match["rule"],), level in _ERRORS, level.lower())


def _last_rule(line: str) -> str:
    match = _RULE.search(line, max(0, len(line) - 80))
    return match[match.lastgroup or 0] if match is not None else ""


def digest(found: Sequence[Finding], also: Collection[str] = ()) -> list[str]:
    """A line that counts the findings by rule, the commonest and those of ``also``, and one that does by file."""
    rules = Counter([rule for finding in found for rule in finding.rules])
    files = Counter([finding.file for finding in found for _ in finding.rules])
    return [
        f"{SIGIL}{rules.total()} findings: {listed(rules, _DIGEST, also)}]",
        f"{SIGIL}findings in {len(files)} file{'s' * (len(files) > 1)}: {listed(files, _DIGEST)}]",
    ]


def counted_rules(text: str) -> str:
    """How many findings of a text break each of its commonest rules; empty where most findings name none."""
    rules = Counter([rule for finding in findings_of(text) for rule in finding.rules])
    named = [(rule, count) for rule, count in rules.most_common(_DIGEST) if rule and rule not in NO_RULES]
    if 2 * sum([count for _, count in named]) < rules.total():
        return ""
    return ", ".join(f"{count} × {rule}" for rule, count in named if count > 1)


def gone(found: Sequence[Finding], first: int, last: int, *, by_rule: bool = True) -> str:
    """What of the findings is left out whole with these rows."""
    inside = [finding for finding in found if first <= finding.heads[-1] <= last]
    rules = Counter([rule for finding in inside for rule in finding.rules])
    if not by_rule:
        return f"{rules.total()} finding{'s' * (rules.total() > 1)}" if rules else ""
    return listed(rules, 4)


def listed(counts: Counter[str], most: int = _DIGEST, also: Collection[str] = ()) -> str:
    """Say how many there are of each of the commonest, of each of ``also``, and of all others."""
    common = counts.most_common(most)
    common += [(name, counts[name]) for name in sorted({*also}.difference([name for name, _ in common]))]
    named = [f"{count} × {name or 'no rule'}" for name, count in common]
    rest = sum(counts.values()) - sum([count for _, count in common])
    return ", ".join([*named, f"{rest} × others"] if rest else named)
