"""The folder of the proxy's authority, as a start finds it."""

import errno
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
        assert b"-----END CERTIFICATE-----" in key.read_bytes()


def test_a_finished_key_stays(tmp_path):
    (tmp_path / "ca").mkdir()
    key = tmp_path / "ca" / "mitmproxy-ca.pem"
    key.write_bytes(whole := b"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n")
    with certificates(replace(Settings(), workspace_dir=tmp_path)):
        assert key.read_bytes() == whole


def test_on_a_full_disk_keys_of_this_run_do(tmp_path, monkeypatch, capsys):
    def full(folder, *_args, **_kind):
        (folder / "mitmproxy-ca.pem").write_bytes(b"-----BEGIN")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mitmproxy.certs.CertStore.create_store", full)
    with certificates(replace(Settings(), workspace_dir=tmp_path)) as folder:
        assert tmp_path not in folder.parents
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    assert list((tmp_path / "ca").iterdir()) == []
    assert "No space left on device; going on with keys for this run only" in capsys.readouterr().err
