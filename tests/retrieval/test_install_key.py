"""The key of one installation."""

import stat

import pytest

from headroom.errors import StoreError
from headroom.retrieval.install_key import FILE_NAME, install_key


def test_the_key_is_made_once_and_private(tmp_path):
    home = tmp_path / "new" / "home"
    key = install_key(home)
    assert len(key) == 32
    assert install_key(home) == key
    assert stat.S_IMODE((home / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [FILE_NAME]


def test_without_a_workspace_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert install_key(None) != install_key(None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_named(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StoreError, match=r"install\.key holds"):
        install_key(tmp_path)


def test_an_unusable_workspace_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--stateless"):
        install_key(tmp_path / "file")
