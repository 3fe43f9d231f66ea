from pathlib import Path

import pytest

from headroom.agents import checks
from headroom.agents.plan import Options


def group(tool, condensed, retrieved, refetched, *, backs_off):
    return {
        "tool": tool,
        "kind": "log",
        "condensed": condensed,
        "retrieved": retrieved,
        "refetched": refetched,
        "backs_off": backs_off,
    }


@pytest.mark.parametrize(
    ("stats", "status", "said"),
    [
        (None, "skip", "nothing was left out yet"),
        ({"retrieval_feedback": {"groups": []}}, "skip", "nothing was left out yet"),
        (
            {"retrieval_feedback": {"groups": [group("bash", 40, 3, 2, backs_off=False)]}},
            "pass",
            "3 of 40 condensed results were asked back, 2 calls were made again",
        ),
        (
            {
                "retrieval_feedback": {
                    "groups": [group("bash", 40, 30, 2, backs_off=True), group("query", 9, 0, 0, backs_off=False)]
                }
            },
            "warn",
            "keep results of bash (log) whole",
        ),
    ],
    ids=["no proxy", "nothing condensed", "seldom wanted back", "mostly wanted back"],
)
def test_retrievals_are_told(tmp_path, stats, status, said):
    found = checks.Found(
        port=8787,
        environ={},
        options=Options(read=lambda _path: None, home=tmp_path, folder=tmp_path),
        listens=lambda _port: False,
        workspace=Path("/nowhere"),
        writable=True,
        stats=stats,
    )
    (check,) = [check for check in checks.run(found) if check.name == "retrieval"]
    assert check.status == status
    assert said in check.summary
