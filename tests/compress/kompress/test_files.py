"""Finding a model, fetching one, and what the settings make of it."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from headroom.cli.kompress import kompress
from headroom.compress.kompress import files
from headroom.compress.kompress.config import BASE_REPOSITORY, BASE_REVISION, REPOSITORY, REVISION
from headroom.compress.kompress.engine import Engine
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.opening import open_engine
from headroom.compress.kompress.pull import pull
from headroom.compress.kompress.remote import RemoteEngine
from headroom.compress.kompress.status import Status
from headroom.precedence import resolve
from headroom.settings import Settings


def model_in(folder, *names, tokenizer=True):
    for name in (*names, *(["tokenizer.json"] if tokenizer else [])):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def hub(root, repository, revision, *names):
    """A cache as the hub's library lays it out: links to blobs, which are named by their checksums."""
    base = root / f"models--{repository.replace('/', '--')}"
    snapshot = base / "snapshots" / revision
    for name in names:
        blob = base / "blobs" / hashlib.sha256(name.encode()).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(name.encode())
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(blob)
    return snapshot


@pytest.fixture
def place(tmp_path):
    """A workspace and a hub's cache, both empty."""
    return tmp_path / "work", {"HF_HUB_CACHE": str(tmp_path / "hub")}, tmp_path / "hub"


def test_nothing_is_there(place):
    workspace, environ, _ = place
    assert files.find(None, workspace=workspace, environ=environ) is None or files.PACKAGED.is_dir()


def test_a_folder_that_is_named_comes_first(place, tmp_path):
    workspace, environ, cache = place
    hub(cache, REPOSITORY, REVISION, "merged.pt", "tokenizer.json")
    model_in(files.pulled_folder(workspace), "merged.pt")
    named = model_in(tmp_path / "mine", "model.safetensors", "onnx/kompress-fp32.onnx")
    found = files.find(str(named), workspace=workspace, environ=environ)
    assert (found.torch, found.onnx) == (named / "model.safetensors", (named / "onnx" / "kompress-fp32.onnx",))


def test_what_was_pulled_comes_before_the_hubs_cache(place):
    workspace, environ, cache = place
    hub(cache, REPOSITORY, REVISION, "merged.pt", "tokenizer.json")
    assert files.find(None, workspace=workspace, environ=environ).name == REPOSITORY
    pulled = model_in(files.pulled_folder(workspace), "merged.pt")
    assert files.find(None, workspace=workspace, environ=environ).folder == pulled


def test_a_repository_is_found_by_its_branch_when_no_revision_is_known(place):
    workspace, environ, cache = place
    snapshot = hub(cache, "someone/kompress-tiny", "abc123", "merged.pt", "tokenizer.json")
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc123")
    assert files.find("someone/kompress-tiny", workspace=workspace, environ=environ).folder == snapshot


def test_a_tokenizer_comes_from_the_base_where_a_model_has_none(place):
    workspace, environ, cache = place
    hub(cache, REPOSITORY, REVISION, "merged.pt")
    base = hub(cache, BASE_REPOSITORY, BASE_REVISION, "tokenizer.json")
    assert files.find(None, workspace=workspace, environ=environ).tokenizer == base / "tokenizer.json"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("/nowhere", "no such folder"),
        ("someone/else", "headroom kompress pull --from someone/else"),
    ],
)
def test_a_model_that_is_named_and_not_there_is_an_error(place, wanted, sentence):
    workspace, environ, _ = place
    with pytest.raises(ModelError, match=sentence):
        files.find(wanted, workspace=workspace, environ=environ)


def test_a_blob_of_the_cache_is_checked_against_its_name(place):
    workspace, environ, cache = place
    hub(cache, REPOSITORY, REVISION, "merged.pt", "tokenizer.json")
    model = files.find(None, workspace=workspace, environ=environ)
    assert files.verified(model, model.torch) == hashlib.sha256(b"merged.pt").hexdigest()
    model.torch.resolve().write_bytes(b"half of it")
    with pytest.raises(ModelError, match="is not what was fetched"):
        files.verified(model, model.torch)


# -- pull --------------------------------------------------------------------------------------------------------------
def test_pull_from_a_folder_copies_checks_and_replaces(place, tmp_path):
    workspace, environ, _ = place
    source = model_in(tmp_path / "source", "merged.pt", "onnx/kompress-fp32.onnx", "README.md")
    told = []
    found = pull(str(source), workspace=workspace, told=lambda *row: told.append(row))
    assert set(found.files) == {"merged.pt", "onnx/kompress-fp32.onnx", "tokenizer.json"}
    assert not (found.folder / "README.md").exists()
    assert ("merged.pt", 9, 9) in told
    model = files.find(None, workspace=workspace, environ=environ)
    assert model.folder == found.folder
    assert files.verified(model, model.torch)
    (source / "merged.pt").write_bytes(b"a newer one")
    (source / "onnx" / "kompress-fp32.onnx").unlink()
    pull(str(source), workspace=workspace, told=lambda *_: None)
    assert (found.folder / "merged.pt").read_bytes() == b"a newer one"
    assert not (found.folder / "onnx").exists(), "nothing of the older model is left"
    assert [path.name for path in found.folder.parent.iterdir()] == ["kompress"], "nor anything beside it"


def test_a_pull_that_fails_leaves_the_model_that_was_there(place, tmp_path):
    workspace, _, _ = place
    source = model_in(tmp_path / "source", "merged.pt")
    kept = pull(str(source), workspace=workspace, told=lambda *_: None).folder
    (source / "merged.pt").unlink()
    with pytest.raises(ModelError, match="holds no model"):
        pull(str(source), workspace=workspace, told=lambda *_: None)
    assert (kept / "merged.pt").read_bytes() == b"merged.pt"
    assert [path.name for path in kept.parent.iterdir()] == ["kompress"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("./nowhere", "no such folder, and no owner/name"),
        ("justaname", "no such folder, and no owner/name"),
    ],
)
def test_pull_of_nothing_says_so(place, source, sentence):
    workspace, _, _ = place
    with pytest.raises(ModelError, match=sentence):
        pull(source, workspace=workspace, told=lambda *_: None)


def test_pull_offline_says_how_to_go_on(place, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        pull(None, workspace=place[0], told=lambda *_: None)


def test_a_hub_that_can_not_be_reached_is_told_in_one_sentence(place, monkeypatch):
    hub_library = pytest.importorskip("huggingface_hub")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)

    class Unreachable:
        def model_info(self, *_, **__):
            raise ConnectionError("Name or service not known\nand more lines")

    monkeypatch.setattr(hub_library, "HfApi", Unreachable)
    with pytest.raises(ModelError, match="the hub can't be reached") as told:
        pull(None, workspace=place[0], told=lambda *_: None)
    assert "\n" not in str(told.value)
    assert "pull --from DIR" in str(told.value)


class FakeHub:
    """The part of the hub's library that is used, over a folder."""

    def __init__(self, root, damage=False):
        self.root, self.damage = root, damage

    def HfApi(self):
        return self

    def model_info(self, repository, **_):
        folder = self.root / repository
        siblings = []
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            lfs = type("Lfs", (), {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
            siblings.append(
                type(
                    "Row",
                    (),
                    {"rfilename": path.relative_to(folder).as_posix(), "lfs": lfs, "size": path.stat().st_size},
                )
            )
        return type("Info", (), {"siblings": siblings})

    def hf_hub_download(self, repository, name, *, revision, local_dir):
        target = os.path.join(local_dir, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        data = (self.root / repository / name).read_bytes()
        with open(target, "wb") as file:
            file.write(data[:-1] if self.damage else data)
        return target


@pytest.mark.parametrize("damage", [False, True], ids=["whole", "damaged"])
def test_pull_from_the_hub_compares_checksums(place, tmp_path, monkeypatch, damage):
    root = tmp_path / "remote"
    model_in(root / REPOSITORY, "merged.pt", "pytorch_training_state.bin", tokenizer=False)
    model_in(root / BASE_REPOSITORY)
    monkeypatch.setitem(sys.modules, "huggingface_hub", FakeHub(root, damage))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if damage:
        with pytest.raises(ModelError, match="arrived damaged"):
            pull(None, workspace=place[0], told=lambda *_: None)
        return
    found = pull(None, workspace=place[0], told=lambda *_: None)
    assert set(found.files) == {"merged.pt", "tokenizer.json"}
    manifest = json.loads((found.folder / files.MANIFEST).read_text())
    assert (manifest["source"], manifest["revision"]) == (REPOSITORY, REVISION)
    assert manifest["files"]["merged.pt"]["sha256"] == hashlib.sha256(b"merged.pt").hexdigest()


# -- from settings to an engine ----------------------------------------------------------------------------------------
def settings(tmp_path, **values):
    return Settings(workspace_dir=tmp_path, **values)


EVERYTHING = {"torch", "transformers", "onnxruntime", "tokenizers"}


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"kompress": False}, "off"),
        ({"optimize": False}, "off"),
        ({"lossless": True}, "off"),
        ({"stateless": True}, "off"),
        ({"kompress_model": "/nowhere"}, "failed"),
    ],
    ids=["disabled", "no optimising", "lossless", "stateless", "a model that is not there"],
)
def test_why_there_is_no_engine(tmp_path, values, state):
    found = open_engine(settings(tmp_path, **values), {"HF_HOME": str(tmp_path)}, has=EVERYTHING.__contains__)
    assert isinstance(found, Status)
    assert found.state == state
    assert found.reason


def test_the_way_out_is_named_step_by_step(tmp_path):
    environ = {"HF_HOME": str(tmp_path)}
    found = open_engine(settings(tmp_path), environ, has=lambda _name: False)
    assert (found.state, "pip install 'headroom-gateway[ml]'" in found.reason) == ("not installed", True)
    if not files.PACKAGED.is_dir():
        found = open_engine(settings(tmp_path), environ, has=EVERYTHING.__contains__)
        assert (found.state, "headroom kompress pull" in found.reason) == ("no model", True)
    model_in(files.pulled_folder(tmp_path), "merged.pt")
    assert isinstance(open_engine(settings(tmp_path), environ, has=EVERYTHING.__contains__), Engine)


@pytest.mark.parametrize(
    ("url", "kind"), [("http://127.0.0.1:1", RemoteEngine), ("vllm+http://127.0.0.1:1#name", Engine)]
)
def test_an_address_takes_the_place_of_a_model(tmp_path, url, kind):
    assert isinstance(open_engine(settings(tmp_path, kompress_url=url), {}, has=lambda _name: False), kind)


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "127.0.0.1:8790", "http://user:pw@host", "http://host?x=1", "http://host:99999", "http://host#name"],
)
def test_an_address_that_is_none_is_refused(url):
    from headroom.errors import SettingsError

    with pytest.raises(SettingsError, match="HEADROOM_KOMPRESS_URL"):
        resolve({}, {"HEADROOM_KOMPRESS_URL": url})


def test_a_requirement_that_can_not_hold_is_told():
    found = resolve({"require_kompress": True, "kompress": False}, {})
    assert not found.settings.require_kompress
    assert any("--require-kompress has no effect" in warning for warning in found.warnings)


# -- the command line --------------------------------------------------------------------------------------------------
@pytest.fixture
def cli(tmp_path):
    environ = {
        "HEADROOM_WORKSPACE_DIR": str(tmp_path / "work"),
        "HF_HOME": str(tmp_path / "hub"),
        "HEADROOM_PORT": "1",
        "HEADROOM_KOMPRESS_MODEL": "",
    }

    def run(*arguments, **more):
        return CliRunner().invoke(kompress, list(arguments), env=environ | more, standalone_mode=False)

    return run


def test_status_without_a_model(cli):
    found = cli("status", "--json")
    facts = json.loads(found.stdout)
    if not files.PACKAGED.is_dir():
        assert (found.return_value, facts["usable"], facts["model"]) == (1, False, None)
    assert facts["reason"]
    assert facts["proxy"] is None
    assert "state" in cli("status").stdout


def test_pull_status_and_compress_with_a_small_model(cli, layouts, tmp_path):
    assert "3 files" in cli("pull", "--from", str(layouts.merged)).stdout
    facts = json.loads(cli("status", "--json", "--check").stdout)
    assert (facts["usable"], facts["checked"]) == (True, True)
    from tests.compress.kompress import tiny

    text = tmp_path / "text.txt"
    text.write_text(tiny.essay(40))
    found = cli("compress", str(text), "--target-ratio", "0.4", "--device", "cpu")
    assert found.exception is None
    assert "prose:model" in found.stderr
    assert len(found.stdout) < 0.7 * len(text.read_text())
    words = cli("compress", str(text), "--words").stdout.splitlines()
    assert len(words) == len(text.read_text().split())


def test_bench_of_a_small_model(cli, layouts):
    found = cli("bench", "--seconds", "0.5", "--at-once", "2", HEADROOM_KOMPRESS_MODEL=str(layouts.onnx))
    assert found.exception is None
    assert "words/s with 2 texts" in found.stdout


def test_a_damaged_model_is_told_by_the_command_line(cli, tmp_path):
    model_in(tmp_path / "bad", "merged.pt")
    found = cli("compress", __file__, HEADROOM_KOMPRESS_MODEL=str(tmp_path / "bad"))
    assert "failed: " in str(found.exception)


def test_serve_serves_until_it_is_told_to_stop(layouts, tmp_path):
    environ = {**os.environ, "HEADROOM_KOMPRESS_MODEL": str(layouts.onnx), "HEADROOM_WORKSPACE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", "from headroom.cli.main import main; main()", "kompress", "serve", "--port", "0"]
    child = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = child.stdout.readline()
        assert "HEADROOM_KOMPRESS_URL=http://127.0.0.1:" in line
        remote = RemoteEngine(line.strip().rpartition("=")[2], every=0.05)
        remote.start()
        from tests.compress.kompress.test_engine import until

        until(lambda: remote.status().ready, 60)
        assert len(remote.score(["the", "mill"], 30).values) == 2
        remote.close()
        child.terminate()
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.stdout.close()
        child.wait(60)


def test_no_model_library_is_imported_by_the_proxys_own_modules():
    code = (
        "import sys; import headroom.gateway.build, headroom.cli.kompress; "
        "print([n for n in ('torch', 'transformers', 'onnxruntime', 'tokenizers', 'numpy') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == "[]"
