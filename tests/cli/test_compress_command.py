import json

import pytest
from click.testing import CliRunner

from headroom.cli.compress import compress

ROWS = json.dumps([{"id": i, "name": f"user-{i}", "state": "active"} for i in range(300)], indent=2)


def run(*arguments, stdin=None):
    return CliRunner().invoke(compress, list(arguments), input=stdin)


def test_reads_standard_input_and_prints_the_text():
    done = run("--lossless", stdin=ROWS)
    assert done.exit_code == 0
    assert len(done.stdout) < len(ROWS) / 2
    assert "tokens" in done.stderr


def test_reads_a_file(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(ROWS)
    assert "json:table" in run(str(path), "--lossless").stderr


def test_json_output_has_the_counts():
    facts = json.loads(run("--json", stdin=ROWS).stdout)
    assert facts["tokens_after"] < facts["tokens_before"]
    assert facts["kind"] == "json"
    assert 0 <= facts["savings_percent"] <= 100


def test_what_can_not_be_shortened_is_printed_as_it_is():
    done = run(stdin="hello\n")
    assert done.stdout == "hello\n"
    assert "left as it is" in done.stderr


def test_diff_shows_both_sides():
    assert "--- before" in run("--diff", "--lossless", stdin=ROWS).stdout


@pytest.mark.parametrize(("arguments", "code"), [(["--kind", "nonsense"], 2), (["/does/not/exist"], 2)])
def test_bad_usage(arguments, code):
    assert run(*arguments, stdin="x").exit_code == code


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"abc\xff\xfe")
    done = run(str(path))
    assert done.exit_code == 1
    assert "UTF-8" in done.stderr
