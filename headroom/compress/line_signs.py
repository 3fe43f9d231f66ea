"""Signs that lines of what programs print have, and that judges of several kinds look for."""

from __future__ import annotations

import re

TIMESTAMP = re.compile(
    r"[0-9](?:[0-9]?[:.][0-9]{2}[:.][0-9]{2}|[0-9]{3}[-/][0-9]{2}[-/][0-9]{2}[T _]|[0-9]{3}/[0-9]{6}(?:\.[0-9]{3}|:[A-Z])|(?<![0-9.][0-9])[0-9]{9}(?:[0-9]{3}){0,3}(?![0-9])|[0-9]{5} [0-9]{6}\b)"
)
"""A time of day, a date or an epoch, which is no fraction's digits, in the spellings that logs use; tried before ``file:line``: ``10:00:00`` is no hit."""

LEVEL = re.compile(  # each alternative begins with a letter or sign of its own, which the matcher can look for
    r"T(?=RACE)[A-Z]+\b|D(?=EBUG)[A-Z]+\b|I(?=NFO)[A-Z]+\b|N(?=OTICE)[A-Z]+\b|W(?=ARN)[A-Z]+\b|E(?=RROR)[A-Z]+\b|F(?=ATAL)[A-Z]+\b"
    r"|S(?=EVERE)[A-Z]+\b|C(?=RITICAL)[A-Z]+\b|level=\w|<\w+>|\[\w+\]"
)
_MSBUILD = r" *(?:\d+>)?(?:[A-Za-z]:(?=[\\/]))?[^\n:(>]{1,150}+(?:\(\d+(?:,\d+){0,3}\)|(?<= )): (?:fatal )?(?:error|warning) [A-Z]{1,10}\d{1,5}:"
"""As MSBuild, and the tools that it runs, write a diagnosis: a path may hold a drive and blanks, and may have no line."""
DIAGNOSED = re.compile(
    r"[^\s:()]++[:(]\d++(?:[:,]\d++)?\)?:?(?: -)? *(?:fatal )?(?:error|warning)(?::|\[| TS\d)|\s*+\d++:\d++ +(?:error|warning|[✖✘×⚠ℹ]) +\S"
    rf"|{_MSBUILD}"
)
