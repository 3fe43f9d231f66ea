import pytest

from headroom.compress import gdb_frames
from headroom.compress.detect import detect
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.trace import Trace
from tests.compress.line_samples import asking, keeps_the_law, shown

TRACE = Trace()


def crash(depth=30, call="walk", *, below="No locals.\n"):
    frames = "".join(
        f"#{n}  0x0000555555555{n:03x} in {call} (node=0x5555555{n:05x}, depth={depth - n}) at tree.c:14\n{below}"
        for n in range(depth)
    )
    return (
        "Program received signal SIGSEGV, Segmentation fault.\n"
        f'{frames}#{depth}  0x0000555555555aaa in report (shop=0x5555 "acme") at shop.c:8\n        total = 17\n'
        f"#{depth + 1} 0x0000555555555bbb in main () at shop.c:9\n        queue = 0x55aa\n"
    )


WHY = asking("Where did it crash, and who called it first with which arguments?")


@pytest.mark.parametrize("below", ["No locals.\n", "        left = 3\n        right = 0x0\n", ""])
def test_of_a_recursion_the_ends_stay_and_the_rest_is_counted(below):
    text = crash(below=below)
    found = shown(keeps_the_law(TRACE, text, WHY))
    for fact in (
        "SIGSEGV",
        "depth=30)",
        "depth=29)",
        "depth=1)",
        'report (shop=0x5555 "acme") at shop.c:8',
        "total = 17",
        "main ()",
    ):
        assert fact in found
    assert "depth=17)" not in found
    assert "27 more frames of walk at tree.c:14" in found


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (crash(), "What was `depth=17` called with?"),
        (crash(5), "Where did it crash?"),
        (crash(19), "Please go on."),
        (crash().replace("tree.c:14\nNo locals.\n", "tree.c:14\nread 17 orders\n"), "Where did it crash?"),
        ("".join(f"#{n}  step_{n} (x={n}) at tree.c:{n}\n" for n in range(30)), "Where did it crash?"),
        ("".join(f"#{n} closed (bug {n})\n" for n in range(30)), "What is closed?"),
    ],
)
def test_no_frame_goes_that_is_asked_for_or_unlike_its_neighbours(text, question):
    relevance = Relevance(question)
    assert gdb_frames.spare(text.split("\n"), relevance) == []


@pytest.mark.parametrize("question", ["Which arguments has every frame?", "Show me the full stack."])
def test_no_frame_goes_where_whole_stacks_are_asked_for(question):
    found = TRACE.lossy(crash(), asking(question))
    assert found is None or "depth=17)" in shown(found)


@pytest.mark.parametrize("below", ["No locals.\n", "        left = 3\n        right = 0x0\n", ""])
def test_what_gdb_prints_is_a_trace(below):
    assert detect(crash(below=below), Hints()).kinds[0] == "trace"
