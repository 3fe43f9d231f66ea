"""Runs the network with torch, on a GPU or the CPU. Imports torch when it is loaded."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from headroom.compress.kompress.config import WINDOW_TOKENS
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.files import Model, verified

_INSTALL = "install it: pip install 'headroom-gateway[ml]'"
_BATCHES = (1, 4, 16, 32, 64, 128)
_SLOWEST = 0.25
"""A batch must not take longer than this, so that a request that comes in meanwhile still has time for its own."""
_STEP = 64
"""Lengths are padded to a multiple: few shapes, so that kernels are chosen once."""


class TorchBackend:
    """One network on one device."""

    name = "torch"

    def __init__(self, network: Any, *, device: str, dtype: Any, identity: str, batch: int = 1, pad: int = 0) -> None:
        self._network = network
        self._device = device
        self._dtype = dtype
        self._pad = pad
        self.identity = identity
        self.batch = batch

    @property
    def device(self) -> str:
        """``cuda``, ``mps`` or ``cpu``."""
        return self._device

    @property
    def precision(self) -> str:
        """The type of the weights."""
        return str(self._dtype).removeprefix("torch.")

    def run(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        """Final scores of windows. A batch that does not fit into the device's memory is halved, from then on."""
        import torch

        try:
            return self._run(windows)
        except torch.OutOfMemoryError:
            if len(windows) < 2:
                raise
            torch.cuda.empty_cache()
            self.batch = max(1, len(windows) // 2)
            middle = len(windows) // 2
            return self.run(windows[:middle]) + self.run(windows[middle:])

    def _run(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        import torch

        longest = max(map(len, windows))
        if self._device != "cpu":
            longest = min(-(-longest // _STEP) * _STEP, max(longest, WINDOW_TOKENS))
        ids = torch.full((len(windows), longest), self._pad, dtype=torch.long)
        mask = torch.zeros((len(windows), longest), dtype=torch.long)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = torch.tensor(window, dtype=torch.long)
            mask[row, : len(window)] = 1
        with torch.inference_mode():
            found = self._network(ids.to(self._device), mask.to(self._device)).cpu().tolist()
        return [row[: len(window)] for row, window in zip(found, windows, strict=True)]

    def close(self) -> None:
        """Free the device's memory."""
        import torch

        self._network = None
        if self._device == "cuda":
            torch.cuda.empty_cache()


def let_cores_go(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make torch's threads sleep while they wait for one another; to be called before torch is imported.

    By default they spin, which takes the cores from the event loop, and where cores are busy makes a run ten times slower.
    """
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def load(model: Model, wanted: str) -> TorchBackend:
    """The model on a device, in the precision and batch size that measured fastest there. Raises ``ModelError``."""
    let_cores_go()
    try:
        import torch
        import transformers  # noqa: F401 - so that its absence is told as such
    except ImportError as error:
        raise ModelError(f"the library {error.name} is missing; {_INSTALL}") from None
    except OSError as error:  # a shared library of a driver that is not there
        raise ModelError(f"torch can't be started ({str(error)[:160]}); reinstall it for this machine") from None
    from headroom.compress.kompress import model as networks
    from headroom.compress.kompress import weights

    if model.torch is None:
        raise ModelError(
            f"{model.folder} has ONNX files only; install onnxruntime: pip install 'headroom-gateway[onnx]'"
        )
    identity = verified(model, model.torch)[:16]
    device = pick_device(torch, wanted)
    read = weights.read(model.torch)
    network = networks.build(read, model.torch)
    pad = read.spec.pad_token_id
    if device == "cpu":
        # More than one window at a time gains nothing on a CPU: a window fills all of its cores.
        return TorchBackend(network.float(), device=device, dtype=torch.float32, identity=identity, pad=pad)
    return fastest(network, device, identity, pad=pad)


def pick_device(torch: Any, wanted: str) -> str:
    """``cuda``, ``mps`` or ``cpu``; a device that was named must work. Raises ``ModelError``."""
    there: dict[str, Callable[[], bool]] = {
        "cuda": lambda: bool(torch.cuda.is_available()),
        "mps": lambda: bool(torch.backends.mps.is_available()),
        "cpu": lambda: True,
    }
    if wanted != "auto":
        if not there[wanted]():
            raise ModelError(f"--kompress-device {wanted}: torch finds no such device here; use auto or cpu")
        try:
            _probe(torch, wanted)
        except RuntimeError as error:
            raise ModelError(
                f"--kompress-device {wanted}: the device does not work ({str(error).splitlines()[0][:160]}); use auto or cpu"
            ) from None
        return wanted
    for name in ("cuda", "mps"):
        if there[name]():
            try:
                _probe(torch, name)
            except RuntimeError:
                continue
            return name
    return "cpu"


def _probe(torch: Any, device: str) -> None:
    """A small product on the device: being listed does not mean that it works."""
    ones = torch.ones(8, 8, device=device)
    if float((ones @ ones).sum().cpu()) != 512.0:
        raise RuntimeError("a product of ones came out wrong")


def fastest(network: Any, device: str, identity: str, *, pad: int = 0) -> TorchBackend:
    """Try the precisions and batch sizes that a GPU may like, and take the fastest whose batch is short enough.

    ``network`` stays as it is, in float32 on the CPU: each precision is made from it and not from one another.
    """
    import torch

    def made(dtype: Any, batch: int = 1) -> TorchBackend:
        moved = copy.deepcopy(network).to(device=device, dtype=dtype)
        return TorchBackend(moved, device=device, dtype=dtype, identity=identity, batch=batch, pad=pad)

    best: tuple[float, Any, int] | None = None
    dtypes = [torch.float16] if device == "mps" else [torch.bfloat16, torch.float16]
    if device == "cuda" and not torch.cuda.is_bf16_supported():
        dtypes.remove(torch.bfloat16)
    for dtype in dtypes:
        backend = made(dtype)
        for batch in _BATCHES:
            pace = measure(backend, batch)
            if pace is None or (batch > 1 and pace * batch > _SLOWEST):
                break
            if best is None or pace < best[0]:
                best = (pace, dtype, batch)
        backend.close()
    if best is None:
        raise ModelError(f"the model does not run on {device}: not even one window fits; use --kompress-device cpu")
    return made(best[1], best[2])


def measure(backend: TorchBackend, batch: int, *, rounds: int = 3) -> float | None:
    """Seconds for one full window of a batch, the best of a few; None where it does not fit or makes no numbers."""
    import torch

    windows = [[7] * WINDOW_TOKENS] * batch
    times: list[float] = []
    try:
        for _ in range(rounds + 1):  # the first one chooses kernels
            began = time.perf_counter()
            rows = backend._run(windows)
            times.append(time.perf_counter() - began)
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        return None
    if any(value != value for row in rows for value in row):  # noqa: PLR0124 - NaN: this precision overflows
        return None
    return min(times[1:]) / batch
