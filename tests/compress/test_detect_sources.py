"""Sources and settings are told apart by their looks alone: no file name, no command."""

from __future__ import annotations

import pytest

from headroom.compress import Hints
from headroom.compress.detect import detect
from tests.compress.output_samples import OUTPUTS, make
from tests.compress.source_samples import SETTINGS, SOURCES

_TABLES = (
    "ps_aux",
    "df",
    "docker_ps",
    "kubectl_pods",
    "helm_list",
    "npm_outdated",
    "netstat",
    "csv_multiline",
    "csv_total",
)


def part(text: str) -> str:
    """The middle third, which begins and ends anywhere."""
    return text[len(text) // 3 : 2 * len(text) // 3]


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("seen", [str, part], ids=["the whole file", "a part of it"])
def test_sources_are_sources(text, seen):
    assert detect(seen(text), Hints()).kinds[:1] == ("code",)


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("seen", [str, part], ids=["the whole file", "a part of it"])
def test_settings_are_settings(text, seen):
    assert detect(seen(text), Hints()).kinds[:1] == ("config",)


@pytest.mark.parametrize("name", _TABLES)
def test_tables_are_tables_whatever_their_cells_look_like(name):
    assert detect(make(name).text, Hints()).kinds[:1] == ("table",)


def test_commas_in_quotes_part_no_cells():
    text = "id,name,city\n" + "".join(f'{n},"{"x" * (n % 5)}, of {n}",Oslo\n' for n in range(200))
    assert detect(text, Hints()).kinds[:1] == ("table",)


def test_a_history_with_underlined_titles_is_a_document():
    text = "".join(
        f"4.{n}.0 / 2024-09-11\n==========\n\n  * deps: a@1.{n}\n  * deps: b@2.{n}\n    * fix: c\n\n" for n in range(60)
    )
    assert detect(text, Hints()).kinds[:1] == ("markdown",)


CHANGELOG = "# Master (Unreleased)\n\n" + "".join(
    f"# 3.{n}.0 - {n % 28 + 1} July, 2023\n\n### Bug fixes\n\n- Fix raw bindings (#{n})\n- Use names in lower case\n\n"
    for n in range(60, 0, -1)
)


@pytest.mark.parametrize("hints", [Hints(), Hints(command="cat CHANGELOG.md")], ids=["nothing known", "its path"])
def test_a_history_whose_first_titles_are_many_is_a_document(hints):
    assert detect(CHANGELOG, hints).kinds[:1] == ("markdown",)


def test_settings_with_remarks_in_two_sizes_stay_settings():
    text = "".join(
        f"# Service {n}\n## How long\nwait{n}: {n}s\n\n# its port\nport{n}: {8000 + n}\n\n" for n in range(60)
    )
    assert detect(text, Hints()).kinds[:1] == ("config",)


def test_no_output_of_a_command_is_taken_for_source():
    assert not [name for name in OUTPUTS if "code" in detect(make(name).text, Hints()).kinds[:1]]


@pytest.mark.parametrize("digits", ["0.7009999999999998", "1.8438999999999985", "2.53800000000000031"])
def test_digits_of_a_fraction_are_no_time(digits):
    rows = "".join(f"Place {n}\tP{n:02d}\t{n / 7}\t{digits}\t{n / 3}\n" for n in range(60))
    assert detect(f"Name\tCode\t1960\t1970\t1980\n{rows}", Hints()).kinds[0] == "table"


@pytest.mark.parametrize("epoch", ["1700000000", "1700000000123", "1700000000.123", "1700000000123456"])
def test_an_epoch_is_a_time(epoch):
    assert (
        detect("".join(f"{epoch} worker {n} took a job of {n} parts\n" for n in range(60)), Hints()).kinds[0] == "log"
    )
