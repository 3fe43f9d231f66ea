"""Search results of grep and ripgrep: hits under their file's heading; with loss, those that the question names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from headroom.compress import finding_groups, legends, omissions, rare_findings, search_counts
from headroom.compress.asked_lines import asked_lines, asked_places
from headroom.compress.elsewhere import names_elsewhere, names_found, told_absent
from headroom.compress.finding_lists import Wanted
from headroom.compress.findings import findings_of
from headroom.compress.findings_asked import chosen
from headroom.compress.folders import name_folders
from headroom.compress.folding import escape, unescape
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.search_definitions import definitions
from headroom.compress.search_headings import fold, is_headed, is_heading, name_once, unfold, unfold_headed
from headroom.compress.search_hits import (
    Parsed,
    at_lines,
    at_places,
    count_rules,
    extremes,
    hits_of_files,
    hits_of_topics,
    looked_up,
    named_hits,
    told_in_the_end,
    with_groups,
)
from headroom.compress.search_parsing import LOOK, encode_headed, parse_flat, parse_headed
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.told_paths import told_folders

_SAMPLED_FILES = 12
_SAMPLED_SHARE = 20
"""Up to so many files the first hit of each stays; of more where all of these are so small a part of the text."""
_ENDS = 2
"""Hits that stay at either end."""
_SHORT = 24_000
"""Characters of a result of which nothing is shown beside what was looked up."""

_FILE_HITS = 60
"""Hits in files that the question names, all of which stay; of more only where it asks for all."""
_DIAGNOSTIC = re.compile(r":?\d+:(?:\d+:)? ?(?:(?:fatal )?error|warning|note|info|[A-Z]{1,7}\d{2,5})\b")
_CODED = re.compile(r"^[^\s:()]++:\d+:\d+:? [A-Z]{1,7}\d{3,5}:? \S", re.MULTILINE)
"""A finding with its column and its code, as no line of a source is written."""
_MOST_CODED = 0.8

_FINDINGS_CHARS = 4_000
"""In so many some findings stand, where it is not hits."""


class Search(LineCompressor):
    """``grep -rn``, ``rg -n`` and what agents' search tools print: flat or under headings, with context lines or not."""

    kind = "search"
    layout = "headings"

    def encode(self, text: str) -> str | None:
        """Put the hits of a file under its path, and long folder names into a legend; files in a row below their folder."""
        text = escape(text)
        lines = lines_of(text)
        parsed = parse_flat(text)
        if parsed is None:
            return encode_headed(lines)
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
        if is_headed(head):
            return unescape("\n".join(unfold_headed(body.split("\n"), head)))
        return unescape("\n".join(unfold(legends.decode(legend, body).split("\n"), head)))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the hits that the question names, if there are any, the files with their counts, and the hits at both ends."""
        relevance = Relevance.from_hints(hints)
        if (grouped := _all_findings(text, relevance) or _of_linters(text, hints, relevance)) is not None:
            return grouped
        numbers, places = asked_lines(hints.query), asked_places(hints.query)
        if not relevance.specific and not numbers and not places:
            return None
        lines = lines_of(text)
        flat = parse_flat(text)
        parsed = flat if flat is not None else parse_headed(lines)
        if parsed is None:
            return None
        paths = parsed.paths
        sure = looked_up(parsed, hints)
        named = {row for row in named_hits(relevance, lines, parsed, words=not sure) if paths[row]} | at_lines(
            parsed, numbers
        )
        at = at_places(parsed, places)
        of_files = set() if at else hits_of_files(parsed, relevance)
        named |= extremes(parsed, relevance) | (at or hits_of_topics(parsed, relevance))
        seldom = rare_findings.of_question(text, hints)
        named |= rare_findings.rows(text, seldom, hints)
        defined = definitions(parsed, named, relevance) if sure else None
        if defined is not None:
            named = defined.rows
        if "every" in relevance.asks or len(of_files) <= _FILE_HITS:
            named |= of_files
        if named:
            named |= search_counts.of_same_file(parsed, hints)
        if named and not at:
            named |= told_folders(hints, [path if hit else "" for path, hit in zip(paths, parsed.hits, strict=True)])
        skimmed = not named and names_elsewhere(hints, text)
        if not named and not skimmed:
            return None
        keep = with_groups(named, parsed, beside=not sure)
        hits = list(compress(range(len(paths)), parsed.hits))
        alone = sure and bool(named) and len(text) <= _SHORT and names_found(hints, text)
        if not alone:
            keep |= {*hits[:_ENDS], *hits[-_ENDS:]}
            keep.update(between_ends(keep, hits, _ENDS))
        keep.update(told_in_the_end(lines, paths))
        files = Counter(compress(paths, parsed.hits))
        firsts = set(dict(zip(reversed(list(compress(paths, parsed.hits))), reversed(hits), strict=True)).values())
        share = sum([len(parsed.rests[row]) for row in firsts]) * _SAMPLED_SHARE
        if not sure and (len(files) <= _SAMPLED_FILES or share <= len(text)):
            keep |= firsts
        if flat is None:
            keep |= _headings_of(keep, parsed)
        pieces = elide(lines, keep)
        if alone:
            pieces = [replace(piece, brief=True) if isinstance(piece, Gap) else piece for piece in pieces]
        if flat is not None:
            pieces = _head(pieces, flat, lines)
        counts = search_counts.head(parsed, "" if skimmed else hints.query)
        head = [
            omissions.others(counts) if alone else counts,
            *count_rules(parsed),
            *(defined.others if defined is not None else ()),
            *rare_findings.listed(text, seldom),
            *(told_absent(hints, text) if skimmed else []),
        ]
        transform = "search:skim" if skimmed else "search:asked" if alone else "search:named"
        return finish(pieces, self.kind, transform, head=head, packed=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is a hit without its path, or a path, as lossy folds them."""
        parsed = parse_flat(text)
        known = {*parsed.paths, *parsed.rests} if parsed is not None else set[str]()
        return all(unescape(line) in known for line in lines) or finding_groups.explained(text, lines)


def _all_findings(text: str, relevance: Relevance) -> Rendition | None:
    """What linters found, where there is much of it and the question is for no part of it."""
    if (relevance.specific and "every" not in relevance.asks) or not findings_of(text[:_FINDINGS_CHARS]):
        return None
    found = findings_of(text)
    return finding_groups.of_all(text, chosen(text, found, relevance)) if found else None


def _of_linters(text: str, hints: Hints, relevance: Relevance) -> Rendition | None:
    """What a question wants of findings that are told by their codes; None where it is for those with the largest numbers."""
    named = relevance.specific and relevance.asks.isdisjoint({"max", "min"})
    found = findings_of(text) if named and _CODED.search(text, 0, _FINDINGS_CHARS) is not None else []
    if len(_CODED.findall(text)) < len(found) * _MOST_CODED or not found:
        return None
    wanted = Wanted(text, found, hints)
    if wanted.rare:
        return None
    return wanted.only() or (wanted.among_all() if wanted.known else None)


def _are_diagnostics(parsed: Parsed) -> bool:
    """Whether a compiler or linter says these: whoever reads on goes to the file, and needs its path in full."""
    some = [rest for rest in parsed.rests[:LOOK] if rest]
    return 2 * len([rest for rest in some if _DIAGNOSTIC.match(rest)]) > len(some)


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
