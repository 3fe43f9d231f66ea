"""The start-up lines say what is so."""

import pytest
from headroom_addons.compose import compose

from headroom.cli.banner import lines
from headroom.gateway import code
from headroom.precedence import resolve

QUIET = {"stateless": True, "store": "memory"}


def said(options, environ=None):
    """The banner by its labels, and the warnings of the start."""
    services, warnings = compose(resolve(QUIET | options, environ or {}).settings, environ or {})
    rows = (line[2:].partition("  ") for line in lines(services)[1:])
    return {label.strip(): text.strip() for label, _, text in rows}, warnings


@pytest.mark.parametrize(
    ("options", "label", "text"),
    [
        ({}, "listening", "http://127.0.0.1:8787"),
        ({"host": "0.0.0.0"}, "listening", "http://127.0.0.1:8787 (bound to every address: 0.0.0.0)"),
        ({"host": "::"}, "listening", "http://[::1]:8787 (bound to every address: ::)"),
        ({"host": "10.1.2.3"}, "listening", "http://10.1.2.3:8787"),
        ({}, "response cache", "on (1000 entries, 3600 s)"),
        ({"cache": False}, "response cache", "off"),
        ({}, "code-aware", "off"),
        ({"code_aware": True, "lossless": True}, "code-aware", "off"),
        ({}, "telemetry", "off (--telemetry switches it on)"),
        ({"telemetry": True}, "telemetry", "on, but nothing is sent: no HEADROOM_TELEMETRY_ENDPOINT is set"),
    ],
)
def test_a_line_tells_what_is_so(monkeypatch, options, label, text):
    for name in ("DO_NOT_TRACK", "HEADROOM_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert said(options)[0][label] == text


@pytest.mark.parametrize("name", ["DO_NOT_TRACK", "HEADROOM_OFFLINE"])
def test_telemetry_that_the_environment_forbids_is_told_as_off(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert said({"telemetry": True})[0]["telemetry"].startswith("off:")


@pytest.mark.parametrize(
    ("options", "there", "line", "warns"),
    [
        ({"code_aware": True}, True, "on", 0),
        ({"code_aware": True}, False, "Python only", 1),
        ({"intercept_tool_results": True}, False, "Python only, for large files when they are read first", 1),
        ({"code_aware": True, "optimize": False}, False, "off", 0),
    ],
    ids=["with the extra", "without", "outlines without", "nothing is optimised"],
)
def test_code_is_cut_only_as_far_as_its_parsers_are_there(monkeypatch, options, there, line, warns):
    monkeypatch.setattr(code, "find_spec", lambda _name: there or None)
    banner, warnings = said(options)
    assert banner["code-aware"] == line
    assert sum(code.MISSING in warning for warning in warnings) == warns
