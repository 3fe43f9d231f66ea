"""Is the model better than the rules at equal savings? Measured on a corpus it never saw, and on held-out packages.

Four ways to choose sentences, all from headroom.compress.prose:
  rules  the deterministic compressor;
  model  the same with the model's scores, in the int8 form that would ship;
  blank  the same as ``model`` with 0.5 for every word: what the must-keep rules of that path do without any model;
  labels the same with the labels themselves as scores: what a model that learnt them without a fault would do.
For each text and each share to keep, ``model`` is run first; the others are then given the share that makes their output
as long (o200k tokens, markers included; within 2 points of savings, else the row is not compared).
"""

from __future__ import annotations

import html
import importlib.util
import json
import random
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from kompress import labels, predictability
from kompress.cleaning import paragraphs
from kompress.predictability import normal

from headroom.accounts.tokens import count as count_tokens
from headroom.compress.kompress import onnx_backend, scores
from headroom.compress.kompress.choose import must_stay
from headroom.compress.kompress.config import read_spec
from headroom.compress.kompress.files import inspect
from headroom.compress.kompress.words import Tokenizer
from headroom.compress.must_keep import must_keep
from headroom.compress.prose import Prose, split_sentences
from headroom.compress.rendition import Hints

SHARES: tuple[float | None, ...] = (0.35, 0.5, 0.65, 0.8, None)
"""To keep; None is the model's own threshold."""
LEAST_WORDS = 300
"""As the gate has it: shorter texts never reach the model."""
FEWEST = 5
"""Texts below which no difference counts as shown."""
_APART = 0.02
_MARKER = "[left out: {note}, characters {first}-{last}; headroom_retrieve hash=0123456789abcdef01234567]\n"
_CUT_WORDS = 2500

Score = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Text:
    """One text to try on."""

    name: str
    text: str
    query: str
    checks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One text, one share, one way."""

    text: str
    share: float | None
    way: str
    savings: float
    score: float | None
    needs: tuple[int, int]
    facts: tuple[int, int]
    rare: float
    must: float
    bigrams: float


def evaluate(folder: Path, corpus: Path, *, most_held_out: int = 40) -> dict[str, Any]:
    """Write evaluation.json and evaluation.md into ``folder``; print the table and the verdict."""
    known = frozenset(json.loads((folder / "known-words.json").read_bytes()))
    model = scorer(folder / "model")
    found: dict[str, Any] = {}
    sets: dict[str, list[Text]] = {"held-out": held_out_texts(folder, most_held_out)}
    holds: Any = None
    if (corpus / "items" / "manifest.jsonl").is_file():
        view, holds = _checks(corpus)
        sets["corpus"] = corpus_texts(corpus, lambda text, check: bool(holds(check, view(text))))
    else:
        print(f"no corpus at {corpus}: without it there is no verdict to ship")
    tables = [
        "| texts | share | way | compared | savings | needs | facts | SCORE | rare words | must-keeps | bigrams |",
        "|---|" + "---|" * 10,
    ]
    taught = teacher(folder, [text for texts in sets.values() for text in texts])
    everything: list[Row] = []
    for name, texts in sets.items():
        judged = (
            (lambda text, check: bool(holds(check, view(text)))) if name == "corpus" else (lambda _text, _check: True)
        )
        rows = [row for text in texts for row in compare(text, model, taught, known, judged)]
        everything += rows
        print(f"{name}: {len(texts)} texts, {sum(len(text.text.split()) for text in texts)} words", flush=True)
        found[name] = {"texts": [text.name for text in texts], "rows": [asdict(row) for row in rows]}
        tables += _table(name, rows)
    verdict = _verdict(found, {name: [row for row in everything if row.text in found[name]["texts"]] for name in sets})
    found["verdict"] = verdict
    (folder / "evaluation.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (folder / "evaluation.md").write_text("\n".join([*tables, "", verdict]) + "\n", encoding="utf-8")
    print("\n".join([*tables, "", verdict]))
    return found


# -- texts -------------------------------------------------------------------------------------------------------------
def held_out_texts(folder: Path, most: int) -> list[Text]:
    """Texts of packages that were kept from training, without a question; at most four a package, cut to 2,500 words."""
    taken: dict[str, int] = {}
    out = []
    for line in (folder / "held-out.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        runs, words = [], 0
        for run in row["text"].split("\n\n"):
            if words < _CUT_WORDS:
                runs.append(run)
                words += len(run.split())
        if words < LEAST_WORDS or taken.get(row["source"], 0) >= 4:
            continue
        taken[row["source"]] = taken.get(row["source"], 0) + 1
        out.append(Text(f"{row['source']}/{row['name']}", "\n\n".join(runs), ""))
    random.Random(7).shuffle(out)
    return out[:most]


def corpus_texts(corpus: Path, holds: Callable[[str, dict[str, Any]], bool]) -> list[Text]:
    """The running text of every item that has 300 words of it, with the question and the checks that it alone can meet."""
    out = []
    for line in (corpus / "items" / "manifest.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        source = (corpus / "items" / item["file"]).read_text("utf-8")
        if item["kind"] == "html":
            source = html.unescape(re.sub(r"</?(?:p|div|li|dd|dt|h\d|pre|table|tr|ul|ol|dl)\b[^<>]*>", "\n\n", source))
        elif item["kind"] == "source":
            source = re.sub(r"^[ \t]*(?:/\*+|\*+/?|//+|#+|--+)[ \t]?", "", source, flags=re.MULTILINE)
        text = "\n\n".join(paragraphs(source))
        checks = tuple(check for check in item["checks"] if holds(text, check))
        if len(text.split()) >= LEAST_WORDS:
            out.append(Text(item["id"], text, item["query"], checks))
    return out


def _checks(corpus: Path) -> tuple[Any, Any]:
    spec = importlib.util.spec_from_file_location("corpus_checks", corpus / "tools" / "lib" / "checks.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{corpus}/tools/lib/checks.py can't be read")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.View, module.holds


# -- ways --------------------------------------------------------------------------------------------------------------
def scorer(model: Path) -> Score:
    """Word scores of a model folder by the graph that its loader picks; the last texts are kept in memory."""
    found = inspect(model, model.name, {})
    spec = read_spec(model)
    tokenizer = Tokenizer.load(found.tokenizer, vocabulary=spec.vocab_size if spec else None)
    backend = onnx_backend.load(found)
    kept: dict[int, list[float]] = {}

    def score(words: Sequence[str]) -> list[float]:
        key = hash(tuple(words))
        if key not in kept:
            kept[key] = [
                value
                for window in tokenizer.windows(words)
                for value in scores.of_words(backend.run([window.ids])[0], window.owners, window.count)
            ]
        return kept[key]

    return score


def blank(words: Sequence[str]) -> list[float]:
    """Says nothing."""
    return [0.5] * len(words)


def teacher(folder: Path, texts: Sequence[Text]) -> Score:
    """Scores of the given texts from the labels' own bits: 0.5 at the cut, twice the odds for each bit, 1 for what must stay."""
    cut = json.loads((folder / "manifest.json").read_bytes())["cuts_in_bits"]["word"]
    pieces = [labels.piece(text.text) for text in texts]
    rows = (folder / "train.jsonl").read_text("utf-8").splitlines()
    bits = predictability.surprise(
        [piece.words for piece in pieces] + [json.loads(row)["text"].split() for row in rows]
    )
    table: dict[tuple[str, ...], list[float]] = {}
    for piece, row in zip(pieces, bits, strict=False):
        chance = 1 / (1 + 2.0 ** (cut - row))
        chance[piece.fixed] = 1.0
        table[piece.words] = chance.tolist()
    return lambda words: table[tuple(words)]


def shorten(text: Text, score: Score | None, share: float | None) -> str:
    """The text as it would be sent."""
    found = Prose(score, share).lossy(text.text, Hints(query=text.query))
    if found is None:
        return text.text
    return "".join(
        piece if isinstance(piece, str) else _MARKER.format(note=piece.note, first=piece.first, last=piece.last)
        for piece in found.pieces
    )


def matched(text: Text, score: Score | None, tokens: int) -> str:
    """The output whose length is nearest to ``tokens``, by halving the share to keep."""
    low, high, best = 0.02, 1.0, text.text
    for _ in range(9):
        share = (low + high) / 2
        made = shorten(text, score, share)
        size = count_tokens(made)
        if abs(size - tokens) < abs(count_tokens(best) - tokens):
            best = made
        low, high = (share, high) if size < tokens else (low, share)
    return best


def compare(
    text: Text, model: Score, taught: Score, known: frozenset[str], holds: Callable[[str, dict[str, Any]], bool]
) -> list[Row]:
    """Rows of all ways at each share at which they come out equally long."""
    whole = count_tokens(text.text)
    out = []
    for share in SHARES:
        by_model = shorten(text, model, share)
        size = count_tokens(by_model)
        if size >= whole:
            continue
        ways = {
            "model": by_model,
            "rules": matched(text, None, size),
            "blank": matched(text, blank, size),
            "labels": matched(text, taught, size),
        }
        if any(abs(count_tokens(made) - size) > _APART * whole for made in ways.values()):
            continue
        out += [measured(text, share, way, made, whole, known, holds) for way, made in ways.items()]
    return out


def measured(
    text: Text,
    share: float | None,
    way: str,
    made: str,
    whole: int,
    known: frozenset[str],
    holds: Callable[[str, dict[str, Any]], bool],
) -> Row:
    """What one output still holds."""
    savings = 1 - count_tokens(made) / whole
    tiers: dict[str, list[bool]] = {"need": [], "recall": []}
    for check in text.checks:
        tiers["need" if check["tier"] == "need" else "recall"].append(holds(made, check))
    score = None
    if tiers["need"]:  # the original can always be fetched, so nothing is lost for good
        score = savings if all(tiers["need"]) else savings - 1
    before, after = text.text.split(), made.split()
    rare = {normal(word) for word in before} - known - {"", "#"}
    must = [one.text for one in split_sentences(text.text) if must_keep(one.text) or must_stay(one.text)]
    pairs = set(pairwise(before))
    return Row(
        text=text.name,
        share=share,
        way=way,
        savings=round(savings, 4),
        score=None if score is None else round(score, 4),
        needs=(sum(tiers["need"]), len(tiers["need"])),
        facts=(sum(tiers["recall"]), len(tiers["recall"])),
        rare=len(rare & {normal(word) for word in after}) / len(rare) if rare else 1.0,
        must=sum(one in made for one in must) / len(must) if must else 1.0,
        bigrams=len(pairs & set(pairwise(after))) / len(pairs),
    )


# -- figures -----------------------------------------------------------------------------------------------------------
def _table(name: str, rows: Sequence[Row]) -> list[str]:
    out = []
    for share in SHARES:
        for way in ("rules", "blank", "model", "labels"):
            own = [row for row in rows if row.share == share and row.way == way]
            if not own:
                continue
            scored = [row.score for row in own if row.score is not None]
            cells = [
                name,
                "own threshold" if share is None else f"{share:.0%}",
                way,
                str(len(own)),
                f"{statistics.mean(row.savings for row in own):.1%}",
                _sum([row.needs for row in own]),
                _sum([row.facts for row in own]),
                f"{100 * statistics.mean(scored):.1f}" if scored else "–",
                *(
                    f"{statistics.mean(getattr(row, field) for row in own):.3f}"
                    for field in ("rare", "must", "bigrams")
                ),
            ]
            out.append("| " + " | ".join(cells) + " |")
    return out


def _sum(pairs: Sequence[tuple[int, int]]) -> str:
    total = sum(pair[1] for pair in pairs)
    return f"{sum(pair[0] for pair in pairs)}/{total}" if total else "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one way is above another, as the mean over texts."""

    mean: float
    low: float
    high: float
    """Bounds of the 95 % interval, by bootstrap over texts."""
    texts: int

    @property
    def shown(self) -> bool:
        """Whether it is above 0 beyond chance; a few texts can't show that."""
        return self.texts >= FEWEST and self.low > 0

    def __str__(self) -> str:
        bounds = f"95 % {self.low:+.3f} to {self.high:+.3f}, " if self.texts >= FEWEST else ""
        return f"{self.mean:+.3f} ({bounds}{self.texts} texts)"


def difference(
    rows: Sequence[Row], way: str, other: str, value: Callable[[Row], float | None], *, rounds: int = 2000
) -> Difference:
    """Mean of ``way`` minus ``other`` over the texts and shares that have both."""
    by: dict[str, dict[tuple[float | None, str], float]] = {}
    for row in rows:
        number = value(row)
        if number is not None:
            by.setdefault(row.text, {})[row.share, row.way] = number
    each = []
    for cells in by.values():
        shares = {share for share, _ in cells if (share, way) in cells and (share, other) in cells}
        if shares:
            each.append(statistics.mean(cells[share, way] - cells[share, other] for share in shares))
    if not each:
        return Difference(0.0, 0.0, 0.0, 0)
    chance = random.Random(11)
    means = sorted(statistics.mean(chance.choices(each, k=len(each))) for _ in range(rounds))
    return Difference(statistics.mean(each), means[round(0.025 * rounds)], means[round(0.975 * rounds) - 1], len(each))


def _held(row: Row) -> float | None:
    total = row.needs[1] + row.facts[1]
    return (row.needs[0] + row.facts[0]) / total if total else None


def _verdict(found: dict[str, Any], rows: dict[str, list[Row]]) -> str:
    """Ship only if, on the corpus, SCORE and checks kept are above those of the rules and of the blank beyond chance."""
    lines = []
    good = "corpus" in rows
    for name, own in rows.items():
        measures: list[tuple[str, Callable[[Row], float | None]]] = (
            [("SCORE", lambda row: row.score), ("checks kept", _held)] if name == "corpus" else []
        )
        measures += [("rare words kept", lambda row: row.rare), ("must-keeps kept", lambda row: row.must)]
        for label, value in measures:
            for way, other in (("model", "rules"), ("model", "blank"), ("labels", "rules"), ("labels", "blank")):
                gap = difference(own, way, other, value)
                row = {"set": name, "measure": label, "way": way, "against": other}
                found.setdefault("differences", []).append(row | asdict(gap))
                lines.append(f"- {name}, {label}, {way} minus {other}: {gap}")
                if name == "corpus" and way == "model" and label in {"SCORE", "checks kept"}:
                    good = good and gap.shown
    head = (
        "SHIP: better on the corpus at equal savings, beyond chance."
        if good
        else "DO NOT SHIP: not shown to be better on the corpus at equal savings."
    )
    return "\n".join([head, "", *lines])
