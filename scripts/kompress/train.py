"""Teaches the network the labels: AdamW with a cosine, a fixed seed, checkpoints, and a limit on the time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from kompress.prepare import SPECIAL, Windows
from torch.nn import functional

from headroom.compress.kompress.config import Spec
from headroom.compress.kompress.model import Network


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides a run."""

    hidden: int = 160
    layers: int = 4
    heads: int = 4
    channels: int = 96
    batch: int = 8
    """Windows a step."""
    rate: float = 1.5e-3
    warm_up: float = 0.04
    """Share of the run."""
    decay: float = 0.05
    keep_weight: float = 1.5
    """A word wrongly dropped costs so many times a word wrongly kept."""
    seconds: float = 1200.0
    steps: int | None = None
    """End after so many, should the time not end it first."""
    seed: int = 20260
    threads: int = 1
    device: str = "cpu"


def spec_of(plan: Plan, vocabulary: int) -> Spec:
    """The encoder's shape."""
    return Spec(
        hidden_size=plan.hidden,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        intermediate_size=3 * plan.hidden // 2,
        vocab_size=vocabulary,
        max_position_embeddings=1024,
        local_attention=64,
        pad_token_id=SPECIAL.index("[PAD]"),
        cls_token_id=SPECIAL.index("[CLS]"),
        sep_token_id=SPECIAL.index("[SEP]"),
    )


def batches(data: Windows, size: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of windows, for ever: shuffled, those of like length together so that little is padding."""
    lengths = np.diff(data.starts)
    chance = np.random.default_rng(seed)
    while True:
        order = chance.permutation(len(lengths))
        pool = 64 * size
        groups = []
        for at in range(0, len(order), pool):
            part = order[at : at + pool]
            part = part[np.argsort(lengths[part], kind="stable")]
            groups += [part[start : start + size] for start in range(0, len(part), size)]
        for index in chance.permutation(len(groups)):
            yield groups[index]


def tensors(data: Windows, rows: np.ndarray, device: str) -> tuple[torch.Tensor, ...]:
    """Ids, mask, and the two labels, padded; labels of padding are -1."""
    longest = int(np.diff(data.starts)[rows].max())
    ids = torch.full((len(rows), longest), SPECIAL.index("[PAD]"))
    mask = torch.zeros_like(ids)
    keep, good = torch.full_like(ids, -1), torch.full_like(ids, -1)
    for at, row in enumerate(rows):
        start, end = data.starts[row], data.starts[row + 1]
        span = slice(0, int(end - start))
        ids[at, span] = torch.from_numpy(data.ids[start:end].astype(np.int64))
        mask[at, span] = 1
        keep[at, span] = torch.from_numpy(data.keep[start:end].astype(np.int64))
        good[at, span] = torch.from_numpy(data.good[start:end].astype(np.int64))
    return tuple(value.to(device) for value in (ids, mask, keep, good))


def loss(network: Network, batch: tuple[torch.Tensor, ...], keep_weight: float) -> torch.Tensor:
    """The token head on words to keep, the span head on sentences worth it, and their rule on the words again."""
    ids, mask, keep, good = batch
    classes, spans = network.logits(ids, mask)
    real = keep >= 0
    weights = torch.where(keep[real] == 1, keep_weight, 1.0)
    token = functional.cross_entropy(classes[real], keep[real], reduction="none")
    span = functional.binary_cross_entropy(spans[real].clamp(1e-6, 1 - 1e-6), good[real].float())
    final = torch.softmax(classes, dim=-1)[..., 1][real] * (0.5 + 0.5 * spans[real])
    rule = functional.binary_cross_entropy(final.clamp(1e-6, 1 - 1e-6), keep[real].float(), reduction="none")
    return (weights * (token + 0.5 * rule)).sum() / weights.sum() + span


@torch.no_grad()
def judge(network: Network, data: Windows, device: str, *, most: int = 96) -> dict[str, float]:
    """How well held-out labels are met, by the published rule at its threshold."""
    network.eval()
    right = both = said = true = total = sentence = 0
    rows = np.random.default_rng(0).permutation(len(data.starts) - 1)[:most]
    for at in range(0, len(rows), 8):
        ids, mask, keep, good = tensors(data, rows[at : at + 8], device)
        classes, spans = network.logits(ids, mask)
        real = keep >= 0
        kept = (torch.softmax(classes, -1)[..., 1] * (0.5 + 0.5 * spans))[real] >= 0.5
        want = keep[real] == 1
        right += int((kept == want).sum())
        both += int((kept & want).sum())
        said, true, total = said + int(kept.sum()), true + int(want.sum()), total + int(real.sum())
        sentence += int(((spans[real] >= 0.5) == (good[real] == 1)).sum())
    network.train()
    return {
        "judged": total,
        "accuracy": right / total,
        "precision": both / max(1, said),
        "recall": both / max(1, true),
        "f1": 2 * both / max(1, said + true),
        "kept": said / total,
        "labels_kept": true / total,
        "sentence_accuracy": sentence / total,
    }


def train(folder: Path, plan: Plan) -> dict[str, object]:
    """Train on ``folder``'s data; write checkpoint.pt and run.json. Returns what run.json holds.

    Time is this process's wall clock; the rate falls with the share of time or steps used, so that a run ends cooled down.
    """
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    data, held = Windows.load(folder / "train.npz"), Windows.load(folder / "held-out.npz")
    vocabulary = len(json.loads((folder / "tokenizer.json").read_bytes())["model"]["vocab"])
    spec = spec_of(plan, -(-vocabulary // 64) * 64)
    network = Network(spec, channels=plan.channels).to(plan.device).train()
    parameters = sum(value.numel() for value in network.parameters())
    decayed = [value for value in network.parameters() if value.dim() > 1]
    plain = [value for value in network.parameters() if value.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": plan.decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98))
    order = batches(data, plan.batch, plan.seed)
    began, step, tokens, mean = time.monotonic(), 0, 0, 0.0
    saved = told = began
    history: list[dict[str, object]] = []
    while True:
        now = time.monotonic()
        done = max((now - began) / plan.seconds, step / plan.steps if plan.steps else 0.0)
        if done >= 1:
            break
        rate = plan.rate * min(1.0, (done + 1e-3) / plan.warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = tensors(data, next(order), plan.device)
        value = loss(network, batch, plan.keep_weight)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step, tokens = step + 1, tokens + int(batch[1].sum())
        mean = 0.98 * mean + 0.02 * float(value.detach())
        if now - told > 60:
            told = now
            row: dict[str, object] = {
                "seconds": round(now - began),
                "step": step,
                "tokens": tokens,
                "loss": round(mean / (1 - 0.98**step), 4),
            }
            row |= {name: round(number, 4) for name, number in judge(network, held, plan.device, most=32).items()}
            history.append(row)
            print(row, flush=True)
        if now - saved > 120:
            saved = now
            write(network, spec, folder)
    write(network, spec, folder)
    found = {
        "plan": asdict(plan),
        "spec": asdict(spec),
        "parameters": parameters,
        "steps": step,
        "tokens": tokens,
        "passes_over_the_text": round(tokens / int(data.starts[-1]), 3),
        "seconds": round(time.monotonic() - began, 1),
        "held_out": {name: round(number, 4) for name, number in judge(network, held, plan.device).items()},
        "history": history,
    }
    (folder / "run.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def write(network: Network, spec: Spec, folder: Path) -> None:
    """A checkpoint that replaces the one before it whole."""
    part = folder / "checkpoint.part"
    torch.save({"spec": asdict(spec), "state": network.state_dict()}, str(part))
    part.rename(folder / "checkpoint.pt")


def read(folder: Path) -> Network:
    """The network of a checkpoint, on the CPU, ready to be asked."""
    held = torch.load(str(folder / "checkpoint.pt"), map_location="cpu", weights_only=True)
    channels = int(held["state"]["span_conv.0.weight"].shape[0])
    network = Network(Spec(**held["spec"]), channels=channels, attention="eager")
    network.load_state_dict(held["state"])
    return network.eval().requires_grad_(False)
