"""What ``kubectl describe`` tells of objects: state, reasons and events; no ids, defaults and empty fields."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from headroom.compress.asks import asking
from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition, Unencoded
from headroom.compress.selecting import BRIEF_CHARS, brief, elide, finish, keeps_nearly_all

_SECTION = re.compile(r"(?P<key>[A-Z][\w -]{1,40}):(?: |$)")
_SECTIONS = frozenset(
    ("Containers", "Init Containers", "Conditions", "Volumes", "QoS Class", "Node-Selectors", "Tolerations", "Events", "Pod Template")
)  # fmt: skip
_LEAST_SECTIONS = 3
_SPARE = re.compile(
    r" +(?:Container ID|Image ID|Host Ports?|Medium|SizeLimit|ConfigMapOptional|Optional|TokenExpirationSeconds):"
    r"|(?:Priority: +0|Controlled By:|IPs:|  IP: )"
    r"|[ \w-]*+:\s++(?:<none>|<unset>|<nil>)$"
    r"| +/var/run/secrets/kubernetes\.io/serviceaccount from |.*node\.kubernetes\.io/(?:not-ready|unreachable):NoExecute op=Exists for 300s$"
)
"""Identifiers, defaults and what is empty; the same address once more."""
_TOKEN = re.compile(r"  kube-api-access-\w+:$")
_OF_HEALTHY = re.compile(r"    (?:Image|State|Reason|Ready|Restart Count|Exit Code): |      (?:Reason|Exit Code):")
_WENT_WRONG = re.compile(
    r" ++Ready: ++False| ++Reason: ++(?!Completed)| ++Last State: | ++Exit Code: ++[1-9]| ++Restart Count: ++[1-9]"
    r"|Replicas: .*[1-9] unavailable|  Warning |  \w++ ++(?:False|Unknown)\b|Status: ++(?!Running|Succeeded|Active|Bound)"
)
_READY = re.compile(r" ++Ready: ++True")
_GONE_WELL = re.compile(r"  Normal +(?:Scheduled|Pulling|Pulled|Created|Started|AddedInterface|SuccessfulCreate) ")
_META = frozenset(("Labels", "Annotations"))
_OF_A_SOUND_ONE = re.compile(r"(?:Name|Namespace|Status|Node|Replicas|Ready):? ")
_TROUBLE = re.compile(
    r"\b(?:why|wrong|not|n't|un(?:healthy|ready|available|schedul\w+)|fail\w*|error\w*|crash\w*|restart\w*|kill\w*|stuck|pending|down|broken|problem\w*|evict\w*|oom\w*)\b"
)


class Described(Unencoded):
    """Lossy only: without loss it is read like settings."""

    kind = "config"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Leave out what says nothing; who asks what is wrong sees of sound containers and objects no more than that they are."""
        lines = lines_of(text)
        tops = [(row, match["key"]) for row, line in enumerate(lines) if (match := _SECTION.match(line)) is not None]
        if len({key for _, key in tops} & _SECTIONS) < _LEAST_SECTIONS:
            return None
        relevance = Relevance.from_hints(hints)
        total = len(lines) - (not lines[-1])
        trouble = _TROUBLE.search(asking(hints.query).lower()) is not None
        gone = {row for row in range(total) if _SPARE.match(lines[row])}
        starts = [row for row, key in tops if key == "Name"]
        bounds = [*pairwise([*([0] if not starts or starts[0] else []), *starts, total])]
        for first, end in bounds:
            gone |= _in_object(lines, first, end, tops, trouble=trouble, several=len(starts) > 1)
        named = named_rows(relevance, lines, strong_lines=8, word_lines=3, words=not trouble)
        gone -= _with_headings(lines, {row for row in named if row in gone and not lines[row].startswith("  Normal")})
        pieces = brief(elide(lines, {*range(len(lines))} - gone, min_chars=BRIEF_CHARS, few_chars=BRIEF_CHARS))
        if keeps_nearly_all(pieces, text):
            return None
        said = "identifiers, defaults, empty fields, service account tokens"
        if trouble:
            said += ", labels and annotations, all else of what is sound"
        return finish(pieces, self.kind, "config:described", head=[f"{SIGIL}left out: {said}]"], packed=False)


def _in_object(
    lines: Sequence[str], first: int, end: int, tops: Sequence[tuple[int, str]], *, trouble: bool, several: bool
) -> set[int]:
    """Rows of one object that go."""
    own = tops[bisect_left(tops, (first, "")) : bisect_left(tops, (end, ""))]
    sections = [
        (key, range(row, stop)) for (row, key), stop in zip(own, [*(row for row, _ in own[1:]), end], strict=True)
    ]
    if trouble and several and not any(_WENT_WRONG.match(lines[row]) for row in range(first, end)):
        return {row for row in range(first, end) if not _OF_A_SOUND_ONE.match(lines[row])}
    gone: set[int] = set()
    for key, rows in sections:
        if key in _META and trouble and len(rows) > 1:
            gone.update(rows)
        elif key == "Volumes":
            gone |= {row for block in _blocks(lines, rows) if _TOKEN.match(lines[block.start]) for row in block}
            gone |= (
                {*rows}
                if trouble and not gone.isdisjoint(rows) and not _warned_of_volumes(lines, first, end)
                else set()
            )
        elif key in {"Containers", "Init Containers"} and trouble:
            sound = [block for block in _blocks(lines, rows) if _is_sound(lines, block)]
            gone |= {row for block in sound for row in block[1:] if not _OF_HEALTHY.match(lines[row])}
        elif key == "Events" and trouble and any(lines[row].startswith("  Warning ") for row in rows):
            pulled = {_quoted(lines[row]) for row in rows if " Pulled " in lines[row]}
            gone |= {
                row
                for row in rows
                if _GONE_WELL.match(lines[row]) and (" Pulling " not in lines[row] or _quoted(lines[row]) in pulled)
            }
    return gone


def _blocks(lines: Sequence[str], rows: range) -> list[range]:
    """The entries of a section, each from its name on."""
    heads = [row for row in rows[1:] if re.match(r"  [^\s:]+:$", lines[row])]
    return [range(row, stop) for row, stop in pairwise([*heads, rows.stop])]


def _is_sound(lines: Sequence[str], block: range) -> bool:
    """Whether a container is ready, and was never anything else; one that waits for its node is not."""
    told = [lines[row] for row in block]
    return any(map(_READY.match, told)) and not any(map(_WENT_WRONG.match, told))


def _warned_of_volumes(lines: Sequence[str], first: int, end: int) -> bool:
    return any(
        line.startswith("  Warning ") and re.search(r"[Mm]ount|[Vv]olume|[Cc]onfig[Mm]ap|[Ss]ecret|ttach", line)
        for line in lines[first:end]
    )


def _quoted(line: str) -> str:
    """The image that an event tells of: one that is being pulled, and was not pulled yet, may be the reason."""
    return line.partition('"')[2].partition('"')[0]


def _with_headings(lines: Sequence[str], rows: set[int]) -> set[int]:
    """These rows and the lines that each stands below, by their indents."""
    found = set(rows)
    for row in rows:
        indent = len(lines[row]) - len(lines[row].lstrip())
        at = row - 1
        while at >= 0 and indent:
            above = len(lines[at]) - len(lines[at].lstrip())
            if lines[at].strip() and above < indent:
                found.add(at)
                indent = above
            at -= 1
    return found


COMPRESSORS: tuple[Compressor, ...] = (Described(),)
