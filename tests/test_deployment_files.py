"""The files for operators: well-formed, and naming only what exists."""

import configparser
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from headroom.settings import TABLE

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = {entry.option.env for entry in TABLE if entry.option.env}
FLAGS = {flag for entry in TABLE for flag in (entry.option.flag, entry.option.off_flag) if flag}


def test_compose_runs_two_proxies_on_one_redis():
    services = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())["services"]
    assert {"proxy-1", "proxy-2", "balancer", "redis"} == set(services)
    for name in ("proxy-1", "proxy-2"):
        assert services[name]["command"][:2] == ["headroom", "proxy"]
        assert set(services[name]["environment"]) <= VARIABLES
        assert {word for word in services[name]["command"] if word.startswith("--")} <= FLAGS
        assert services[name]["volumes"] == [f"{name}:/state"]
    for source in services["balancer"]["volumes"]:
        assert (ROOT / source.partition(":")[0]).is_file()


def test_the_unit_stops_later_than_the_drain():
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(ROOT / "deploy" / "headroom.service")
    from headroom.cli.supervise import GRACE_SECONDS

    assert float(unit["Service"]["TimeoutStopSec"]) > GRACE_SECONDS
    assert {word for word in unit["Service"]["ExecStart"].split() if word.startswith("--")} <= FLAGS


@pytest.mark.parametrize("name", ["SECURITY.md", "docs/deployment.md", "Dockerfile"])
def test_texts_name_only_what_exists(name):
    text = (ROOT / name).read_text()
    assert set(re.findall(r"HEADROOM_[A-Z_]+", text)) <= VARIABLES
    own = {"--set-spent", "--reset", "--yes", "--web"}
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - own
    others = {
        "--create-home",
        "--uid",
        "--no-cache-dir",
        "--from",
        "--chown",
        "--interval",
        "--timeout",
        "--start-period",
        "--now",
    }
    assert shown - others <= FLAGS


@pytest.mark.parametrize("name", ["SECURITY.md", "docs/deployment.md"])
def test_links_lead_somewhere(name):
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target
