"""What agents' tools say around an output must not hide what it is."""

import pytest

from headroom.accounts import tokens
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.tool_words import said_around
from headroom.retrieval.view import View

AROUND = {
    "an exit code above": ("Exit code 1\n", ""),
    "an error and an exit code above": ("Error: Exit code 2\n", ""),
    "labels above": ("Chunk ID: a1b2\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n", ""),
    "an exit code and a fence": ("Exit code: 0\n\nCommand output:\n\n```\n", "```\n\nCommand completed in 12 ms."),
    "a sentence above": ("Command executed in the folder '/repo'. Exit code: 0\nOutput:\n", ""),
    "command and folder above": (
        "Command: make check\nDirectory: (root)\nOutput: ",
        "Error: (none)\nExit Code: 0\nSignal: (none)\nProcess Group PGID: 4242",
    ),
    "a command of two lines": ("Command: cd /repo\nmake\nDirectory: src\nStdout: ", "Exit Code: 0\n"),
    "tags": ("<returncode>0</returncode>\n<output>\n", "</output>"),
    "tags of two streams": ("<command>make</command>\n<stdout>", "</stdout>\n<stderr></stderr>"),
    "a prompt above": ("$ make check\n", ""),
    "a title": ("OBSERVATION:\n", ""),
    "a note below": ("", "<exited with exit code 0>"),
    "a reminder below": ("", "\n<system-reminder>\nUse the list.\nOr not.\n</system-reminder>\n"),
    "notes in brackets below": ("", "[The command completed with exit code 0.]\n[Current working directory: /app]"),
    "a prompt below": ("", "\nme@host:~/repo$ "),
}
TREE = "project\n" + "\n".join(f"├── part{n}\n│   ├── code{n}.py\n│   └── test{n}.py" for n in range(60)) + "\n"
PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Notes</title></head><body>\n"
    + "\n".join(
        f'<div class="c{n}"><h2 id="s{n}">Part {n}</h2>\n<p>Words about part {n}, more or less.</p></div>'
        for n in range(80)
    )
    + "\n</body></html>\n"
)
NUMBERED = "".join(
    f"{n:6}\t{line}\n"
    for n, line in enumerate(
        "".join(f"def f{k}(x):\n    y = x + {k}\n    return y * {k}\n\n\n" for k in range(80)).split("\n"), 1
    )
)
TEXTS = {
    "a tree": (TREE, "Where is test17.py?"),
    "a page": (PAGE, "What does part 17 say?"),
    "numbered lines": (NUMBERED, "What does f17 return?"),
}  # fmt: skip


def squeeze(text, query, *, lossy=True):
    return compress(
        text, Hints(query=query), Policy(lossy=lossy), tokens.count, render=lambda gap: f"[~ gap {gap.unit}]"
    )


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("lossy", [False, True], ids=["without loss", "with loss"])
@pytest.mark.parametrize(("text", "query"), TEXTS.values(), ids=TEXTS)
def test_words_around_an_output_hide_nothing(text, query, around, lossy):
    head, tail = around
    bare = squeeze(text, query, lossy=lossy)
    found = squeeze(head + text + tail, query, lossy=lossy)
    assert found.transform == bare.transform
    assert found.tokens_after < bare.tokens_after + 80
    if bare.text is None:
        assert found.text is None
        return
    assert found.text.startswith(head.rstrip("\n"))
    assert found.text.rstrip().endswith(tail.rstrip())


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_gaps_count_from_the_first_word(around):
    head, tail = around
    source = head + NUMBERED + tail
    found = squeeze(source, "What does f17 return?")
    assert found.gaps
    view = View(source)
    for gap in found.gaps:
        assert "return y * 17\n" not in view.cut(gap.unit, gap.first, gap.last)
        assert "def f" in view.cut(gap.unit, gap.first, gap.last)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_the_parts_are_the_text(around):
    head, tail = around
    framed = said_around(head + TREE + tail)
    assert framed is not None
    assert head.startswith(framed.head)
    assert framed.head + framed.core + framed.tail == head + TREE + tail
    core = framed.core if framed.head == head else said_around(framed.core).core
    assert core.strip() == TREE.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Exit code 1\n",
        TREE,
        "$ ls\n" + "a\n" * 400 + "$ pwd\n/repo\n",
        "<output>\n" + "a\n" * 400,
        "```\n" + "a\n" * 400,
        "Output of the run\n" + "a\n" * 400,
    ],
    ids=["empty", "no output", "no words", "two commands", "a tag left open", "a fence left open", "a sentence"],
)
def test_other_texts_have_no_such_words(text):
    assert said_around(text) is None


def test_words_may_stand_above_numbered_lines():
    source = "Here's the result of running `cat -n` on /repo/parts.py:\n" + NUMBERED
    found = squeeze(source, "What does f17 return?")
    assert found.transform == squeeze(NUMBERED, "What does f17 return?").transform
    assert "return y * 17" in found.text
