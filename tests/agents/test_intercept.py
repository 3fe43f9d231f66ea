"""The HTTPS proxy as programs see it: what is opened, what passes, what is refused."""

import asyncio
import datetime as dt
import os
import shutil
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headroom.agents import authority
from headroom.agents.hosts import LlmHosts
from headroom.agents.intercept import environment
from headroom.agents.pinned import Pinned, program
from headroom.policy.access import Caller
from headroom.settings import Settings
from headroom.testing import FakeClock, GatewayProcess, ScriptedLLM, free_port

BODY = '{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00"


class Intercepting:
    """A gateway with an HTTPS proxy, for clients in other processes."""

    def __init__(self, llm, tmp_path, *arguments, environment=None):
        self.port = free_port()
        self.workspace = tmp_path / "workspace"
        hosts = ("api.anthropic.com", "api.openai.com", "bedrock-runtime.us-east-1.amazonaws.com")
        routes = ",".join(f"{host}={llm.base_url}" for host in hosts)
        flags = ["--intercept", "--intercept-port", str(self.port), "--intercept-routes", routes, *arguments]
        self.gateway = GatewayProcess(llm.base_url, self.workspace, flags, environment=environment)

    def __enter__(self):
        self.gateway.start()
        return self

    def __exit__(self, *_):
        self.gateway.stop()

    @property
    def env(self):
        folder = self.workspace / "ca"
        return {"PATH": os.environ["PATH"], "HOME": str(self.workspace)} | environment(
            self.port, folder / authority.CERTIFICATE, folder / authority.BUNDLE, {}
        )

    async def run(self, *command, env=None):
        def call():
            return subprocess.run(
                command, env=self.env | (env or {}), capture_output=True, text=True, timeout=60, check=False
            )

        return await asyncio.to_thread(call)

    async def curl(self, *arguments, env=None):
        if shutil.which("curl") is None:
            pytest.skip("no curl on this machine")
        return await self.run("curl", "-sS", "-m", "20", "--noproxy", "", *arguments, env=env)


URL = "https://api.anthropic.com/v1/messages"
PYTHON = {
    "urllib": """
        import urllib.request
        request = urllib.request.Request(URL, BODY.encode(), HEADERS)
        print(urllib.request.urlopen(request, timeout=60).read().decode())""",
    "httpx": """
        import httpx
        print(httpx.post(URL, content=BODY, headers=HEADERS, timeout=20).text)""",
    "requests": """
        import requests
        print(requests.post(URL, data=BODY, headers=HEADERS, timeout=20).text)""",
    "aiohttp": """
        import aiohttp, asyncio
        async def main():
            async with aiohttp.ClientSession(trust_env=True) as session:
                async with session.post(URL, data=BODY, headers=HEADERS) as answer:
                    print(await answer.text())
        asyncio.run(main())""",
}
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}


@pytest.mark.timeout(240)
async def test_programs_reach_the_model_under_the_providers_own_name(tmp_path):
    async with ScriptedLLM() as llm:
        llm.play(lambda request: "Hello.")
        with Intercepting(llm, tmp_path) as proxy:
            fields = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
            done = await proxy.curl(URL, "-d", BODY, *fields)
            assert "Hello." in done.stdout, done.stderr
            for name, code in PYTHON.items():
                if name == "requests":
                    pytest.importorskip("requests")
                source = f"URL, BODY, HEADERS = {URL!r}, {BODY!r}, {HEADERS!r}\n{textwrap.dedent(code)}"
                done = await proxy.run(sys.executable, "-c", source)
                assert "Hello." in done.stdout, f"{name}: {done.stderr}"
            seen = len(llm.generations)
            assert seen == 1 + len(PYTHON)
            assert all(r.wire_body == BODY.encode() for r in llm.generations)
            if shutil.which("keytool") and shutil.which("java"):
                store = tmp_path / "headroom.p12"
                ca = proxy.workspace / "ca" / authority.CERTIFICATE
                made = await proxy.run(
                    *("keytool", "-importcert", "-noprompt", "-alias", "headroom", "-file", str(ca)),
                    *("-keystore", str(store), "-storetype", "PKCS12", "-storepass", "changeit"),
                )
                assert made.returncode == 0, made.stdout
            # What is ours elsewhere is the provider's here.
            done = await proxy.curl("https://api.openai.com/health")
            assert "invalid_request_error" in done.stdout
            assert llm.last.path == "/health"
            done = await proxy.curl("http://headroom.local/livez")
            assert '"service":"headroom-proxy"' in done.stdout
            # A signed body arrives as it was sent.
            long = '{"anthropic_version":"x","max_tokens":9,"messages":[{"role":"user","content":"%s"}]}' % (
                "log line\\n" * 900
            )
            url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-v2/invoke"
            await proxy.curl(url, "-H", f"authorization: {SIGNED}", "-H", "content-type: application/json", "-d", long)
            assert llm.last.wire_body == long.encode()


REFUSED = {
    "a private address": "https://10.0.0.1/",
    "this machine": "https://localhost:1/",
    "the cloud's metadata": "http://169.254.169.254/latest/meta-data",
    "a number that is an address": "http://2130706433/",
    "a private name": "http://router.lan/v1/messages",
}


async def test_it_is_no_way_into_the_private_network(tmp_path):
    async with ScriptedLLM() as llm:
        with Intercepting(llm, tmp_path) as proxy:
            for what, url in REFUSED.items():
                done = await proxy.curl("-o", "/dev/null", "-w", "%{http_code} %{http_connect}", url)
                assert "403" in done.stdout, what
        assert llm.requests == []


async def test_a_client_without_the_authority_passes_unopened_and_others_go_on(tmp_path):
    async with ScriptedLLM() as llm:
        llm.play(lambda request: "Hello.")
        with Intercepting(llm, tmp_path) as proxy:
            done = await proxy.curl(URL, env={"CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""})
            assert done.returncode == 60
            source = f"URL, BODY, HEADERS = {URL!r}, {BODY!r}, {HEADERS!r}\n{textwrap.dedent(PYTHON['httpx'])}"
            done = await proxy.run(sys.executable, "-c", source)
            assert "Hello." in done.stdout, done.stderr
            assert "does not trust" in proxy.gateway.output


def tls_site(name):
    """A site with a certificate of its own; its address and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret


async def test_another_site_shows_its_own_certificate(tmp_path):
    name = "site.example"
    public, secret = tls_site(name)
    (tmp_path / "site.pem").write_bytes(secret + public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "site.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)

    def serve():
        peer, _ = listener.accept()
        with context.wrap_socket(peer, server_side=True) as secure:
            secure.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    async with ScriptedLLM() as llm:
        # A route's target may be reached, so that a site on this machine can stand for a public one.
        with Intercepting(llm, tmp_path, "--intercept-routes", f"x.example=http://127.0.0.1:{port}") as proxy:

            def look():
                with socket.create_connection(("127.0.0.1", proxy.port), 20) as raw:
                    raw.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                    assert b" 200 " in raw.recv(4096)
                    trusting = ssl.create_default_context(cadata=public.decode())
                    with trusting.wrap_socket(raw, server_hostname=name) as secure:
                        secure.send(b"x")
                        return secure.getpeercert(binary_form=True)

            seen = await asyncio.to_thread(look)
    thread.join(10)
    listener.close()
    assert x509.load_der_x509_certificate(seen) == x509.load_pem_x509_certificate(public)


@pytest.mark.parametrize(
    ("token", "peer", "given", "host", "status"),
    [
        (None, "127.0.0.1", "", "api.anthropic.com", None),
        (None, "192.0.2.7", "", "api.anthropic.com", 407),
        ("secret", "192.0.2.7", "", "api.anthropic.com", 407),
        ("secret", "192.0.2.7", "Basic aGVhZHJvb206d3Jvbmc=", "api.anthropic.com", 407),
        ("secret", "192.0.2.7", "Basic aGVhZHJvb206c2VjcmV0", "api.anthropic.com", None),
        ("secret", "192.0.2.7", "Basic aGVhZHJvb206c2VjcmV0", "192.168.1.1", 403),
        ("secret", "127.0.0.1", "", "api.anthropic.com", None),
        (None, "127.0.0.1", "", "192.168.1.1", 403),
        (None, "127.0.0.1", "", "x.example", None),
        (None, "127.0.0.1", "", "::1", 403),
    ],
)
def test_who_may_use_it_and_for_what(token, peer, given, host, status):
    pytest.importorskip("mitmproxy")
    from headroom_addons.intercept import Intercept

    services = SimpleNamespace(settings=Settings(proxy_token=token), monotonic=FakeClock(), own=None)
    caller = Caller(peer, {"proxy-authorization": given}, proxied=True)
    refused = Intercept(services)._refused(caller, host, 443)
    assert (None if refused is None else refused.status) == status


@pytest.mark.parametrize(
    ("host", "opened"),
    [
        ("api.anthropic.com", True),
        ("API.Anthropic.com.", True),
        ("api.individual.githubcopilot.com", True),
        ("githubcopilot.com", False),
        ("evilgithubcopilot.com", False),
        ("cloudcode-pa.googleapis.com", True),
        ("storage.googleapis.com", False),
        ("europe-west1-aiplatform.googleapis.com", True),
        ("bedrock-runtime.eu-central-1.amazonaws.com", True),
        ("s3.amazonaws.com", False),
        ("api.anthropic.com.evil.example", False),
        ("llm.corp.example", True),
        ("a.b.models.example", True),
        (None, False),
    ],
)
def test_hosts_that_are_opened(host, opened):
    assert (host in LlmHosts(["llm.corp.example", "*.models.example"])) is opened


def test_the_authority_can_sign_for_hosts_of_models_only(tmp_path):
    made = authority.create(tmp_path / "ca", ["llm.corp.example"])
    assert (tmp_path / "ca" / authority.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca").stat().st_mode & 0o777 == 0o700
    assert made.missing(["llm.corp.example"]) == ()
    assert made.missing(["other.example"]) == ("other.example",)
    assert authority.load(tmp_path / "ca").fingerprint == made.fingerprint
    assert authority.ensure(tmp_path / "ca").fingerprint == made.fingerprint
    constraints = made.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    pytest.importorskip("mitmproxy")
    from mitmproxy.certs import CertStore

    store = CertStore.from_store(tmp_path / "ca", "mitmproxy", 2048)
    context = ssl.create_default_context(cadata=made.path.read_text())
    for name, works in (("api.anthropic.com", True), ("llm.corp.example", True), ("bank.example", False)):
        entry = store.get_cert(name, [x509.DNSName(name)])
        assert handshake(tmp_path, entry, context, name) is works, name


def handshake(folder, entry, context, name):
    pem = folder / "leaf.pem"
    key = entry.privatekey.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(key + entry.cert.to_pem())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    left, right = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(left, right, server_side=True)
    theirs = context.wrap_bio(right, left, server_hostname=name)
    done = set()
    for _ in range(6):
        for side in (theirs, ours):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return False
    return len(done) == 2


def test_an_authority_without_limits_is_replaced(tmp_path):
    pytest.importorskip("mitmproxy")
    from mitmproxy.certs import CertStore

    CertStore.create_store(tmp_path, "mitmproxy", 2048)
    assert authority.load(tmp_path).permitted is None
    assert authority.ensure(tmp_path).permitted is not None
    assert sorted(p.name for p in authority.revoke(tmp_path)) == sorted(
        [authority.KEY_FILE, authority.CERTIFICATE, authority.BUNDLE, "mitmproxy-dhparam.pem"]
    )


def test_a_refusal_counts_for_one_program_one_host_and_a_while():
    clock = FakeClock()
    pinned = Pinned(clock, 60)
    curl, node = program("127.0.0.1", [0x0A0A, 1, 2], [5, 0xDADA, 3]), program("127.0.0.1", [1, 2], [3])
    assert curl == program("127.0.0.1", [0xFAFA, 1, 2], [3, 5])
    pinned.refused(curl, "a")
    assert pinned.passes(curl, "a")
    assert not pinned.passes(curl, "b")
    assert not pinned.passes(node, "a")
    clock.advance(61)
    assert not pinned.passes(curl, "a")
