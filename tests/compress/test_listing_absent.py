import pytest

from headroom.compress.listing import Listing
from headroom.compress.rendition import Gap
from tests.compress.line_samples import asking, keeps_the_law, shown

LISTING = Listing()
NAMES = (
    "Apply",
    "Bounded",
    "Chain",
    "Date",
    "Either",
    "Functor",
    "Identity",
    "Monad",
    "Option",
    "Reader",
    "State",
    "Task",
)
PATHS = "".join(
    f"{900 + 37 * n} ./lib/{name}{form}\n" for n, name in enumerate(NAMES * 4) for form in (".d.ts", f"{n}.js")
)


def test_a_file_that_a_listing_lacks_is_said_to_be_missing():
    rendition = keeps_the_law(LISTING, PATHS, asking("Where is Semigroup.d.ts?"))
    first, *_, last = PATHS.splitlines()
    assert "[~ not in this text: semigroup.d.ts]" in shown(rendition)
    assert [line for line in shown(rendition).split("\n") if "./lib/" in line and line[:1] != "["] == [first, last]
    assert len([piece for piece in rendition.pieces if isinstance(piece, Gap)]) == 1


@pytest.mark.parametrize(
    "question",
    [
        "Where is Semigroup.d.ts, and what is in lib/?",
        "Where is Reader.ts?",
        "Where is src/Reader.ts?",
        "Why is there no Semigroup.d.ts?",
        "Where is `concat_all` defined?",
        "Where is Semigroup.py?",
        "Which is the largest file, Semigroup.d.ts?",
    ],
    ids=["a folder", "another ending", "another folder", "a reason", "no file", "no such files", "sizes"],
)
def test_what_may_be_of_use_in_another_way_is_not_shut_out(question):
    rendition = LISTING.lossy(PATHS, asking(question))
    assert rendition is None or "not in this text" not in shown(rendition)
