"""The demo plays the session through a real proxy process, and the numbers it shows are the provider's."""

import asyncio
import io

import pytest
from rich.console import Console

from headroom.accounts.pricing import Prices
from headroom.exchange import Wire
from headroom.testing import DEMO, LLMProcess
from headroom.testing.agent import MODELS, PROVIDERS
from headroom.testing.demo import bill, compare, kinds, main
from headroom.testing.gateway import GatewayProcess


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_RESPONSES], ids=str)
def test_the_demo_is_cheaper_and_leaks_nothing(wire, tmp_path):
    console = Console(file=io.StringIO(), width=120)
    direct, proxied = asyncio.run(compare(wire, DEMO, tmp_path, console))
    assert direct.calls == DEMO.turns <= proxied.calls
    assert direct.outputs == tuple(use.output for use in DEMO.uses)
    assert len(proxied.outputs) == len(direct.outputs)
    assert proxied.strays == ()
    prices = Prices()
    costs = [prices.cost(MODELS[wire], PROVIDERS[wire], run.usage) for run in (direct, proxied)]
    assert costs[1] < costs[0]
    missing = [
        fact for use, seen in zip(DEMO.uses, proxied.outputs, strict=True) for fact in use.facts if fact not in seen
    ]
    assert missing == []
    for table in (bill(direct, proxied, wire), kinds(DEMO, direct, proxied)):
        console.print(table)
    told = console.file.getvalue()
    assert f"${costs[1]:.4f}" in told
    assert f"{sum(len(use.facts) for use in DEMO.uses)} of" in told


def test_a_demo_whose_proxy_fails_says_why(monkeypatch, capsys):
    monkeypatch.setattr("headroom.testing.gateway._ENTRY", "import sys; sys.exit('no such thing')")
    assert main([]) == 1
    assert "no such thing" in capsys.readouterr().out


def test_the_gateway_names_a_wrong_flag(tmp_path):
    with LLMProcess() as llm, pytest.raises(RuntimeError, match="no-such-flag"):
        GatewayProcess(llm.base_url, tmp_path, ["--no-such-flag"]).start()


def test_the_gateway_stops_when_told(tmp_path):
    with LLMProcess() as llm:
        gateway = GatewayProcess(llm.base_url, tmp_path).start()
        assert gateway.pid > 0
        assert "listening" in gateway.output
        assert gateway.stop() == 0
        assert gateway.stop() is None
        with pytest.raises(RuntimeError, match="not running"):
            _ = gateway.pid
