"""What real tool results keep and save; runs where the corpus lies beside the checkout."""

import argparse
import importlib.util
import statistics
from functools import cache
from pathlib import Path

import pytest

from headroom.compress.voi import CONTEXT

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"

pytestmark = pytest.mark.skipif(
    not (CORPUS / "items" / "manifest.jsonl").exists(), reason=f"no corpus of tool results at {CORPUS}"
)


@cache
def bench():
    spec = importlib.util.spec_from_file_location("bench_corpus", ROOT / "scripts" / "bench_corpus.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(tools, query, lossless, around="nothing", context=CONTEXT):
    options = argparse.Namespace(
        corpus=CORPUS,
        tools=tools,
        query=query,
        lossless=lossless,
        kinds=None,
        ids=None,
        dump=None,
        repeat=1,
        around=around,
        context=context,
    )
    return bench().measure(CORPUS, options, lambda item, text, _: bench().ours(item, text, options))


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags)


def by_kind(found, value):
    kinds = {row.kind for row in found}
    return 100 * statistics.mean(statistics.mean(value(row) for row in found if row.kind == kind) for kind in kinds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tools", "query", "lossless", "score", "need"),
    [
        pytest.param("neutral", "real", False, 45, 0.97, id="a tool that nothing is known of"),
        pytest.param("real", "real", False, 32, 0.99, id="tools by their names, file reads byte-exact"),
        pytest.param("neutral", "vague", False, 22, 0.95, id="a question that names nothing"),
        pytest.param("neutral", "step", False, 45, 0.99, id="only the agent says what the call is for"),
        pytest.param("neutral", "real", True, 25, 1.0, id="without a retrieval promise"),
    ],
)
@pytest.mark.parametrize("context", [CONTEXT, 20_000], ids=["a long conversation", "a short one"])
def test_what_is_needed_stays_and_the_rest_can_be_fetched(tools, query, lossless, score, need, context):
    found = rows(tools, query, lossless, context=context)
    assert not [row.id for row in found if row.why.startswith(("error", "law", "roundtrip"))]
    assert not [row.id for row in found if row.silent]
    assert share(flag for row in found for flag in row.has("need", 2)) >= need
    assert all(flag for row in found for flag in row.has("need", 3))
    assert by_kind(found, lambda row: row.score) >= score
    assert all(row.after <= row.before for row in found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "around",
    [
        "an exit code above",
        "tags",
        "JSON: output and exit code",
        "JSON: safe for HTML",
        "a CI job, step and time",
        "a container's name",
        "colours",
    ],
)
def test_what_stands_around_an_output_hides_nothing(around):
    found = rows("neutral", "real", False, around)
    assert not [row.id for row in found if row.why.startswith(("error", "law", "roundtrip"))]
    assert share(flag for row in found for flag in row.has("need", 2)) >= 0.97
    assert by_kind(found, lambda row: row.score) >= 70
    assert all(row.after <= row.before for row in found)
