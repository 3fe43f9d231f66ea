"""Where a model lies, which of its files serve, and whether they are whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from headroom.compress.kompress.config import BASE_REPOSITORY, BASE_REVISION, REPOSITORY, REVISION, read_json
from headroom.compress.kompress.errors import ModelError

MERGED = "merged.pt"
FLAT = "model.safetensors"
ADAPTER = "adapter_config.json"
TOKENIZER = "tokenizer.json"
CONFIG = "config.json"
MANIFEST = "kompress-manifest.json"
ONNX = (
    "onnx/kompress-int8-wo.onnx",
    "onnx/kompress-int8.onnx",
    "onnx/kompress-fp32.onnx",
    "kompress-int8-wo.onnx",
    "kompress-int8.onnx",
    "kompress-fp32.onnx",
)
"""In the order of trying: the small ones load faster; a build of onnxruntime that can't run one falls through to the next."""
TAKEN = (MERGED, FLAT, ADAPTER, TOKENIZER, CONFIG, *ONNX)
"""The files that are fetched and copied; nothing else of a repository is touched."""
PACKAGED = Path(__file__).with_name("weights")
"""Where a model that comes with the package would lie."""
_CHUNK = 1 << 20
_SHA256 = 64


@dataclass(frozen=True, slots=True)
class Model:
    """A folder with a model in it."""

    folder: Path
    name: str
    """As people know it: the repository, or the folder's name."""
    tokenizer: Path
    torch: Path | None = None
    """``merged.pt`` or ``model.safetensors``."""
    onnx: tuple[Path, ...] = ()
    """Graphs, in the order of trying."""


def find(wanted: str | None, *, workspace: Path | None, environ: Mapping[str, str]) -> Model | None:
    """The model to use; None when there is none on this machine. Never asks the network.

    ``wanted`` is a folder, or the name of a repository in the hub's cache; unset: what ``headroom kompress pull`` fetched,
    then the published model in the hub's cache, then what comes with the package. Raises ``ModelError`` for a wanted model
    that is not there, and for a folder with no usable file.
    """
    if wanted:
        folder = Path(wanted).expanduser()
        if folder.is_dir():
            return inspect(folder, folder.resolve().name, environ)
        if _is_repository(wanted) and not folder.exists():
            cached = in_hub(wanted, REVISION if wanted == REPOSITORY else None, environ)
            if cached is not None:
                return inspect(cached, wanted, environ)
            raise ModelError(
                f"HEADROOM_KOMPRESS_MODEL={wanted}: not in the hub's cache at {hub_cache(environ)}; "
                f"fetch it: headroom kompress pull --from {wanted}"
            )
        raise ModelError(
            f"HEADROOM_KOMPRESS_MODEL={wanted}: no such folder; name one that holds {MERGED}, {FLAT} or {ONNX[0]}"
        )
    if workspace is not None and (pulled := pulled_folder(workspace)).is_dir():
        return inspect(pulled, _pulled_name(pulled), environ)
    cached = in_hub(REPOSITORY, REVISION, environ)
    if cached is not None:
        return inspect(cached, REPOSITORY, environ)
    if PACKAGED.is_dir():
        return inspect(PACKAGED, "packaged", environ)
    return None


def pulled_folder(workspace: Path) -> Path:
    """Where ``headroom kompress pull`` puts a model."""
    return workspace / "models" / "kompress"


def _pulled_name(folder: Path) -> str:
    manifest = read_json(folder / MANIFEST) or {}
    return str(manifest.get("source") or folder.name)


def inspect(folder: Path, name: str, environ: Mapping[str, str]) -> Model:
    """The usable files of a folder. Raises ``ModelError`` when something must be added."""
    torch = next((folder / file for file in (MERGED, FLAT) if (folder / file).is_file()), None)
    onnx = tuple(folder / file for file in ONNX if (folder / file).is_file())
    if torch is None and not onnx:
        raise ModelError(
            f"{folder} holds no model: expected {MERGED}, {FLAT} or {ONNX[0]}; fetch it: headroom kompress pull"
        )
    tokenizer = folder / TOKENIZER
    if not tokenizer.is_file():
        base = in_hub(BASE_REPOSITORY, BASE_REVISION, environ)
        if base is None or not (base / TOKENIZER).is_file():
            raise ModelError(
                f"{folder} has no {TOKENIZER}; copy that of {BASE_REPOSITORY} into it, or fetch all: headroom kompress pull"
            )
        tokenizer = base / TOKENIZER
    return Model(folder, name, tokenizer, torch, onnx)


# -- the hub's cache ---------------------------------------------------------------------------------------------------
def hub_cache(environ: Mapping[str, str]) -> Path:
    """The folder in which the hub's own library keeps what it fetched."""
    if named := environ.get("HF_HUB_CACHE", "").strip():
        return Path(named).expanduser()
    if home := environ.get("HF_HOME", "").strip():
        return Path(home).expanduser() / "hub"
    cache = environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
    return Path(cache).expanduser() / "huggingface" / "hub"


def in_hub(repository: str, revision: str | None, environ: Mapping[str, str]) -> Path | None:
    """The folder of a repository's snapshot: the named revision, else what ``main`` was when it was fetched; or None."""
    root = hub_cache(environ) / ("models--" + repository.replace("/", "--"))
    revisions = [revision] if revision else []
    with contextlib.suppress(OSError, ValueError):  # never fetched by branch: the named revision is all there may be
        revisions.append((root / "refs" / "main").read_text(encoding="ascii").strip())
    for name in revisions:
        if name and "/" not in name and (folder := root / "snapshots" / name).is_dir() and any(folder.iterdir()):
            return folder
    return None


def _is_repository(text: str) -> bool:
    owner, slash, name = text.partition("/")
    return bool(slash and owner and name) and "/" not in name and not text.startswith((".", "~", "/"))


# -- checksums ---------------------------------------------------------------------------------------------------------
def sha256(path: Path, told: Callable[[int], None] = lambda _bytes: None) -> str:
    """The checksum of a file; ``told`` hears of every piece that was read. Raises ``OSError``."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            told(len(piece))
    return digest.hexdigest()


def verified(model: Model, path: Path) -> str:
    """The checksum of one of a model's files, compared with what is known of it. Raises ``ModelError``.

    Known are the manifest that ``pull`` wrote, and the name of the blob behind a link in the hub's cache.
    """
    try:
        found = sha256(path)
        blob = path.resolve().name
    except OSError as error:
        raise ModelError(f"{path} can't be read ({os.strerror(error.errno or 0)}); fetch the model again") from None
    expected = blob if path.is_symlink() and _is_digest(blob) else None
    manifest = read_json(model.folder / MANIFEST)
    if manifest is not None and path.is_relative_to(model.folder):
        files = manifest.get("files")
        row = files.get(path.relative_to(model.folder).as_posix()) if isinstance(files, dict) else None
        if isinstance(row, dict):
            expected = str(row.get("sha256"))
    if expected is not None and expected != found:
        raise ModelError(
            f"{path} is not what was fetched (sha256 {found[:12]}…, expected {expected[:12]}…); "
            "fetch the model again: headroom kompress pull"
        )
    return found


def _is_digest(name: str) -> bool:
    return len(name) == _SHA256 and all(char in "0123456789abcdef" for char in name)


def write_manifest(folder: Path, source: str, revision: str | None, files: Mapping[str, tuple[str, int]]) -> None:
    """Note what a folder should hold: checksum and size by name. Raises ``OSError``."""
    rows = {name: {"sha256": digest, "bytes": size} for name, (digest, size) in sorted(files.items())}
    text = json.dumps({"source": source, "revision": revision, "files": rows}, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
