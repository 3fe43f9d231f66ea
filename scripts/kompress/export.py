"""Writes a trained network in the published layout, with a card that says what it was made from."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from string import Template
from typing import Any

import torch
from kompress import train

from headroom.compress.kompress import export as layout
from headroom.compress.kompress.config import spec_from
from headroom.compress.kompress.files import CONFIG, FLAT, TOKENIZER, sha256, write_manifest

FLOAT32, INT8 = "onnx/kompress-fp32.onnx", "onnx/kompress-int8.onnx"
_TEMPLATE = Path(__file__).with_name("card.md")


def export(folder: Path) -> dict[str, int]:
    """From checkpoint.pt to ``folder``/model; returns the size of each file in bytes.

    Weights are rounded to float16 first, so that every file holds the same numbers (the integers aside).
    """
    out = folder / "model"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    network = train.read(folder)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(value.half().float())
    spec = spec_from(json.loads((folder / "run.json").read_bytes())["spec"], "run.json")
    layout.write_config(spec, out)
    layout.write_safetensors(network, out, half=True)
    layout.write_onnx(network, out / FLOAT32)
    layout.write_int8(out / FLOAT32, out / INT8)
    shutil.copy(folder / "tokenizer.json", out / TOKENIZER)
    names = (CONFIG, FLAT, TOKENIZER, FLOAT32, INT8)
    write_manifest(
        out, "scripts/kompress", None, {name: (sha256(out / name), (out / name).stat().st_size) for name in names}
    )
    write_card(folder)
    return {name: (out / name).stat().st_size for name in names}


def write_card(folder: Path) -> None:
    """README.md of the model: figures from run.json and, once there is one, evaluation.json."""
    run = json.loads((folder / "run.json").read_bytes())
    made = json.loads((folder / "manifest.json").read_bytes())
    judged = folder / "evaluation.json"
    found: dict[str, Any] = json.loads(judged.read_bytes()) if judged.is_file() else {}
    licences: Counter[str] = Counter()
    for row in made["sources"].values():
        if row["part"] == "train":
            licences[row["licence"]] += row["words"]
    largest = [
        f"{name} ({row['words']:,} words, {row['licence']})"
        for name, row in list(made["sources"].items())[:25]
        if row["part"] == "train"
    ]
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        parameters=f"{run['parameters']:,}",
        hidden=run["spec"]["hidden_size"],
        layers=run["spec"]["num_hidden_layers"],
        vocabulary=f"{run['spec']['vocab_size']:,}",
        words=f"{made['words']:,}",
        packages=len(made["sources"]),
        licences=", ".join(f"{name} {words:,}" for name, words in licences.most_common()),
        largest="; ".join(largest),
        tokens=f"{run['tokens']:,}",
        minutes=f"{run['seconds'] / 60:.1f}",
        steps=f"{run['steps']:,}",
        device=run["plan"]["device"],
        seed=run["plan"]["seed"],
        accuracy=run["held_out"]["accuracy"],
        f1=run["held_out"]["f1"],
        kept=run["held_out"]["kept"],
        labels_kept=run["held_out"]["labels_kept"],
        sentence=run["held_out"]["sentence_accuracy"],
        verdict=found.get("verdict", "not evaluated"),
    )
    (folder / "model" / "README.md").write_text(text, encoding="utf-8")
