"""A token classifier behind vLLM's pooling endpoint as a backend: windows are cut here, one call a batch.

vLLM serves the classifier's head alone, without the span head, so its score is the chance of ``keep`` times what an
undecided span head would say of everything: nothing is halved. Wire format: vLLM's documentation on pooling models,
``POST /pooling`` with lists of token ids as ``input``; ``data[i].data`` holds one row of class values a token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from headroom.compress.kompress.caller import Caller, CallFailed
from headroom.compress.kompress.errors import BadScores, ModelError

_SECONDS = 10.0


class VllmBackend:
    """A served model."""

    name = "vllm"
    precision = "served"
    batch = 32

    def __init__(self, url: str, model: str | None = None, *, seconds: float = _SECONDS) -> None:
        """Ask the server which model it serves. Raises ``ModelError``."""
        self.device = url
        self._seconds = seconds
        self._caller = Caller(url)
        served = self._served()
        if model is not None and model not in served:
            raise ModelError(
                f"{url} serves {', '.join(served) or 'no model'}, not {model}; correct the name behind the # of HEADROOM_KOMPRESS_URL"
            )
        if not served:
            raise ModelError(f"{url} serves no model; start vLLM with one")
        self.identity = model or served[0]

    def _served(self) -> list[str]:
        try:
            status, body = self._caller.call("GET", "/v1/models", seconds=self._seconds)
        except (CallFailed, TimeoutError) as error:
            raise ModelError(
                f"{self.device} can't be reached ({error or 'no answer in time'}); is vLLM running there?"
            ) from None
        rows = body.get("data") if isinstance(body, dict) else None
        if status != 200 or not isinstance(rows, list):
            raise ModelError(
                f"{self.device}/v1/models answered {status}; HEADROOM_KOMPRESS_URL=vllm+http://… must name a vLLM server"
            )
        return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row]

    def run(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        """Scores of windows. Raises ``CallFailed``, ``TimeoutError`` or ``BadScores``."""
        asked = {
            "model": self.identity,
            "input": [list(window) for window in windows],
            "task": "token_classify",
            "add_special_tokens": False,
            "encoding_format": "float",
        }
        status, body = self._caller.call("POST", "/pooling", asked, seconds=self._seconds)
        if status != 200:
            raise CallFailed(f"{self.device}/pooling answered {status}: {_message(body)}")
        rows = body.get("data") if isinstance(body, dict) else None
        if not isinstance(rows, list) or len(rows) != len(windows):
            raise BadScores("the answer has not one row a window")
        try:
            ordered = sorted(rows, key=lambda row: int(row.get("index", 0)))
            return [[_keep(token) for token in row["data"]] for row in ordered]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadScores(f"the answer has another shape ({type(error).__name__})") from None

    def close(self) -> None:
        """Close the kept connections."""
        self._caller.close()


def _keep(values: Any) -> float:
    """The chance of ``keep``, the second class: vLLM answers with probabilities, older versions with the values before the softmax."""
    first, second = (float(value) for value in values)
    if 0 <= first <= 1 and abs(first + second - 1) < 1e-2:
        return second
    if not (math.isfinite(first) and math.isfinite(second)):
        raise BadScores("a value is not a number")
    return 1 / (1 + math.exp(max(-60.0, min(60.0, first - second))))


def _message(body: Any) -> str:
    text = str(body.get("message") or body.get("error") or "") if isinstance(body, dict) else ""
    return " ".join(text.split())[:160]
