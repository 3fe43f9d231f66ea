"""How programs and systems are told to trust our authority; the guides in ``certs/`` say the same at length."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

GUIDES: Mapping[str, tuple[str, ...]] = {
    "node": ("export NODE_EXTRA_CA_CERTS={ca}",),
    "python": ("export SSL_CERT_FILE={bundle}", "export REQUESTS_CA_BUNDLE={bundle}"),
    "curl": ("export CURL_CA_BUNDLE={bundle}",),
    "go": ("export SSL_CERT_FILE={bundle}   # Linux; on macOS Go reads the keychain",),
    "java": (
        "keytool -importcert -noprompt -alias headroom -file {ca} -keystore headroom.p12 -storetype PKCS12 -storepass changeit",
        (
            "java -Djavax.net.ssl.trustStore=headroom.p12 -Djavax.net.ssl.trustStorePassword=changeit"
            " -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port} …"
        ),
    ),
    "codex": ("export CODEX_CA_CERTIFICATE={bundle}",),
    "git": ("export GIT_SSL_CAINFO={bundle}",),
    "aws": ("export AWS_CA_BUNDLE={bundle}",),
    "debian": ("sudo cp {ca} /usr/local/share/ca-certificates/headroom.crt", "sudo update-ca-certificates"),
    "fedora": ("sudo cp {ca} /etc/pki/ca-trust/source/anchors/headroom.pem", "sudo update-ca-trust"),
    "macos": (
        "security add-trusted-cert -r trustRoot -p ssl -k ~/Library/Keychains/login.keychain-db {ca}",
        "# undo: security delete-certificate -c 'headroom (this machine)'",
    ),
    "firefox": ("certutil -A -n headroom -t C,, -i {ca} -d sql:$HOME/.mozilla/firefox/<profile>",),
}
"""Name → lines; ``headroom wrap --intercept`` sets the variables for one program by itself."""


def guide(name: str, certificate: Path, bundle: Path, port: int) -> list[str]:
    """The lines of one guide with their paths filled in."""
    return [line.format(ca=certificate, bundle=bundle, port=port) for line in GUIDES[name]]
