"""From settings to an engine, or to the reason why there is none. Decided without importing a model library."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from headroom.compress.kompress import files
from headroom.compress.kompress.backend import Backend, Loaded, Loader
from headroom.compress.kompress.config import REPOSITORY, read_spec
from headroom.compress.kompress.engine import Engine
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.files import Model
from headroom.compress.kompress.remote import RemoteEngine
from headroom.compress.kompress.status import Answer, Status
from headroom.compress.kompress.words import Tokenizer
from headroom.settings import Settings

INSTALL = "pip install 'headroom-gateway[ml]'"
PULL = "headroom kompress pull"
_VLLM = "vllm+"


class Scoring(Protocol):
    """What both kinds of engine do."""

    def start(self) -> None:
        """Begin; returns at once."""

    def wait(self, seconds: float) -> Status:
        """The status once starting has ended."""

    def status(self) -> Status:
        """The state now."""

    def score(self, words: Sequence[str], seconds: float) -> Answer:
        """One score a word, all or none."""

    def close(self, seconds: float = 2.0) -> None:
        """Stop."""


def open_engine(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    has: Callable[[str], bool] = lambda name: find_spec(name) is not None,
    told: Callable[[Status], None] = lambda _status: None,
    nice: bool = True,
) -> Scoring | Status:
    """An engine that has not started yet, or the status that says why there is none. Never raises, never imports torch.

    ``nice``: its threads give way to all others.
    """
    if not settings.optimize:
        return Status("off", "--no-optimize changes nothing")
    if not settings.kompress:
        return Status("off", "--disable-kompress")
    if settings.lossless:
        return Status("off", "--lossless leaves nothing out")
    if settings.stateless:
        return Status("off", "--stateless keeps no verdicts, and a model's can't be computed again to the byte")
    url = settings.kompress_url
    if url is not None and not url.startswith(_VLLM):
        return RemoteEngine(url, told=told)
    try:
        model = files.find(settings.kompress_model, workspace=settings.workspace, environ=environ)
    except ModelError as error:
        return Status("failed", str(error))
    if url is not None:
        return Engine(_served(url, model), told=told, nice=nice)
    if not has("tokenizers") or not (has("torch") or has("onnxruntime")):
        return Status("not installed", f"prose is shortened by rules; for the model: {INSTALL}, then {PULL}")
    if model is None:
        return Status("no model", f"prose is shortened by rules; for the model: {PULL} (fetches {REPOSITORY})")
    return Engine(loader(model, settings.kompress_device, has), told=told, nice=nice)


def loader(model: Model, device: str, has: Callable[[str], bool] = lambda name: find_spec(name) is not None) -> Loader:
    """How to load a model on a device, with the library that suits it best."""

    def load() -> Loaded:
        spec = read_spec(model.folder)
        tokenizer = Tokenizer.load(model.tokenizer, vocabulary=spec.vocab_size if spec is not None else None)
        return Loaded(tokenizer, _backend(model, device, has), model.name)

    return load


def _backend(model: Model, device: str, has: Callable[[str], bool]) -> Backend:
    if library(model, device, has, gpu=gpu_at_hand()) == "onnx":
        from headroom.compress.kompress import onnx_backend

        return onnx_backend.load(model)
    from headroom.compress.kompress import torch_backend

    return torch_backend.load(model, device)


def library(model: Model, device: str, has: Callable[[str], bool], *, gpu: bool) -> str:
    """``torch`` where there is a GPU or nothing else; ``onnx`` on a CPU: it starts faster and needs a third of the memory.

    Raises ``ModelError`` when a named device needs a library that is not installed.
    """
    torch = has("torch") and has("transformers") and model.torch is not None
    onnx = has("onnxruntime") and bool(model.onnx)
    if device in {"cuda", "mps"} or (device == "auto" and gpu and torch):
        if not torch:
            raise ModelError(
                f"--kompress-device {device} needs torch and {files.MERGED} or {files.FLAT}; install it: {INSTALL}"
            )
        return "torch"
    if onnx:
        return "onnx"
    if torch:
        return "torch"
    if model.torch is None:
        raise ModelError(
            f"{model.folder} has ONNX files only; install onnxruntime: pip install 'headroom-gateway[onnx]'"
        )
    raise ModelError(f"{model.folder} has no ONNX file that onnxruntime could run; install torch: {INSTALL}")


def gpu_at_hand() -> bool:
    """Whether this machine seems to have a GPU that torch can use; looks at device files, so that torch stays unloaded."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return any(Path(name).exists() for name in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))


def _served(url: str, model: Model | None) -> Loader:
    """A model behind vLLM: only the tokenizer is needed here."""

    def load() -> Loaded:
        from headroom.compress.kompress.vllm import VllmBackend

        if model is None:
            raise ModelError(
                f"a model behind vLLM needs its tokenizer.json here; fetch it: {PULL}, or name its folder in HEADROOM_KOMPRESS_MODEL"
            )
        base, _, name = url.removeprefix(_VLLM).partition("#")
        backend = VllmBackend(base, name or None)
        return Loaded(Tokenizer.load(model.tokenizer), backend, backend.identity)

    return load
