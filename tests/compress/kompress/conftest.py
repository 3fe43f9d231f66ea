"""Small models, made once a run."""

import importlib.util
import os

import pytest

from tests.compress.kompress import tiny
from tests.conftest import absent

_NEEDED = ("torch", "transformers", "safetensors", "tokenizers", "onnxruntime", "onnx")
# Before anything imports torch: its threads must not spin where tests run side by side.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def need_libraries(*names):
    """Skip without the ml extra; fail where nothing may be skipped, unless the run was asked to do without it."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            if os.environ.get("HEADROOM_TEST_ML") == "0":
                pytest.skip(f"{name} is missing, and HEADROOM_TEST_ML=0 says that it may be")
            absent(f"the library {name} (scripts/setup --dev --ml)")


@pytest.fixture(scope="session")
def layouts(tmp_path_factory):
    """The same small network in every published layout."""
    need_libraries(*_NEEDED)
    return tiny.build(tmp_path_factory.mktemp("kompress"))


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory):
    """A tokenizer alone; needs no torch."""
    need_libraries("tokenizers")
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tiny.write_tokenizer(path)
    return path
