"""The views of mitmweb and mitmproxy: a request before and after, the difference, the cost; an answer's stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from mitmproxy import http
from mitmproxy.contentviews import Contentview, Metadata

from headroom.control import explain
from headroom.wire.dialect import Dialect
from headroom_addons.calls import Call, call_of


def _call(metadata: Metadata) -> Call | None:
    flow = metadata.flow
    if not isinstance(flow, http.HTTPFlow) or metadata.http_message is not flow.request:
        return None
    call = call_of(flow)
    return call if call is not None and call.intake is not None and call.intake.route.spends else None


class RequestView(Contentview):
    """One view of a request that headroom has seen."""

    def __init__(self, name: str, show: Callable[[Call], str], priority: Callable[[Call], float]) -> None:
        self._name = name
        self._show = show
        self._priority = priority

    @property
    def name(self) -> str:
        """What the menu shows."""
        return self._name

    @property
    def syntax_highlight(self) -> Literal["yaml"]:
        """Places and texts read like YAML."""
        return "yaml"

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        """The text. Raises ``ValueError`` for any other request."""
        del data
        call = _call(metadata)
        if call is None:
            raise ValueError("not a model call of this session")
        return self._show(call)

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        """Whether it is chosen by itself."""
        del data
        call = _call(metadata)
        return -1 if call is None else self._priority(call)


class SavedCost(Contentview):
    """The cost of a request read from a flow file, where only plain facts are left."""

    name = "headroom: cost (saved)"
    syntax_highlight = "yaml"

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        """The text. Raises ``ValueError`` when the file holds none."""
        del data
        facts = metadata.flow.metadata.get("headroom") if metadata.flow is not None else None
        if not isinstance(facts, dict) or "cost" not in facts:
            raise ValueError("no figures were saved with this flow")
        return str(facts["cost"])

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        """Never by itself while the call is at hand."""
        del data
        flow = metadata.flow
        saved = flow is not None and "headroom" in flow.metadata and _call(metadata) is None
        return 5 if saved and isinstance(flow, http.HTTPFlow) and metadata.http_message is flow.request else -1


class AnswerView(Contentview):
    """A streamed answer as one text and a list of events."""

    name = "headroom: answer"
    syntax_highlight = "none"

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        """The text. Raises ``ValueError`` when it is no stream."""
        return explain.stream(data, _dialect(metadata))

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        """For event streams."""
        return 10 if data and (metadata.content_type or "").startswith("text/event-stream") else -1


def _dialect(metadata: Metadata) -> Dialect | None:
    call = call_of(metadata.flow) if isinstance(metadata.flow, http.HTTPFlow) else None
    return call.intake.dialect if call is not None and call.intake is not None else None


def _before(call: Call) -> str:
    assert call.intake is not None
    return explain.body(call.intake.exchange.body_in)


def _after(call: Call) -> str:
    assert call.intake is not None
    return explain.body(call.intake.exchange.body_out)


def _diff(call: Call) -> str:
    assert call.intake is not None
    return explain.changes(call.intake.exchange.body_in, call.intake.exchange.body_out)


def _cost(call: Call) -> str:
    assert call.intake is not None
    return explain.cost(call.intake.exchange)


def _changed(call: Call) -> bool:
    return call.intake is not None and call.intake.exchange.body_out is not call.intake.exchange.body_in


VIEWS: tuple[Contentview, ...] = (
    RequestView("headroom: before", _before, lambda _call: 8),
    RequestView("headroom: after", _after, lambda _call: 7),
    RequestView("headroom: diff", _diff, lambda call: 10 if _changed(call) else 6),
    RequestView("headroom: cost", _cost, lambda _call: 5),
    SavedCost(),
    AnswerView(),
)
