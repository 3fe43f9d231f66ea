"""What the head of entries written as rows says of those that are unlike the others."""

from hashlib import sha256

import pytest

from headroom.compress.config_text import ConfigText
from headroom.compress.rendition import Hints


def service(place, *, level="info", restart="unless-stopped", more=()):
    name = sha256(f"service {place}".encode()).hexdigest()[:8]
    return [
        f"  {name}:",
        f"    image: registry.example.org/shop/{name}:2.{place}",
        f"    restart: {restart}",
        "    environment:",
        f"      LOG_LEVEL: {level}",
        *more,
        f"    command: serve --port {8000 + place}",
        "    networks: [backend]",
    ]


CHECK = ["    healthcheck:", "      test: curl -f localhost", "      interval: 10s"]


def compose(changes, usual=(), count=24):
    lines = ["services:"]
    for place in range(count):
        lines += service(place, **{"more": usual, **changes.get(place, {})})
    return "\n".join(lines) + "\n"


def named(place):
    return service(place)[0].strip(" :")


def said(text):
    encoded = ConfigText().lossless(text, Hints()).text
    assert ConfigText().decode(encoded) == text
    return [line for line in encoded.split("\n") if line.startswith("[~ unlike")]


@pytest.mark.parametrize(
    ("changes", "usual", "parts"),
    [
        ({7: {"level": "debug"}}, (), [f"{named(7)}: LOG_LEVEL: debug"]),
        (
            {3: {"restart": '"no"', "level": "trace"}, 9: {"restart": "always"}},
            (),
            [f'{named(3)}: restart: "no", LOG_LEVEL: trace', f"{named(9)}: restart: always"],
        ),
        ({5: {"more": ()}}, CHECK, [f"{named(5)}: no healthcheck"]),
        (
            {5: {"level": "debug", "more": [*CHECK, "    restart: 3"]}},
            [*CHECK, "    restart: 3", "    window: 7"],
            [f"{named(5)}: LOG_LEVEL: debug, no window"],
        ),
        ({5: {"level": "debug", "more": ()}}, ["    restart: 3"], [f"{named(5)}: LOG_LEVEL: debug"]),
        ({5: {"more": CHECK}}, (), [f"{named(5)}: test: curl -f localhost, interval: 10s"]),
    ],
    ids=[
        "another value",
        "several",
        "a missing part",
        "a missing line",
        "a missing line like another",
        "a part that one has",
    ],
)
def test_the_odd_one_of_many_is_told_with_its_name(changes, usual, parts):
    assert said(compose(changes, usual)) == [f"[~ unlike the others: {'; '.join(parts)}]"]


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 24),
        ({place: {"level": "debug"} for place in range(0, 24, 2)}, 24),
        ({place: {"level": "debug"} for place in range(3)}, 24),
        ({2: {"level": "debug"}}, 4),
        ({2: {"level": "x" * 61}}, 24),
    ],
    ids=["all alike", "halves", "more than a few", "few entries", "a long value"],
)
def test_nothing_is_said_where_none_stands_out(changes, count):
    assert said(compose(changes, count=count)) == []


def test_a_list_is_told_by_the_names_in_it():
    items = [
        line
        for place in range(30)
        for line in (
            "- apiVersion: v1",
            "  metadata:",
            f"    name: pod-{place * place}",
            "  status:",
            f"    phase: {'Failed' if place == 11 else 'Running'}",
            f"    podIP: 10.42.{place}.7",
        )
    ]
    assert said("\n".join(["items:", *items]) + "\n") == ["[~ unlike the others: name: pod-121: phase: Failed]"]
