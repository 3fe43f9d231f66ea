"""The key of one installation: it makes the hashes of originals unguessable, and the same after a restart."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from headroom.errors import StoreError

KEY_BYTES = 32
FILE_NAME = "install.key"


def install_key(workspace: Path | None) -> bytes:
    """Read the key, or make it (file mode 0600). Without a workspace it lives as long as the process.

    Several workers may start at once: the first file that is in place wins. Raises ``StoreError``.
    """
    if workspace is None:
        return secrets.token_bytes(KEY_BYTES)
    path = workspace / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        raise StoreError(
            f"{path}: {error.strerror or error}; {'free some space' if full else 'make it readable'}, or start with --stateless, which needs no files"
        ) from error
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path} holds {len(key)} bytes instead of {KEY_BYTES}; delete it and a new key is made")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike rename, never replaces a key that another worker has just made
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
