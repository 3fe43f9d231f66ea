"""Make a small Kompress model from text on this machine, and find out whether it is of any use.

    scripts/kompress/run prepare  [--folder DIR] [--bar DIR]      text, tokenizer, labels, manifest
    scripts/kompress/run train    [--minutes 20] [--device cpu]   checkpoint.pt, run.json
    scripts/kompress/run export                                   model/: safetensors, ONNX, int8 ONNX, config, tokenizer, card
    scripts/kompress/run evaluate [--corpus DIR]                  evaluation.json, and the verdict
    scripts/kompress/run all

Needs the extra ml, onnxruntime and onnx. Everything is written below --folder (build/kompress).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/kompress/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["prepare", "train", "export", "evaluate", "all"])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "kompress")
    parser.add_argument(
        "--bar", type=Path, help="folder of texts that must not be learnt from; default: the corpus, where there is one"
    )
    parser.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--most-words", type=int, default=400_000, help="of one package")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=160)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20260)
    asked = parser.parse_args()
    steps = ["prepare", "train", "export", "evaluate"] if asked.step == "all" else [asked.step]
    asked.folder.mkdir(parents=True, exist_ok=True)
    if "prepare" in steps:
        from kompress.prepare import prepare

        bar = asked.bar or asked.corpus / "items"
        barred = [path.read_text("utf-8", "replace") for path in sorted(bar.glob("*.txt"))] if bar.is_dir() else []
        prepare(asked.folder, barred=barred, vocabulary=asked.vocabulary, most_words=asked.most_words)
    if "train" in steps:
        from kompress.train import Plan, train

        plan = Plan(
            hidden=asked.hidden,
            layers=asked.layers,
            seconds=60 * asked.minutes,
            steps=asked.steps,
            seed=asked.seed,
            threads=asked.threads,
            device=asked.device,
        )
        found = train(asked.folder, plan)
        print({name: value for name, value in found.items() if name != "history"})
    if "export" in steps:
        from kompress.export import export

        print(export(asked.folder))
    if "evaluate" in steps:
        from kompress.evaluate import evaluate

        evaluate(asked.folder, asked.corpus)
        if (asked.folder / "run.json").is_file() and (asked.folder / "model").is_dir():
            from kompress.export import write_card

            write_card(asked.folder)  # now with the verdict


if __name__ == "__main__":
    main()
