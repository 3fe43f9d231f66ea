"""Diffs: the two name lines said once without loss; with loss the hunks that the question names, whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from headroom.compress import lock_versions
from headroom.compress.diff_bodies import begun_bodies, of_bodies
from headroom.compress.diff_bulk import is_bulk, is_manifest
from headroom.compress.diff_changed import defined_elsewhere, where_it_changes
from headroom.compress.diff_commits import Commit, around, commits_of, contents, headings, named_commits
from headroom.compress.diff_files import (
    NAME,
    asks_for_names,
    files_asked_for,
    header_of,
    is_file_name,
    is_named,
    names_versions_only,
    rows_of_unnamed,
    told_once,
)
from headroom.compress.diff_git import names_of
from headroom.compress.diff_lines import at_lines
from headroom.compress.diff_names import drop_names, restore_names
from headroom.compress.diff_parse import HUNK, File, asides, parse, parse_piece
from headroom.compress.diff_told import gap_notes, stat
from headroom.compress.diff_window import begun_above, in_passing, may_be_asked_for, names_what_is_not_here
from headroom.compress.elsewhere import looks_up
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.kind_hints import hinted_kinds
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.said_last import said_last
from headroom.compress.selecting import elide, finish
from headroom.compress.sides import sides, united
from headroom.compress.word_search import stands

_OVER = 2_000
"""A diff of fewer characters is read whole."""
_WORD = 0.45
_RARE = 3
_RARE_SHARE = 0.25
"""A word in so few of the hunks is what is asked about."""
_CLOSE = 4.0
"""Hunks within this factor of the best one's doubt stay too."""
_OTHERS = re.compile(
    r"\b(?:else|elsewhere|others?|also|anywhere|every\w*|all|where|who|callers?|us(?:es?|ages?))\b", re.IGNORECASE
)
_SURE = 0.6
"""A hunk must score at least this much to be what the question is about."""
_LEAD = 0.3
"""It must hold a word of the question itself, too, as a plain one counts."""
_HUNKS = 24
_LONG = 40
"""Lines of a deleted file from which they go where nobody asks for them."""
_ANYWHERE = frozenset(
    f"{word}{ending}"
    for word in (
        *("function", "method", "definition", "type", "interface", "struct", "class", "patch", "commit", "diff"),
        *("change", "touch", "affect", "add", "remove", "modifie", "edit", "introduce", "delete"),
    )
    for ending in ("", "s", "es", "d", "ed")
)
"""Words of questions about a diff as a whole, which its lines hold anywhere."""
_SAID_ABOVE = ("index ", "--- ", "+++ ")
"""Lines of a header that tell no more of a file's name and fate than the first one."""
_NAMES_INSIDE = f"{SIGIL}each diff --git line also stands for the --- and +++ lines]"


class Diff(LineCompressor):
    """``git diff``, ``git show``, ``diff`` with ``-u``, ``-c`` or neither, and patches."""

    kind = "diff"
    layout = "slim"

    def encode(self, text: str) -> str | None:
        """Drop the ``---`` and ``+++`` lines that the ``diff --git`` line says already, then repeats and a legend."""
        lines = escape(text).split("\n")
        if not any(names_of(line) or HUNK.match(line) for line in lines) and not (parse(lines) or parse_piece(lines)):
            return None
        slim = drop_names(lines)
        head = [_NAMES_INSIDE] if slim is not None else []
        return pack(lines if slim is None else slim, head, always=slim is not None, margin=False)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        return unescape("\n".join(restore_names(lines) if head else lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep whole hunks that the question names under their file's header; list every file with its counts of lines.

        A diff that nobody asked about keeps all its hunks but those of lock files, deleted files and the like; where only
        the files are asked for, the list and what became of them. Where a file is asked for that is not here, what may be
        of it stays: of a text that begins within a file all, or the hunks with what else the question names, and the end of
        what was begun above.
        """
        hints = said_last(hints, text)
        lines = text.split("\n")
        files = parse(lines) or (parse_piece(lines) if self.kind in hinted_kinds(hints) else [])
        if not files or len(text) < _OVER:
            return None
        commits = commits_of(lines)
        heads = headings(commits, [file.first for file in files])
        lowered = {
            hunk.first: "\n".join([file.path, *told, *lines[hunk.first : hunk.end]]).lower()
            for file in files
            for told in ([lines[row] for row in heads.get(file.first, ())],)
            for hunk in file.hunks
        }
        named = {
            commit for side in sides(hints) or (hints,) for commit in named_commits(commits, Relevance.from_hints(side))
        }
        asked, others = at_lines(lines, files, hints)
        for side in others if asked else (hints,):
            asked |= _asked(lines, files, lowered, commits, side)
        if any(map(names_versions_only, sides(hints) or (hints,))):
            asked = set()
        unnamed, found = rows_of_unnamed(files), files_asked_for(hints, lines, files)
        only = found is not None and (bool(asked) or looks_up(hints.query))
        another = bool(found) and bool(unnamed) and told_once(lines, files)
        sought = bool(asked)
        if only and not another and asked.isdisjoint(unnamed):
            asked |= may_be_asked_for(hints, {row: lowered[row] for row in unnamed})
            asked |= begun_bodies(lines, files[0].hunks if unnamed else (), Relevance.from_hints(hints))
        only = only or (bool(unnamed) and names_what_is_not_here(hints, text))
        chosen = [(file, hunk) for file in files for hunk in file.hunks if hunk.first in asked]
        names_only = not chosen and not named and not only and asks_for_names(hints.query)
        headed: list[File] = []
        if not chosen and not named and not names_only and not only:
            gone = {file.first for file in files if _is_gone(lines, file)}
            headed = [file for file in files if not file.hunks or file.first in gone]  # renamed, binary, deleted
            shown = [file for file in files if file.first not in gone and not is_bulk(lines, file)]
            chosen = [(file, hunk) for file in shown for hunk in file.hunks]
            if len(chosen) == sum(len(file.hunks) for file in files):
                return None
        keep = asides(lines)
        if not another or asked & unnamed:
            several = len(commits) > 1 and (bool(named) or only or sought)
            keep.update(range(min(files[0].first, commits[0].first) if named or several else files[0].first))
        for commit in named:
            keep.update(range(commit.first, commit.end))
        cut_off = [file for file in found or () if not file.hunks]
        with_header = files if names_only else [*cut_off, *headed, *{file.first: file for file, _ in chosen}.values()]
        for file in with_header:
            header = range(file.first, file.hunks[0].first if file.hunks else file.end)
            keep.update(_of_fate(lines, file, header) if names_only else header)
            keep.update(heads.get(file.first, ()))
        one = found if sought and not named and looks_up(hints.query) and not _OTHERS.search(hints.query) else None
        for file, hunk in chosen:
            other = one is not None and file.path and file not in one
            keep.update(in_passing(lines, hunk, hints) if other else range(hunk.first, hunk.end))
        if not another and not names_only and not named:
            keep.update(begun_above(lines, files))
        transform = "diff:hunks"
        if names_only:
            transform = "diff:files"
        elif (only or named) and looks_up(hints.query):
            transform = "diff:named" if sought or named else "diff:elsewhere"
        if transform == "diff:named":  # what else it has in it is counted
            told = around(commits, named) if len(commits) > 1 else commits
            head = [stat(lines, files, commits, {file.path for file in with_header}), *contents(told)]
        else:
            head = [stat(lines, files, commits), *contents(commits)]
        of_bulk = all(is_bulk(lines, file) or is_manifest(file) for file in files)
        head += lock_versions.told(
            lines, files, {hunk.first for _, hunk in chosen}, Relevance.from_hints(hints), alone=of_bulk
        )
        pieces = elide(lines, keep, note=gap_notes(lines, files, names=not (sought and transform == "diff:named")))
        return finish(pieces, self.kind, transform, head=head, packed=False)


def _asked(
    lines: Sequence[str],
    files: Sequence[File],
    lowered: Mapping[int, str],
    commits: Sequence[Commit],
    hints: Hints,
) -> set[int]:
    """First rows of the hunks that the questions are about, and of those without which these are not understood."""
    relevance = Relevance.from_hints(hints)
    called = {hunk.first for file in files if is_named(relevance, header_of(file, lines)) for hunk in file.hunks}

    def of_side(side: Hints) -> set[int]:
        relevance = Relevance.from_hints(side)
        rows = _of_side(lines, files, lowered, commits, relevance)
        names = [term.text for term in relevance.named if term.weight >= NAME and not is_file_name(term.text)]
        # What is told by its name, and stands in a file that is called, is not meant in others, too.
        there = any(name in lowered[row] for row in rows & called for name in names)
        return rows & called if there and not _OTHERS.search(hints.query) else rows

    found = united(hints, of_side) or set()
    for side in sides(hints) if found else ():
        found |= _with_rare_words(Relevance.from_hints(side), lowered, found)
    found |= where_it_changes(lines, files, found, relevance)
    found |= of_bodies(lines, files, called, found, relevance)
    return found | defined_elsewhere(lines, files, found)


def _of_side(
    lines: Sequence[str],
    files: Sequence[File],
    lowered: Mapping[int, str],
    commits: Sequence[Commit],
    relevance: Relevance,
) -> set[int]:
    """First rows of the hunks that one question is about: all of a commit that it names, and what else it names elsewhere."""
    named = named_commits(commits, relevance)
    if not named:
        return _named(lines, files, lowered, relevance)
    rows = {row for commit in named for row in range(commit.first, commit.end) if row in lowered}
    words = " ".join([word for commit in named for word in (commit.name, commit.subject)]).lower()
    more = _named(lines, files, lowered, relevance.only(lambda term: term.weight >= NAME and term.text not in words))
    return rows if rows & more else rows | more


def _named(lines: Sequence[str], files: Sequence[File], lowered: Mapping[int, str], relevance: Relevance) -> set[int]:
    """First rows of the hunks that have about as much to do with the question as the best one.

    Of a file that the question names all hunks stay, unless it names something in them, too.
    """
    if not relevance.specific or all(term.text in _ANYWHERE for term in relevance.named):
        return set()
    asked = [file for file in files if file.hunks and is_named(relevance, header_of(file, lines))]
    if asked and not _names_inside(relevance, lines, asked, lowered):
        return {hunk.first for file in asked for hunk in file.hunks}
    # A version in all paths tells none apart, though hunks above the first path lack it.
    below = [lowered[hunk.first] for file in files if file.path for hunk in file.hunks]
    relevance = relevance.telling_apart(below or list(lowered.values()))
    told = relevance.only(lambda term: term.text not in _ANYWHERE)
    scored = [(relevance.score_lowered(text), row) for row, text in lowered.items()]
    # The paths of the call, or words such as "added" alone, are no lead.
    best = max(score if told.score_lowered(lowered[row]) >= _LEAD else 0.0 for score, row in scored)
    if best < _SURE:
        return set()
    floor = 1.0 - _CLOSE * (1.0 - best) - 1e-9
    chosen = sorted((-score, row) for score, row in scored if score >= floor)
    found = {row for _, row in chosen[:_HUNKS]}
    return found | _with_rare_words(relevance, lowered, found)


def _with_rare_words(relevance: Relevance, lowered: Mapping[int, str], chosen: set[int]) -> set[int]:
    """Hunks with a word that stands in few and in none of the chosen ones: it is asked about, too, whatever else is named."""
    found: set[int] = set()
    for term in relevance.named:
        if term.weight < _WORD or term.text in _ANYWHERE or " " in term.text:
            continue
        hunks = [row for row, text in lowered.items() if term.text in text and stands(text, term.text)]
        if chosen.isdisjoint(hunks) and len(hunks) <= _RARE and len(hunks) <= _RARE_SHARE * len(lowered):
            found.update(hunks)
    return found


def _names_inside(
    relevance: Relevance, lines: Sequence[str], files: Sequence[File], lowered: Mapping[int, str]
) -> bool:
    """Whether the question names something, beside the files, that stands in one of their hunks."""
    paths = "\n".join(line for file in files for line in lines[file.first : file.hunks[0].first]).lower()
    names = [term.text for term in relevance.named if term.weight >= NAME and term.text not in paths]
    inside = [lowered[hunk.first] for file in files for hunk in file.hunks] if names else []
    return any(name in text for name in names for text in inside)


def _of_fate(lines: Sequence[str], file: File, header: range) -> Sequence[int]:
    """Rows of a header that tell more than the list of all files does: that one is new or gone, or was renamed."""
    if not file.hunks or names_of(lines[file.first]) is None:
        return header
    said = [row for row in header if not lines[row].startswith(_SAID_ABOVE)]
    return said if len(said) > 1 else []


def _is_gone(lines: Sequence[str], file: File) -> bool:
    """Whether a file of some size was deleted whole: that it is gone says it all."""
    return file.removed >= _LONG and any(line.startswith("deleted file mode ") for line in header_of(file, lines))


COMPRESSORS: tuple[Compressor, ...] = (Diff(),)
