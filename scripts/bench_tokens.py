#!/usr/bin/env python3
"""How fast each library counts tokens, on the bundled tool outputs and any other files, side by side in one run.

    scripts/bench_tokens.py [--encoding o200k_base|cl100k_base] [FILE...]

Each text is counted with other digits every time, so that no memory of whole texts helps; the best of five is printed.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from headroom.accounts.tokenizers import Tokenizer, by_splintr, by_tiktoken

OUTPUTS = Path(__file__).resolve().parents[1] / "tests/fixtures/outputs"
LEAST = 8_000


def varied(text: str, seed: int) -> str:
    """The same kind of text with other digits."""
    rng = random.Random(seed)
    return "".join(rng.choice("0123456789") if sign.isdigit() and rng.random() < 0.3 else sign for sign in text)


def speed(tokenizer: Tokenizer, texts: list[str]) -> float:
    """Characters a second, best of all texts, which are alike."""
    best = 0.0
    for text in texts:
        began = time.perf_counter()
        tokenizer.count(text)
        best = max(best, len(text) / (time.perf_counter() - began))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoding", default="o200k_base", choices=["o200k_base", "cl100k_base"])
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    makers = {"tiktoken": by_tiktoken, "splintr": by_splintr}
    tokenizers: dict[str, Tokenizer] = {}
    for name, make in makers.items():
        try:
            tokenizers[name] = make(asked.encoding)
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
            continue
        tokenizers[name].encode("warm, ça va 日本")
    files = asked.files or [file for file in sorted(OUTPUTS.iterdir()) if file.stat().st_size >= LEAST]
    table = Table("text", "KB", "tokens", *(f"{name} MB/s" for name in tokenizers), "alike")
    speeds: dict[str, list[float]] = {name: [] for name in tokenizers}
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        texts = [varied(text, seed) for seed in range(5)]
        counts = {tokenizer.count(text) for tokenizer in tokenizers.values()}
        for name, tokenizer in tokenizers.items():
            speeds[name].append(speed(tokenizer, texts) / 1e6)
        row = [f"{found[-1]:.1f}" for found in speeds.values()]
        table.add_row(file.name, f"{len(text) / 1e3:.0f}", str(max(counts)), *row, "yes" if len(counts) == 1 else "NO")
    Console(width=100).print(table)
    for name, found in speeds.items():
        print(f"{name}: {min(found):.1f} to {max(found):.1f} MB/s")


if __name__ == "__main__":
    main()
