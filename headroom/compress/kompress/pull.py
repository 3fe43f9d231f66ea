"""Fetches a model into the workspace: from a folder, or from the hub; checked, and put in place only when it is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headroom.compress.kompress import files
from headroom.compress.kompress.config import BASE_REPOSITORY, BASE_REVISION, REPOSITORY, REVISION
from headroom.compress.kompress.errors import ModelError

Told = Callable[[str, int, int], None]
"""File, bytes done, bytes in all."""
_CHUNK = 1 << 20
_ROOM = 64 << 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """What is now in place."""

    folder: Path
    source: str
    revision: str | None
    files: tuple[str, ...]
    bytes: int


def pull(
    source: str | None, *, workspace: Path, revision: str | None = None, only: Sequence[str] | None = None, told: Told
) -> Pulled:
    """Fetch from a folder or a repository of the hub (the published model when None). Raises ``ModelError``.

    ``only`` are the names of files to take; all that headroom can use otherwise.
    """
    target = files.pulled_folder(workspace)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = Path(tempfile.mkdtemp(prefix=".pull-", dir=target.parent))
    except OSError as error:
        raise ModelError(
            f"{target.parent} can't be written ({error.strerror}); set HEADROOM_WORKSPACE_DIR to a writable folder"
        ) from None
    try:
        folder = None if source is None else Path(source).expanduser()
        if folder is not None and folder.is_dir():
            name, revision = str(folder.resolve()), None
            rows = _from_folder(folder, passing, only, told)
        elif source is not None and (source.count("/") != 1 or source.startswith((".", "/", "~"))):
            raise ModelError(f"--from {source}: no such folder, and no owner/name of a repository")
        else:
            name = source or REPOSITORY
            revision = revision or (REVISION if name == REPOSITORY else None)
            rows = _from_hub(name, revision, passing, only, told)
        files.inspect(passing, name, {"HF_HUB_CACHE": str(passing)})  # raises when something is missing
        files.write_manifest(passing, name, revision, rows)
        _put(passing, target)
    except OSError as error:
        raise ModelError(
            f"the model can't be written to {target} ({error.strerror or error}); free some space or set HEADROOM_WORKSPACE_DIR"
        ) from None
    finally:
        shutil.rmtree(passing, ignore_errors=True)
    return Pulled(target, name, revision, tuple(sorted(rows)), sum(size for _, size in rows.values()))


def _from_folder(source: Path, target: Path, only: Sequence[str] | None, told: Told) -> dict[str, tuple[str, int]]:
    wanted = [name for name in files.TAKEN if (source / name).is_file() and (only is None or name in only)]
    if not wanted:
        raise ModelError(f"{source} holds none of {', '.join(files.TAKEN)}")
    _room(target, sum((source / name).stat().st_size for name in wanted))
    model = files.inspect(source, source.name, os.environ)
    rows: dict[str, tuple[str, int]] = {}
    for name in wanted:
        rows[name] = _copy(source / name, target / name, name, told)
        if rows[name][0] != files.verified(model, source / name):
            raise ModelError(f"{name} was copied wrongly; try again, and check the disk")
    if files.TOKENIZER not in rows:
        rows[files.TOKENIZER] = _copy(model.tokenizer, target / files.TOKENIZER, files.TOKENIZER, told)
    return rows


def _copy(source: Path, target: Path, name: str, told: Told) -> tuple[str, int]:
    target.parent.mkdir(parents=True, exist_ok=True)
    size, done = source.stat().st_size, 0
    with source.open("rb") as read, target.open("wb") as write:
        while piece := read.read(_CHUNK):
            write.write(piece)
            done += len(piece)
            told(name, done, size)
        write.flush()
        os.fsync(write.fileno())
    return files.sha256(target), done


def _from_hub(
    repository: str, revision: str | None, target: Path, only: Sequence[str] | None, told: Told
) -> dict[str, tuple[str, int]]:
    try:
        import huggingface_hub as hub
    except ImportError:
        raise ModelError(
            "the library huggingface-hub is missing; install it: pip install 'headroom-gateway[ml]'"
        ) from None
    if os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}:
        raise ModelError(
            "HF_HUB_OFFLINE is set, so nothing is fetched; unset it, or give a folder: headroom kompress pull --from DIR"
        )
    known = _listing(hub, repository, revision)
    wanted = [name for name in files.TAKEN if name in known and (only is None or name in only)]
    if not any(name in (files.MERGED, files.FLAT, *files.ONNX) for name in wanted):
        raise ModelError(
            f"{repository} holds none of {files.MERGED}, {files.FLAT} and {files.ONNX[0]}; it is no Kompress model"
        )
    _room(target, sum(known[name][1] or 0 for name in wanted))
    rows = {name: _download(hub, repository, revision, name, known[name], target, told) for name in wanted}
    if files.TOKENIZER not in rows:
        base = _listing(hub, BASE_REPOSITORY, BASE_REVISION)
        if files.TOKENIZER not in base:
            raise ModelError(f"neither {repository} nor {BASE_REPOSITORY} has {files.TOKENIZER}")
        rows[files.TOKENIZER] = _download(
            hub, BASE_REPOSITORY, BASE_REVISION, files.TOKENIZER, base[files.TOKENIZER], target, told
        )
    return rows


def _listing(hub: Any, repository: str, revision: str | None) -> dict[str, tuple[str | None, int | None]]:
    """Name → checksum (of large files; the hub keeps none of small ones) and size."""
    try:
        info = hub.HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=20)
    except Exception as error:
        raise ModelError(
            f"{_reason(repository, error)}; or copy the model here and run: headroom kompress pull --from DIR"
        ) from None
    return {
        row.rfilename: (row.lfs.sha256 if getattr(row, "lfs", None) else None, getattr(row, "size", None))
        for row in info.siblings or ()
    }


def _reason(repository: str, error: Exception) -> str:
    kind = type(error).__name__
    if kind in {"RepositoryNotFoundError", "RevisionNotFoundError", "GatedRepoError"}:
        return f"{repository} is not on the hub, or not open to you ({kind}); check the name, or log in with: hf auth login"
    text = (str(error).splitlines() or [kind])[0][:160]
    return f"the hub can't be reached for {repository} ({kind}: {text}); check the network and HTTPS_PROXY"


def _download(
    hub: Any,
    repository: str,
    revision: str | None,
    name: str,
    known: tuple[str | None, int | None],
    target: Path,
    told: Told,
) -> tuple[str, int]:
    told(name, 0, known[1] or 0)
    try:
        fetched = Path(hub.hf_hub_download(repository, name, revision=revision, local_dir=str(target)))
    except Exception as error:
        raise ModelError(
            f"{name}: {_reason(repository, error)}; what was fetched is kept by nobody: run it again"
        ) from None
    digest = files.sha256(fetched)
    if known[0] is not None and digest != known[0]:
        raise ModelError(f"{name} arrived damaged (sha256 {digest[:12]}…, expected {known[0][:12]}…); run it again")
    size = fetched.stat().st_size
    told(name, size, size)
    return digest, size


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _ROOM:
        raise ModelError(
            f"{needed / 1e6:,.0f} MB are needed in {folder.parent} and {free / 1e6:,.0f} MB are free; make room or set HEADROOM_WORKSPACE_DIR"
        )


def _put(passing: Path, target: Path) -> None:
    """Swap folders; a running proxy keeps the files that it has open."""
    old = target.with_name(f".old-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        target.rename(old)
    shutil.rmtree(passing / ".cache", ignore_errors=True)  # what the hub's library notes for itself
    passing.chmod(0o755)
    passing.rename(target)
    shutil.rmtree(old, ignore_errors=True)
