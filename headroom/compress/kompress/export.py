"""Writes the published layout: safetensors and ONNX graphs in float32 and int8. Imports torch; import it lazily."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path

import torch

from headroom.compress.kompress.config import Spec
from headroom.compress.kompress.files import CONFIG, FLAT
from headroom.compress.kompress.model import Network


def write_config(spec: Spec, folder: Path) -> None:
    """``config.json``."""
    values = {"model_type": "modernbert"} | spec.arguments()
    (folder / CONFIG).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def write_safetensors(network: Network, folder: Path, *, half: bool = False) -> Path:
    """The flat state dict, in float16 with ``half``."""
    from safetensors.torch import save_file

    path = folder / FLAT
    tensors = {
        name: (value.half() if half else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    save_file(tensors, str(path))
    return path


def write_onnx(network: Network, path: Path) -> Path:
    """A float32 graph with dynamic batch and length, opset 17 as published. Needs the package onnx.

    ``network`` must have been built with ``attention="eager"``: the graph is then plain matrix products, which every
    onnxruntime knows.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    network = network.float().cpu().eval()
    ids = torch.full((2, 16), network.encoder.config.cls_token_id, dtype=torch.long)
    mask = torch.ones_like(ids)
    shape = {0: "batch", 1: "length"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself, and of shapes that the test of the graph covers
        torch.onnx.export(
            network,
            (ids, mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["final_scores"],
            dynamic_axes={"input_ids": shape, "attention_mask": shape, "final_scores": shape},
            opset_version=17,
            dynamo=False,  # twenty times faster than the newer exporter, and its graph has no opset that older builds lack
        )
    return path


def write_int8(source: Path, path: Path) -> Path:
    """A graph whose matrices are 8-bit integers, quantised by channel; activations are quantised as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path.parent.mkdir(parents=True, exist_ok=True)
    level = logging.root.level
    logging.disable(logging.WARNING)
    try:
        quantize_dynamic(
            str(source),
            str(path),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm"],
        )
    finally:
        logging.disable(logging.NOTSET)
        logging.root.setLevel(level)
    return path
