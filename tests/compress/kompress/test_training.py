"""The scripts that make a small model: labels, the whole way on a little text, and what comes out of it."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.kompress import files
from headroom.compress.kompress.choose import must_stay
from headroom.compress.kompress.config import read_spec
from headroom.compress.kompress.words import Tokenizer
from headroom.compress.must_keep import must_keep
from tests.compress.kompress import tiny
from tests.compress.kompress.conftest import need_libraries

np = pytest.importorskip("numpy", reason="the ml extra is missing")
pytest.importorskip("tokenizers", reason="the ml extra is missing")
_SCRIPTS = str(Path(__file__).resolve().parents[3] / "scripts")
if _SCRIPTS not in sys.path:
    sys.path.append(_SCRIPTS)

from kompress import cleaning, labels, predictability, prepare, sources  # noqa: E402 - the path is set above

_WORDS = """the mill stood by river and never opened again, unless error: failed to parse timeout v1.2.3 3.14 17 /etc/hosts --force
must not do only if `code here` https://example.org/a ABC-123 deadbeef1 50 % was denied. It ran. No errors came. Ünïcode 水"""
WORDS = st.sampled_from(sorted(_WORDS.split()))


# -- labels ------------------------------------------------------------------------------------------------------------
@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_labels_keep_all_that_must_stay_however_predictable(words, chance):
    piece = labels.piece(" ".join(words))
    bits = np.array([chance.random() for _ in piece.words])
    keep, good = labels.label(piece, bits, labels.Cuts(word=99.0, sentence=99.0))  # nothing is kept for its bits
    assert list(piece.words) == " ".join(words).split()
    for index in range(int(piece.sentence.max()) + 1):
        own = [at for at in range(len(piece.words)) if piece.sentence[at] == index]
        sentence = " ".join(piece.words[at] for at in own)
        if must_keep(sentence):
            assert all(keep[at] for at in own), sentence
            assert all(good[at] for at in own), sentence
        elif must_stay(sentence):
            assert any(keep[at] for at in own), sentence
        for at in own:
            if must_stay(piece.words[at]) or any(char.isdigit() for char in piece.words[at]):
                assert keep[at], piece.words[at]


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        pytest.param("You do not open the door here", "do not", id="a directive of two words"),
        pytest.param("He was there, never alone", "never", id="a negation"),
        pytest.param("It took 17 days of rain", "17", id="a number"),
        pytest.param("Look at https://example.org/x for it", "https://example.org/x", id="an address"),
    ],
)
def test_words_that_must_stay(sentence, kept):
    words = sentence.split()
    found = [word for word, fixed in zip(words, labels.must_stay_words(sentence, words), strict=True) if fixed]
    assert " ".join(found) == kept


def test_words_that_follow_from_their_neighbours_carry_fewer_bits():
    common = ["it", "is", "the", "end", "of", "the", "day", "and", "we", "all", "go", "home"]
    rare = ["it", "is", "the", "end", "of", "the", "quern", "and", "we", "all", "go", "home"]
    bits = predictability.surprise([common] * 30 + [rare])
    assert bits[-1][6] > bits[0][6] + 3
    assert all(np.isfinite(row).all() for row in bits)


def test_a_word_said_again_carries_fewer_bits():
    filler = [f"w{at}x{at % 7}" for at in range(40)]
    bits = predictability.surprise([["heron", *filler, "heron"], ["egret"]])
    assert bits[0][-1] < bits[0][0]


# -- text --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stated", "known"),
    [
        ("MIT", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("MIT OR Apache-2.0", "Apache-2.0 and MIT"),
        ("GPL-3.0", None),
        ("MIT AND GPL-2.0", None),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0"),
        ("Apache-2.0 WITH LLVM-exception AND GPL-2.0", None),
        ("", None),
        ("see the file", None),
    ],
)
def test_only_free_licences_count(stated, known):
    assert sources.free(stated) == known


@pytest.mark.parametrize(
    ("expression", "licence", "classifiers", "known"),
    [
        pytest.param(
            "MPL-2.0 AND MIT", "MIT", ["License :: OSI Approved :: MIT License"], None, id="the expression decides"
        ),
        pytest.param(
            "",
            "BSD",
            ["License :: OSI Approved", "License :: OSI Approved :: MIT License"],
            "MIT",
            id="then classifiers",
        ),
        pytest.param(
            "",
            "MIT",
            [
                "License :: OSI Approved :: MIT License",
                "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
            ],
            None,
            id="all of them",
        ),
        pytest.param(
            "", "Apache 2.0\nand its long text", ["Topic :: Text"], "Apache-2.0", id="then the field's first line"
        ),
        pytest.param("", "", [], None, id="nothing said"),
    ],
)
def test_what_a_python_package_states(expression, licence, classifiers, known):
    assert sources.of_distribution(expression, licence, classifiers) == known


def test_code_tables_and_lists_of_arguments_are_no_prose():
    text = "Title\n=====\n\nThe mill was built by two brothers who had come from the north with a cart.\n\n    >>> run(1)\n    2\n\n:param x: y\n"
    assert list(cleaning.paragraphs(text)) == [
        "The mill was built by two brothers who had come from the north with a cart."
    ]


def test_text_of_the_test_set_is_not_learnt_from():
    barred = (
        "Nobody in the village wanted to buy it, because the wheel\nhad been taken away and the roof let in the rain."
    )
    rows = [sources.Document("a", "MIT", "x", "\n\n".join(tiny.SENTENCES))]
    kept, counted = prepare.clean(rows, [barred], most_words=10_000)
    assert counted["shares words with the test set"] == 1
    assert len(kept[0].text.split("\n\n")) == len(tiny.SENTENCES) - 1


def test_no_paragraph_counts_twice():
    rows = [sources.Document(name, "MIT", "x", tiny.SENTENCES[0]) for name in "ab"]
    kept, counted = prepare.clean(rows, [], most_words=10_000)
    assert [document.source for document in kept] == ["a"]
    assert counted["met before"] == 1


# -- the whole way -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A network of two layers, some steps old, in all its files."""
    need_libraries("torch", "transformers", "safetensors", "onnxruntime", "onnx")
    from kompress import export, train

    folder = tmp_path_factory.mktemp("training")
    names = [f"package-{at}" for at in range(40)]
    held = next(name for name in names if prepare.held_out(name))
    learnt = [name for name in names if not prepare.held_out(name)][:3]
    rows = [
        sources.Document(
            name,
            "MIT",
            "essay",
            f"{name} stands for itself in this text and in no other one.\n\n"
            + tiny.essay(8).replace("part", f"part {name}"),
        )
        for name in [held, *learnt]
    ]
    prepare.prepare(folder, barred=[], vocabulary=600, most_words=10_000, documents=rows)
    plan = train.Plan(hidden=32, layers=2, heads=2, channels=8, batch=4, seconds=60, steps=12)
    run = train.train(folder, plan)
    sizes = export.export(folder)
    return folder, run, sizes


def test_training_learns_and_says_what_it_did(made):
    folder, run, _ = made
    assert run["steps"] == 12
    assert 0 < run["held_out"]["accuracy"] <= 1
    assert json.loads((folder / "run.json").read_text())["plan"]["seed"] == run["plan"]["seed"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {row["licence"] for row in manifest["sources"].values()} == {"MIT"}
    assert {row["part"] for row in manifest["sources"].values()} == {"train", "held-out"}


def test_labels_of_windows_are_those_of_their_words(made):
    folder, _, _ = made
    data = prepare.Windows.load(folder / "train.npz")
    assert data.starts[-1] == len(data.ids) == len(data.keep) == len(data.good)
    special = data.ids < len(prepare.SPECIAL)
    assert ((data.keep == -1) == special).all()
    assert ((data.good == -1) == special).all()


def test_what_is_exported_loads_and_scores_alike(made):
    folder, _, sizes = made
    from headroom.compress.kompress import onnx_backend, torch_backend

    found = files.inspect(folder / "model", "made", {})
    assert [path.name for path in found.onnx] == ["kompress-int8.onnx", "kompress-fp32.onnx"]
    assert set(sizes) <= {
        path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()
    }
    spec = read_spec(found.folder)
    windows = list(Tokenizer.load(found.tokenizer, vocabulary=spec.vocab_size).windows(tiny.essay(5).split()))
    ids = [window.ids for window in windows]
    torch = torch_backend.load(found, "cpu")
    graph = onnx_backend.load(files.Model(found.folder, "made", found.tokenizer, None, found.onnx[1:]))
    small = onnx_backend.load(files.Model(found.folder, "made", found.tokenizer, None, found.onnx[:1]))
    for left, right, third in zip(torch.run(ids), graph.run(ids), small.run(ids), strict=True):
        assert left == pytest.approx(right, abs=1e-3)
        assert left == pytest.approx(third, abs=0.1)  # eight bits


def test_a_card_tells_data_and_licences(made):
    card = (made[0] / "model" / "README.md").read_text()
    assert "MIT" in card
    assert "$" not in card


def test_evaluation_compares_at_equal_savings_and_without_a_corpus_ships_nothing(made, tmp_path):
    folder, _, _ = made
    from kompress import evaluate

    found = evaluate.evaluate(folder, tmp_path / "none", most_held_out=1)
    rows = found["held-out"]["rows"]
    assert rows
    for share in {row["share"] for row in rows}:
        savings = [row["savings"] for row in rows if row["share"] == share]
        assert max(savings) - min(savings) <= 0.041
    assert found["verdict"].startswith("DO NOT SHIP")


def _row(text, way, rare):
    from kompress import evaluate

    return evaluate.Row(
        text=text,
        share=0.5,
        way=way,
        savings=0.5,
        score=None,
        needs=(0, 0),
        facts=(0, 0),
        rare=rare,
        must=1.0,
        bigrams=1.0,
    )


@pytest.mark.parametrize(
    ("gains", "shown"),
    [
        pytest.param([0.1] * 8, True, id="better everywhere"),
        pytest.param([0.1] * 4, False, id="too few texts"),
        pytest.param([0.3, -0.2, 0.1, -0.3, 0.2, -0.1], False, id="better by chance"),
        pytest.param([-0.1] * 8, False, id="worse"),
    ],
)
def test_a_difference_counts_as_shown_only_beyond_chance(gains, shown):
    need_libraries("onnxruntime")
    from kompress import evaluate

    rows = [_row(str(at), "rules", 0.5) for at in range(len(gains))]
    rows += [_row(str(at), "model", 0.5 + gain) for at, gain in enumerate(gains)]
    found = evaluate.difference(rows, "model", "rules", lambda row: row.rare)
    assert found.shown is shown
    assert found.mean == pytest.approx(sum(gains) / len(gains))


def test_a_corpus_is_asked_by_its_own_checks(made, tmp_path):
    folder, _, _ = made
    from kompress import evaluate

    for name in ("items", "tools/lib"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "tools" / "lib" / "checks.py").write_text(
        "View = str\ndef holds(check, view):\n    return check['all'] in view\n"
    )
    text = tiny.essay(9)
    (tmp_path / "items" / "essay.txt").write_text(text)
    checks = [{"tier": "need", "all": text.split(". ")[0]}, {"tier": "recall", "all": "not in it at all"}]
    item = {"id": "essay", "kind": "markdown", "file": "essay.txt", "query": "", "checks": checks}
    (tmp_path / "items" / "manifest.jsonl").write_text(json.dumps(item) + "\n")
    found = evaluate.evaluate(folder, tmp_path, most_held_out=0)
    rows = found["corpus"]["rows"]
    assert {row["way"] for row in rows} == {"rules", "blank", "model", "labels"}
    assert all(
        row["needs"][1] == 1 and row["facts"][1] == 0 for row in rows
    )  # a check that the prose can't meet is no check
    assert found["verdict"].startswith("DO NOT SHIP")  # one text shows nothing
