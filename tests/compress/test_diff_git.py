"""The names in the line that begins a file of a diff, as git writes it with each of its options."""

from __future__ import annotations

import pytest

from headroom.compress.diff import Diff
from headroom.compress.diff_git import names_of, path_of
from tests.compress.line_samples import asking, keeps_the_law, shown

DIFF = Diff()
FORMS = {
    "as usual": ("a/", "b/"),
    "no prefix": ("", ""),
    "index and work tree": ("i/", "w/"),
    "commit and work tree": ("c/", "w/"),
    "commit and index": ("c/", "i/"),
    "no index": ("1/", "2/"),
    "reversed": ("b/", "a/"),
}


@pytest.mark.parametrize(
    ("line", "names", "path"),
    [
        ("diff --git a/src/x.py b/src/x.py", ("a/src/x.py", "b/src/x.py"), "src/x.py"),
        ("diff --git src/x.py src/x.py", ("src/x.py", "src/x.py"), "src/x.py"),
        ("diff --git c/x.py c/x.py", ("c/x.py", "c/x.py"), "c/x.py"),
        ("diff --git c/x.py w/x.py", ("c/x.py", "w/x.py"), "x.py"),
        ("diff --git a/my b/c.py b/my b/c.py", ("a/my b/c.py", "b/my b/c.py"), "my b/c.py"),
        ("diff --git my file.py my file.py", ("my file.py", "my file.py"), "my file.py"),
        ("diff --git a/old.py b/src/new.py", ("a/old.py", "b/src/new.py"), "src/new.py"),
        ("diff --git i/old.py w/src/new.py", ("i/old.py", "w/src/new.py"), "src/new.py"),
        ("diff --git old.py src/new.py", ("old.py", "src/new.py"), "src/new.py"),
        ('diff --git "a/f\\303\\266.txt" "b/f\\303\\266.txt"', ('"a/f\\303\\266.txt"', '"b/f\\303\\266.txt"'), "f\\303\\266.txt"),
        ('diff --git a/f.txt "b/f \\"2\\".txt"', ("a/f.txt", '"b/f \\"2\\".txt"'), 'f \\"2\\".txt'),
        ("diff --git ", None, None),
        ("diff --git x", None, None),
        ("diff -u a/x b/x", None, None),
    ],
)  # fmt: skip
def test_both_names_are_read(line, names, path):
    assert names_of(line) == names
    assert path_of(line) == path


def _diff(old, new):
    return "".join(
        f"diff --git {old}shop/{name}.py {new}shop/{name}.py\nindex 80826fc..03e8f0a 100644\n"
        f"--- {old}shop/{name}.py\n+++ {new}shop/{name}.py\n"
        + "".join(
            f"@@ -{40 * n},7 +{40 * n},7 @@ def step_{n}(a):\n     b = a\n     c = b\n     d = c\n"
            f"-    return {name}_old_{n}(d)\n+    return {name}_new_{n}(d)\n     # done\n     pass\n \n"
            for n in range(1, 6)
        )
        for name in ("cart", "book", "mail", "user", "page", "form")
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("question", ["What exactly changed in mail.py?", "Show me the changes of shop/mail.py."])
def test_the_file_asked_for_is_shown_whatever_the_prefixes(form, question):
    text = _diff(*FORMS[form])
    rendition = keeps_the_law(DIFF, text, asking(question))
    view = shown(rendition)
    assert all(f"-    return mail_old_{n}(d)\n+    return mail_new_{n}(d)\n" in view for n in range(1, 6))
    assert "book_new_3" not in view
    assert len(view) < 0.4 * len(text)


@pytest.mark.parametrize("form", FORMS)
def test_names_said_twice_are_left_out_whatever_the_prefixes(form):
    text = _diff(*FORMS[form])
    encoded = DIFF.encode(text)
    assert encoded is not None
    assert "\n+++ " not in encoded
    assert DIFF.decode(encoded) == text
