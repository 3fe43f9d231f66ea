"""The gateway and fake upstream of the addon tests."""

from tests.addons.conftest import client, gateway, llm

__all__ = ["client", "gateway", "llm"]
