"""The variables that send an unmodified program through the HTTPS_PROXY listener and let it trust our authority."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_DIRECT = ("127.0.0.1", "localhost", "::1")


def environment(port: int, authority: Path, bundle: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Proxy and trust by every name a program may read.

    ``authority`` is added by those who add (Node); ``bundle``, the usual authorities and ours, is taken by those who replace.
    """
    proxy = f"http://127.0.0.1:{port}"
    own = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    direct = ",".join(
        dict.fromkeys([*_DIRECT, *(part.strip() for part in own.split(",") if part.strip() not in {"", "*"})])
    )
    env = {"NODE_EXTRA_CA_CERTS": str(authority), "NODE_USE_ENV_PROXY": "1", "CODEX_CA_CERTIFICATE": str(bundle)}
    for name, value in (("https_proxy", proxy), ("http_proxy", proxy), ("no_proxy", direct)):
        env |= {name: value, name.upper(): value}
    for name in (
        *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO"),
        *("PIP_CERT", "CARGO_HTTP_CAINFO", "DENO_CERT", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
    ):
        env[name] = str(bundle)
    return env
