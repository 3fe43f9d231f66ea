import pytest

from headroom.compress.command import read_command


@pytest.mark.parametrize(
    ("command", "kind", "path"),
    [
        ("git diff HEAD~1", "diff", None),
        ("git --no-pager -c color.ui=never log --oneline -n 4", "vcs", None),
        ("cd x && rg -n foo src | head -50", "search", None),
        ("PYTHONPATH=src python -m pytest -q tests 2>&1", "tests", None),
        ("GO111MODULE=off go test -v .", "tests", None),
        ("npm test", "tests", None),
        ("node --test test/ 2>&1", "tests", None),
        ("prove -lv t", "tests", None),
        ("npm install left-pad", "build", None),
        ("npx jest --verbose", "tests", None),
        ("timeout 60 cargo build", "build", None),
        ("ls -la /tmp", "listing", None),
        ("cat src/app.py", None, "src/app.py"),
        ("sed -n 1,80p src/app.py", None, "src/app.py"),
        ("cat logs/app.log | grep -n error", "search", None),
        ("sqlite3 -json db 'select 1'", "json", None),
        ("kubectl get pods -o yaml", "config", None),
        ("find . -name '*.yaml' | sort | xargs -I{} sh -c 'echo; cat {}'", None, "*.yaml"),
        ("find . -name '*.py' | xargs wc -l", "listing", None),
        ("find . -exec cat {} +", None, None),
        ("echo 'unbalanced", None, None),
        ("", None, None),
    ],
)
def test_what_a_command_prints(command, kind, path):
    assert read_command(command) == (kind, path)
