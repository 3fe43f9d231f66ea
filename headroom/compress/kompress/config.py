"""The shape of the model. That of the base is bundled, so that nothing has to be downloaded to build it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from headroom.compress.kompress.errors import ModelError

REPOSITORY = "chopratejas/kompress-v2-base"
"""The published model."""
REVISION = "b1563631b35bfdcee37587ad530147497d820d4c"
"""The commit of it that this version was written for."""
BASE_REPOSITORY = "answerdotai/ModernBERT-base"
BASE_REVISION = "8949b909ec900327062f0ebf497f51aef5e6f0c8"
"""Where the tokenizer comes from when the model's repository has none."""

WINDOW_WORDS = 350
WINDOW_TOKENS = 512
"""Bounds of one window: what the published model was trained on."""
_FILE = "config.json"
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Spec:
    """The numbers that decide the shapes of an encoder; the defaults are ModernBERT-base's."""

    hidden_size: int = 768
    num_hidden_layers: int = 22
    num_attention_heads: int = 12
    intermediate_size: int = 1152
    vocab_size: int = 50_368
    max_position_embeddings: int = 8_192
    local_attention: int = 128
    """Tokens that a local layer looks at, half of them to each side."""
    global_attn_every_n_layers: int = 3
    global_rope_theta: float = 160_000.0
    local_rope_theta: float = 10_000.0
    norm_eps: float = 1e-5
    pad_token_id: int = 50_283
    cls_token_id: int = 50_281
    sep_token_id: int = 50_282

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``transformers.ModernBertConfig``."""
        return asdict(self) | {"bos_token_id": self.cls_token_id, "eos_token_id": self.sep_token_id}

    @property
    def forward_flops(self) -> Any:
        """Floating-point operations of one forward pass, as a function of batch and length (2 a multiply-add).

        Per token and layer: Wqkv 3h², Wo h², Wi 2hm, Wo hm; attention 2 · h · span for the scores and as much for the values.
        """

        def flops(batch: int, length: int) -> float:
            h, m = self.hidden_size, self.intermediate_size
            every = max(1, self.global_attn_every_n_layers)
            full = -(-self.num_hidden_layers // every)
            local = self.num_hidden_layers - full
            linear = self.num_hidden_layers * (4 * h * h + 3 * h * m)
            attention = 2 * h * (full * length + local * min(length, self.local_attention))
            return 2.0 * batch * length * (linear + attention)

        return flops


def spec_from(values: Mapping[str, Any], where: str) -> Spec:
    """A spec from a ``config.json``; what it does not say is the base's. Raises ``ModelError``."""
    found: dict[str, Any] = {}
    for part in fields(Spec):
        value = values.get(part.name)
        if value is None:
            continue
        number = float if isinstance(part.default, float) else int
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or number(value) != value:
            raise ModelError(
                f"{where}: {part.name} is {value!r}, which is no size; the file is damaged or not this model's"
            )
        found[part.name] = number(value)
    ropes = values.get("rope_parameters")
    if isinstance(ropes, Mapping):  # transformers 5 writes them so
        for name, key in (("global_rope_theta", "full_attention"), ("local_rope_theta", "sliding_attention")):
            rope = ropes.get(key)
            if isinstance(rope, Mapping) and isinstance(rope.get("rope_theta"), int | float):
                found.setdefault(name, float(rope["rope_theta"]))
    spec = replace(Spec(), **found)
    heads = spec.num_attention_heads
    if heads < 1 or spec.hidden_size < 1 or spec.hidden_size % heads:
        raise ModelError(
            f"{where}: hidden_size {spec.hidden_size} can't be shared by {heads} attention heads; the file is damaged"
        )
    kinds = values.get("model_type")
    if (
        kinds is not None
        and kinds != "modernbert"
        and "modernbert" not in str(kinds).lower()
        and "kompress" not in str(kinds)
    ):
        raise ModelError(
            f"{where}: model_type is {kinds!r}, but Kompress is a modernbert; point at the folder of a Kompress model"
        )
    return spec


def read_spec(folder: Path) -> Spec | None:
    """The spec of a folder's ``config.json``; None when there is none. Raises ``ModelError`` for a damaged one."""
    path = folder / _FILE
    values = read_json(path)
    return None if values is None else spec_from(values, str(path))


def read_json(path: Path) -> dict[str, Any] | None:
    """A small JSON object, or None when there is no such file. Raises ``ModelError``."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ModelError(f"{path} is larger than 1 MiB, which no such file is; fetch the model again")
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} can't be read ({_short(error)}); fetch the model again: headroom kompress pull"
        ) from None
    if not isinstance(values, dict):
        raise ModelError(f"{path} holds no JSON object; fetch the model again: headroom kompress pull")
    return cast("dict[str, Any]", values)


def _short(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
