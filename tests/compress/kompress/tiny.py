"""A ModernBERT of a few thousand parameters in every layout in which the real one is published."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from headroom.compress.kompress.config import Spec
from headroom.compress.kompress.files import MERGED

SPEC = Spec(
    hidden_size=32,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=48,
    vocab_size=512,
    max_position_embeddings=640,
    local_attention=32,
    pad_token_id=0,
    cls_token_id=1,
    sep_token_id=2,
)
PROSE = """
The mill beside the river was built in the spring of 1871 by two brothers who had come from the north with nothing but a cart.
It ground corn for the whole valley until the railway came, and then it stood empty for the better part of twenty years.
Nobody in the village wanted to buy it, because the wheel had been taken away and the roof let in the rain.
When the school moved there the children swept out the straw, and their teacher painted the window frames blue.
People still tell of the flood that carried away the lower bridge while the mill held fast, though the water stood at its door.
"""
SENTENCES = [line for line in PROSE.split("\n") if line]


def essay(paragraphs=20):
    """English prose that the gate lets through, some 110 words a paragraph, no two sentences alike."""
    out = []
    for p in range(paragraphs):
        picked = (SENTENCES * 2)[p % 5 : p % 5 + 3 + p % 3]
        out.append(" ".join(f"In part {p * 5 + i} they said so: {s}" for i, s in enumerate(picked)))
    return "\n\n".join(out)


def write_tokenizer(path: Path) -> None:
    """A byte-level BPE: it has tokens for any text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=SPEC.vocab_size,
        special_tokens=["[PAD]", "[CLS]", "[SEP]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator(SENTENCES, trainer)
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    library.save(str(path))


def network(spec=SPEC, *, attention="eager", seed=5):
    """Random weights, spread so that scores lie on both sides of the threshold."""
    import torch

    from headroom.compress.kompress.model import Network

    torch.manual_seed(seed)
    made = Network(spec, channels=8, attention=attention).eval()
    with torch.no_grad():
        made.token_head.weight.mul_(20)
        made.token_head.bias.copy_(torch.tensor([-1.0, 1.0]))
        made.span_conv[2].weight.mul_(20)
        for layer in made.encoder.layers:
            layer.mlp.Wo.weight.mul_(8)
    return made.requires_grad_(False)


@dataclass
class Layouts:
    """One network, saved in each way; every folder is complete."""

    merged: Path
    flat: Path
    lora: Path
    onnx: Path
    network: object


def build(root: Path) -> Layouts:
    import torch
    from safetensors.torch import save_file

    from headroom.compress.kompress import export

    made = network()
    folders = {name: root / name for name in ("merged", "flat", "lora", "onnx")}
    for folder in folders.values():
        folder.mkdir()
        export.write_config(SPEC, folder)
    write_tokenizer(root / "tokenizer.json")
    for folder in folders.values():
        shutil.copy(root / "tokenizer.json", folder)
    parts = {f"{name}_state_dict": getattr(made, name).state_dict() for name in ("encoder", "token_head", "span_conv")}
    torch.save(
        {**parts, "config": made.encoder.config.to_dict(), "checkpoint_kind": "merged"}, folders["merged"] / MERGED
    )
    export.write_safetensors(made, folders["flat"])
    export.write_onnx(made, folders["onnx"] / "onnx" / "kompress-fp32.onnx")
    # Adapters beside a base that lacks what they add: their sum is the same network.
    torch.manual_seed(9)
    tensors, rank, alpha = {}, 4, 8
    for name, value in made.state_dict().items():
        part, _, rest = name.partition(".")
        if part == "encoder" and rest.endswith(("Wqkv.weight", "Wo.weight")):
            stem = "encoder.base_model.model." + rest.removesuffix(".weight")
            down, up = 0.1 * torch.randn(rank, value.shape[1]), 0.1 * torch.randn(value.shape[0], rank)
            tensors[f"{stem}.lora_A.default.weight"] = down
            tensors[f"{stem}.lora_B.default.weight"] = up
            tensors[f"{stem}.base_layer.weight"] = value - alpha / rank * (up @ down)
        elif part == "encoder":
            tensors[f"encoder.base_model.model.{rest}"] = value.clone()
        else:
            tensors[f"{part}.modules_to_save.default.{rest}"] = value.clone()
            tensors[f"{part}.original_module.{rest}"] = torch.zeros_like(value)
    save_file({k: v.contiguous() for k, v in tensors.items()}, str(folders["lora"] / "model.safetensors"))
    (folders["lora"] / "adapter_config.json").write_text(json.dumps({"lora_alpha": alpha, "r": rank}))
    return Layouts(**folders, network=made)
