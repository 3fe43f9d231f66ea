"""How fast Kompress is on this machine: a network of ModernBERT-base's size with random weights, no download.

  scripts/bench kompress                    all that this machine can do: torch, ONNX float32, ONNX int8; a GPU if there is one
  scripts/bench kompress --only torch       one of torch, onnx, int8, gpu, lag
  scripts/bench kompress --small            a small network, to see that the script works
  scripts/bench kompress --seconds 3        time a measurement takes

Random weights cost the same time as trained ones. Figures: words a second and milliseconds per 1,000 words, the share of what
the device reaches in a plain matrix product (CPU) or of its data sheet (GPU), and the lag of an event loop beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import re
import sys
import tempfile
import time
from pathlib import Path

from headroom.compress.kompress.backend import Loaded
from headroom.compress.kompress.config import Spec
from headroom.compress.kompress.engine import Engine
from headroom.compress.kompress.files import Model
from headroom.compress.kompress.measure import measure
from headroom.compress.kompress.words import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
PEAK = {  # dense bfloat16 TFLOP/s by the makers' data sheets
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L4": 121.0,
    "4090": 165.0,
    "3090": 71.0,
    "T4": 65.0,
}
SMALL = Spec(hidden_size=64, num_hidden_layers=4, num_attention_heads=2, intermediate_size=96, vocab_size=50_368)
BATCHES = (1, 8, 32, 128)


def english(count: int) -> list[str]:
    """Words of this repository's own documentation, without its tables and code."""
    words: list[str] = []
    for path in [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]:
        text = re.sub(r"```.*?```|^\|.*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        words += [word for word in text.split() if len(word) < 24]
    return (words * (count // len(words) + 1))[:count]


def tokenizer(words: list[str]) -> Tokenizer:
    """A byte-level BPE like the published one, trained on the spot; some 1.4 tokens a word."""
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, pre_tokenizers, processors, trainers

    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    library.decoder = decoders.ByteLevel()
    special = ["[PAD]", "[CLS]", "[SEP]"]
    trainer = trainers.BpeTrainer(
        vocab_size=6000,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator([" ".join(words)], trainer)
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return Tokenizer(library)


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cpu_peak() -> float:
    """FLOP/s of a large float32 product on all cores: what an ideal encoder could reach."""
    import torch

    left, right = torch.rand(512, 1024), torch.rand(1024, 2048)
    best = 0.0
    for _ in range(20):
        began = time.perf_counter()
        torch.matmul(left, right)
        best = max(best, 2 * 512 * 1024 * 2048 / (time.perf_counter() - began))
    return best


def row(name, speed, spec, batch, peak):
    length = speed.tokens / max(1, speed.words) * 350
    flops = spec.forward_flops(1, round(length)) * speed.words / 350 / speed.seconds
    share = f"{100 * flops / peak:5.1f} %" if peak else "    ?"
    print(
        f"{name:<28} {batch:>5} {speed.words_per_second:>12,.0f} {speed.ms_per_1000_words:>14,.1f} {flops / 1e12:>9.3f} {share:>8}",
        flush=True,
    )


class Ticker:
    """Measures how late an event loop wakes up."""

    def __init__(self, every: float = 0.005) -> None:
        self.every = every
        self.late: list[float] = []

    async def run(self, seconds: float) -> None:
        ends = time.perf_counter() + seconds
        while (now := time.perf_counter()) < ends:
            await asyncio.sleep(self.every)
            self.late.append(time.perf_counter() - now - self.every)

    def told(self, name: str) -> None:
        late = sorted(self.late)
        p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
        print(
            f"{name:<28} p50 {1e3 * p50:7.2f} ms   p99 {1e3 * p99:7.2f} ms   max {1e3 * late[-1]:7.2f} ms", flush=True
        )


async def lag(name, load, words, seconds) -> None:
    """The lag while eight blocks at a time keep the engine busy; then the same without it."""
    ticker = Ticker()
    await ticker.run(seconds / 2)
    ticker.told(f"{name}: before")
    engine = Engine(load)
    ticker = Ticker()
    loading = asyncio.create_task(ticker.run(3600))
    engine.start()
    found = await asyncio.to_thread(engine.wait, 300)
    loading.cancel()
    ticker.told(f"{name}: loading")
    if not found.ready:
        print(f"{name}: {found.state}: {found.reason}")
        return
    ends = time.perf_counter() + seconds
    done = 0

    def work() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            engine.score(words, 120.0)
            done += 1

    ticker = Ticker()
    both = [asyncio.to_thread(work) for _ in range(8)]
    await asyncio.gather(ticker.run(seconds), *both)
    ticker.told(f"{name}: flat out")
    engine.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["torch", "onnx", "int8", "gpu", "lag"], action="append")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=8.0)
    asked = parser.parse_args()
    from headroom.compress.kompress.torch_backend import let_cores_go

    let_cores_go()
    wanted = asked.only or ["torch", "onnx", "int8", "gpu", "lag"]
    try:
        import torch

        from headroom.compress.kompress import export, onnx_backend, torch_backend
        from headroom.compress.kompress.model import Network
    except ImportError as error:
        print(f"{error.name} is missing; run scripts/setup --dev --ml", file=sys.stderr)
        return 1
    spec = SMALL if asked.small else Spec()
    sys.setswitchinterval(0.001)  # as headroom proxy does
    torch.manual_seed(1)
    network = Network(spec, attention="eager" if {"onnx", "int8", "lag"} & set(wanted) else "sdpa").eval()
    network.requires_grad_(False)
    size = sum(p.numel() for p in network.parameters())
    words = english(20_000)
    cut = tokenizer(words)
    print(f"{size / 1e6:,.1f} M parameters; {cpu_name()}, {torch.get_num_threads()} threads; torch {torch.__version__}")
    print(
        f"load of the machine before: {os.getloadavg()[0]:.1f}; a row is the fastest of the runs in {asked.seconds:g} s"
    )
    print(f"{'':<28} {'batch':>5} {'words/s':>12} {'ms/1,000 words':>14} {'TFLOP/s':>9} {'of peak':>8}", flush=True)
    peak = cpu_peak()
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as temporary:
        folder = Path(temporary)
        graph = folder / "kompress-fp32.onnx"
        small = folder / "kompress-int8.onnx"
        if {"onnx", "int8", "lag"} & set(wanted):
            export.write_onnx(network, graph)
            export.write_int8(graph, small)
        network.encoder.set_attn_implementation("sdpa")
        loaders = {}
        if {"torch", "lag"} & set(wanted):
            backend = torch_backend.TorchBackend(network, device="cpu", dtype=torch.float32, identity="random")
            loaders["torch"] = lambda: backend
            if "torch" in wanted:
                speed = measure(cut, backend, words, seconds=asked.seconds)
                row("cpu, torch float32", speed, spec, 1, peak := max(peak, cpu_peak()))
        for name, path, kind in (("ONNX float32", graph, "onnx"), ("ONNX int8", small, "int8")):
            if {kind, "lag"} & set(wanted):
                model = Model(folder, "random", folder / "tokenizer.json", None, (path,))
                loaders[name] = lambda model=model: onnx_backend.load(model)
            if kind in wanted:
                session = loaders[name]()
                row(
                    f"cpu, {name}",
                    measure(cut, session, words, seconds=asked.seconds),
                    spec,
                    1,
                    peak if kind == "onnx" else None,
                )
                session.close()
        if "lag" in wanted:
            print("\nevent loop beside the engine (a tick every 5 ms)")
            for name, load in loaders.items():
                asyncio.run(
                    lag(name, lambda load=load: Loaded(cut, load(), "random"), words[:700], max(asked.seconds, 4))
                )
                gc.collect()
    if "gpu" in wanted:
        if torch.cuda.is_available():
            gpu(torch, torch_backend, network, spec, cut, words, asked.seconds)
        else:
            print("\nno GPU that torch can use is here")
    return 0


def gpu(torch, torch_backend, network, spec, cut, words, seconds) -> None:
    name = torch.cuda.get_device_name(0)
    peak = next((1e12 * value for key, value in PEAK.items() if key in name), None)
    print(f"\n{name}")
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        for batch in BATCHES:
            backend = torch_backend.TorchBackend(
                network.to("cuda", dtype), device="cuda", dtype=dtype, identity="random", batch=batch
            )
            try:
                speed = measure(cut, backend, words, batch=batch, seconds=seconds / 4)
            except torch.OutOfMemoryError:
                break
            row(
                f"cuda, {str(dtype).removeprefix('torch.')}",
                speed,
                spec,
                batch,
                peak if dtype is not torch.float32 else None,
            )
    best = torch_backend.fastest(network.float(), "cuda", "random")
    print(f"chosen: {best.precision}, {best.batch} windows at once")
    asyncio.run(lag("cuda", lambda: Loaded(cut, best, "random"), words[:700], max(seconds, 4)))


if __name__ == "__main__":
    sys.exit(main())
