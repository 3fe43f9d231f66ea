"""Of an object called by its name stay the fields that the question asks for, with the way down to them."""

from __future__ import annotations

import pytest

from headroom.compress.config_text import ConfigText
from headroom.compress.rendition import Gap, Hints
from tests.compress.accounting import shown_text

ENV = "".join(f"        - name: SETTING_{n}\n          value: '{n}'\n" for n in range(9))


def _pod(name: str, more: str = "") -> str:
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      initContainers:
      - image: registry/{name}-init:1
        name: prepare
        command: ["/prepare"]
        env:
{ENV}      containers:
      - name: {name}
        image: registry/{name}:2
        args:
        - --serve
        - --name={name}
{more}        livenessProbe:
          exec:
            command: ["/probe-{name}"]
        env:
{ENV}      tolerations:
      - operator: Exists
"""


LIMITS = "        resources:\n          limits:\n            memory: 300Mi\n"
TEXT = _pod("shop") + _pod("shop-helper", LIMITS) + _pod("search", LIMITS)


def ask(query: str, text: str = TEXT):
    return ConfigText().lossy(text, Hints(query=query))


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which image, resources and arguments does the Deployment shop run with?",
         ["registry/shop-init:1", "name: prepare", "registry/shop:2", "- --name=shop\n", '"/prepare"'],
         ["SETTING_3", "/probe-shop", "shop-helper", "Exists"]),
        ("What are the resources of the Deployment search?", ["memory: 300Mi", "- name: search"], ["SETTING_3", "/probe-search"]),
        ("Which environment does the Deployment search have?", ["SETTING_3"], ["shop-helper"]),
    ],
    ids=["of all its containers", "one field", "by another word"],
)  # fmt: skip
def test_the_fields_asked_for_stay_with_what_they_stand_in(query, shown, gone):
    found = ask(query)
    assert found is not None
    view = shown_text(found)
    assert all(part in view for part in shown)
    assert not [part for part in gone if part in view]
    notes = " ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
    assert "Deployment shop-helper" in notes


@pytest.mark.parametrize(
    "query",
    [
        "Why does the Deployment shop restart?",
        "Which image and which frobnication does the Deployment shop have?",
        "Show me the Deployment shop",
    ],
    ids=["no question for a field", "a word that is no field", "all of it"],
)
def test_the_object_stays_whole_where_its_fields_are_not_what_is_asked_for(query):
    found = ask(query)
    assert found is None or "/probe-shop" in shown_text(found)
    assert found is None or "SETTING_3" in shown_text(found)


def test_a_short_object_stays_whole():
    short = "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  ports:\n  - port: 80\n  clusterIP: None\n"
    found = ask("Which ports does the Service shop have?", TEXT + short)
    assert found is not None
    assert "clusterIP: None" in shown_text(found)
