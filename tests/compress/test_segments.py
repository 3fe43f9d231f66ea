from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.segments import cut

LOG = "".join(f"2024-01-01 10:00:{n:02d} INFO job {n} done and dusted\n" for n in range(40))
SEARCH = "".join(f"src/a{n}.py:{n}:    return value + {n}\n" for n in range(40))
JSON = "{\n" + "".join(f'  "key{n}": "value {n}",\n' for n in range(40)) + '  "end": 1\n}\n'


def kinds(text):
    return [segment.kind for segment in cut(text)]


def test_runs_of_different_kinds_are_parted():
    assert kinds(LOG + SEARCH + JSON) == ["log", "search", "json"]


def test_one_foreign_line_stays_with_its_run():
    lines = LOG.splitlines(keepends=True)
    lines.insert(20, '{"event": "flag", "on": true}\n')
    assert kinds("".join(lines)) == ["log"]


def test_file_headings_part_equal_kinds():
    assert len(cut(f"==> a.log <==\n{LOG}\n==> b.log <==\n{LOG}")) == 2


def test_first_lines_count_from_one():
    segments = cut(LOG + SEARCH)
    assert [segment.first_line for segment in segments] == [1, 41]


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from([LOG, SEARCH, JSON, "\r\n", "\x85", "\u2028", "\f", "==> x <==\n", "\n\n"]),
        ),
        max_size=8,
    ).map("".join)
)
def test_segments_put_together_are_the_source(text):
    assert "".join(segment.text for segment in cut(text)) == text
