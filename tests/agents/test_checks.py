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
    check = checked(tmp_path, "retrieval", stats=stats)
    assert check.status == status
    assert said in check.summary


@pytest.mark.parametrize(
    ("part", "status", "said"),
    [
        (None, "skip", "no model is in use"),
        (
            {"status": "disabled", "ready": True, "state": "no model", "reason": "rules serve"},
            "pass",
            "no model: rules serve",
        ),
        ({"status": "healthy", "ready": True, "state": "ready", "device": "cuda"}, "pass", "healthy on cuda"),
        ({"status": "unhealthy", "ready": False, "state": "failed"}, "warn", "the model is failed"),
    ],
    ids=["no proxy", "no model", "serving", "failed"],
)
def test_the_models_state_is_told(tmp_path, part, status, said):
    ready = None if part is None else {"checks": {"kompress": part}}
    check = checked(tmp_path, "kompress", ready=ready)
    assert check.status == status
    assert said in check.summary


@pytest.mark.parametrize(
    ("requests", "would", "status", "said"),
    [
        ({"total": 20, "compressed": 3}, 0, "pass", "3 of 20 calls were compressed"),
        ({"total": 20, "compressed": 0}, 0, "warn", "none of 20 calls"),
        ({"total": 20, "compressed": 0}, 4_200, "pass", "4,200 tokens would have been saved without --shadow"),
    ],
    ids=["compressing", "nothing", "in shadow"],
)
def test_whether_anything_is_saved_is_told(tmp_path, requests, would, status, said):
    check = checked(tmp_path, "savings", stats={"requests": requests, "tokens": {"would_save": would}})
    assert check.status == status
    assert said in check.summary


def checked(folder, name, **kind):
    """One check of a machine on which nothing is set."""
    found = checks.Found(
        port=8787,
        environ={},
        options=Options(read=lambda _path: None, home=folder, folder=folder),
        listens=lambda _port: False,
        workspace=Path("/nowhere"),
        writable=True,
        **kind,
    )
    (check,) = [check for check in checks.run(found) if check.name == name]
    return check
