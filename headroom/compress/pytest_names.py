"""pytest -v: runs of passing tests as the name of their file and class, and theirs below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.folding import SIGIL

_PROGRESS = re.compile(r"((?:\S.*?)::)?(\S.*?) (PASSED|SKIPPED|FAILED|ERROR|XFAIL|XPASS)( +)\[ *(\d+)%\]")
_BLOCK = re.compile(r"\[~ (\d+) (PASSED|SKIPPED|XFAIL|XPASS) in (.*):\]")
_HEAD = re.compile(r"\[~ pytest: (\d+) collected, (\d+) wide")
_COLLECTED = re.compile(r"^(?:collecting .*?)?collected (\d+) items?(?: / (\d+) deselected)?", re.MULTILINE)
_MIN_BLOCK = 2


def is_head(line: str) -> bool:
    """Whether a summary line is the one that `fold` writes."""
    return _HEAD.match(line) is not None


def fold(lines: list[str]) -> tuple[list[str], list[str]]:
    """Write runs of passing tests of one class as its name and theirs; return the lines and the head line, if any."""
    progress = [
        match if "::" in line and len(line) < 500 and (match := _PROGRESS.fullmatch(line)) else None for line in lines
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
                _line(opened[0], name, opened[1], done - len(run) + i + 1, collected, width)
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
            regular = line == _line(prefix, name, match[3], done + 1, collected, width)
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
    return out, [f"{SIGIL}pytest: {collected} collected, {width} wide; names below file and class]"]


def _split_test(test: str) -> tuple[str, str]:
    """Part ``file::Class::name[param]`` behind the last ``::`` that is not in the parameters."""
    bracket = test.find("[")
    at = test.rfind("::", 0, bracket if bracket >= 0 else len(test))
    return (test[: at + 2], test[at + 2 :]) if at >= 0 else ("", test)


def _line(prefix: str, name: str, word: str, number: int, collected: int, width: int) -> str:
    left = f"{prefix}{name} {word}"
    return f"{left}{' ' * max(1, width - len(left) - 6)}[{number * 100 // max(1, collected):3d}%]"


def unfold(lines: Sequence[str], head: str) -> list[str]:
    """Invert `fold`, whose head line tells the number of tests and the width."""
    told = _HEAD.match(head)
    collected, width = (int(told[1]), int(told[2])) if told is not None else (0, 0)
    out: list[str] = []
    done = row = 0
    while row < len(lines):
        line = lines[row]
        row += 1
        match = _BLOCK.fullmatch(line) if line.startswith(SIGIL) else None
        if match is None:
            done += "::" in line and len(line) < 500 and _PROGRESS.fullmatch(line) is not None
            out.append(line)
            continue
        for name in lines[row : row + int(match[1])]:
            done += 1
            out.append(_line(match[3], name, match[2], done, collected, width))
        row += int(match[1])
    return out
