import pytest

from headroom.compress.diff import Diff
from headroom.compress.rendition import Hints
from tests.compress.line_samples import asking, keeps_the_law, shown

WORDS = [f"{a}{b}{c}" for a in "bcd" for b in "aeiou" for c in "lmn"]
HASH = "a9Zb" * 22


def npm(name, old, new):
    head = f'    "node_modules/{name}": {{'
    body = [(f'      "version": "{version}",', f'      "integrity": "sha512-{HASH}=="') for version in (old, new)]
    if not old or not new:
        sign = "+" if new else "-"
        return [f"{sign}{head}", *(f"{sign}{line}" for line in body[bool(new)])]
    return [f" {head}", *(f"-{line}" for line in body[0]), *(f"+{line}" for line in body[1])]


def cargo(name, old, new):
    return [" [[package]]", f' name = "{name}"', f'-version = "{old}"', f'+version = "{new}"', f'-checksum = "{HASH}0"', f'+checksum = "{HASH}1"']  # fmt: skip


def yarn(name, old, new):
    return [f' "{name}@^1.0.0":', f'-  version "{old}"', f'+  version "{new}"', f"-  integrity sha512-{HASH}0", f"+  integrity sha512-{HASH}1"]  # fmt: skip


def go(name, old, new):
    path = f"example.org/x/{name}"
    return [f"-{path} v{old} h1:{HASH}=", f"-{path} v{old}/go.mod h1:{HASH}=", f"+{path} v{new} h1:{HASH}=", f"+{path} v{new}/go.mod h1:{HASH}="]  # fmt: skip


def pnpm(name, old, new):
    return [f"-  {name}@{old}:", f"+  {name}@{new}:", f"-    resolution: {{integrity: sha512-{HASH}0}}", f"+    resolution: {{integrity: sha512-{HASH}1}}"]  # fmt: skip


def diff(path, *bodies):
    lines = [f"diff --git a/{path} b/{path}", "index 9530ea8..51c0605 100644", f"--- a/{path}", f"+++ b/{path}"]
    for place, body in enumerate(bodies):
        signs = [line[0] for line in body]
        old, new = (signs.count(" ") + signs.count(sign) for sign in "-+")
        lines += [f"@@ -{40 * place + 1},{old} +{40 * place + 1},{new} @@", *body]
    return "\n".join(lines) + "\n"


def told(text, question="Which packages changed version?"):
    return shown(keeps_the_law(Diff(), text, asking(question)))


@pytest.mark.parametrize(
    ("path", "form", "name"),
    [
        ("package-lock.json", npm, "{}"),
        ("Cargo.lock", cargo, "{}"),
        ("web/yarn.lock", yarn, "{}"),
        ("go.sum", go, "example.org/x/{}"),
        ("pnpm-lock.yaml", pnpm, "{}"),
    ],
    ids=["npm", "cargo", "yarn", "go", "pnpm"],
)
def test_versions_of_a_lock_file_are_told(path, form, name):
    text = told(diff(path, *(form(word, f"1.{n}.0", f"1.{n}.7") for n, word in enumerate(WORDS))))
    v = "v" * (form is go)
    assert f"; {name.format(WORDS[6])} {v}1.6.0 to {v}1.6.7; " in text
    assert text.count(f" to {v}1.") == len(WORDS)
    assert HASH not in text


def test_what_came_and_what_went_is_told_apart():
    more = [npm(word, "1.1.1", "1.2.0") for word in WORDS]
    text = told(diff("package-lock.json", npm("axios", "", "1.7.2"), npm("left-pad", "1.3.0", ""), *more))
    assert "; left-pad removed 1.3.0" in text
    assert ": axios added 1.7.2; " in text
    assert "send > ms" in told(diff("package-lock.json", npm("send/node_modules/ms", "2.0.0", "2.1.1"), *more))


def test_a_hunk_that_is_cut_off_tells_nothing_of_what_went():
    bodies = [npm(word, "1.1.1", "1.2.0") for word in WORDS]
    text = told("\n".join(diff("package-lock.json", *bodies).split("\n")[:-3]))
    assert f"{WORDS[-2]} 1.1.1 to 1.2.0; not of the hunk that is cut off]" in text
    assert f"{WORDS[-1]} " not in text


@pytest.mark.parametrize("form", [npm, cargo, yarn, go, pnpm])
def test_a_piece_without_the_name_of_its_file_is_told_from_other_diffs_by_its_lines(form):
    bodies = [form(word, "1.1.1", "1.2.0") for word in WORDS]
    piece = "\n".join(diff("package-lock.json", *bodies).split("\n")[4:])
    found = shown(keeps_the_law(Diff(), piece, Hints(command="git diff | sed -n 90,200p", query="Go on.")))
    assert "a lock file not named here: " in found
    assert f"{WORDS[9]} v1.1.1 to v1.2.0" in found.replace(" 1.1.1 to 1.2", " v1.1.1 to v1.2")
    assert found.count(HASH) < 4
    settings = "\n".join(
        diff("a.json", *([f'-  "{word}": 1,', f'+  "{word}": 2,'] * 9 for word in WORDS)).split("\n")[4:]
    )
    assert Diff().lossy(settings, Hints(command="git diff | sed -n 90,200p", query="Go on.")) is None


@pytest.mark.parametrize(
    ("question", "tells"),
    [("Was bol bumped?", True), ("What does bol do now?", True), ("Does load() close the file?", False)],
    ids=["asked for by a word", "named", "about something else"],
)
def test_beside_other_files_versions_are_told_where_they_are_asked_for(question, tells):
    code = diff("src/load.py", ["-def load(path):", "+def load(path, mode):", "     pass"])
    lock = diff("package-lock.json", *(npm(word, "1.1.1", "1.2.0") for word in WORDS))
    assert ("bol 1.1.1 to 1.2.0" in told(code + lock, question)) is tells
