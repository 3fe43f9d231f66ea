"""The official SDKs, unmodified, through the proxy: the same calls that they make to the provider directly."""

import pytest

from headroom.testing import GatewayProcess, ScriptedLLM, free_port
from tests.testing.test_fake_sdks import (  # noqa: F401 - collected here again, with another ``llm``
    test_anthropic_tool_loop,
    test_chat_tool_loop,
    test_counts_models_embeddings,
    test_errors_raise_what_the_sdk_documents,
    test_gemini_tool_loop,
    test_responses_tool_loop,
    test_sync_clients,
)

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(180)]


class Behind:
    """The scripted provider, reached through the proxy."""

    def __init__(self, llm, base_url):
        self._llm = llm
        self.base_url = base_url

    def __getattr__(self, name):
        return getattr(self._llm, name)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """One proxy for all tests; each brings its own provider on the same port."""
    port = free_port()
    flags = ["--no-rate-limit", "--retry-max-attempts", "1"]
    with GatewayProcess(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("workspace"), flags) as process:
        yield process, port


@pytest.fixture
async def llm(gateway):
    process, port = gateway
    async with ScriptedLLM(port=port) as server:
        yield Behind(server, process.base_url)
