"""What ten times the input costs: for each kind of text ten runs with a small one beside one run with a large one.

The texts are made up with a fixed seed. A ratio of 10 is linear; the median of --repeat ratios is shown, each of two times
taken one after the other, since a shared machine's speed wanders. Times are CPU time of this process on one core, the best.
"""

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from headroom.compress.router import Policy
from headroom.pipeline.block import Job, run
from headroom.pipeline.eligibility import hints_for

HANDLE = "0123456789abcdef01234567"
WORDS = [
    "order",
    "customer",
    "invoice",
    "shipment",
    "payment",
    "worker",
    "queue",
    "retry",
    "cache",
    "index",
    "token",
    "route",
    "user",
    "session",
    "report",
]


def name(chance):
    return f"{chance.choice(WORDS)}-{chance.randrange(9000)}"


def json_rows(chance, count):
    return json.dumps(
        [
            {
                "id": 1000 + n,
                "name": name(chance),
                "state": chance.choice(["active", "idle", "closed"]),
                "total": chance.random(),
            }
            for n in range(count)
        ],
        indent=2,
    )


def csv_rows(chance, count):
    rows = [f"{n},{name(chance)},{chance.choice(WORDS)},{chance.randrange(10**6) / 100}" for n in range(count)]
    return "\n".join(["id,name,kind,total", *rows, ""])


def log_lines(chance, count):
    return "".join(
        f"2026-11-21 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02},{chance.randrange(999):03} "
        f"{'ERROR' if chance.random() < 0.01 else 'INFO'} {chance.choice(WORDS)}: took {name(chance)} in {chance.randrange(900)} ms\n"
        for n in range(count)
    )


def hits(chance, count):
    return "".join(
        f"src/{chance.choice(WORDS)}/{chance.choice(WORDS)}.py:{n % 900 + 1}:    {chance.choice(WORDS)} = find({name(chance)!r})\n"
        for n in range(count)
    )


def paths(chance, count):
    return "".join(
        f"./{chance.choice(WORDS)}/{chance.choice(WORDS)}/{name(chance)}/{chance.choice(WORDS)}_{n}.py\n"
        for n in range(count)
    )


def tests_run(chance, count):
    lines = [
        f"tests/test_{chance.choice(WORDS)}.py::test_{chance.choice(WORDS)}_{n} {'FAILED' if chance.random() < 0.005 else 'PASSED'} [{100 * n // count:3d}%]"
        for n in range(count)
    ]
    return "\n".join(
        ["=" * 20 + " test session starts " + "=" * 20, *lines, f"{'=' * 20} {count} passed in 3.21s {'=' * 20}", ""]
    )


def compiler(chance, count):
    return "".join(
        f"src/{chance.choice(WORDS)}.c:{n % 900 + 1}:{chance.randrange(60)}: {chance.choice(['warning', 'error'])}: unused variable '{name(chance)}'\n"
        f"  {n % 900 + 1} |     int {chance.choice(WORDS)} = 0;\n      |         ^~~~\n"
        for n in range(count)
    )


def diff(chance, count):
    out = []
    for n in range(count // 12):
        path = f"src/{chance.choice(WORDS)}/{chance.choice(WORDS)}_{n}.py"
        out += [f"diff --git a/{path} b/{path}", f"--- a/{path}", f"+++ b/{path}", "@@ -1,6 +1,6 @@"]
        out += [f" {chance.choice(WORDS)} = {name(chance)!r}" for _ in range(3)]
        out += [
            f"-old = {name(chance)!r}",
            f"+new = {name(chance)!r}",
            *(f" {chance.choice(WORDS)}()" for _ in range(3)),
        ]
    return "\n".join([*out, ""])


def page(chance, count):
    rows = "".join(
        f"<tr><td>{name(chance)}</td><td><a href='/x/{n}'>{chance.choice(WORDS)}</a></td></tr>\n<p>{' '.join(chance.choices(WORDS, k=9))}.</p>\n"
        for n in range(count)
    )
    return f"<!doctype html>\n<html><body><h1>Report</h1>\n{rows}</body></html>\n"


def yaml(chance, count):
    return "services:\n" + "".join(
        f"  {chance.choice(WORDS)}-{n}:\n    image: {name(chance)}\n    replicas: {chance.randrange(9)}\n    labels:\n      team: {chance.choice(WORDS)}\n"
        for n in range(count)
    )


def source(chance, count):
    return "import os\n\n" + "".join(
        f"\ndef {chance.choice(WORDS)}_{n}(value):\n    found = {name(chance)!r}\n    for item in value:\n        found += str(item)\n    return found\n\n"
        for n in range(count)
    )


def padded(chance, count):
    rows = [
        f"{n:>7}  {name(chance):<16}  {chance.choice(WORDS):<10}  {chance.randrange(10**6):>9}" for n in range(count)
    ]
    return "\n".join([f"{'ID':>7}  {'NAME':<16}  {'KIND':<10}  {'TOTAL':>9}", *rows, ""])


KINDS = {
    "json": json_rows, "csv": csv_rows, "log": log_lines, "search": hits, "listing": paths, "tests": tests_run, "build": compiler,
    "diff": diff, "html": page, "yaml": yaml, "source": source, "table": padded,
}  # fmt: skip


def made(maker, size):
    """A text of about so many bytes."""
    count = max(1, 2_000 * size // len(maker(random.Random(1), 2_000)))
    return maker(random.Random(1), count)


def seconds(text, query, *, lossy):
    job = Job(text, hints_for("run_tool", "{}", query), Policy(lossy=lossy), HANDLE)
    start = time.process_time()
    outcome = run(job, 600.0)
    return time.process_time() - start, outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="bytes of the smaller text")
    parser.add_argument("--times", type=int, default=10, help="how much larger the other is")
    parser.add_argument("--kinds", type=lambda value: value.split(","), default=list(KINDS))
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    print(
        "| kind | question | small | ms | large | ms | bytes x | time x | done |\n|---|---|---|---|---|---|---|---|---|"
    )
    for kind in options.kinds:
        texts = [made(KINDS[kind], options.size * factor) for factor in (1, options.times)]
        for asked in ("names one", "names nothing", "no loss"):
            word = texts[0][len(texts[0]) // 2 :].split()[3].strip("\"',.<>")
            query = f"What about {word}?" if asked == "names one" else "Please go on."
            lossy = asked != "no loss"
            small, large, ratios = [], [], []
            for _ in range(options.repeat):
                small += [seconds(texts[0], query, lossy=lossy)[0] for _ in range(options.times)]
                taken, outcome = seconds(texts[1], query, lossy=lossy)
                large.append(taken)
                ratios.append(taken / statistics.mean(small[-options.times :]))
            sizes = [len(text.encode()) for text in texts]
            print(
                f"| {kind} | {asked} | {sizes[0] // 1000} KB | {1000 * min(small):.1f} | {sizes[1] // 1000} KB | {1000 * min(large):.1f} "
                f"| {sizes[1] / sizes[0]:.1f} | {statistics.median(ratios):.1f} | {outcome.transform or outcome.why} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
