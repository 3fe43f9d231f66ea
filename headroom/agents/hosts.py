"""Which hosts are opened by interception: those that serve models. All other TLS passes as it is."""

from __future__ import annotations

from collections.abc import Iterable

_BEDROCK_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-4", "me-central-1", "il-central-1"),
    *("us-gov-east-1", "us-gov-west-1"),
)
_VERTEX_LOCATIONS = (
    *(
        "us-central1",
        "us-east1",
        "us-east4",
        "us-east5",
        "us-south1",
        "us-west1",
        "us-west4",
        "northamerica-northeast1",
    ),
    *("southamerica-east1", "europe-central2", "europe-north1", "europe-southwest1", "europe-west1", "europe-west2"),
    *("europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "asia-east1", "asia-east2"),
    *("asia-northeast1", "asia-northeast3", "asia-south1", "asia-southeast1", "australia-southeast1", "me-central1"),
)

BUILT_IN: tuple[str, ...] = (
    "api.anthropic.com",
    "api.openai.com",
    "chatgpt.com",
    "generativelanguage.googleapis.com",
    "cloudcode-pa.googleapis.com",
    "*.githubcopilot.com",
    "openrouter.ai",
    "api.mistral.ai",
    "api.deepseek.com",
    "api.groq.com",
    "api.x.ai",
    "api.together.xyz",
    "api.fireworks.ai",
    "api.cerebras.ai",
    "opencode.ai",
    "*.openai.azure.com",
    "*.services.ai.azure.com",
    "aiplatform.googleapis.com",
    *(f"{location}-aiplatform.googleapis.com" for location in _VERTEX_LOCATIONS),
    *(f"bedrock-runtime.{region}.amazonaws.com" for region in _BEDROCK_REGIONS),
)
"""A name, or ``*.`` and the domain of which all names below count."""


def table(extra: Iterable[str] = ()) -> tuple[str, ...]:
    """The built-in hosts and the operator's."""
    return tuple(dict.fromkeys([*BUILT_IN, *(plain(host) for host in extra)]))


def plain(host: str) -> str:
    """A host name as compared: lower case, no final dot."""
    return host.strip().lower().rstrip(".")


class LlmHosts:
    """Answers whether a host serves models; a set and a few suffixes."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        names = table(extra)
        self._exact = frozenset(name for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    def __contains__(self, host: object) -> bool:
        if not isinstance(host, str):
            return False
        name = plain(host)
        return name in self._exact or name.endswith(self._suffixes)


def domains(extra: Iterable[str] = ()) -> tuple[str, ...]:
    """The names an authority's constraint must permit; a constraint covers the names below it, too."""
    return tuple(dict.fromkeys(name.removeprefix("*.") for name in table(extra)))
