"""Text to training data: clean, split by package, a tokenizer, labels; and a manifest of where every word came from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from kompress import labels, predictability
from kompress.cleaning import Seen, paragraphs
from kompress.sources import Document, collect

from headroom.compress.kompress.words import Tokenizer

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
_HELD_OUT = 12
"""Every so many-th package, by the hash of its name, is held out."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Token ids with the labels of their words; -1 marks special tokens. ``starts`` has one entry more than windows."""

    ids: np.ndarray
    keep: np.ndarray
    good: np.ndarray
    starts: np.ndarray

    def save(self, path: Path) -> None:
        np.savez(path, ids=self.ids, keep=self.keep, good=self.good, starts=self.starts)

    @classmethod
    def load(cls, path: Path) -> Windows:
        with np.load(path) as held:
            return cls(held["ids"], held["keep"], held["good"], held["starts"])


def raw(folder: Path) -> list[Document]:
    """The documents of this machine; collected once, then read from the folder."""
    path = folder / "raw.jsonl"
    if not path.is_file():
        passed: Counter[str] = Counter()
        with path.with_suffix(".part").open("w", encoding="utf-8") as file:
            for document in collect(passed):
                file.write(json.dumps(asdict(document)) + "\n")
        (folder / "passed.json").write_text(json.dumps(passed, indent=2) + "\n")
        path.with_suffix(".part").rename(path)
    with path.open(encoding="utf-8") as file:
        return [Document(**json.loads(line)) for line in file]


def clean(
    documents: Iterable[Document], barred: Sequence[str], *, most_words: int
) -> tuple[list[Document], Counter[str]]:
    """Prose only, no paragraph twice, none that shares eight words in a row with a barred text; at most so many words a package."""
    seen = Seen(barred)
    counted: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    out: list[Document] = []
    for document in documents:
        runs = []
        for run in paragraphs(document.text):
            if taken[document.source] >= most_words:
                counted["beyond the limit of its package"] += 1
            elif not seen.fresh(run):
                counted["met before"] += 1
            elif seen.barred(run):
                counted["shares words with the test set"] += 1
            else:
                counted["kept"] += 1
                taken[document.source] += len(run.split())
                runs.append(run)
        if runs:
            out.append(Document(document.source, document.licence, document.name, "\n\n".join(runs)))
    return out, counted


def held_out(source: str) -> bool:
    """Whether a package is kept from training."""
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % _HELD_OUT == 0


def write_tokenizer(texts: Iterable[str], path: Path, size: int) -> None:
    """A byte-level BPE with the special tokens first; words given one by one get a space in front, as in running text."""
    from tokenizers import Tokenizer as Library
    from tokenizers import models, pre_tokenizers, processors, trainers

    library = Library(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator(texts, trainer)
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))]
    )
    library.save(str(path))


def windows(rows: Iterable[tuple[Sequence[str], np.ndarray, np.ndarray]], tokenizer: Tokenizer) -> Windows:
    """Cut labelled words into windows as the engine cuts them."""
    ids: list[int] = []
    keep: list[int] = []
    good: list[int] = []
    starts = [0]
    for words, kept, fine in rows:
        for window in tokenizer.windows(words):
            ids += window.ids
            keep += [-1 if owner is None else int(kept[window.first + owner]) for owner in window.owners]
            good += [-1 if owner is None else int(fine[window.first + owner]) for owner in window.owners]
            starts.append(len(ids))
    return Windows(
        np.array(ids, np.uint16), np.array(keep, np.int8), np.array(good, np.int8), np.array(starts, np.int64)
    )


def prepare(
    folder: Path, *, barred: Sequence[str], vocabulary: int, most_words: int, documents: list[Document] | None = None
) -> None:
    """Write train and held-out (.npz and .jsonl), tokenizer.json, known-words.json and manifest.json into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, counted = clean(documents if documents is not None else raw(folder), barred, most_words=most_words)
    train = [document for document in kept if not held_out(document.source)]
    held = [document for document in kept if held_out(document.source)]
    if not train or not held:
        raise SystemExit("too little text: training and held-out packages are both needed")
    print(f"{len(train)} documents to learn from, {len(held)} held out; paragraphs: {dict(counted)}", flush=True)
    write_tokenizer((document.text for document in train), folder / "tokenizer.json", vocabulary)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    pieces = [labels.piece(document.text) for document in train + held]
    # Held-out text is labelled by the same counts; they leave out the word itself. Only the labels' error is measured with it.
    bits = predictability.surprise([piece.words for piece in pieces])
    cut = labels.cuts(pieces[: len(train)], bits[: len(train)])
    rows = [(piece.words, *labels.label(piece, row, cut)) for piece, row in zip(pieces, bits, strict=True)]
    windows(rows[: len(train)], tokenizer).save(folder / "train.npz")
    windows(rows[len(train) :], tokenizer).save(folder / "held-out.npz")
    for name, part in (("train", train), ("held-out", held)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for document in part:
                file.write(json.dumps(asdict(document)) + "\n")
    known = Counter(predictability.normal(word) for piece in pieces[: len(train)] for word in piece.words)
    (folder / "known-words.json").write_text(json.dumps([word for word, times in known.items() if times >= 20]))
    (folder / "manifest.json").write_text(
        json.dumps(manifest(train, held, counted, cut, rows), indent=2) + "\n", encoding="utf-8"
    )


def manifest(
    train: list[Document], held: list[Document], counted: Counter[str], cut: labels.Cuts, rows: list
) -> dict[str, object]:
    """Sources, licences and counts."""
    table: dict[str, dict[str, object]] = {}
    for part, documents in (("train", train), ("held-out", held)):
        for document in documents:
            row = table.setdefault(document.source, {"licence": document.licence, "part": part, "texts": 0, "words": 0})
            row["texts"] = int(str(row["texts"])) + 1
            row["words"] = int(str(row["words"])) + len(document.text.split())
    words = sum(len(row[0]) for row in rows)
    return {
        "words": words,
        "kept_share_of_labels": round(float(sum(row[1].sum() for row in rows)) / words, 4),
        "cuts_in_bits": asdict(cut),
        "paragraphs": dict(counted),
        "sources": dict(sorted(table.items(), key=lambda item: -int(str(item[1]["words"])))),
    }
