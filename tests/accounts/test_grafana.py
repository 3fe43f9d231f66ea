"""The Grafana dashboard in docs/ asks only for what /metrics has."""

import json
import re
from pathlib import Path

from headroom.accounts.accounts import Accounts
from headroom.accounts.pricing import Prices
from headroom.control.stats import Figures
from headroom.settings import Settings

DASHBOARD = json.loads((Path(__file__).parents[2] / "docs" / "grafana.json").read_text())
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def exposed() -> dict[str, set[str]]:
    """Sample name → its label names, also of metrics that have counted nothing yet."""
    accounts = Accounts(Settings(), Prices())
    Figures(accounts, lambda: 0.0, lambda: 0.0)
    accounts.metrics.totals.sources["ccr_retrievals"] = ("Originals fetched", lambda: 0.0)
    labels = {
        collector._name: set(collector._labelnames)
        for collector in vars(accounts.metrics).values()
        if hasattr(collector, "_labelnames")
    }
    found: dict[str, set[str]] = {}
    for family in accounts.metrics.registry.collect():
        own = labels.get(family.name, set()) | ({"le"} if family.type == "histogram" else set())
        found |= {family.name + suffix: own for suffix in SUFFIXES[family.type]}
    return found


def expressions() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_every_metric_it_names_exists():
    known = exposed()
    named = {name for text in expressions() for name in re.findall(r"headroom_\w+", text)}
    assert named
    assert named - set(known) == set()


def test_it_shows_every_metric():
    bases = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exposed()}
    text = " ".join(expressions())
    unseen = {base for base in bases if base not in text}
    assert unseen == {"headroom_cache_write_ttl_requests"}


def test_it_groups_only_by_labels_that_exist():
    known = exposed()
    for text in expressions():
        names = set(re.findall(r"headroom_\w+", text))
        labels = {label for group in re.findall(r"by \(([^)]*)\)", text) for label in re.split(r",\s*", group)}
        for name in names:
            assert labels <= known[name], text
