"""``headroom capture`` says how it is used instead of recording to a file with an option's name."""

import pytest
from click.testing import CliRunner

from headroom.cli.main import program


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], ["calls.jsonl", "--help"]], ids=["long", "short", "behind a file"]
)
def test_help_starts_nothing(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(program, ["capture", *words])
    assert found.exit_code == 0
    assert "FILE" in found.output
    assert list(tmp_path.iterdir()) == []


def test_an_option_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(program, ["capture", "--mode", "cache"])
    assert found.exit_code == 2
    assert "name the file" in found.output
    assert list(tmp_path.iterdir()) == []
