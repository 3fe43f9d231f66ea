"""What all workers say of the originals: each counts its own, and the accounts add them up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from headroom.accounts.accounts import Accounts
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Stats


def of_all_workers(kept: Originals, accounts: Accounts) -> Callable[[], Stats]:
    """Reads the statistics with the counters of all workers; the list of the latest is this one's. May raise ``StoreError``."""
    names = {field: f"originals.{field}" for field in kept.tally.counters()}
    accounts.tallies |= {name: lambda field=field: kept.tally.counters()[field] for field, name in names.items()}  # type: ignore[misc]

    def read() -> Stats:
        counters = {field: accounts.tally(name) for field, name in names.items()}
        return replace(kept.stats(), **counters)  # type: ignore[arg-type]

    return read
