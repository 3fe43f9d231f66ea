"""Reads the published files into three state dicts: encoder, token head, span head. Owns torch's and safetensors' readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headroom.compress.kompress.config import Spec, read_json, read_spec, spec_from
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.files import ADAPTER, MERGED

_AGAIN = "fetch the model again: headroom kompress pull"
_PEFT = "base_model.model."
_PARTS = ("encoder", "token_head", "span_conv")


@dataclass(frozen=True, slots=True)
class Weights:
    """Tensors by name, as the modules name them."""

    spec: Spec
    encoder: dict[str, Any]
    token_head: dict[str, Any]
    span_conv: dict[str, Any]


def read(path: Path) -> Weights:
    """Read ``merged.pt`` or ``model.safetensors`` (flat, or with LoRA adapters beside the base). Raises ``ModelError``."""
    if path.name == MERGED or path.suffix == ".pt":
        parts, values = _read_merged(path)
    else:
        parts, values = _split(_read_safetensors(path), path), {}
    spec = read_spec(path.parent)
    if spec is None:
        spec = spec_from({k: v for k, v in values.items() if isinstance(v, int | float | Mapping | str)}, str(path))
    return Weights(spec, *(parts[name] for name in _PARTS))


def _read_merged(path: Path) -> tuple[dict[str, dict[str, Any]], Mapping[str, Any]]:
    import torch

    try:
        # weights_only: a pickle could otherwise run anything. mmap: the file is read once.
        loaded = torch.load(str(path), map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; {_AGAIN}") from None
    except MemoryError:
        raise
    except Exception as error:
        what = (
            "holds more than tensors, which is not loaded"
            if "weights_only" in str(error).lower()
            else "is cut short or damaged"
        )
        raise ModelError(f"{path} {what}; {_AGAIN}") from error
    if not isinstance(loaded, dict):
        raise ModelError(f"{path} holds no state dict; {_AGAIN}")
    parts: dict[str, dict[str, Any]] = {}
    for name in _PARTS:
        part = loaded.get(f"{name}_state_dict")
        if not isinstance(part, Mapping) or not all(torch.is_tensor(value) for value in part.values()):
            raise ModelError(f"{path} has no {name}_state_dict; it is no {MERGED} of Kompress; {_AGAIN}")
        parts[name] = dict(part)
    config = loaded.get("config")
    return parts, config if isinstance(config, Mapping) else {}


def _read_safetensors(path: Path) -> dict[str, Any]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError:
        raise ModelError("the library safetensors is missing; install it: pip install 'headroom-gateway[ml]'") from None
    try:
        tensors: dict[str, Any] = load_file(str(path), device="cpu")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; {_AGAIN}") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} is cut short or damaged ({str(error).splitlines()[0][:120]}); {_AGAIN}") from None
    return tensors


def _split(tensors: Mapping[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """The three parts of a flat state dict, LoRA adapters added to the matrices that they adapt."""
    parts: dict[str, dict[str, Any]] = {name: {} for name in _PARTS}
    for key, value in tensors.items():
        part, _, rest = key.partition(".")
        if part in parts and rest:
            parts[part][rest.removeprefix(_PEFT)] = value
    for name in _PARTS:
        if not parts[name]:
            raise ModelError(f"{path} has no tensors named {name}.*; it is no model of Kompress; {_AGAIN}")
    if any(".lora_A." in key for key in parts["encoder"]):
        parts["encoder"] = _merge(parts["encoder"], path)
    # PEFT keeps trained modules beside the frozen copies of them.
    for name in ("token_head", "span_conv"):
        saved = {
            k.removeprefix("modules_to_save.default."): v
            for k, v in parts[name].items()
            if k.startswith("modules_to_save.")
        }
        parts[name] = saved or {k.removeprefix("original_module."): v for k, v in parts[name].items()}
    return parts


def _merge(encoder: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """W + (alpha / r) B A for every adapted matrix (Hu et al. 2021, LoRA, section 4.1)."""
    settings = read_json(path.parent / ADAPTER) or {}
    alpha = settings.get("lora_alpha")
    if not isinstance(alpha, int | float):
        raise ModelError(
            f"{path} keeps its LoRA adapters apart and {ADAPTER} beside it does not say lora_alpha; take {MERGED} of the same repository"
        )
    merged: dict[str, Any] = {}
    for key, value in encoder.items():
        if ".lora_" in key:
            continue
        stem, layered, leaf = key.rpartition(".base_layer.")
        if not layered:
            merged[key] = value
            continue
        down = encoder.get(f"{stem}.lora_A.default.{leaf}", encoder.get(f"{stem}.lora_A.{leaf}"))
        up = encoder.get(f"{stem}.lora_B.default.{leaf}", encoder.get(f"{stem}.lora_B.{leaf}"))
        if leaf != "weight" or down is None or up is None:
            merged[f"{stem}.{leaf}"] = value
            continue
        rank = down.shape[0]
        scale = alpha / (rank**0.5 if settings.get("use_rslora") else rank)
        if up.shape != (value.shape[0], rank) or down.shape != (rank, value.shape[1]):
            raise ModelError(f"{path}: the adapter of {stem} does not fit its matrix; {_AGAIN}")
        merged[f"{stem}.{leaf}"] = (value.float() + scale * (up.float() @ down.float())).to(value.dtype)
    return merged
