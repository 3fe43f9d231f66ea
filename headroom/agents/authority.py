"""Our own certificate authority, for interception: its names are limited to the hosts that are opened.

mitmproxy reads it from ``mitmproxy-ca.pem`` in the workspace's folder ``ca``. The constraint (RFC 5280 4.2.1.10) means that
whoever steals the key can't pose as any other site to a machine that trusts the authority.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headroom.agents import files
from headroom.agents.hosts import domains
from headroom.agents.plan import WrapError

KEY_FILE = "mitmproxy-ca.pem"
"""Key and certificate; mitmproxy's name for it."""
CERTIFICATE = "headroom-ca.pem"
BUNDLE = "bundle.pem"

_KEY_BITS = 2048
_DAYS = 825
_BACKDATED = dt.timedelta(days=2)
"""For clients whose clock is behind, as mitmproxy does for its leaves."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What is known of the authority in a folder."""

    folder: Path
    certificate: x509.Certificate

    @property
    def path(self) -> Path:
        """The certificate alone, to be handed out."""
        return self.folder / CERTIFICATE

    @property
    def bundle(self) -> Path:
        """The usual authorities and ours, for programs that take one file."""
        return self.folder / BUNDLE

    @property
    def fingerprint(self) -> str:
        """SHA-256, as system tools show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def permitted(self) -> tuple[str, ...] | None:
        """Domains it may sign for; None when it is not limited."""
        try:
            constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return None
        return tuple(str(name.value) for name in constraints.permitted_subtrees or ())

    def missing(self, extra: Iterable[str] = ()) -> tuple[str, ...]:
        """Domains to be opened that it may not sign for."""
        permitted = self.permitted
        if permitted is None:
            return ()
        return tuple(
            domain
            for domain in domains(extra)
            if not any(domain == name or domain.endswith("." + name) for name in permitted)
        )

    def expires_within(self, days: float) -> bool:
        """Whether it ends soon."""
        return self.certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) < dt.timedelta(days=days)


def load(folder: Path) -> Authority | None:
    """The authority in a folder; None where there is none. Raises ``WrapError`` when it is damaged."""
    path = folder / KEY_FILE
    try:
        return Authority(folder, x509.load_pem_x509_certificate(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise WrapError(f"{path} can't be read ({error}); make a new one with: headroom certs init --force") from None


def create(folder: Path, extra: Iterable[str] = ()) -> Authority:
    """Make a new authority; one that was there is replaced. The folder is made for its owner only."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "headroom (this machine)"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "headroom"),
        ]
    )
    now = dt.datetime.now(dt.UTC)
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.NameConstraints(
                permitted_subtrees=[x509.DNSName(domain) for domain in domains(extra)],
                excluded_subtrees=[x509.IPAddress(network) for network in everything],
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    try:
        files.make_private(folder)
        folder.chmod(0o700)
        # mitmproxy writes copies of its own beside the key; those of an older authority must not be handed out.
        for old in folder.glob("mitmproxy-ca*"):
            old.unlink()
        files.write(folder / KEY_FILE, secret + public, 0o600)
    except OSError as error:
        raise WrapError(
            f"{folder}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR to a writable folder"
        ) from None
    authority = Authority(folder, certificate)
    publish(authority)
    return authority


def ensure(folder: Path, extra: Iterable[str] = ()) -> Authority:
    """The authority in a folder, made where there is none; one without limits is replaced by one that has them."""
    extra = tuple(extra)
    found = load(folder)
    if found is None or found.permitted is None:
        return create(folder, extra)
    if not found.path.exists() or not found.bundle.exists():
        publish(found)
    return found


def publish(authority: Authority) -> None:
    """Write the certificate and the bundle; both are public."""
    public = authority.certificate.public_bytes(serialization.Encoding.PEM)
    files.write(authority.path, public, 0o644)
    files.write(authority.bundle, usual_authorities() + b"\n" + public, 0o644)


def revoke(folder: Path) -> list[Path]:
    """Delete the authority and all that was made from it; the files that are gone."""
    gone = []
    for pattern in ("mitmproxy-ca*", "mitmproxy-dhparam.pem", CERTIFICATE, BUNDLE):
        for path in folder.glob(pattern):
            path.unlink()
            gone.append(path)
    with contextlib.suppress(OSError):
        folder.rmdir()
    return gone


def usual_authorities() -> bytes:
    """The machine's own trust store as PEM; certifi's where the machine has no such file."""
    named = ssl.get_default_verify_paths().openssl_cafile
    for path in (
        Path(named),
        Path("/etc/ssl/certs/ca-certificates.crt"),
        Path("/etc/pki/tls/certs/ca-bundle.crt"),
        Path("/etc/ssl/cert.pem"),
    ):
        with contextlib.suppress(OSError):
            if data := path.read_bytes():
                return data
    import certifi

    return Path(certifi.where()).read_bytes()
