"""What ``terraform plan`` and ``tofu plan`` would do: each resource with what becomes of it, and what of it changes to which value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress.any_lines import AnyLines
from headroom.compress.asks import asking
from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import BRIEF_CHARS, brief, elide, finish, keeps_nearly_all

HEADING = re.compile(
    r"  # (?P<address>\S.*) (?:will be|must be|has been|has) (?P<fate>created|destroyed|updated in-place|replaced|read during apply|imported|moved|changed|deleted)\b"
)
_RESOURCE = re.compile(r" {0,4}(?:[-+~]|-/\+|\+/-|<=) +(?:resource|data) \"")
_END = re.compile(r" {4}\}$")
_REFRESHED = re.compile(
    r"\S[^:\n]{0,300}: (?:Refreshing state\.\.\.|Reading\.\.\.|Read complete after|Still reading\.\.\.|Preparing import\.\.\.)"
)
_KNOWN_LATER = "(known after apply)"
_HIDDEN = re.compile(r" *# \(\d+ unchanged \w+(?: \w+)? hidden\)$")
_FORCES = "# forces replacement"
_PREAMBLE = re.compile(
    r"Terraform used the selected|OpenTofu used the selected|plan\. Resource actions are|  [+~-] (?:create|update in-place|destroy)$"
    r"|-/\+ destroy and then|\+/- create replacement|[< ]<= read \(data|Note: You didn't use the -out|guarantee to take exactly|─{20,}$"
)
_FATES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"\b(?:destr\w+|delet\w+|remov\w+|drop\w*|los[et]\w*|gone)\b"), frozenset({"destroyed", "replaced", "deleted"})),
    (re.compile(r"\b(?:replac\w+|recreat\w+|downtime)\b"), frozenset({"replaced"})),
    (re.compile(r"\b(?:updat\w+|chang\w+|modif\w+|in-place)\b"), frozenset({"updated in-place", "replaced", "changed"})),
    (re.compile(r"\b(?:creat\w+|new|add(?:ed|s)?)\b"), frozenset({"created"})),
)  # fmt: skip
"""What a question asks for, and what must become of a resource for it to be meant."""


class _Resource(NamedTuple):
    address: str
    body: range
    fate: str


class Plan(AnyLines):
    """Without loss as lines that repeat."""

    kind = "plan"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep what becomes of each resource, and of those asked for the values that are told; nothing of the others.

        What is known only later, what stays as it is and the state that was read are never told.
        """
        lines = lines_of(text)
        resources = [*_resources(lines)]
        if not resources:
            return None
        relevance = Relevance.from_hints(hints)
        gone = {row for row, line in enumerate(lines) if _REFRESHED.match(line) or _PREAMBLE.match(line)} - named_rows(
            relevance, lines, strong_lines=8, words=False
        )
        question = asking(hints.query).lower()
        meant = frozenset[str]()
        if "?" in question:  # a task says what to do, not what this plan is read for
            meant = meant.union(*(fates for asked, fates in _FATES if asked.search(question)))
        addresses = [resource.address for resource in resources]
        named = named_rows(relevance, addresses, strong_lines=8, word_lines=4)
        for place, resource in enumerate(resources):
            if place in named:
                spare = _unsaid(lines, resource.body)
            elif resource.fate == "destroyed" or (meant and resource.fate not in meant):
                spare = {*resource.body} - _forcing(lines, resource.body)
            else:
                spare = _unsaid(lines, resource.body)
            gone |= spare
        for row in range(1, len(lines) - 1):
            if row not in gone and row - 1 in gone and not lines[row]:
                gone.add(row)
        pieces = brief(elide(lines, {*range(len(lines))} - gone, min_chars=BRIEF_CHARS, few_chars=BRIEF_CHARS))
        if keeps_nearly_all(pieces, text):
            return None
        said = "state as read, attributes that are unchanged or known only after apply"
        if any(len(gone.intersection(resource.body)) == len(resource.body) for resource in resources):
            said += ", all attributes of some resources"
        return finish(pieces, self.kind, "plan:changes", head=[f"{SIGIL}left out: {said}]"])


def _resources(lines: Sequence[str]) -> Iterator[_Resource]:
    """Each resource that the text tells from its heading on."""
    row = 0
    while row < len(lines):
        match = HEADING.match(lines[row])
        if match is None:
            row += 1
            continue
        start = row + 1
        while start < len(lines) and lines[start].startswith("  # "):
            start += 1
        if start < len(lines) and _RESOURCE.match(lines[start]):
            end = next((at for at in range(start, len(lines)) if _END.match(lines[at])), len(lines) - 1)
            yield _Resource(match["address"], range(start, end + 1), match["fate"])
            row = end
        row += 1


def _unsaid(lines: Sequence[str], body: range) -> set[int]:
    """Rows of a resource that tell no value, but for what forces its replacement."""
    found = {row for row in body if _HIDDEN.match(lines[row]) or _is_known_later(lines[row])}
    found |= {row for row in body if row - 1 in found and not lines[row].strip()}
    if len(found) + 2 >= len(body):
        found = {*body}
    return found - _forcing(lines, body)


def _is_known_later(line: str) -> bool:
    """Whether a whole value, not only the end of a list, is told by nobody yet."""
    return line.rstrip(",").endswith(_KNOWN_LATER) and line.lstrip(" +~-")[:1] not in {"]", "}", ")"}


def _forcing(lines: Sequence[str], body: range) -> set[int]:
    """Rows that force a replacement, with the one that opens the block that does."""
    found = {row for row in body if _FORCES in lines[row]}
    for row in [*found]:
        if (closing := re.match(r" *[\])}]", lines[row])) is None:
            continue
        depth = closing.end() - 1
        opens = next((at for at in range(row - 1, body.start, -1) if _indent(lines[at]) <= depth), body.start)
        found |= {*range(opens, row)} - {at for at in range(opens, row) if _HIDDEN.match(lines[at])}
    return found


def _indent(line: str) -> int:
    """Where a line's name or bracket begins, past the sign of a change."""
    return len(line) - len(line.lstrip(" +~-"))


COMPRESSORS: tuple[Compressor, ...] = (Plan(),)
