"""Lines that installs, downloads and image builds print on their way: what they led to is told by the lines behind them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from headroom.compress.folding import SIGIL
from headroom.compress.image_steps import inner, spare_of_steps
from headroom.compress.must_keep import FAILURE
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance

_LINE = re.compile(
    # pip
    r" {0,6}(?P<pip>Collecting|Downloading|Processing|Using cached|Requirement already satisfied:|Preparing metadata|Obtaining dependency information"
    r"|Looking in (?:indexes|links):|Building wheels? for|Created wheel for|Stored in directory:|Installing (?:collected packages:|build dependencies)"
    r"|Getting requirements to build|Attempting uninstall:|Found existing installation:|Uninstalling|Successfully uninstalled|Resolved \d+ packages? in)(?=[ \n]|$)"
    r"| *(?P<bar>[━╸╺█▏▎▍▌▋▊▉░]{4,}) "
    # apt and dpkg
    r"|(?P<get>Get|Hit|Ign):\d+ "
    r"|(?P<apt>Selecting previously unselected package|Preparing to unpack|Unpacking|Setting up|Processing triggers for|\(Reading database"
    r"|Reading package lists|Building dependency tree|Reading state information|Fetched)\b"
    # cargo, bundler
    r"| {2,}(?P<cargo>Compiling|Downloaded|Downloading|Checking|Fresh|Adding|Locking|Updating) (?![^\n]*\(/)(?:crates\b|\S+ v\d)"
    r"|(?P<bundle>Using|Fetching|Installing) [\w.-]+ \d[\w.]*(?: \(was [\d.]+\))?(?: with native extensions)?$"
    # composer, apk, yarn, pnpm, go, maven
    r"|  - (?P<composer>Installing|Downloading|Locking|Upgrading) [\w.-]+/[\w.-]+ \("
    r"|\(\d+/\d+\) (?P<apk>Installing|Upgrading|Downloading|Purging)\b|(?P<fetch>fetch) https?:"
    r"|npm (?P<notice>notice)\b(?! [\d.]+ ?[kMG]?B )|(?P<fund>\d+ packages are looking for funding$| {2}run `npm fund` for details$)"
    r"|(?P<pnpm>Progress): resolved \d+|npm (?P<npm>http (?:fetch|cache)|http|timing|sill|verb)\b|go: (?P<go>downloading) "
    r"|(?:\[INFO\] )?(?P<maven>Downloading|Downloaded|Progress) (?:from [\w.-]+|\(\d+\)): "
    # yarn, brew, wget, conda, playwright
    r"|➤ YN0013: │ [^\n]{1,200} (?P<fetched>can't be found in the cache|were? added to the project)|==> (?P<brew>Downloading|Fetching|Pouring) "
    r"|(?P<percent> *\d+[KM] [. ]{20,}+\d+%|#{8}[ #]*+(?<= )\d+\.\d%$|\|■[■ ]*\| +\d+% of |[\w.-]+ +\| [\d.]+ [KMG]B +\| )"
    # layers of an image
    r"|(?P<layer>[0-9a-f]{12}): (?:Pulling fs layer|Waiting|Downloading|Download complete|Verifying Checksum|Extracting|Pull complete|Already exists|Preparing|Layer already exists|Pushed|Pushing|Mounted from)\b"
    r"|(?P<blob>sha256:[0-9a-f]{64}|extracting sha256:|resolve|transferring)(?= |[0-9a-f]{64})",
)
_NAMES = {
    "bar": "progress bar",
    "percent": "progress bar",
    "fetched": "fetched",
    "get": "Get",
    "layer": "layer",
    "blob": "layer",
    "notice": "npm notice",
    "fund": "npm notice",
}
"""What a kind of line is called, where its own words do not say it."""
_SOUNDS_BAD = "fetched"
"""The kind whose lines say that something is not there, which is then fetched."""
_LEAST = 6
"""Lines of progress that are worth leaving out."""
_LEAST_SHARE = 0.15
_MOST_KINDS = 4
_NEAR = 2
"""Lines right above a failure that stay: what was being done."""
_LAST = 2
"""Lines at the end that stay: where it stopped, if it did."""
_STEM = 5


def rows_of(lines: Sequence[str], troubles: Mapping[int, int], relevance: Relevance) -> dict[int, str]:
    """Rows that tell only of progress, and the name of their kind; empty where these are few, or are what is asked for."""
    total = len(lines) - (not lines[-1])
    found: dict[int, str] = {}
    for row, line in enumerate(lines[:total]):
        match = _LINE.match(line) or _in_step(line)
        if match is None or (row in troubles and match.lastgroup != _SOUNDS_BAD):
            continue
        kind = match.lastgroup or ""
        found[row] = _NAMES.get(kind) or match[kind].rstrip(":. ")
    steps = spare_of_steps(lines, relevance, failed="failure" in relevance.asks)
    if len(found) + len(steps) < _LEAST:
        return {}
    asked = _asked(relevance, {*found.values()})
    failed = [row for row, severity in troubles.items() if severity == FAILURE and row not in found]
    told = {near for row in failed for near in range(row - _NEAR, row)}
    told |= named_rows(relevance, lines, strong_lines=8, word_lines=4, words="?" in relevance.last_line)
    if total - 1 in found:
        told |= {*range(total - _LAST, total)}
    found = {row: kind for row, kind in found.items() if row not in told and kind not in asked} | steps
    if len(found) < _LEAST or sum([len(lines[row]) for row in found]) < _LEAST_SHARE * sum(map(len, lines)):
        return {}
    # An empty line between two that go parts nothing.
    for row in range(1, total):
        if row not in found and row - 1 in found and not lines[row].strip():
            found[row] = ""
    return found


def _in_step(line: str) -> re.Match[str] | None:
    """How progress begins within a step of an image build."""
    said = inner(line)
    return _LINE.match(said) if said else None


def _asked(relevance: Relevance, kinds: Collection[str]) -> set[str]:
    """Kinds that a question asks after in their own words: ``what was downloaded?``."""
    said = relevance.last_line
    if "?" not in said:
        return set()
    stems = {word[:_STEM] for word in re.findall(r"[a-z]{4,}", said)}
    return {kind for kind in kinds if any(word[:_STEM].lower() in stems for word in kind.split())}


def note(spare: Mapping[int, str]) -> str:
    """One line that tells which lines went, and of which kind how many."""
    counts = Counter(kind for kind in spare.values() if kind)
    kinds = counts.most_common(_MOST_KINDS)
    rest = sum(counts.values()) - sum([count for _, count in kinds])
    told = ", ".join([f"{count} × {kind}" for kind, count in kinds] + ([f"{rest} others"] if rest else []))
    return f"{SIGIL}left out: lines of progress: {told}]"
