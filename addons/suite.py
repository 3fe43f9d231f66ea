# ruff: noqa: INP001 - a script that mitmproxy loads, not a module
"""The suite for `mitmdump -s` and `mitmweb -s`; settings come from the environment. `headroom proxy` is faster."""

from headroom_addons.script import addons_from_environment

addons = addons_from_environment()
