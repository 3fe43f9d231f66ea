"""Runs of ansible-playbook: what failed stays with its task, what a question names, too; all else is counted."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.playbook import Playbook
from headroom.compress.rendition import Hints
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, round_trips, shown, spelled

PLAYBOOK = Playbook()
STARS = "*" * 40


def changed(host):
    return f"--- before\n+++ after: /etc/depot/{host}.conf\n@@ -0,0 +1,2 @@\n+[depot]\n+name = {host}\n\nchanged: [{host}]\n"


def warned(n):
    return f"[WARNING]: Found variable using reserved name 'port'.\nOrigin: /srv/hosts.ini:{n}\n\n{n} depot-{n}\n  ^^^^\n\n"


HOSTS = [f"depot-{n}" for n in range(10, 40)]
FAILED = (
    "[ERROR]: Task failed: Module failed: port taken\nOrigin: /srv/site.yml:9:7\n\n9     - name: Open the port\n"
    '        ^ column 7\n\nfatal: [depot-44]: FAILED! => {"changed": false, "msg": "port 7044 is taken", "rc": 1}\n'
)
IGNORED = 'fatal: [depot-17]: FAILED! => {\n    "changed": false,\n    "msg": "no licence left"\n}\n...ignoring\n'
RUN = (
    f"\nPLAY [Prepare depots] {STARS}\n\nTASK [Write the settings] {STARS}\n"
    + "".join(warned(n) for n in range(9))
    + "".join(map(changed, HOSTS))
    + f"\nTASK [Open the port] {STARS}\n"
    + "".join(f"ok: [{host}]\n" for host in HOSTS)
    + FAILED
    + f"\nTASK [Take a licence] {STARS}\n"
    + "".join(f'ok: [{host}] => {{\n    "msg": "licence of {host} taken"\n}}\n' for host in HOSTS)
    + IGNORED
    + f"\nPLAY RECAP {STARS}\n"
    + "".join(
        f"{host:26} : ok=3    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n"
        for host in HOSTS
    )
    + "depot-44                   : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   \n"
    + "depot-45                   : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0   \n"
    + "depot-46                   : ok=3    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n\n"
)
WHY = asking("On which hosts did something fail, and why?")


def test_what_failed_stays_with_its_task_and_the_rest_is_counted():
    rendition = keeps_the_law(PLAYBOOK, RUN, WHY)
    kept = spelled(rendition)
    assert FAILED in kept
    assert IGNORED in kept
    assert all(f"TASK [{task}]" in kept for task in ("Write the settings", "Open the port", "Take a licence"))
    assert "depot-44                   : ok=1" in kept
    assert "depot-45                   : ok=0" in kept
    assert "depot-20" not in kept
    assert "[~ 60 ok, 30 changed, 9 WARNING, 2 fatal, 1 ERROR]" in shown(rendition)
    assert "9 WARNING, 30 diffs, 30 changed" in shown(rendition).replace(
        "30 diffs, 30 changed, 9 WARNING", "9 WARNING, 30 diffs, 30 changed"
    )
    assert len(kept) < 0.3 * len(RUN)


@pytest.mark.parametrize(
    ("question", "there", "gone"),
    [
        ("What was told of `depot-20`?", "licence of depot-20 taken", "licence of depot-21 taken"),
        ("What changed, and on which hosts?", "changed: [depot-33]", "licence of depot-21 taken"),
        ("Which warnings are there?", "Origin: /srv/hosts.ini:7", "changed: [depot-33]"),
    ],
)
def test_what_a_question_is_about_stays_beside_what_failed(question, there, gone):
    kept = spelled(keeps_the_law(PLAYBOOK, RUN, asking(question)))
    assert there in kept
    assert gone not in kept
    assert FAILED in kept


@pytest.mark.parametrize("hints", [VAGUE, asking("Show every result."), asking("Which licence server is used?")])
def test_where_nothing_is_asked_for_nothing_goes(hints):
    assert PLAYBOOK.lossy(RUN, hints) is None


@pytest.mark.parametrize("text", ["", "\n", "nothing of a run\n" * 30])
def test_a_text_without_a_part_is_left(text):
    assert PLAYBOOK.lossy(text, WHY) is None


def test_a_run_comes_back():
    round_trips(PLAYBOOK, RUN)
    assert len(PLAYBOOK.lossless(RUN, VAGUE).text) < 0.8 * len(RUN)


@pytest.mark.parametrize(
    "window",
    [
        RUN[400:2600],
        RUN[RUN.index("TASK [Open") + 60 :][:900],
        RUN[RUN.index("PLAY RECAP") + 80 :],
        "".join(map(changed, HOSTS)),
    ],
    ids=["warnings", "results", "recap", "changes"],
)
def test_a_window_of_a_run_is_known(window):
    assert detect(window, Hints()).kinds[0] == "playbook"
    assert detect("", Hints(command="ansible-playbook site.yml")).kinds == ()


@pytest.mark.parametrize(
    "text",
    [
        "ok: all went well\nfailed: nothing\nchanged: a lot\n" * 8,
        "--- before\n+++ after\n@@ -1 +1 @@\n-a\n+b\n" * 8,
        "tasks: [one, two]\nfatal: [yes]\n" * 1 + "steps:\n  - run: x\n" * 20,
    ],
)
def test_what_only_looks_like_it_is_none(text):
    assert "playbook" not in detect(text, Hints()).kinds


@pytest.mark.parametrize("sign", ["TASK [", "ok: [", " : ok=1", "*", "[ERROR]: ", "- "])
def test_long_lines_are_read_in_linear_time(sign):
    line = sign * (100_000 // len(sign))
    PLAYBOOK.lossy(f"{RUN}{line}\n{line}\n", WHY)
    detect(f"ok: [a]\n{line}\n{line}\n", Hints())
