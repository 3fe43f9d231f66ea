"""The word for a kind picks all its objects only where no name says which."""

from __future__ import annotations

import pytest

from headroom.compress.config_outline import entries
from headroom.compress.config_text import ConfigText
from headroom.compress.objects_asked import asked_objects
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from tests.compress.accounting import shown_text

OBJECTS = [
    ("StatefulSet", "mysql"), ("Service", "mysql"), ("ConfigMap", "mysql-conf"), ("StatefulSet", "zoo"),
    ("StatefulSet", "cassandra"), ("Service", "zoo"), ("Deployment", "web"), ("Deployment", "front"),
    ("DaemonSet", "kube-proxy"), ("DaemonSet", "npd-v0.8.5"), ("ClusterRole", "system:kube-proxy"), ("Role", "web:reader"),
]  # fmt: skip
STREAM = "".join(
    f"---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  image: example.org/{name}:{n}\n"
    f"  resources:\n    cpu: {n}m\n    memory: {n}Mi\n  args:\n  - --level={n}\n" + "  tolerations: none at all, to be long\n" * 9
    for n, (kind, name) in enumerate(OBJECTS)
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("Which image does the StatefulSet mysql run with?", ["StatefulSet mysql"]),
        ("Which image does the statefulset `mysql` run with?", ["StatefulSet mysql"]),
        ("Which args does the DaemonSet npd-v0.8.5 get?", ["DaemonSet npd-v0.8.5"]),
        ("What may ClusterRole system:kube-proxy do?", ["ClusterRole system:kube-proxy"]),
        ("Do DaemonSet kube-proxy and Deployment web agree?", ["Deployment web", "DaemonSet kube-proxy"]),
        ("Do DaemonSet kube-proxy and cassandra agree?", ["StatefulSet cassandra", "DaemonSet kube-proxy"]),
        ("Does the Service mysql select the StatefulSet mysql?", ["StatefulSet mysql", "Service mysql"]),
        ("Describe statefulset/zoo.", ["StatefulSet zoo"]),
        ("Which image does mysql run with?", []),
        ("Which StatefulSet runs example.org/zoo?", []),
        ("Which image does the StatefulSet mysql-conf run with?", []),
        ("Which image does the DaemonSet npd run with?", []),
        ("How many objects are there beside the StatefulSet mysql?", []),
    ],
)
def test_objects_are_meant_that_are_called_by_kind_and_name(query, asked):
    lines = STREAM.split("\n")
    found = asked_objects(entries(lines, 0, len(lines) - 1), Relevance(query))
    assert [entry.label for entry in found.objects] == asked


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which image, resources and args does the StatefulSet mysql run with?", [0], [1, 3, 4, 6, 8]),
        ("Which image, resources and args does the DaemonSet npd-v0.8.5 run with?", [9], [0, 3, 8, 10]),
        ("Which StatefulSets run with more memory than the StatefulSet mysql?", [0, 3, 4], [6, 8, 9]),
        ("Which Deployment has the memory of the StatefulSet mysql?", [0, 6, 7], [3, 4, 8]),
        ("Which memory has the StatefulSet?", [0, 3, 4], [6, 8, 9]),
    ],
)
def test_no_other_objects_of_the_kind_stay(query, shown, gone):
    found = ConfigText().lossy(STREAM, Hints(query=query))
    assert found is not None
    view = shown_text(found)
    assert [n for n in (*shown, *gone) if f"memory: {n}Mi\n" in view] == shown
