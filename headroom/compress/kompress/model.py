"""The network: a ModernBERT encoder with a token head and a span head. Imports torch and transformers; import it lazily."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import ModernBertConfig, ModernBertModel

from headroom.compress.kompress.config import Spec
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.weights import Weights

_SPAN_CHANNELS = 256


class Network(nn.Module):  # type: ignore[misc]
    """Token ids and their mask, both [batch, length], to final scores [batch, length] from 0 to 1.

    A window's scores do not depend on what else is in the batch: the span head sees nothing beyond its end.
    """

    def __init__(self, spec: Spec, *, channels: int = _SPAN_CHANNELS, attention: str = "sdpa") -> None:
        super().__init__()
        config = ModernBertConfig(**spec.arguments())
        self.encoder = ModernBertModel._from_config(config, attn_implementation=attention)
        self.token_head = nn.Linear(spec.hidden_size, 2)
        self.span_conv = nn.Sequential(
            nn.Conv1d(spec.hidden_size, channels, kernel_size=5, padding=2),
            nn.GELU(),
            nn.Conv1d(channels, 1, kernel_size=3, padding=1),
            nn.Sigmoid(),
        )

    def logits(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
        """The two heads before their rule: class logits [batch, length, 2] and the span head's value [batch, length]."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        inside = attention_mask.unsqueeze(1).to(hidden.dtype)
        first, bend, second, squash = self.span_conv
        spans = bend(first(hidden.transpose(1, 2) * inside)) * inside
        return self.token_head(hidden).float(), squash(second(spans)).squeeze(1).float()

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """Final scores by the published rule: the chance of ``keep``, halved where the span head sees nothing around it."""
        classes, spans = self.logits(input_ids, attention_mask)
        return torch.softmax(classes, dim=-1)[..., 1] * (0.5 + 0.5 * spans)


def build(weights: Weights, path: Path, *, attention: str = "sdpa") -> Network:
    """A network with these weights, in evaluation mode on the CPU. Raises ``ModelError`` when they do not fit."""
    inner = weights.span_conv.get("0.weight")
    if inner is None or inner.dim() != 3:
        raise ModelError(f"{path}: the span head has no tensor 0.weight; fetch the model again: headroom kompress pull")
    network = Network(weights.spec, channels=int(inner.shape[0]), attention=attention)
    for part, tensors in (
        (network.encoder, weights.encoder),
        (network.token_head, weights.token_head),
        (network.span_conv, weights.span_conv),
    ):
        _fill(part, tensors, path)
    network.eval().requires_grad_(False)
    return network


def _fill(part: Any, tensors: Mapping[str, Any], path: Path) -> None:
    own = part.state_dict()
    missing, strange = sorted(set(own) - set(tensors)), sorted(set(tensors) - set(own))
    if missing or strange:
        what = f"lacks {missing[0]}" if missing else f"has {strange[0]}, which the network does not know"
        raise ModelError(
            f"{path} {what}: its weights and its {'config.json'} are of different models; fetch the model again: headroom kompress pull"
        )
    for name, value in own.items():
        if value.shape != tensors[name].shape:
            raise ModelError(
                f"{path}: {name} is {list(tensors[name].shape)} and should be {list(value.shape)}; "
                "config.json is of another model; fetch the model again: headroom kompress pull"
            )
    part.load_state_dict(tensors, strict=True)
    if not all(bool(torch.isfinite(value).all()) for value in part.state_dict().values()):
        raise ModelError(f"{path} holds weights that are no numbers; fetch the model again: headroom kompress pull")
