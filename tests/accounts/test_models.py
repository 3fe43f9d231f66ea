"""What an operator says of models: windows and prices, as JSON, in a file, or in the configuration folder."""

import json

import pytest

from headroom.accounts.models import Models
from headroom.accounts.pricing import Prices

HOUSE = {
    "context_limits": {"house-7b": 32_768},
    "pricing": {"house-7b": {"input": 0.5, "output": 1, "cached_input": 0.1}},
}


@pytest.mark.parametrize(
    "table", [HOUSE, {"openai": HOUSE}, {"openai": HOUSE, "anthropic": {}}], ids=["flat", "by provider", "two"]
)
@pytest.mark.parametrize("where", ["said", "file", "folder"])
def test_it_is_read_wherever_it_stands(table, where, tmp_path):
    text = json.dumps(table)
    (tmp_path / "models.json").write_text(text if where == "folder" else "{}")
    (tmp_path / "own.json").write_text(text)
    said = {"said": text, "file": str(tmp_path / "own.json"), "folder": None}[where]
    models = Models.load(said, tmp_path)
    assert models.windows == {"house-7b": 32_768}
    rates = models.prices["house-7b"]
    assert (rates.input, rates.output, rates.cache_read, rates.cache_write_5m) == (0.5, 1.0, 0.1, 0.5)


def test_nothing_said_is_nothing_known(tmp_path):
    assert Models.load(None, tmp_path / "none") == Models()


def test_prices_may_be_a_pair():
    assert Models.load('{"pricing": {"m": [5, 15]}}', None).prices["m"].output == 15


def test_the_price_file_comes_before_it(tmp_path):
    (tmp_path / "prices.json").write_text('{"m": {"input": 1, "output": 2}}')
    known = Models.load('{"pricing": {"m": [5, 15], "n": [7, 8]}}', tmp_path).prices
    prices = Prices.load(tmp_path / "prices.json", known)
    assert [prices.rates(name, "openai").input for name in "mn"] == [1, 7]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("/nowhere/models.json", "No such file"),
        ("{", "not JSON"),
        ('{"context_limits": {"m": "200k"}}', "whole number of tokens, not '200k'"),
        ('{"context_limits": {"m": true}}', "whole number"),
        ('{"context_limits": {"m": 0}}', "whole number"),
        ('{"context_limits": [1]}', "object of model names"),
        ('{"m": 200000}', "by provider"),
        ('{"pricing": {"m": {"input": 1}}}', "input and output"),
        ('{"pricing": {"m": [1]}}', "input and output"),
        ('{"pricing": {"m": "dear"}}', "input and output"),
        ('{"pricing": {"m": [-1, 2]}}', "negative"),
    ],
)
def test_what_is_wrong_with_it_is_said(said, fault, tmp_path):
    with pytest.raises(ValueError, match=fault):
        Models.load(said, tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe{", b"[1]"])
def test_a_file_that_is_no_table_is_named(content, tmp_path):
    (tmp_path / "models.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"models\.json"):
        Models.load(None, tmp_path)
