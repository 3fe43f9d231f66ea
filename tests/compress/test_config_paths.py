"""Settings called by their way from the top: what they are, and what they stand in."""

from __future__ import annotations

import pytest

from headroom.compress.config_paths import asked
from headroom.compress.config_text import ConfigText
from headroom.compress.rendition import Hints
from tests.compress.line_samples import asking, keeps_the_law, shown

CONFIG = ConfigText()
YAML = (
    "defaults: &defaults\n  retries: 3\n  backoff: 250ms\n\nserver:\n  host: 0.0.0.0\n  tls:\n    cert: /etc/tls/a.pem\n    port: 8443\n"
    + "".join(
        f"  route_{n}:\n    path: /v{n}\n    labels:\n      app.kubernetes.io/name: shop-{n}\n      '32': '{n + 33}'\n"
        for n in range(12)
    )
    + "containers:\n"
    + "".join(
        f"- name: part-{n}\n  image: shop/part:{n}.1\n  env:\n  - name: A\n    value: a{n}\n  - name: B\n    value: b{n}\n"
        for n in range(8)
    )
    + "jobs:\n  nightly:\n    <<: *defaults\n    at: '02:10'\n"
)
TOML = "".join(
    f'[tool.part{n}]\nname = "part{n}"\nport = {8000 + n}\n[tool.part{n}.extra]\nlevel = {n}\n\n' for n in range(20)
)


@pytest.mark.parametrize(
    ("text", "question", "there", "gone"),
    [
        (YAML, "What is `server.tls.port` set to?", ["server:\n", "  tls:\n", "    port: 8443\n"], ["path: /v3", "part:3.1"]),
        (YAML, "What is tls.port?", ["server:\n", "    port: 8443\n"], ["path: /v3"]),
        (YAML, "What is server.route_7.path, please?", ["  route_7:\n    path: /v7\n"], ["path: /v3", "part:3.1"]),
        (
            YAML,
            "What is `server.route_7.labels.app.kubernetes.io/name`?",
            ["  route_7:\n", "      app.kubernetes.io/name: shop-7\n"],
            ["shop-3"],
        ),
        (YAML, "Which value has server.route_4.labels.32?", ["  route_4:\n", "      '32': '37'\n"], ["'36'"]),
        (YAML, "What is containers[3].image?", ["- name: part-3\n  image: shop/part:3.1\n"], ["part:4.1", "path: /v3"]),
        (YAML, "What is `containers.3.env.1.value`?", ["- name: part-3\n", "  - name: B\n    value: b3\n"], ["value: a4", "part:4.1"]),
        (
            YAML,
            "What is in jobs.nightly?",
            ["  nightly:\n    <<: *defaults\n    at: '02:10'\n", "defaults: &defaults\n  retries: 3\n"],
            ["path: /v3"],
        ),
        (TOML, "What is tool.part7.port in the pyproject.toml?", ["[tool.part7]\n", "port = 8007\n"], ["8008", "level = 7"]),
        (TOML, "What is `tool.part7.extra.level`?", ["[tool.part7.extra]\nlevel = 7\n"], ["8008"]),
        (TOML, "What are tool.part2.port and tool.part9.port?", ["port = 8002\n", "port = 8009\n"], ["8008"]),
    ],
)  # fmt: skip
def test_a_setting_is_found_by_its_way(text, question, there, gone):
    rendition = keeps_the_law(CONFIG, text, asking(question))
    view = shown(rendition)
    assert all(line in view for line in there)
    assert not any(line in view for line in gone)
    assert "not in this text" not in view
    assert rendition.transform == "config:asked"


def test_beside_another_question_the_setting_is_there():
    rendition = keeps_the_law(CONFIG, YAML, asking("What is server.tls.port, and which image has part-5?"))
    view = YAML if rendition is None else shown(rendition)
    assert "    port: 8443\n" in view
    assert "part:5.1" in view


@pytest.mark.parametrize(
    "question",
    [
        "What does docs.example.com say?",
        "See config.yaml.",
        "e.g. this one",
        "What is server.tls.cipher?",
        "a.b " * 40,
        "server." * 2_000,
        "",
    ],
)
def test_what_leads_nowhere_is_no_way(question):
    lines = YAML.split("\n")
    assert asked(lines, len(lines) - 1, Hints(query=question)) == {}
