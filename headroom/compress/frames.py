"""Frames of stack traces: which lines each takes, and whether it is that of a library or a runtime."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARGIN = r"[ \t|]*"  # exception groups of Python are drawn with bars
CARP = r"(?:[\w:]{1,200}\(.*\)|eval \{\.\.\.\}|(?:require|eval) [^\n]+) called at \S+ line \d+"
"""A frame as Perl's Carp writes it, without the tab in front."""
FRAME = re.compile(
    rf"{_MARGIN}(?:(?P<outer>File \"[^\"\n]+\", line \d+|\S+\.py:\d+: in \S)"  # Python, pytest
    r"|at \S"  # Node, Java, C#, Rust's second line
    r"|(?:from|#) \S+:\d+:in "  # Ruby, rspec
    r"|(?P<numbered>\d+: +\S)"  # Rust
    r"|[\w./*()-]+\.go:\d+"  # Go's second line
    r"|(?P<call>(?:[\w-]{1,80}[./]){1,20}(?:\(\*?\w+\)\.)?[\w\[\].]{1,80}\((?:0x|\{|\)|\.\.\.)"  # Go's first
    r"|created by [\w.]\S*(?: in goroutine \d+)?$|panic\((?:0x|\{))"
    r"|❯ (?:\S+ )?\S+:\d+:\d+$"  # vitest
    r"|(?:async )?[\w$.<>\[\]]+ \((?:file:|node:|/)[^()\n]+:\d+:\d+\)$"  # Node in TAP
    r"|#\d+ +\S+\(\d+\): \S|/\S+\.php:\d+$"  # PHP, PHPUnit
    rf"|{CARP})"  # Perl
)
_HEAD = re.compile(
    r"[ \t]*(?:Traceback \(most recent call last\)|goroutine \d+ \[|panic: |stack backtrace:|Caused by: |\[cause\]: "
    r"|(?:[\w$]{1,80}\.){0,12}[A-Z][\w$]{0,80}(?:Error|Exception|Panic|Fault)\b|Unhandled |Exception in thread|Uncaught "
    r"|thread '[^']*' panicked)"
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|node_modules|\bnode:\w|(?:\(|at )internal/(?:modules|process|timers)|\(<anonymous>\)$|lib/python\d|<frozen "
    r"|at async Promise\.\w+ \(index \d"
    r"|(?:^|\s)at (?!.*:\d+:\d+\)?$)(?:[\w.@-]*/{1,2})?(?:java|javax|jakarta|jdk|sun|com\.sun|junit|groovy"
    r"|org\.(?:springframework|apache|junit|testng|hibernate|eclipse|postgresql|slf4j|aspectj|gradle|jboss|mockito|assertj|hamcrest|scalatest)"
    r"|com\.(?:zaxxer|fasterxml|mysql|google\.(?:common|inject|gson))|ch\.qos|reactor|kotlinx?|scala|akka"
    r"|io\.(?:netty|micrometer|reactivex|grpc|undertow|vertx)|System|Microsoft|Xunit|NUnit)\b"
    r"|\$\$(?:Lambda|FastClassBy|EnhancerBy|SpringCGLIB)|\$Proxy\d"
    r"|/usr/local/go/src|/usr/lib/go|/go/pkg/mod/|/go[\d.]*(?:/x\d+)?/src/(?:runtime|testing|internal|net|sync|reflect)/|^[ \t]*runtime[./]\w"
    r"|/rustc/|/rustlib/|\.cargo/registry|(?:core|std|alloc)(?:\[[0-9a-f]{16}\])?::|tokio::"
    r"|[0-9a-f] - (?:__rust|__libc|_start$|clone3?$|start_thread$|<unknown>$|main$)|(?:sysdeps|nptl|csu)/"
    r"|/gems/[\w-]+-\d|lib/ruby/|<internal:|/vendor/[\w.-]+/[\w.-]+/\S*\.php|/usr/share/php/|/perl5?/(?:[\w.-]+/)+\w+\.pm line |/vendor/(?:\w+\.)+[a-z]+/"
)
_GO_PLACE = re.compile(r"[ \t]+\S+\.go:\d+")
WIDTH = 600
"""What a frame is shows within so many characters."""
_SOURCE_LINES = 12


class Frame(NamedTuple):
    """The lines of one call, and whether it is that of a library or a runtime."""

    rows: range
    library: bool
    outer_first: bool = False
    """It is of a stack with the most recent call last, as Python writes them."""


Stack = list[Frame]
"""Frames with nothing between them, in the order of the text."""


def stacks_of(lines: Sequence[str]) -> list[Stack]:
    """The stacks of a text, each with all that belongs to its frames: places and source below them."""
    kinds = {line: match.lastgroup or "" for line in set(lines) if (match := FRAME.match(line[:WIDTH]))}
    if not kinds:
        return []
    judged: dict[tuple[str, str], bool] = {}
    found: list[Stack] = []
    row = 0
    for at, line in enumerate(lines):
        if at < row or line not in kinds:
            continue
        kind = kinds[line]
        row = _end(lines, at, kind)
        if kind == "call" and row - at == 1:
            continue  # many a line of source looks like it
        place = lines[at + 1] if row - at == 2 and kind != "outer" else ""
        if (line, place) not in judged:
            judged[line, place] = _is_library(line[:WIDTH], place[:WIDTH])
        frame = Frame(range(at, row), library=judged[line, place], outer_first=kind == "outer")
        if found and found[-1][-1].rows.stop == at:
            found[-1].append(frame)
        else:
            found.append([frame])
    return found


def is_library(line: str) -> bool:
    """Whether one line of a frame is of a library or a runtime."""
    return _LIBRARY.search(line[:WIDTH]) is not None


def _is_library(line: str, place: str) -> bool:
    """Whether a frame is of a library; what a program calls may well be made of a library's types: its place tells."""
    if place and _GO_PLACE.match(place):
        name = line.removeprefix("created by ").partition("(")[0]
        domain, slash, _ = name.partition("/")
        standard = not (slash and "." in domain) and not name.startswith("main.")
        return (standard or "/pkg/mod/" in place) and _LIBRARY.search(place) is not None
    return _LIBRARY.search(place or line) is not None


def _end(lines: Sequence[str], row: int, kind: str) -> int:
    """The row behind a frame that begins here."""
    end = row + 1
    if not kind or end == len(lines):
        return end
    if kind == "numbered":
        return end + (lines[end].lstrip(" \t")[:3] == "at ")
    if kind == "call":
        return end + (_GO_PLACE.match(lines[end]) is not None)
    depth = _depth(lines[row])
    for source in lines[end : end + _SOURCE_LINES]:
        if _depth(source) <= depth or _HEAD.match(source[:WIDTH]):
            break
        end += 1
    return end


def _depth(line: str) -> int:
    """How far in a line begins; -1 of a blank one."""
    bare = line.lstrip(" \t|")
    return len(line) - len(bare) if bare else -1
