"""Answering the model's retrieve calls from the originals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from headroom.compress.rendition import CountTokens
from headroom.errors import StoreError
from headroom.retrieval.answer import Answer, answer, miss, query_of
from headroom.retrieval.original import Miss
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Retrieval
from headroom.retrieval.tool import arguments_of
from headroom.retrieval.turns import Block


class Resolver:
    """Answers calls in a thread: a text of megabytes is unpacked, searched and counted. Never raises."""

    def __init__(
        self,
        originals: Originals,
        count: CountTokens,
        *,
        now: Callable[[], float],
        project: str | None = None,
    ) -> None:
        self._originals = originals
        self._count = count
        self._now = now
        self._project = project

    async def __call__(self, call: Block, most: int) -> Answer:
        """Answer one call with at most about ``most`` tokens."""
        return await asyncio.to_thread(self.resolve, call.arguments, most)

    def resolve(self, arguments: str, most: int) -> Answer:
        """Answer from the arguments' JSON text."""
        query = query_of(arguments_of(arguments))
        query = replace(query, max_tokens=min(query.max_tokens, max(1, most)))
        now = self._now()
        try:
            found = self._originals.get(query.hash, now=now, project=self._project)
        except StoreError as error:
            said = (
                f"The store of originals can't be read at the moment ({error}). Do not retry now; "
                "run the tool again if you need the content."
            )
            return _counted(Answer(said, "miss"), self._count)
        if isinstance(found, Miss):
            return _counted(miss(query.hash, found), self._count)
        got = answer(query, found, count=self._count)
        about = found.about
        self._originals.tally.retrieved(
            Retrieval(
                found.hash,
                query.words,
                got.shown,
                got.total,
                about.tool,
                got.type,
                now,
                kind=about.kind,
                project=self._project,
            )
        )
        return got


def _counted(got: Answer, count: CountTokens) -> Answer:
    return replace(got, tokens=count(got.text))
