"""Which of the objects in a YAML stream a question calls by kind and name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.config_outline import Entry
from headroom.compress.query import Relevance

_OF_MANY = frozenset(("count", "max", "min", "every"))
"""Who asks this of a kind is told about all of its objects."""

_SLASH = re.compile(r"(?<![\w/.-])([a-z]+)/(?=\w)")
"""As in ``deployment/web``."""


class Asked(NamedTuple):
    """The objects that are meant, and what else the question says."""

    objects: list[Entry]
    """None where no object is called by its kind and its name."""
    names: frozenset[str]
    relevance: Relevance
    """The question without the words for the kinds of these alone."""
    kinds: frozenset[str]
    """Kinds of which the question says more than the names of these objects."""

    def may_be(self, entry: Entry, *, holds: bool) -> bool:
        """Whether an entry may be in question, too, given whether it ``holds`` a name that the question says."""
        if not self.objects:
            return True
        kind, name = _words(entry)
        return kind in self.kinds or (holds and name not in self.names)


def asked_objects(found: Sequence[Entry], relevance: Relevance) -> Asked:
    """Find what is called by kind and name: "StatefulSet mysql" means no other StatefulSet, and no Service mysql either."""
    nothing = Asked([], frozenset(), relevance, frozenset())
    objects = [(entry, *_words(entry)) for entry in found if entry.manifest and entry.manifest.name]
    if not objects or relevance.asks & _OF_MANY:
        return nothing
    wording = _SLASH.sub(r"\1 ", relevance.wording)
    said = {kind: _forms(wording, kind) for kind in {kind for _, kind, _ in objects}}
    kinds = {kind for kind, forms in said.items() if forms}
    names = {name for name in {name for _, _, name in objects} if _forms(wording, name)} if kinds else set()
    both = {name for _, kind, name in objects if name in names and kind in kinds}
    if not both:
        return nothing
    asked = [entry for entry, kind, name in objects if name in names and (kind in kinds or name not in both)]
    alone = {kind for kind in {_words(entry)[0] for entry in asked} if said[kind] == {kind}}
    return Asked(asked, frozenset(names), relevance.only(lambda term: term.text not in alone), frozenset(kinds - alone))


def _words(entry: Entry) -> tuple[str, str]:
    return (entry.manifest.kind.lower(), entry.manifest.name.lower()) if entry.manifest else ("", "")


def _forms(wording: str, word: str) -> set[str]:
    """The forms of a word, singular or plural, that stand by themselves."""
    return (
        set(re.findall(rf"(?<![\w.:/-]){re.escape(word)}(?:e?s)?(?![\w/-]|[.:]\w)", wording))
        if word in wording
        else set()
    )
