import pytest

from headroom.compress import memory_dumps
from headroom.compress.query import Relevance
from headroom.compress.trace import Trace
from tests.compress.line_samples import asking, keeps_the_law, shown

REGISTERS = "".join(f"r{n:<14}0x7fffffffe{n:03x}      {140737488347136 + n}\n" for n in range(8, 24))
BYTES = " ".join(["fa"] * 15)
SHADOWS = (
    "Shadow bytes around the buggy address:\n"
    + "".join(f"  0x0c047fff7{n:03x}: 00 {BYTES}\n" for n in range(0, 80, 16))
    + "=>0x0c047fff8000: fa fa[04]fa fa fa fa fa fa fa fa fa fa fa fa fa\n"
    + "Shadow byte legend (one shadow byte represents 8 application bytes):\n  Addressable:           00\n"
    + "  Partially addressable: 01 02 03 04 05 06 07 \n  Heap left redzone:       fa\n  Freed heap region:       fd\n"
)
SANITIZED = (
    "=================================================================\n"
    "==14==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x7fc8864602ca\n"
    "WRITE of size 5 at 0x602000000014 thread T0\n    #0 0x560bbdfb8331 in dupname /srv/inv.c:6\n    #1 0x560bbdfb8ebf in main /srv/inv.c:26\n\n"
    "SUMMARY: AddressSanitizer: heap-buffer-overflow /srv/inv.c:6 in dupname\n" + SHADOWS + "==14==ABORTING\n"
)


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        (REGISTERS, "Where did it crash?", ["16 registers"]),
        (REGISTERS, "What do the registers hold?", []),
        (REGISTERS, "What is in r15?", []),
        ("\n".join(REGISTERS.split("\n")[:7]), "Where did it crash?", []),
        (SANITIZED, "Which line writes?", ["shadow bytes"]),
        (SANITIZED, "What do the shadow bytes say?", []),
        (SANITIZED, "Is it next to a redzone?", []),
        (SANITIZED.replace("around the buggy", "near the"), "Which line writes?", []),
        (SANITIZED + SANITIZED, "Which line writes?", ["shadow bytes", "shadow bytes"]),
    ],
)
def test_dumps_go_that_the_question_is_not_about(text, question, told):
    found = memory_dumps.spare(text.split("\n"), Relevance(question))
    assert [gone.told for gone in found] == told


def test_what_a_sanitizer_found_stays_whole():
    found = keeps_the_law(Trace(), SANITIZED, asking("Which line of our code writes?"))
    assert shown(found).startswith(SANITIZED.partition("Shadow")[0])
    assert shown(found).endswith("==14==ABORTING\n")
    assert [(gap.first, gap.last) for gap in found.gaps] == [(8, 7 + SHADOWS.count("\n"))]


@pytest.mark.parametrize(
    "line", ["  0x0c047fff7000:" + "fa]" * 5_000 + "!", "  A" + "a " * 5_000, "a " + "0x0 " * 5_000]
)
def test_hostile_lines_are_read_in_linear_time(line):
    assert memory_dumps.spare(["Shadow bytes around the buggy address:", *[line] * 50], Relevance("Where?"))[
        0
    ].rows == range(1)
