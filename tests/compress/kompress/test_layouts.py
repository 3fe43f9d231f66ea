"""Every published layout loads to the same network; every backend gives the same decisions; damage is told in a sentence."""

import json
import shutil
import struct

import pytest

from headroom.compress.kompress import files, onnx_backend, opening, scores
from headroom.compress.kompress.backend import Loaded
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.words import Tokenizer
from tests.compress.kompress import tiny
from tests.compress.kompress.conftest import need_libraries

pytestmark = pytest.mark.timeout(240)
WORDS = tiny.essay(4).split()


def installed(_name):
    return True


def load(folder, device="cpu") -> Loaded:
    return opening.loader(files.inspect(folder, folder.name, {}), device, installed)()


def scored(loaded):
    values = []
    for window in loaded.tokenizer.windows(WORDS):
        (row,) = loaded.backend.run([window.ids])
        values += scores.of_words(scores.checked(row, len(window.ids)), window.owners, window.count)
    return values


@pytest.fixture(scope="module")
def reference(layouts):
    """What the network itself says, computed by nothing of ours but the network."""
    import torch

    tokenizer = Tokenizer.load(layouts.merged / "tokenizer.json")
    values = []
    for window in tokenizer.windows(WORDS):
        ids = torch.tensor([window.ids])
        with torch.inference_mode():
            hidden = layouts.network.encoder(input_ids=ids).last_hidden_state
            keep = torch.softmax(layouts.network.token_head(hidden), -1)[0, :, 1]
            span = layouts.network.span_conv(hidden.transpose(1, 2))[0, 0]
        row = [float(k) * (1 + float(s)) / 2 for k, s in zip(keep, span, strict=True)]
        values += scores.of_words(row, window.owners, window.count)
    return values


@pytest.mark.parametrize("layout", ["merged", "flat", "lora", "onnx"])
def test_each_layout_gives_the_same_scores_and_decisions(layouts, reference, layout):
    loaded = load(getattr(layouts, layout))
    assert loaded.backend.name == ("onnx" if layout == "onnx" else "torch")
    found = scored(loaded)
    assert max(abs(a - b) for a, b in zip(found, reference, strict=True)) <= 1e-3 + 1e-9
    kept = [value >= scores.THRESHOLD for value in reference]
    assert [value >= scores.THRESHOLD for value in found] == kept
    assert 0.1 < sum(kept) / len(kept) < 0.9, "random weights that keep all or nothing would show nothing"


def test_a_window_scores_the_same_alone_and_among_longer_ones(layouts):
    backend = load(layouts.merged).backend
    windows = [[1, 9, 8, 2], [1, *range(3, 200), 2], [1, *range(40, 90), 2]]
    together = backend.run(windows)
    for window, row in zip(windows, together, strict=True):
        (alone,) = backend.run([window])
        assert row == pytest.approx(alone, abs=1e-5)


def test_the_precision_that_is_measured_fastest_scores_nearly_as_the_original(layouts, monkeypatch):
    from headroom.compress.kompress import torch_backend

    # The CPU stands in for a GPU: what is chosen there is of half precision too.
    monkeypatch.setattr(torch_backend, "_BATCHES", (1, 2))
    backend = torch_backend.fastest(layouts.network, "cpu", "x")
    assert backend.precision in {"bfloat16", "float16"}
    assert backend.batch in {1, 2}
    assert str(next(layouts.network.parameters()).dtype) == "torch.float32"
    windows = [[1, *range(3, 90), 2], [1, 7, 8, 2]]
    exact = torch_backend.TorchBackend(layouts.network, device="cpu", dtype="torch.float32", identity="x").run(windows)
    for row, wanted in zip(backend.run(windows), exact, strict=True):
        assert row == pytest.approx(wanted, abs=0.12)


def test_a_batch_that_does_not_fit_is_halved(layouts):
    import torch

    from headroom.compress.kompress.torch_backend import TorchBackend

    class Small:
        """A device with room for two windows."""

        def __call__(self, ids, mask):
            if ids.shape[0] > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return layouts.network(ids, mask)

    backend = TorchBackend(Small(), device="cpu", dtype="torch.float32", identity="x", batch=8)
    windows = [[1, 5 + n, 2] for n in range(8)]
    assert len(backend.run(windows)) == 8
    assert backend.batch == 2


def test_a_graph_that_cant_be_run_falls_through_to_the_next(layouts, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(layouts.onnx, folder)
    (folder / "onnx" / "kompress-int8-wo.onnx").write_bytes(b"\x08\x07not a graph that anything runs")
    model = files.inspect(folder, "x", {})
    assert [path.name for path in model.onnx] == ["kompress-int8-wo.onnx", "kompress-fp32.onnx"]
    assert onnx_backend.load(model).precision == "float32"


def test_int8_is_made_loaded_and_close(layouts, tmp_path, reference):
    from headroom.compress.kompress import export

    shutil.copy(layouts.onnx / "tokenizer.json", tmp_path)
    export.write_config(tiny.SPEC, tmp_path)
    export.write_int8(layouts.onnx / "onnx" / "kompress-fp32.onnx", tmp_path / "onnx" / "kompress-int8.onnx")
    loaded = load(tmp_path)
    assert loaded.backend.precision == "int8"
    found = scored(loaded)
    same = sum((a >= 0.5) == (b >= 0.5) for a, b in zip(found, reference, strict=True))
    assert same >= 0.75 * len(reference)


# -- damage ------------------------------------------------------------------------------------------------------------
def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def evil(folder):
    import pickle

    import torch

    class Evil:
        def __reduce__(self):
            return (print, ("this must never be printed",))

    torch.save({"encoder_state_dict": Evil()}, str(folder / "merged.pt"), pickle_module=pickle)


def without(part):
    def change(folder):
        import torch

        found = torch.load(str(folder / "merged.pt"), weights_only=True)
        del found[f"{part}_state_dict"]
        torch.save(found, str(folder / "merged.pt"))

    return change


def edit_merged(change):
    def run(folder):
        import torch

        found = torch.load(str(folder / "merged.pt"), weights_only=True)
        change(found, torch)
        torch.save(found, str(folder / "merged.pt"))

    return run


def config(**values):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def manifest(folder):
    rows = {"merged.pt": ("0" * 64, 1)}
    files.write_manifest(folder, "x", None, rows)


DAMAGE = {
    "merged.pt cut short": ("merged", lambda f: cut_in_half(f / "merged.pt"), "merged.pt is cut short or damaged"),
    "merged.pt empty": ("merged", lambda f: (f / "merged.pt").write_bytes(b""), "merged.pt is cut short or damaged"),
    "merged.pt with code in it": ("merged", evil, "merged.pt (holds more than tensors|is cut short)"),
    "merged.pt without a head": ("merged", without("span_conv"), "has no span_conv_state_dict"),
    "merged.pt of another kind": (
        "merged",
        lambda f: __import__("torch").save([1, 2], str(f / "merged.pt")),
        "holds no state dict",
    ),
    "a tensor missing": (
        "merged",
        edit_merged(lambda d, t: d["encoder_state_dict"].pop("final_norm.weight")),
        "lacks final_norm.weight",
    ),
    "a tensor too many": (
        "merged",
        edit_merged(lambda d, t: d["encoder_state_dict"].update(extra=t.zeros(2))),
        "has extra, which the network does not know",
    ),
    "a tensor of another shape": (
        "merged",
        edit_merged(lambda d, t: d["token_head_state_dict"].update(weight=t.zeros(2, 7))),
        r"weight is \[2, 7\] and should be \[2, 32\]",
    ),
    "weights that are no numbers": (
        "merged",
        edit_merged(lambda d, t: d["token_head_state_dict"].update(bias=t.tensor([float("nan"), 0.0]))),
        "holds weights that are no numbers",
    ),
    "config of another size": ("merged", config(hidden_size=64), "config.json is of another model"),
    "config of another network": ("merged", config(model_type="bert"), "but Kompress is a modernbert"),
    "config with a size that is none": ("merged", config(num_hidden_layers="many"), "which is no size"),
    "config with heads that do not fit": ("merged", config(num_attention_heads=5), "can't be shared by 5"),
    "config that is no JSON": (
        "merged",
        lambda f: (f / "config.json").write_text("{"),
        "config.json can't be read",
    ),
    "tokenizer missing": ("merged", lambda f: (f / "tokenizer.json").unlink(), "has no tokenizer.json"),
    "tokenizer damaged": ("merged", lambda f: cut_in_half(f / "tokenizer.json"), "tokenizer.json is damaged"),
    "tokenizer of a larger model": ("merged", config(vocab_size=100), "they are of different models"),
    "checksum": ("merged", manifest, "is not what was fetched"),
    "safetensors cut short": ("flat", lambda f: cut_in_half(f / "model.safetensors"), "model.safetensors is cut short"),
    "safetensors with an absurd header": (
        "flat",
        lambda f: (f / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}"),
        "model.safetensors is cut short or damaged",
    ),
    "safetensors of another model": (
        "flat",
        lambda f: __import__("safetensors.torch").torch.save_file(
            {"bert.x": __import__("torch").zeros(2)}, str(f / "model.safetensors")
        ),
        r"has no tensors named encoder\.\*",
    ),
    "adapters without their scale": (
        "lora",
        lambda f: (f / "adapter_config.json").unlink(),
        "does not say lora_alpha",
    ),
    "graph cut short": (
        "onnx",
        lambda f: cut_in_half(f / "onnx" / "kompress-fp32.onnx"),
        "onnxruntime .* can't run the model",
    ),
    "nothing usable": ("merged", lambda f: (f / "merged.pt").unlink(), "holds no model: expected merged.pt"),
}


@pytest.mark.parametrize(("layout", "change", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_in_one_sentence(layouts, tmp_path, capsys, layout, change, sentence):
    folder = tmp_path / "model"
    shutil.copytree(getattr(layouts, layout), folder)
    change(folder)
    with pytest.raises(ModelError, match=sentence) as told:
        load(folder)
    text = str(told.value)
    assert "\n" not in text
    assert len(text) < 500
    assert "must never be printed" not in capsys.readouterr().out


def test_a_graph_with_other_names_is_refused(tmp_path):
    need_libraries("onnxruntime", "onnx")
    import onnx

    kinds = onnx.TensorProto
    node = onnx.helper.make_node("Identity", ["text"], ["label"])
    graph = onnx.helper.make_graph(
        [node],
        "g",
        [onnx.helper.make_tensor_value_info("text", kinds.INT64, [1])],
        [onnx.helper.make_tensor_value_info("label", kinds.INT64, [1])],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, str(tmp_path / "kompress-fp32.onnx"))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="takes text and gives label"):
        onnx_backend.load(files.inspect(tmp_path, "x", {}))


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_named(layouts, device):
    from headroom.compress.kompress.torch_backend import pick_device

    class Torch:
        class cuda:
            is_available = staticmethod(lambda: False)

        class backends:
            class mps:
                is_available = staticmethod(lambda: False)

    with pytest.raises(ModelError, match=f"--kompress-device {device}: torch finds no such device"):
        pick_device(Torch, device)
    assert pick_device(Torch, "auto") == "cpu"


@pytest.mark.parametrize(
    ("there", "device", "gpu", "has", "wanted"),
    [
        ({"torch", "onnx"}, "auto", False, {"torch", "transformers", "onnxruntime"}, "onnx"),
        ({"torch", "onnx"}, "auto", True, {"torch", "transformers", "onnxruntime"}, "torch"),
        ({"torch", "onnx"}, "cpu", True, {"torch", "transformers", "onnxruntime"}, "onnx"),
        ({"torch", "onnx"}, "cuda", False, {"torch", "transformers", "onnxruntime"}, "torch"),
        ({"torch"}, "cpu", False, {"torch", "transformers", "onnxruntime"}, "torch"),
        ({"torch", "onnx"}, "auto", True, {"onnxruntime"}, "onnx"),
    ],
    ids=["no GPU", "a GPU", "the CPU by choice", "CUDA by choice", "no graph", "no torch"],
)
def test_the_library_that_suits_the_machine_is_taken(tmp_path, there, device, gpu, has, wanted):
    model = files.Model(
        tmp_path,
        "x",
        tmp_path / "tokenizer.json",
        tmp_path / "merged.pt" if "torch" in there else None,
        (tmp_path / "kompress-fp32.onnx",) if "onnx" in there else (),
    )
    assert opening.library(model, device, has.__contains__, gpu=gpu) == wanted


@pytest.mark.parametrize(
    ("there", "has", "sentence"),
    [
        ("torch", {"onnxruntime"}, "no ONNX file that onnxruntime could run; install torch"),
        ("onnx", {"torch", "transformers"}, "ONNX files only; install onnxruntime"),
    ],
)
def test_a_missing_library_is_named(tmp_path, there, has, sentence):
    path = tmp_path / "x"
    model = files.Model(tmp_path, "x", path, path if there == "torch" else None, (path,) if there == "onnx" else ())
    with pytest.raises(ModelError, match=sentence):
        opening.library(model, "auto", has.__contains__, gpu=False)
