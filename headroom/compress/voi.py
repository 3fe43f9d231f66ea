"""Value of information: whether leaving text out is expected to pay, once the reader may have to ask for it back."""

from __future__ import annotations

from headroom.compress.envelope import CARRIED

# Prices relative to the input price, as most providers set them for a five-minute prefix cache.
_WRITE = 1.25
_READ = 0.1
_OUTPUT = 5.0
_CALL_TOKENS = 60
"""Output tokens of one retrieval call."""
_RANGE_TOKENS = 500
"""Tokens that one ranged retrieval brings back."""
CONTEXT = 60_000
CALLS = 10
"""What is assumed of a conversation that nothing is known about."""
_CAUTION = 0.5
"""Lossy only when the chance of being asked back is below this share of the break-even chance."""

PRIORS: dict[str, float] = {
    "log": 0.05,
    "playbook": 0.05,
    "tests": 0.05,
    "build": 0.05,
    "plan": 0.05,
    "trace": 0.05,
    "search": 0.10,
    "search:skim": 0.15,
    "search:asked": 0.05,
    "counts": 0.10,
    "listing": 0.10,
    "vcs": 0.10,
    "diff": 0.15,
    "json": 0.15,
    "table": 0.15,
    "config": 0.15,
    "html": 0.15,
    "snapshot": 0.20,
    "dense": 0.05,
    "enumeration": 0.10,
    "markdown": 0.25,
    "prose": 0.25,
    "code": 0.40,
    "code:definitions": 0.20,
    "markdown:sections": 0.15,
    "config:named": 0.10,
    "config:asked": 0.05,
    "config:described": 0.05,
    "listing:asked": 0.05,
    "listing:folder": 0.03,
    "vcs:asked": 0.05,
    "counts:asked": 0.05,
    "counts:zeros": 0.03,
    "vcs:outside": 0.02,
    "vcs:elsewhere": 0.05,
    "build:grouped": 0.02,
    "build:listed": 0.03,
    "build:steps": 0.02,
    "build:progress": 0.02,
    "tests:passed": 0.02,
    "tests:frames": 0.02,
    "trace:alike": 0.02,
    "trace:frames": 0.02,
    "csv:asked": 0.05,
    "table:asked": 0.05,
    "json:asked": 0.05,
    "sql:asked": 0.05,
    "diff:elsewhere": 0.05,
    "diff:files": 0.08,
    "diff:named": 0.10,
    "csv:skim": 0.25,
    "table:skim": 0.25,
    "json:skim": 0.25,
    "json:events": 0.02,
}
"""Chance that a later turn asks for what was left out, by content kind, or by transform where that says more: the
definitions, sections or entries that a question names are there, all failures of a run are, or all of a folder, or all but what it shuts out, or the
records that it names by their key; of a skeleton any body may be next. Replaced by measured rates between releases."""
_UNKNOWN_PRIOR = 0.25
SURE = 0.05
"""Up to this chance all that the question asks for is there, or all that went wrong: what is left out of a small text as well."""


def break_even(saved: int, context: int, calls: int) -> float:
    """Chance of a ranged retrieval at which leaving out ``saved`` tokens neither gains nor loses.

    Saving: ``saved`` tokens written once and read ``calls`` times. Cost of one retrieval: the whole context read once
    more, the range written and read, and the output tokens of the call.
    """
    weight = _WRITE + _READ * calls
    return saved * weight / (_READ * context + weight * _RANGE_TOKENS + _OUTPUT * _CALL_TOKENS)


def prior_of(kind: str, transform: str = "") -> float:
    """Chance that what was left out is asked for."""
    return PRIORS.get(transform.removesuffix(CARRIED), PRIORS.get(kind, _UNKNOWN_PRIOR))


def allow_lossy(
    kind: str,
    tokens_before: int,
    tokens_after: int,
    context: int = CONTEXT,
    calls: int = CALLS,
    prior: float | None = None,
) -> bool:
    """Whether going from ``tokens_before`` (the best lossless text) to ``tokens_after`` is worth the risk of a retrieval.

    ``context`` is in tokens, ``calls`` the calls still expected to carry the block, ``prior`` overrides the table's chance.
    """
    saved = tokens_before - tokens_after
    if saved <= 0:
        return False
    chance = prior_of(kind) if prior is None else prior
    return chance < _CAUTION * break_even(saved, context, calls)
