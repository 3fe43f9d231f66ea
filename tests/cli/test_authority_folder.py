"""The folder of the proxy's authority, as a start finds it."""

from dataclasses import replace

import pytest

from headroom.cli.launch import certificates
from headroom.settings import Settings


@pytest.mark.parametrize("left", [b"", b"-----BEGIN RSA PRIVATE KEY-----\nMIIE"], ids=["empty", "half a key"])
def test_a_key_that_was_never_finished_does_not_stop_the_next_start(tmp_path, left):
    (tmp_path / "ca").mkdir()
    key = tmp_path / "ca" / "mitmproxy-ca.pem"
    key.write_bytes(left)
    with certificates(replace(Settings(), workspace_dir=tmp_path)) as folder:
        assert folder == key.parent
        assert not key.exists()


def test_a_finished_key_stays(tmp_path):
    (tmp_path / "ca").mkdir()
    key = tmp_path / "ca" / "mitmproxy-ca.pem"
    key.write_bytes(whole := b"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n")
    with certificates(replace(Settings(), workspace_dir=tmp_path)):
        assert key.read_bytes() == whole
