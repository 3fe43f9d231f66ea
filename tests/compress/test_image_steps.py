from headroom.compress.build import Build
from headroom.compress.image_steps import inner, spare_of_steps
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, shown

ERROR = "#9 2.110 src/main.c:41:17: error: unknown type name 'sizet'\n#9 2.114 make: *** [Makefile:7: main.o] Error 1\n"
BUILD = (
    '#0 building with "default" instance using docker driver\n\n'
    "#1 [internal] load build definition from Dockerfile\n#1 transferring dockerfile: 1.71kB done\n#1 DONE 0.0s\n\n"
    "#4 [internal] load build context\n#4 transferring context: 2.34MB 0.1s done\n#4 DONE 0.1s\n\n"
    f"#5 [stage-0 1/5] FROM docker.io/library/debian:13@sha256:{'ab' * 32}\n#5 CACHED\n\n"
    "#6 [stage-0 2/5] RUN apt-get update && apt-get install -y gcc make\n"
    + "".join(f"#6 {n}.104 Get:{n} http://deb.example.org/debian trixie/main amd64 lib{n} all 1.{n} [1{n} kB]\n" for n in range(20))
    + "#6 21.300 debconf: delaying package configuration\n#6 DONE 22.4s\n\n"
    "#7 [stage-0 3/5] COPY Makefile .\n#7 DONE 0.1s\n\n#9 [stage-0 5/5] RUN make\n#9 0.400 cc -c src/main.c\n"
    + ERROR
    + '#9 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2\n------\n > [stage-0 5/5] RUN make:\n0.400 cc -c src/main.c\n'
    + ERROR.replace("#9 ", "")
    + '------\nERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2\n'
)  # fmt: skip


def test_of_a_failed_build_the_step_that_failed_stays_whole_and_once():
    found = keeps_the_law(Build(), BUILD, asking("Which step of the image build failed, and why?"))
    text = shown(found)
    assert ERROR in text
    assert text.count("unknown type name") == 1
    for fact in (
        "FROM docker.io",
        "RUN apt-get update",
        "COPY Makefile",
        "#9 ERROR: process",
        "ERROR: failed to solve",
    ):
        assert fact in text
    assert "Get:7" not in text
    assert "[internal]" not in text


def spare(question, *, failed=False):
    lines = BUILD.split("\n")
    return [lines[row] for row in spare_of_steps(lines, Relevance(question), failed=failed)]


def test_how_long_steps_took_stays_where_it_is_asked_for():
    assert "#6 DONE 22.4s" in spare("Why did it fail?", failed=True)
    assert "#6 DONE 22.4s" not in spare("Which step is slow, and did one fail?", failed=True)
    assert "#1 DONE 0.0s" not in spare("How long does each step take?")


def test_a_step_that_nobody_saw_the_end_of_stays():
    lines = BUILD[: BUILD.index("#6 DONE")].split("\n")
    rows = spare_of_steps(lines, Relevance("Why did it fail?"), failed=True)
    assert not any(lines[row].startswith("#6") for row in rows)


def test_what_a_step_printed_is_told_from_what_the_builder_says():
    assert inner("#11 4.000 added 12 packages") == "added 12 packages"
    assert inner("#11 DONE 22.4s") == ""
    assert inner("4.000 added") == ""
