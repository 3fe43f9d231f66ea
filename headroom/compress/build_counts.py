"""One line on all errors and warnings of a build: how many there are, and of which codes."""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_uppercase

from headroom.compress import listed_errors
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of, once

_DIAGNOSTIC = re.compile(
    r"(?: *\d+>)?(?:(?:[A-Za-z]:(?=[\\/]))?\S[^\n:(]*(?:(?::\d+|\(\d+)(?:[:,]\d+){0,3}\)?|(?<= )): *(?:fatal |catastrophic |syntax |internal )?"
    r"|\s+\d+:\d+ +|\[|\w+ )?(error|warning|remark)\b",
    re.IGNORECASE,
)
_CODE = re.compile(  # each alternative begins with a sign or letter of its own, which the matcher skips to
    r"\[-W[\w=+-]+\]|\[[a-z]+(?:-[a-z]+)+\]|\[(?<=warning: \[)[a-z]+\]"
    r"|  @?[a-z]+(?:[/-][\w-]+)+$"  # eslint's rule at the end
    r"|T(?<!\w.)S\d{3,5}\b|" + "|".join(rf"{letter}(?<!\w.)[A-Z]{{0,3}}\d{{3,4}}\b" for letter in ascii_uppercase),
    re.MULTILINE,
)
_TOTAL = re.compile(
    r"\s*(?:error: (?:aborting due to|could not compile|build failed)|warning: .*\bgenerated \d+ warnings?\b"
    r"|Some errors have detailed explanations|For more information about )"
)
"""What rustc and cargo say of all their errors: no further one."""
_NUMBERED = re.compile(r"[A-Z]{1,4}\d{3,4}")
_FINDING = re.compile(rf"(?:\S+?:\d+:(?:\d+:)? )?({_NUMBERED.pattern})(?=:? )")
"""A linter's finding: ``F401 [*] `os` imported but unused``, ``a.py:1:8: F401 'os' imported but unused``."""
_CODES = 16


def diagnoses(text: str, rules: str = "") -> str:
    """One line that counts errors and warnings, and the findings with each code, or by ``rules`` where these are known."""
    words = Counter([match[1].lower() for line in _told(text) if (match := _DIAGNOSTIC.match(line)) is not None])
    head = ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for word, count in sorted(words.items()))
    total = len(lines_of(text)) - text.endswith("\n")
    parts = [part for part in (f"{total} lines", head, rules or _codes(text)) if part]
    return f"{SIGIL}{'; '.join(parts)}]"


@once
def _told(text: str) -> list[str]:
    """Lines that may tell of an error or a warning."""
    lines = lines_of(text)
    if "\nBuild " in text:
        ended = next((row for row, line in enumerate(lines) if line.startswith(listed_errors.BUILD_ENDED)), len(lines))
        first = {*lines[:ended]}
        lines = [*lines[:ended], *(line for line in lines[ended:] if line not in first)]
    return [line for line in lines if ("rror" in line or "arning" in line or "ERR" in line) and not _TOTAL.match(line)]


@once
def _codes(text: str) -> str:
    written = Counter(_CODE.findall("\n".join(_told(text))))
    # A name of one word, as javac's lint has it, says what it is in its brackets alone.
    codes = Counter({code.strip("[] " if "-" in code else " "): count for code, count in written.items()})
    if any(map(_NUMBERED.fullmatch, codes)):  # most findings of such a linter are called neither error nor warning
        codes.update(
            Counter([match[1] for line in lines_of(text) if (match := _FINDING.match(line)) is not None]) - codes
        )
    return ", ".join(f"{count} × {code}" for code, count in codes.most_common(_CODES) if count > 1)
