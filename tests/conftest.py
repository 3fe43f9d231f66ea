"""What all tests share: optional parts of the machine, and the material beside the checkout."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
STRICT = os.environ.get("HEADROOM_TEST_STRICT") == "1"
"""Set where every optional part must be there (continuous integration): a missing one fails instead of skipping."""

PATIENT = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "30"}
"""For a proxy whose compression is looked at: a busy machine must not make blocks go raw."""

settings.register_profile(
    "default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def absent(what: str) -> None:
    """Skip with the reason, or fail where nothing may be skipped."""
    if STRICT:
        pytest.fail(f"{what} is missing, and HEADROOM_TEST_STRICT=1 forbids skipping")
    pytest.skip(f"{what} is missing on this machine")


@pytest.fixture
def need_binary():
    """``need_binary("redis-server")`` gives the program's path, or skips."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            absent(f"the program {name}")
        return path

    return find


def shared(*parts: str) -> Path | None:
    """A path in the folder ``shared`` beside the checkout, or None where there is none."""
    path = ROOT.parent.joinpath("shared", *parts)
    return path if path.exists() else None


@pytest.fixture
def shared_dir():
    """``shared_dir("corpus")`` gives the path, or skips: that folder is no part of the repository."""

    def find(*parts: str) -> Path:
        path = shared(*parts)
        if path is None:
            pytest.skip(f"no folder {'/'.join(('shared', *parts))} beside this checkout")
        return path

    return find
