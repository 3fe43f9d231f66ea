#!/usr/bin/env python3
"""Run every item of a corpus of real tool results through the compression router, and say what was saved and kept.

    scripts/bench_corpus.py [--corpus DIR] [--tools real|neutral] [--query real|vague|step] [--context N] [--lossless] [--rivals]
                            [--around WRAPPING|all] [--kinds a,b] [--ids a,b] [--dump DIR] [-v] [--json FILE]

The folder holds items/manifest.jsonl, the items, and tools/lib/checks.py, which says whether a compressed text still holds
what its question needs ("need") and other facts ("recall"). SCORE: savings if every need check is in the text and all else
can at least be fetched; half of them if a fact is gone for good; minus the compressed size if the answer must be fetched;
-100 if it is lost; mean over kinds. EXPECTED also takes 15 % of the share of other facts that must be fetched.
Tokens are o200k_base's. Times are CPU time of this process on one core: the corpus is gone through --repeat times, and each
item's best run counts, since a shared machine's speed wanders. With --around all each item is wrapped as agents, tools and
CI runners wrap an output, one way after the other, and a line is printed for each. With --query step the user asked for
something else, another item's question, and only the agent's words say what this call is for. With --rivals the corpus's own re-layout is timed in turns with it.
"""

import argparse
import importlib.util
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from wrappings import WRAPPINGS

from headroom.accounts.tokens import count as count_text
from headroom.compress.registry import KINDS, compressors
from headroom.compress.router import Policy
from headroom.compress.voi import CONTEXT
from headroom.pipeline.block import Job, run
from headroom.pipeline.eligibility import Protection, Protector, hints_for

FOLLOW_UP = 0.15
VAGUE = "Please go on with the task."
WORDS = "Let me look."
APART = 7
"""How far off the item is whose question the user asked, where the agent says itself what a call is for."""
HANDLE = "0123456789abcdef01234567"
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@dataclass
class Row:
    id: str
    kind: str
    bytes: int
    before: int
    after: int
    seconds: float
    transform: str
    why: str
    checks: list[tuple[str, str, bool, bool]] = field(default_factory=list)
    silent: bool = False

    @property
    def saved(self) -> float:
        return 1 - self.after / self.before

    def has(self, tier: str, column: int) -> list[bool]:
        return [bool(check[column]) for check in self.checks if check[1] == tier]

    @property
    def score(self) -> float:
        if all(self.has("need", 2)):
            if all(check[3] for check in self.checks):
                return self.saved
            return min(self.saved, 0.0) if self.saved < 0 else 0.5 * self.saved
        return -self.after / self.before if all(self.has("need", 3)) else -1.0

    @property
    def expected(self) -> float:
        if not all(self.has("need", 3)):
            return -1.0
        recall = self.has("recall", 2)
        missing = recall.count(False) / len(recall) if recall else 0.0
        return self.saved - (0 if all(self.has("need", 2)) else 1) - FOLLOW_UP * missing


def load_checks(corpus):
    spec = importlib.util.spec_from_file_location("corpus_checks", corpus / "tools" / "lib" / "checks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_items(corpus, kinds, ids, wrap=WRAPPINGS["nothing"]):
    for line in (corpus / "items" / "manifest.jsonl").read_text().splitlines():
        item = json.loads(line)
        if (not kinds or item["kind"] in kinds) and (not ids or item["id"] in ids):
            yield item, wrap((corpus / "items" / item["file"]).read_text())


@cache
def queries(corpus):
    """The question of each item, by its id."""
    lines = (corpus / "items" / "manifest.jsonl").read_text().splitlines()
    return {item["id"]: item["query"] for item in map(json.loads, lines)}


def query_for(item, options):
    match options.query:
        case "real":
            return f"{item['query']}\n{WORDS}"
        case "step":
            asked = queries(options.corpus)
            other = list(asked.values())[(list(asked).index(item["id"]) + APART) % len(asked)]
            return f"{other}\nStep 4. {item['query']} I'll look."
    return f"{VAGUE}\n{WORDS}"


def job_for(item, text, options):
    name = item["tool"]["name"] if options.tools == "real" else "run_tool"
    query = query_for(item, options)
    hints = hints_for(name, json.dumps(item["tool"]["input"]), query)
    level = Protector().level(name, hints.command)
    if options.tools == "neutral":
        level = Protection.FREE
    protect = ("none", "lossless", "exact")[level]
    policy = Policy(lossy=not options.lossless, protect=protect, context=options.context)
    return Job(text, hints, policy, HANDLE)


def ours(item, text, options):
    job = job_for(item, text, options)
    start = time.process_time()
    outcome = run(job, 60.0)
    seconds = time.process_time() - start
    original = None if outcome.text is None or outcome.lossless else text
    return outcome.text, original, seconds, outcome.transform, outcome.why


def load_relayout(corpus):
    """The re-layout that the corpus brings as a reference; None where it has none."""
    path = corpus / "tools" / "lib" / "lite.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("corpus_lite", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def adapter(_, text, __):
        start = time.process_time()
        new = module.lite(text)
        return new, None, time.process_time() - start, "", ""

    return adapter


def time_again(corpus, options, timed):
    """Run everything again, ``--repeat`` times in all; the adapters take turns, as the machine's speed may change meanwhile."""
    items = list(load_items(corpus, options.kinds, options.ids, WRAPPINGS[options.around]))
    for _ in range(options.repeat - 1):
        for index, (item, text) in enumerate(items):
            for rows, adapter in timed:
                rows[index].seconds = min(rows[index].seconds, adapter(item, text, rows[index].before)[2])


def minified(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (dict, list)) else None


def head_and_tail(text, tokens, before):
    """Head and tail of about the same size as what we sent: what plain truncation would have kept."""
    share = tokens / before
    size = int(len(text) * share)
    return f"{text[: int(size * 0.6)]}\n[... omitted ...]\n{text[len(text) - int(size * 0.4) :]}"


def judge(checks, item, text, shown, original):
    page = item["kind"] == "html"
    view = checks.View(shown, page)
    whole = checks.View(original, page) if original is not None else None
    found = []
    for check in item["checks"]:
        seen = True if shown is text else checks.holds(check, view)
        fetched = seen or (whole is not None and checks.holds(check, whole))
        found.append((check["id"], check["tier"], seen, fetched))
    return found


def measure(corpus, options, adapter):
    checks = load_checks(corpus)
    rows = []
    for item, text in load_items(corpus, options.kinds, options.ids, WRAPPINGS[options.around]):
        before = count_text(text)
        new, original, seconds, transform, why = adapter(item, text, before)
        shown = text if new is None else new
        row = Row(item["id"], item["kind"], len(text.encode()), before, count_text(shown), seconds, transform, why)
        row.checks = judge(checks, item, text, shown, original)
        row.silent = any(not check[2] for check in row.checks) and "[~ " not in shown
        if options.dump and new is not None:
            options.dump.mkdir(parents=True, exist_ok=True)
            (options.dump / f"{item['id']}.txt").write_text(shown)
        rows.append(row)
    return rows


def percent(flags):
    flags = list(flags)
    return 100 * sum(flags) / len(flags) if flags else 100.0


def megabytes_a_second(rows):
    return sum(row.bytes for row in rows) / 1e6 / max(1e-9, sum(row.seconds for row in rows))


def speed_of(rows):
    return f"{megabytes_a_second(rows):.1f}" if any(row.seconds for row in rows) else "-"


def line_of(name, rows):
    times = sorted(row.seconds * 1000 for row in rows)
    before, after = sum(row.before for row in rows), sum(row.after for row in rows)
    need = [flag for row in rows for flag in row.has("need", 2)]
    need_fetched = [flag for row in rows for flag in row.has("need", 3)]
    recall = [flag for row in rows for flag in row.has("recall", 2)]
    everything = [check[3] for row in rows for check in row.checks]
    return (
        f"| {name} | {len(rows)} | {100 * (1 - after / before):.1f} | {100 * statistics.mean(row.saved for row in rows):.1f} "
        f"| {percent(need):.1f} | {percent(need_fetched):.1f} | {percent(recall):.1f} | {percent(everything):.1f} "
        f"| {100 * statistics.mean(row.score for row in rows):.1f} | {100 * statistics.mean(row.expected for row in rows):.1f} "
        f"| {sum(row.silent for row in rows)} | {times[len(times) // 2]:.1f} | {times[min(len(times) - 1, int(0.95 * len(times)))]:.1f} "
        f"| {speed_of(rows)} |"
    )


def short_line_of(name, rows):
    need, fetched = ([flag for row in rows for flag in row.has("need", column)] for column in (2, 3))
    by_kind = [[row.score for row in rows if row.kind == kind] for kind in {row.kind for row in rows}]
    return (
        f"| {name} | {100 * statistics.mean(row.saved for row in rows):.1f} | {percent(need):.1f} | {percent(fetched):.1f} "
        f"| {100 * statistics.mean(map(statistics.mean, by_kind)):.1f} |"
    )


def show(title, rows):
    print(f"\n### {title}\n")
    print(
        "| kind | items | saved % | saved/item % | need in text | need w. fetch | recall in text | all w. fetch | SCORE | EXPECTED | silent | p50 ms | p95 ms | MB/s |"
    )
    print("|---|" + "---|" * 13)
    kinds = sorted({row.kind for row in rows})
    for kind in kinds:
        print(line_of(kind, [row for row in rows if row.kind == kind]))
    print(line_of("ALL", rows))
    by_kind = [[row for row in rows if row.kind == kind] for kind in kinds]
    score = statistics.mean(100 * statistics.mean(row.score for row in group) for group in by_kind)
    expected = statistics.mean(100 * statistics.mean(row.expected for row in group) for group in by_kind)
    timed = any(row.seconds for row in rows)
    speed = f"  median of kinds {statistics.median(map(megabytes_a_second, by_kind)):.1f} MB/s" if timed else ""
    print(f"\nSCORE {score:.1f}  EXPECTED {expected:.1f}{speed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=DEFAULT)
    parser.add_argument("--tools", choices=("real", "neutral"), default="neutral")
    parser.add_argument("--query", choices=("real", "vague", "step"), default="real")
    parser.add_argument(
        "--context",
        type=int,
        default=CONTEXT,
        help="tokens of the conversation: in a short one leaving out pays sooner",
    )
    parser.add_argument("--lossless", action="store_true", help="no retrieval promise: re-encode at most")
    parser.add_argument(
        "--rivals",
        action="store_true",
        help="also nothing, minified JSON, the corpus's own re-layout, and head and tail at our size",
    )
    parser.add_argument("--around", choices=("all", *WRAPPINGS), default="nothing", help="what stands around each item")
    parser.add_argument("--kinds", type=lambda value: value.split(","))
    parser.add_argument("--ids", type=lambda value: value.split(","))
    parser.add_argument(
        "--repeat", type=int, default=10, help="times to go through the corpus; the best of each item counts"
    )
    parser.add_argument("--dump", type=Path, help="write the compressed texts here")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if not (options.corpus / "items" / "manifest.jsonl").exists():
        parser.error(f"no corpus at {options.corpus}: pass --corpus DIR with items/manifest.jsonl in it")
    for kind in KINDS:  # as the proxy does before its first request; else the first item of a kind pays for the import
        compressors(kind)
    run(Job("warm up\n" * 400, hints_for(None, "", ""), Policy(), HANDLE), 60.0)

    def headroom(item, text, _):
        return ours(item, text, options)

    if options.around == "all":
        print("| around each item | saved/item % | need in text | need w. fetch | SCORE |\n|---|---|---|---|---|")
        for options.around in WRAPPINGS:
            print(short_line_of(options.around, measure(options.corpus, options, headroom)), flush=True)
        return
    timed = [(measure(options.corpus, options, headroom), headroom)]
    rows = timed[0][0]
    relayout = load_relayout(options.corpus) if options.rivals else None
    options.dump = None
    if relayout is not None:
        timed.append((measure(options.corpus, options, relayout), relayout))
    time_again(options.corpus, options, timed)
    if options.verbose:
        for row in rows:
            lost = [name for name, tier, seen, _ in row.checks if tier == "need" and not seen]
            gone = [name for name, _, _, fetched in row.checks if not fetched]
            print(
                f"{row.id:28s} {row.before:7d} -> {row.after:6d} {100 * row.saved:5.1f} % score {100 * row.score:6.1f} "
                f"exp {100 * row.expected:6.1f} {row.seconds * 1000:6.1f} ms {row.transform or row.why}"
                + (f" NEED {lost}" if lost else "")
                + (f" GONE {gone}" if gone else "")
            )
    mode = "lossless only" if options.lossless else "lossy where it pays"
    show(f"headroom: {options.tools} tools, {options.query} question, {mode}", rows)
    if options.rivals:
        sizes = {row.id: row.after for row in rows}
        show("nothing", measure(options.corpus, options, lambda *_: (None, None, 0.0, "", "")))
        show("minified JSON", measure(options.corpus, options, lambda _, text, __: (minified(text), None, 0.0, "", "")))
        if relayout is not None:
            show("the corpus's own re-layout", timed[1][0])

        def cut(item, text, before):
            return head_and_tail(text, sizes[item["id"]], before), None, 0.0, "", ""

        show("head and tail at our size", measure(options.corpus, options, cut))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
