"""What a test runner writes besides its failures, of which a question for how the run went needs nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from headroom.compress import cargo_suites, go_runs, jest_asides, mocha_tree, named_below, pytest_session


class RunAsides(NamedTuple):
    """Whole blocks of lines that may go: a session's header and warnings, and suites that passed."""

    asides: Sequence[pytest_session.Aside] = ()
    suites: Sequence[cargo_suites.Suite] = ()

    def rows_of_suites(self) -> set[int]:
        """The rows of suites that passed."""
        return {row for suite in self.suites for row in suite.rows}

    def rows(self) -> set[int]:
        """All rows of these blocks."""
        return self.rows_of_suites().union(*(aside.rows for aside in self.asides))

    def told(self, first: int, last: int) -> list[str]:
        """What a gap says of them."""
        return [*cargo_suites.told(self.suites, first, last), *pytest_session.told(self.asides, first, last)]

    def spare(
        self, text: str, lines: Sequence[str], results: Sequence[str], keep: Collection[int], question: str
    ) -> dict[str, set[int]]:
        """Rows of them and of single lines that may go, by the note that tells of all of a sort."""
        failed = [row for row, result in enumerate(results) if result == "failed"]
        return {
            **pytest_session.notes(self.asides, keep),
            named_below.NOTE: named_below.spare(lines, failed) | mocha_tree.named_below(text, lines, failed),
            go_runs.NOTE: go_runs.spare(text, lines),
            go_runs.OF_SUBTESTS: go_runs.told_above(text, lines, keep),
            jest_asides.NOTE: jest_asides.spare(text, lines, question),
        }


def run_asides(text: str, lines: Sequence[str], drop: Collection[int], question: str) -> RunAsides:
    """The blocks that may go; a suite does if all of its tests are among the rows ``drop``."""
    return RunAsides(pytest_session.asides(text, lines, question), cargo_suites.passing(text, lines, drop))
