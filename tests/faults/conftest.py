"""The gateway and fake upstream of the addon tests."""

from tests.addons.conftest import _tokenizer, client, client2, gateway, llm

__all__ = ["_tokenizer", "client", "client2", "gateway", "llm"]
