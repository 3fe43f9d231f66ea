"""Kubernetes' objects are told by their own kind and whole name."""

from __future__ import annotations

import pytest

from headroom.compress.config_outline import entries
from headroom.compress.manifests import manifest


def _told(lines):
    """What the entry is called that these lines are, beside another one."""
    return entries([*lines, "---", "other: 1"], 0, len(lines) + 1)[0].label


NAMED = "apiVersion: v1\nkind: Role\nmetadata:\n  name: {}\nrules: []"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (NAMED.format("system:kube-proxy"), "Role system:kube-proxy"),
        (NAMED.format("gce:podsecuritypolicy:npd  # for the detector"), "Role gce:podsecuritypolicy:npd"),
        (NAMED.format('"system:node"'), "Role system:node"),
        (NAMED.format("'a # b'"), "Role a # b"),
        (NAMED.format('{{ include "shop.fullname" . }}-web'), 'Role {{ include "shop.fullname" . }}-web'),
        (NAMED.format("v1beta1.metrics.k8s.io"), "Role v1beta1.metrics.k8s.io"),
        ("---\n# about\nkind: Job\nmetadata:\n  labels:\n    name: other\n  name: own\n", "Job own"),
        ("kind: Pod\nmetadata:\n  ownerReferences:\n  - kind: Node\n    name: n1\n  name: p1\n", "Pod p1"),
        ("kind: Pod\nmetadata: {labels: {a: b}, name: flow}\n", "Pod flow"),
        ("metadata:\n  name: first\nkind: Secret\n", "Secret first"),
        ("- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: web-1\n  spec:\n    name: c\n", "Pod web-1"),
        ("apiVersion: v1\nkind: Kustomization\nresources:\n- name: x\n", "Kustomization"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: p-\nspec:\n  name: c\n", "Pod"),
        ("kind: Pod\n", "kind: Pod"),
        ("kind: a mixed bag\nmetadata:\n  name: x\n", "kind: a mixed bag"),
        ("spec:\n  kind: Pod\n  metadata:\n    name: x\n", "spec"),
    ],
    ids=lambda text: text.replace("\n", "|")[:40],
)  # fmt: skip
def test_an_object_is_told_by_its_own_kind_and_whole_name(text, told):
    lines = text.split("\n")
    assert _told(lines) == told


def test_the_rows_are_those_that_say_so():
    lines = [
        "---",
        "apiVersion: v1",
        "kind: Role",
        "metadata:",
        "  labels:",
        "    name: no",
        "  name: yes-it-is",
        "rules: []",
    ]
    found = manifest(lines, 0, len(lines) - 1)
    assert found is not None
    assert [lines[row].strip() for row in found.rows] == ["kind: Role", "metadata:", "name: yes-it-is"]


def test_a_name_cut_is_seen_to_be_cut():
    lines = NAMED.format("n" * 300).split("\n")
    assert _told(lines).endswith("n…")
