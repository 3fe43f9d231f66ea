"""Token counts of requests, each piece counted once and remembered by its digest."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from headroom.accounts import tokens
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.exchange import Exchange
from headroom.pipeline.digest import digest
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.tools import ToolArray
from headroom.pipeline.window import Windows
from headroom.wire.body import text_of
from headroom.wire.dialect import Dialect, Message, Request

Counter = Callable[[str, str | None], int]
_ENTRY_BYTES = 220
"""What one count takes, its key included."""
AHEAD_BYTES = 32 * 1024
"""Of a text from which it is worth a thread to count it beside other work: a third of a millisecond."""
_MOST_AHEAD = 4
_WAIT = 10.0
"""Seconds to wait for such a thread; then the text is counted where it is needed."""


def around(node: Node, message: Message) -> int:
    """Bytes of a message that are neither text nor a call's arguments nor an image: roles, names, ids and the like."""
    size = node.size - (node.parent.size if node.parent is not None else 0)
    size -= sum(part.end - part.start for part in message.parts) + sum(len(call.arguments) for call in message.calls)
    return max(0, size - BYTES_A_TOKEN * sum(picture.verdict.tokens_before for picture in node.pictures))


def _key(digest_: bytes, model: str | None) -> bytes:
    return tokens.encoding_name(model)[:1].encode() + digest_


class Counts:
    """Counts the text of requests before and after. Thread-safe; both sides always with the same tokenizer."""

    def __init__(
        self, count: Counter = tokens.count, *, windows: Windows | None = None, max_bytes: int = 8 * 1024 * 1024
    ) -> None:
        self._count = count
        self._windows = windows or Windows()
        self._entries = max_bytes // _ENTRY_BYTES
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._under_way: dict[bytes, Future[int]] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_MOST_AHEAD, thread_name_prefix="headroom-count")

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_BYTES * len(self._seen)

    def text(self, key: bytes, text: Callable[[], str], model: str | None) -> int:
        """Tokens of a text known by its digest; the text is only made when it must be counted."""
        key = _key(key, model)
        with self._lock:
            if (known := self._seen.get(key)) is not None:
                self._seen.move_to_end(key)
                return known
            under_way = self._under_way.get(key)
        if under_way is not None:
            with contextlib.suppress(Exception):  # too slow or failed: it is done here, or fails here
                return under_way.result(_WAIT)
        counted = self._count(text(), model)
        self._keep(key, counted)
        return counted

    def ahead(self, key: bytes, text: str, model: str | None) -> None:
        """Begin to count a long text in a thread, where the caller goes on with other work; ``text`` waits for it."""
        key = _key(key, model)
        with self._lock:
            if key in self._seen or key in self._under_way or len(self._under_way) >= _MOST_AHEAD:
                return
            future = self._under_way[key] = Future()
        try:
            # To threads that stay: to start one is to wait until it runs.
            self._threads.submit(self._fulfil, key, future, text, model)
        except RuntimeError:  # closed: it is counted where it is needed
            future.cancel()
            with self._lock:
                self._under_way.pop(key, None)

    def close(self) -> None:
        """Count no more ahead; what is under way is finished, and what is asked for from now on is counted where it is."""
        self._threads.shutdown(wait=False)

    def _fulfil(self, key: bytes, future: Future[int], text: str, model: str | None) -> None:
        try:
            counted = self._count(text, model)
        except BaseException as error:
            future.set_exception(error)
        else:
            self._keep(key, counted)
            future.set_result(counted)
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def _keep(self, key: bytes, counted: int) -> None:
        with self._lock:
            self._seen[key] = counted
            while len(self._seen) > self._entries:
                self._seen.popitem(last=False)

    def raw(self, piece: bytes, model: str | None) -> int:
        """Tokens of JSON text as it stands in the body."""
        return self._known(digest(piece), piece, model)

    def _known(self, name: bytes, piece: bytes, model: str | None) -> int:
        return self.text(name, lambda: piece.decode("utf-8", "replace"), model)

    def _tools(self, body: bytes, request: Request, model: str | None, tools: ToolArray | None) -> int:
        if request.tools is None:
            return 0
        piece = body[request.tools.start : request.tools.end]
        return self._known(tools.name if tools is not None else digest(piece), piece, model)

    def fill(
        self,
        exchange: Exchange,
        request: Request,
        dialect: Dialect,
        nodes: list[Node],
        *,
        tools: ToolArray | None = None,
    ) -> None:
        """Set ``tokens_before``, ``tokens_after`` and the window they go into. ``tools`` says how the tools array was sent."""
        body, model = exchange.body_in, request.model
        self._count_up(body, request, dialect, nodes)
        last = nodes[-1] if nodes else None
        for depth, piece in enumerate(request.messages[len(nodes) :], len(nodes)):
            # Nobody has worked on it, so it goes as it came.
            last = Node(b"", last, depth)
            self._count_node(last, body[piece.start : piece.end], dialect, model)
        before, after = (last.counts if last is not None else None) or (0, 0)
        fixed = sum(self.raw(body[s.start : s.end], model) for s in request.system)
        given = self._tools(body, request, model, tools)
        offered = given if tools is None or tools.sent is None else self._known(tools.sent_name, tools.sent, model)
        exchange.tokens_before = before + fixed + given
        freed = self._freed(request, nodes, body) if nodes else 0
        exchange.tokens_after = after - freed + fixed + offered
        if offered != given:
            exchange.notes["tool_tokens"] = offered - given
        exchange.context_window = self._windows.of(model, exchange.provider, exchange.headers) or 0

    def sent(self, body: bytes, request: Request, dialect: Dialect, nodes: list[Node], *, since: int = 0) -> int:
        """Tokens of the messages behind depth ``since`` as they are sent, with what stands around their texts."""
        self._count_up(body, request, dialect, nodes)
        tip = nodes[-1]
        counts, base = tip.counts or (0, 0), nodes[since - 1] if since else None
        used, rest = counts[1], tip.rest
        if base is not None:
            used, rest = used - (base.counts or (0, 0))[1], rest - base.rest
        else:
            used -= self._freed(request, nodes, body)
            rest -= sum(nodes[drop.last - 1].rest - nodes[drop.first - 2].rest for drop in tip.dropped)
        return used + rest // BYTES_A_TOKEN

    def _count_up(self, body: bytes, request: Request, dialect: Dialect, nodes: list[Node]) -> None:
        at = len(nodes)
        while at and nodes[at - 1].counts is None:  # whoever counts a message counts those in front of it first
            at -= 1
        for node, piece in zip(nodes[at:], request.messages[at:], strict=False):
            self._count_node(node, body[piece.start : piece.end], dialect, request.model)

    def _freed(self, request: Request, nodes: list[Node], body: bytes) -> int:
        """Tokens that rewrites and drops take off what was first sent."""
        tip = nodes[-1]
        above = tip.parent
        if not tip.revised and not tip.dropped:
            return 0
        if tip.freed is None:
            same = above is not None and above.revised is tip.revised and above.dropped == tip.dropped
            known = above.freed if above is not None and same else None
            tip.freed = known if known is not None else self._freed_anew(request, nodes, body)
        return tip.freed

    def _freed_anew(self, request: Request, nodes: list[Node], body: bytes) -> int:
        tip, model = nodes[-1], request.model
        freed = 0
        gone = {depth for drop in tip.dropped for depth in range(drop.first, drop.last + 1)}
        for depth in gone:
            (_, before), (_, after) = nodes[depth - 2].counts or (0, 0), nodes[depth - 1].counts or (0, 0)
            freed += after - before
        for (depth, number), rewrite in tip.revised.items():
            if depth in gone or depth > len(nodes):
                continue
            node, piece = nodes[depth - 1], request.messages[depth - 1]
            part = results_of(node)[number]
            edit = next((edit for edit in node.edits if edit.start == part.start), None)
            if edit is not None:
                had = self.text(digest(edit.new), lambda e=edit: text_of(e.new), model)  # type: ignore[misc]
            else:
                start = piece.start
                had = self.text(part.digest, lambda p=part, s=start: text_of(body[s + p.start : s + p.end]), model)  # type: ignore[misc]
            freed += had - self.text(digest(rewrite.literal), lambda r=rewrite: text_of(r.literal), model)  # type: ignore[misc]
        return freed

    def _count_node(self, node: Node, raw: bytes, dialect: Dialect, model: str | None) -> None:
        before, after = (node.parent.counts or (0, 0)) if node.parent is not None else (0, 0)
        edits = {edit.start: edit for edit in node.edits}
        message = node.message if node.message is not None else dialect.message(raw)
        for part in message.parts:
            had = self.text(part.digest, lambda p=part: text_of(raw[p.start : p.end]), model)  # type: ignore[misc]
            before += had
            edit = edits.get(part.start)
            after += had if edit is None else self.text(digest(edit.new), lambda e=edit: text_of(e.new), model)  # type: ignore[misc]
        for picture in node.pictures:
            before += picture.verdict.tokens_before
            after += picture.verdict.tokens_after
        for call in message.calls:
            arguments = self.raw(call.arguments.encode(), model)
            before += arguments
            after += arguments
        node.rest = (node.parent.rest if node.parent is not None else 0) + around(node, message)
        node.counts = (before, after)
