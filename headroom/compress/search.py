"""Search results of grep and ripgrep: hits under their file's heading; with loss, those that the question names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import compress

from headroom.compress import finding_groups, legends, rare_findings, search_counts
from headroom.compress.asked_lines import asked_lines, asked_places
from headroom.compress.elsewhere import names_elsewhere, told_absent
from headroom.compress.findings import chosen, findings_of
from headroom.compress.folders import name_folders
from headroom.compress.folding import escape, unescape
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.search_headings import NO_LINES, NUMBERED, fold, is_heading, name_once, unfold
from headroom.compress.search_hits import (
    Parsed,
    at_lines,
    at_places,
    count_rules,
    extremes,
    hits_of_files,
    hits_of_topics,
    named_hits,
    told_in_the_end,
    with_groups,
)
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.told_paths import told_folders

_NO_PATH = re.compile(r"[\[(\"'<{]|\W*\d+[-/.:]\d")
"""A bracket, a quote, a clock time or a date starts no path."""
_ENDING = re.compile(r".*(?:\.[A-Za-z][\w+-]*|file)", re.DOTALL)
_MAX_PATH = 1024
_LINE = re.compile(
    rf"(?:((?:[^:\n]:(?=[/\\]))?[^:\n]{{1,{_MAX_PATH}}}+):(?=(?:0|[1-9][0-9]{{0,9}}):))?+([^\n]*+)(?:\n|\Z)"
)
"""A hit's path and what follows it, from the line number on, or another line.

The number has no leading zero: a clock's minutes may. A drive's colon is part of the path.
"""
_CONTEXT = re.compile(r"-(?:0|[1-9]\d{0,9})-")
_LOOK = 400
"""Lines that are looked at before the rest is read."""
_SHARE = 0.6
"""Part of the lines that must be hits."""
_BARE_SHARE = 0.9
"""The same where hits have no line number, which makes them easy to take for something else."""
_SAMPLED_FILES = 12
_SAMPLED_SHARE = 20
"""Up to so many files the first hit of each stays; of more where all of these are so small a part of the text."""
_ENDS = 2
"""Hits that stay at either end."""

_MIN_HITS = 3
_FILE_HITS = 60
"""Hits in files that the question names, all of which stay; of more only where it asks for all."""
_DIAGNOSTIC = re.compile(r":?\d+:(?:\d+:)? ?(?:(?:fatal )?error|warning|note|info|[A-Z]{1,7}\d{2,5})\b")

_FINDINGS_CHARS = 4_000
"""In so many some findings stand, where it is not hits."""


class Search(LineCompressor):
    """``grep -rn``, ``rg -n`` and what agents' search tools print: flat or under headings, with context lines or not."""

    kind = "search"
    layout = "headings"

    def encode(self, text: str) -> str | None:
        """Put the hits of a file under its path, and long folder names into a legend."""
        text = escape(text)
        lines = lines_of(text)
        parsed = _parse_flat(text)
        if parsed is None:
            return None
        folded = fold(lines, parsed)
        if folded is None:
            return None
        legend: list[str] = []
        said = ""
        if not _are_diagnostics(parsed):
            folded, said = name_once(folded, [row for row, line in enumerate(folded) if is_heading(line)])
            paths = {row: 0 for row, line in enumerate(folded) if "/" in line and line[-1] != "/" and is_heading(line)}
            legend, folded = name_folders(folded, paths, ancestors=False)
        return "\n".join([*legend, search_counts.flat_head(parsed, said), *folded])

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        legend, body = legends.split(encoded)
        head, _, body = body.partition("\n")
        return unescape("\n".join(unfold(legends.decode(legend, body).split("\n"), head)))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the hits that the question names, if there are any, the files with their counts, and the hits at both ends."""
        relevance = Relevance.from_hints(hints)
        if (grouped := _all_findings(text, relevance)) is not None:
            return grouped
        numbers, places = asked_lines(hints.query), asked_places(hints.query)
        if not relevance.specific and not numbers and not places:
            return None
        lines = lines_of(text)
        flat = _parse_flat(text)
        parsed = flat if flat is not None else _parse_headed(lines)
        if parsed is None:
            return None
        paths = parsed.paths
        named = {row for row in named_hits(relevance, lines, parsed) if paths[row]} | at_lines(parsed, numbers)
        at = at_places(parsed, places)
        of_files = set() if at else hits_of_files(parsed, relevance)
        named |= extremes(parsed, relevance) | (at or hits_of_topics(parsed, relevance))
        seldom = rare_findings.of_question(text, hints)
        named |= rare_findings.rows(text, seldom, hints)
        if "every" in relevance.asks or len(of_files) <= _FILE_HITS:
            named |= of_files
        if named:
            named |= search_counts.of_same_file(parsed, hints)
        if named and not at:
            named |= told_folders(hints, [path if hit else "" for path, hit in zip(paths, parsed.hits, strict=True)])
        skimmed = not named and names_elsewhere(hints, text)
        if not named and not skimmed:
            return None
        keep = with_groups(named, parsed)
        hits = list(compress(range(len(paths)), parsed.hits))
        keep |= {*hits[:_ENDS], *hits[-_ENDS:]}
        keep.update(between_ends(keep, hits, _ENDS))
        keep.update(told_in_the_end(lines, paths))
        files = Counter(compress(paths, parsed.hits))
        firsts = set(dict(zip(reversed(list(compress(paths, parsed.hits))), reversed(hits), strict=True)).values())
        if len(files) <= _SAMPLED_FILES or sum([len(parsed.rests[row]) for row in firsts]) * _SAMPLED_SHARE <= len(
            text
        ):
            keep |= firsts
        if flat is None:
            keep |= _headings_of(keep, parsed)
        pieces = elide(lines, keep)
        if flat is not None:
            pieces = _head(pieces, flat, lines)
        head = [
            search_counts.head(parsed, "" if skimmed else hints.query),
            *count_rules(parsed),
            *rare_findings.listed(text, seldom),
            *(told_absent(hints, text) if skimmed else []),
        ]
        return finish(pieces, self.kind, "search:skim" if skimmed else "search:named", head=head, packed=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is a hit without its path, or a path, as lossy folds them."""
        parsed = _parse_flat(text)
        known = {*parsed.paths, *parsed.rests} if parsed is not None else set[str]()
        return all(unescape(line) in known for line in lines) or finding_groups.explained(text, lines)


def _all_findings(text: str, relevance: Relevance) -> Rendition | None:
    """What linters found, where there is much of it and the question is for no part of it."""
    if (relevance.specific and "every" not in relevance.asks) or not findings_of(text[:_FINDINGS_CHARS]):
        return None
    found = findings_of(text)
    return finding_groups.of_all(text, chosen(text, found, relevance)) if found else None


def _are_diagnostics(parsed: Parsed) -> bool:
    """Whether a compiler or linter says these: whoever reads on goes to the file, and needs its path in full."""
    some = [rest for rest in parsed.rests[:_LOOK] if rest]
    return 2 * len([rest for rest in some if _DIAGNOSTIC.match(rest)]) > len(some)


def _is_path(text: str) -> bool:
    """Whether this can be a file's name: it has a slash, a backslash or an ending."""
    if not text or len(text) > _MAX_PATH or _NO_PATH.match(text) or "\0" in text:
        return False
    return "/" in text or "\\" in text or _ENDING.fullmatch(text) is not None


def _path_end(line: str) -> int:
    """Where the colon behind the path stands, a drive's passed over; -1 if there is none."""
    at = line.find(":", 0, _MAX_PATH)
    return line.find(":", 2, _MAX_PATH) if at == 1 and line[2:3] in {"/", "\\"} else at


@once
def _parse_flat(text: str) -> Parsed | None:
    """Read ``path:12:text`` or ``path:text`` lines, or None if most lines are something else."""
    lines = lines_of(text)
    some = [line for line in lines[:_LOOK] if line and line != "--"]
    if not some:
        return None
    read = _LINE.findall(text)[: len(lines)]
    paths, rests = map(list, zip(*read, strict=True))
    known = {path for path in set(paths) if len(path) < _MAX_PATH and _is_path(path)}
    if known.issuperset(paths):
        return Parsed(paths, rests, [True] * len(lines)) if len(lines) >= _MIN_HITS else None
    parsed = Parsed(paths, rests, list(map(known.__contains__, paths)))
    _find_context(lines, parsed, range(min(_LOOK, len(lines))), known)
    if len(parsed.paths[:_LOOK]) - parsed.paths[:_LOOK].count("") >= _SHARE * len(some):
        _find_context(lines, parsed, range(_LOOK, len(lines)), known)
    elif _are_bare(some):
        ends = [end if _is_bare(line, end := _path_end(line)) else 0 for line in lines]
        parsed = Parsed(
            [line[:end] for line, end in zip(lines, ends, strict=True)],
            [line[end:] if end else "" for line, end in zip(lines, ends, strict=True)],
            [end > 0 for end in ends],
        )
    else:
        return None
    other = len([line for line, path in zip(lines, parsed.paths, strict=True) if not path and line not in NO_LINES])
    return parsed if parsed.found >= _MIN_HITS and other <= len(lines) * (1 - _SHARE) else None


def _find_context(lines: Sequence[str], parsed: Parsed, rows: range, known: set[str]) -> None:
    """Write into the rows that are no hits what they are."""
    for row, hit in zip(rows, parsed.hits[rows.start : rows.stop], strict=True):
        if not hit:
            parsed.paths[row], parsed.rests[row] = _context(lines[row], known) if known else ("", "")


def _context(line: str, known: set[str]) -> tuple[str, str]:
    """Path and rest of a line of context; empty for another line."""
    if "-" in line:
        for match in _CONTEXT.finditer(line, 1, _MAX_PATH):
            if line[: match.start()] in known:
                return line[: match.start()], line[match.start() + 1 :]
    return "", ""


def _is_bare(line: str, path_end: int) -> bool:
    return path_end > 0 and line[path_end + 1 : path_end + 2] not in {":", "/", "\\"} and _is_path(line[:path_end])


def _are_bare(lines: Sequence[str]) -> bool:
    """Whether most are ``path:text``; where they are not, a few show it."""
    others = 0
    for line in lines:
        others += not _is_bare(line, _path_end(line))
        if len(lines) - others < _BARE_SHARE * len(lines):
            return False
    return True


def _parse_headed(lines: Sequence[str]) -> Parsed | None:
    """Read ``path`` and ``12:text`` lines as ripgrep's ``--heading`` prints them."""
    some = [line for line in lines[:_LOOK] if line]
    if sum([NUMBERED.match(line) is not None for line in some]) < (1 - _SHARE) * len(some):
        return None
    if len(lines) <= _LOOK and all(map(NUMBERED.match, some)):
        return None  # no heading
    parsed = Parsed([], [], [])
    path = ""
    headings = other = 0
    for line in lines:
        match = NUMBERED.match(line)
        owner = rest = ""
        if match is not None and path:
            owner, rest = path, line
        elif line and match is None and _path_end(line) < 0 and _is_path(line.strip()):
            owner = path = line
            headings += 1
        else:
            other += line not in NO_LINES
        parsed.paths.append(owner)
        parsed.rests.append(rest)
        parsed.hits.append(rest != "" and match is not None and match[2] == ":")
    if parsed.found < _MIN_HITS or not headings or other > parsed.found * (1 - _SHARE):
        return None
    return parsed


def _headings_of(keep: set[int], parsed: Parsed) -> set[int]:
    headings: dict[str, int] = {}
    for row, (path, rest) in enumerate(zip(parsed.paths, parsed.rests, strict=True)):
        if path and not rest:
            headings[path] = row
    return {headings[parsed.paths[row]] for row in keep if parsed.paths[row] in headings}


def _head(pieces: Sequence[str | Gap], parsed: Parsed, lines: Sequence[str]) -> list[str | Gap]:
    """Fold the kept runs of flat rows under headings; the heading is repeated after a gap in another file."""
    out: list[str | Gap] = []
    at = 0
    path = ""
    for piece in pieces:
        if isinstance(piece, Gap):
            out.append(piece)
            at = piece.last
            continue
        end = at + piece.count("\n")
        run = []
        for row in range(at, end):
            own = parsed.paths[row]
            if not own:
                run.append(escape(lines[row]))
                continue
            if own != path:
                path = own
                run.append(escape(path))
            run.append(parsed.rests[row])
        tail = piece[piece.rfind("\n") + 1 :]
        if tail:
            own, rest = parsed.paths[end], parsed.rests[end]
            run += [tail] if not own else [rest] if own == path else [escape(own), rest]
        out.append("\n".join(run) + ("" if tail else "\n"))
        at = end
    return out


COMPRESSORS: tuple[Compressor, ...] = (Search(),)
