"""Runs an exported graph with onnxruntime on the CPU: a light installation without torch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headroom.compress.kompress import scores
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.files import Model, verified

log = logging.getLogger("headroom.kompress")

_INPUTS = {"input_ids", "attention_mask"}
_OUTPUT = "final_scores"


class OnnxBackend:
    """One session. Windows run one after the other: a window fills all cores, and its scores then depend on nothing else."""

    name = "onnx"
    device = "cpu"
    batch = 1

    def __init__(self, session: Any, *, precision: str, identity: str) -> None:
        self._session = session
        self.precision = precision
        self.identity = identity

    def run(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        """Final scores of windows."""
        import numpy as np

        rows: list[list[float]] = []
        for window in windows:
            ids: Any = np.asarray([window], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            (found,) = self._session.run([_OUTPUT], feed)
            rows.append(found[0].astype(np.float64).tolist())
        return rows

    def close(self) -> None:
        """Drop the session."""
        self._session = None


def load(model: Model, *, threads: int | None = None) -> OnnxBackend:
    """The first of the model's graphs that this build of onnxruntime can really run. Raises ``ModelError``."""
    try:
        import numpy  # noqa: F401, ICN001 - so that its absence is told as such
        import onnxruntime
    except ImportError as error:
        raise ModelError(
            f"the library {error.name} is missing; install it: pip install 'headroom-gateway[onnx]'"
        ) from None
    if not model.onnx:
        raise ModelError(f"{model.folder} has no ONNX file; install torch instead: pip install 'headroom-gateway[ml]'")
    troubles: list[str] = []
    for path in model.onnx:
        identity = verified(model, path)[:16]
        try:
            session = _session(onnxruntime, path, threads)
            backend = OnnxBackend(session, precision="int8" if "int8" in path.name else "float32", identity=identity)
            # Some builds accept an 8-bit graph and fail only when it runs.
            scores.checked(backend.run([[1, 2]])[0], 2)
        except ModelError:
            raise
        except Exception as error:
            troubles.append(f"{path.name}: {(str(error).splitlines() or [type(error).__name__])[0][:120]}")
            log.info("Kompress: %s can't be run (%s)", path, type(error).__name__)
            continue
        return backend
    raise ModelError(
        f"onnxruntime {onnxruntime.__version__} can't run the model in {model.folder} ({'; '.join(troubles)}); "
        "fetch it again (headroom kompress pull) or install torch: pip install 'headroom-gateway[ml]'"
    )


def _session(onnxruntime: Any, path: Path, threads: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is told in our own words
    if threads is not None:
        options.intra_op_num_threads = threads
    # Spinning threads would hold the cores that the event loop needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = {value.name for value in session.get_inputs()}
    outputs = {value.name for value in session.get_outputs()}
    if names != _INPUTS or _OUTPUT not in outputs:
        raise ModelError(
            f"{path} takes {', '.join(sorted(names))} and gives {', '.join(sorted(outputs))}; a graph of Kompress takes "
            f"input_ids and attention_mask and gives {_OUTPUT}; fetch the model again: headroom kompress pull"
        )
    return session
