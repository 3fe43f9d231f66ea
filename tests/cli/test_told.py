"""Signals as something to wait for: none may be lost or hang the wait, whenever it comes."""

import random
import select
import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT

ROUNDS = 400

WAITS = f"""
import signal
from headroom.cli.told import told
for _ in range({ROUNDS}):
    with told(signal.SIGTERM) as news:
        print("ready", flush=True)
        assert news.wait(SECONDS) and news.by == signal.SIGTERM
print("all", flush=True)
"""


@pytest.mark.parametrize("seconds", ["None", "60"], ids=["for ever", "for a while"])
def test_a_signal_is_heard_at_any_moment_of_the_wait(seconds):
    chance = random.Random(7)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", WAITS.replace("SECONDS", seconds)], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0
    )
    try:
        for turn in range(ROUNDS):
            assert select.select([process.stdout], [], [], 60)[0], f"signal {turn} was not heard"
            assert process.stdout.readline() == b"ready\n"
            for _ in range(chance.randrange(500)):
                pass
            process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == b"all\n"
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_wait_without_a_signal_ends():
    code = (
        "import signal\nfrom headroom.cli.told import told\nwith told(signal.SIGTERM) as news: print(news.wait(0.01))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "False\n"


def test_another_signal_ends_no_wait():
    code = (
        "import os, signal\nfrom headroom.cli.told import told\nsignal.signal(signal.SIGUSR1, lambda *_: None)\n"
        "with told(signal.SIGTERM) as news:\n    os.kill(os.getpid(), signal.SIGUSR1)\n    print(news.wait(0.05), news.by)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "False None\n"
