"""Configuration files are edited only as told, and come back byte for byte."""

import json
import os
import stat
import subprocess
import sys
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.agents import process
from headroom.agents.edits import Edits
from headroom.agents.plan import FileEdit, WrapError

ME = process.own()
TOML_EDIT = (
    (("model_provider",), "headroom"),
    (("model_providers", "headroom"), {"name": "headroom", "base_url": "http://127.0.0.1:8787/v1"}),
)
JSON_EDIT = ((("env", "ANTHROPIC_BASE_URL"), "http://127.0.0.1:8787"),)

TOML = {
    "empty": b"",
    "no file": None,
    "features come last": b'model = "gpt-5.1"\n\n[tools]\nweb = true\n\n[features]\nx = true\n',
    "no newline at the end": b'model = "gpt-5.1"\n[features]\nx = true',
    "CRLF": b'model = "gpt-5.1"\r\n# why\r\n[features]\r\nx = true\r\n',
    "byte order mark": b'\xef\xbb\xbfmodel = "x"\n[a]\nb = 1\n',
    "another provider": b'model_provider = "azure"\n[model_providers.azure]\nname = "A"\nbase_url = "https://a/v1"\n',
    "our own provider, older": b'[model_providers.headroom]\nname = "old"\nbase_url = "http://127.0.0.1:1/v1"\n',
    "dotted keys": b"a.b.c = 1\na.d = 2\n",
    "inline table": b'model_providers = { x = { name = "y" } }\n',
    "array of tables": b"[[servers]]\na = 1\n[[servers]]\na = 2\n",
    "comments only": b"# nothing here\n\n\n",
    "odd spacing": b'  model="x"   # hm\n\n\n[ a . b ]\n\tc=1\n',
    "unicode": '[a]\nn = "żółć 🦊"\n'.encode(),
    "mcp servers": b'[mcp_servers.x]\ncommand = "npx"\nargs = ["-y", "x"]\n[mcp_servers.x.env]\nK = "v"\n',
    "dates": b"[notice]\nseen = 2026-01-02T03:04:05Z\n",
}
JSON = {
    "empty object": b"{}",
    "empty file": b"",
    "no file": None,
    "four blanks": b'{\n    "permissions": {\n        "allow": ["Bash(ls:*)"]\n    }\n}\n',
    "tabs and CRLF": b'{\r\n\t"env": {\r\n\t\t"A": "b"\r\n\t}\r\n}\r\n',
    "one line": b'{"env":{"ANTHROPIC_BASE_URL":"https://own.example"},"x":1.0}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}\n',
    "unicode": '{"n": "żółć 🦊", "m": "\\u017c"}'.encode(),
}
CORPUS = [("toml", TOML_EDIT, name, data) for name, data in TOML.items()]
CORPUS += [("json", JSON_EDIT, name, data) for name, data in JSON.items()]
by_name = pytest.mark.parametrize(("form", "values", "name", "data"), CORPUS, ids=[f"{f} {n}" for f, _, n, _ in CORPUS])


def content(form, data):
    text = data.decode("utf-8-sig")
    return tomllib.loads(text) if form == "toml" else json.loads(text or "{}")


def at(value, key):
    for name in key:
        value = value[name]
    return value


@by_name
def test_wrap_then_unwrap_gives_the_same_bytes(form, values, name, data, tmp_path):
    path = tmp_path / "conf" / f"config.{form}"
    if data is not None:
        path.parent.mkdir()
        path.write_bytes(data)
        path.chmod(0o640)
    edits = Edits(tmp_path / "workspace")
    edit = FileEdit(path, form, values)
    edits.apply("tool", edit, ME)
    changed = path.read_bytes()
    now = content(form, changed)
    assert all(at(now, key) == new for key, new in values)
    before = content(form, data or b"")
    for key in before.keys() - {key[0] for key, _ in values}:
        assert now[key] == before[key]
    assert edits.release(edit, ME)
    if data is None:
        assert not path.parent.exists()
    else:
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in (tmp_path / "workspace" / "wrap").iterdir()] == ["lock"]


@by_name
def test_keys_alone_are_taken_back_when_somebody_else_wrote_meanwhile(form, values, name, data, tmp_path):
    path = tmp_path / f"config.{form}"
    if data is not None:
        path.write_bytes(data)
    edits = Edits(tmp_path / "workspace")
    edit = FileEdit(path, form, values)
    edits.apply("tool", edit, ME)
    changed = path.read_bytes()
    if form == "toml":
        changed += b"\n[added_later]\nx = 1\n"
    else:
        value = content(form, changed) | {"added_later": {"x": 1}}
        changed = json.dumps(value).encode()
    path.write_bytes(changed)
    edits.undo("tool")
    assert content(form, path.read_bytes()) == content(form, data or b"") | {"added_later": {"x": 1}}


REFUSED = [
    ("toml", TOML_EDIT, "a table twice", b"[a]\nx = 1\n[a]\ny = 2\n"),
    ("toml", TOML_EDIT, "providers by dotted keys", b'model_providers.x.name = "y"\n'),
    ("toml", TOML_EDIT, "torn", b"[a\n"),
    ("toml", TOML_EDIT, "a key in the way", b"model_providers = 3\n"),
    ("toml", TOML_EDIT, "Latin-1", b'a = "\xe9"\n'),
    ("json", JSON_EDIT, "comments", b'{ // no\n "a": 1}'),
    ("json", JSON_EDIT, "a key twice", b'{"a": 1, "a": 2}'),
    ("json", JSON_EDIT, "a list", b"[]"),
    ("json", JSON_EDIT, "env is a string", b'{"env": "x"}'),
]


@pytest.mark.parametrize(("form", "values", "name", "data"), REFUSED, ids=[f"{f} {n}" for f, _, n, _ in REFUSED])
def test_what_cannot_be_edited_safely_is_refused_and_untouched(form, values, name, data, tmp_path):
    path = tmp_path / f"config.{form}"
    path.write_bytes(data)
    edits = Edits(tmp_path / "workspace")
    with pytest.raises(WrapError, match="nothing was changed"):
        edits.apply("tool", FileEdit(path, form, values), ME)
    assert path.read_bytes() == data
    assert edits.undo() == []


def test_a_symlink_stays_one_and_a_read_only_file_stays_read_only(tmp_path):
    target = tmp_path / "dotfiles" / "config.toml"
    target.parent.mkdir()
    target.write_bytes(TOML["CRLF"])
    target.chmod(0o444)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    edits, edit = Edits(tmp_path / "workspace"), FileEdit(link, "toml", TOML_EDIT)
    edits.apply("codex", edit, ME)
    assert link.is_symlink()
    assert b"headroom" in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    edits.undo("codex")
    assert link.is_symlink()
    assert target.read_bytes() == TOML["CRLF"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o444


def test_the_last_of_two_sessions_restores(tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(b"{}")
    edits, edit = Edits(tmp_path / "workspace"), FileEdit(path, "json", JSON_EDIT)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        other = (child.pid, process.started(child.pid))
        edits.apply("claude", edit, ME)
        edits.apply("claude", edit, other)
        assert not edits.release(edit, ME)
        assert path.read_bytes() != b"{}"
        with pytest.raises(WrapError, match="another session"):
            edits.apply("claude", FileEdit(path, "json", ((("env", "ANTHROPIC_BASE_URL"), "http://x"),)), ME)
    finally:
        child.communicate(b"\n", timeout=90)
    assert [record.edit.path for record in edits.left()] == [path]
    assert edits.undo(only_dead=True) == [path]
    assert path.read_bytes() == b"{}"


def test_after_a_crash_the_next_session_starts_from_the_original(tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(b'{"a":1}')
    edits, edit = Edits(tmp_path / "workspace"), FileEdit(path, "json", JSON_EDIT)
    edits.apply("claude", edit, (2**22 + 1, "1"))
    edits.apply("claude", edit, ME)
    edits.release(edit, ME)
    assert path.read_bytes() == b'{"a":1}'


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    path = tmp_path / "conf" / "c.json"
    path.parent.mkdir()
    path.write_bytes(b"{}")
    path.parent.chmod(0o500)
    try:
        with pytest.raises(WrapError, match="nothing was changed"):
            Edits(tmp_path / "workspace").apply("claude", FileEdit(path, "json", JSON_EDIT), ME)
    finally:
        path.parent.chmod(0o700)
    assert path.read_bytes() == b"{}"


keys = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6)
leaves = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=12))
tables = st.recursive(
    st.dictionaries(keys, leaves, max_size=4), lambda inner: st.dictionaries(keys, st.one_of(leaves, inner), max_size=4)
)


@settings(max_examples=60)
@given(tables, st.sampled_from(["", "\n", "\r\n"]), st.sampled_from([None, 2, "\t"]))
def test_any_document_comes_back(tmp_path_factory, value, end, indent):
    folder = tmp_path_factory.mktemp("edit")
    import tomlkit

    value.pop("model_providers", None), value.pop("env", None)
    for form, values, text in (
        ("toml", TOML_EDIT, tomlkit.dumps(value) + end),
        ("json", JSON_EDIT, json.dumps(value, indent=indent) + end),
    ):
        path = folder / f"c.{form}"
        path.write_bytes(text.encode())
        edits, edit = Edits(folder / "workspace"), FileEdit(path, form, values)
        edits.apply("x", edit, ME)
        now = content(form, path.read_bytes())
        assert {key: now[key] for key in value if key != "model_provider"} == {
            key: item for key, item in value.items() if key != "model_provider"
        }
        edits.release(edit, ME)
        assert path.read_bytes() == text.encode()
