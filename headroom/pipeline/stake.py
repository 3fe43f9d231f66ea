"""What a retrieval would cost at a place in a conversation, told from what is in front of it alone."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.accounts.tokens import BYTES_A_TOKEN

_FRONT = 16_000
"""Tokens that tools and system prompt of an agent take, about. They may change under a conversation, its verdicts not."""
_CONTEXTS = (15_000, 22_000, 33_000, 50_000, 75_000, 110_000, 165_000, 250_000)


@dataclass(frozen=True, slots=True)
class Stake:
    """What a retrieval would cost here, in steps, so that it changes rarely; part of every ledger key."""

    context: int
    calls: int


def stake_at(sent: int, depth: int) -> Stake:
    """The stake behind ``depth`` messages that took ``sent`` bytes: from what is in front of a block and nothing else.

    The prompt's tokens, and as many calls as there were (Lindy's rule); both within bounds.
    """
    tokens = _FRONT + sent // BYTES_A_TOKEN
    context = min(_CONTEXTS, key=lambda step: abs(step - tokens))
    calls = 10 if depth < 40 else 20 if depth < 100 else 30
    return Stake(context, calls)
