"""``headroom wrap`` as people run it: what the tool gets, what is left behind, and who stops the proxy."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from headroom.agents import probe, process
from headroom.agents.clients import Clients
from headroom.testing import GatewayProcess, LLMProcess, free_port
from tests.conftest import ROOT

SHOW = "import json, os, sys; print(json.dumps({'env': dict(os.environ), 'argv': sys.argv[1:]}))"

WAIT = "import time\nfor _ in range(1200): time.sleep(0.05)"
"""A pause would miss a signal that comes just before it."""


class Home:
    """A machine of its own: a home, a workspace, a folder with programs."""

    def __init__(self, path, upstream="http://127.0.0.1:9"):
        self.path = path
        self.workspace = path / "workspace"
        self.bin = path / "bin"
        self.bin.mkdir()
        self.project = path / "my project"
        self.project.mkdir()
        self.port = free_port()
        self.env = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(path),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'addons'}",
            "HEADROOM_WORKSPACE_DIR": str(self.workspace),
            "HEADROOM_SKIP_UPSTREAM_CHECK": "1",
            "HEADROOM_LEASE_SECONDS": "1",
            "ANTHROPIC_TARGET_API_URL": upstream,
        }

    def program(self, name, code=SHOW):
        path = self.bin / name
        path.write_text(f"#!{sys.executable}\n{code}\n")
        path.chmod(0o755)

    def command(self, *words):
        return [sys.executable, "-m", "headroom.cli", *words]

    def run(self, *words, env=None, seconds=60):
        return subprocess.run(
            self.command(*words), cwd=self.project, env=self.env | (env or {}), capture_output=True, text=True,
            timeout=seconds, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def wrap(self, tool, *words, env=None):
        return self.run("wrap", tool, "--port", str(self.port), *words, env=env)

    def start(self, *words, env=None, **kind):
        return subprocess.Popen(
            self.command("wrap", *words), cwd=self.project, env=self.env | (env or {}), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kind,
        )  # fmt: skip

    def gone(self):
        return until(lambda: probe.look(self.port) is None)


def until(condition, seconds=60):
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_the_tool_gets_its_environment_and_arguments_and_nothing_is_left(home):
    home.program("claude", SHOW + "; sys.exit(7)")
    done = home.wrap("claude", "--model", "opus", "--", "--verbose", "-p", "hi")
    assert done.returncode == 7, done.stderr
    shown = json.loads(done.stdout)
    assert shown["argv"] == ["--model", "opus", "--verbose", "-p", "hi"]
    assert shown["env"]["ANTHROPIC_BASE_URL"] == f"http://127.0.0.1:{home.port}"
    assert shown["env"]["ENABLE_TOOL_SEARCH"] == "true"
    assert shown["env"]["ANTHROPIC_CUSTOM_HEADERS"] == "X-Headroom-Project: my%20project"
    assert home.gone()
    assert not list((home.workspace / "clients").glob("*/*"))
    assert (home.workspace / "logs" / "proxy-stdio.log").stat().st_mode & 0o777 == 0o600


def test_a_tool_that_is_not_there_starts_nothing(home):
    done = home.wrap("codex", env={"PATH": str(home.bin)})
    assert done.returncode == 1
    assert "npm install -g @openai/codex" in done.stderr
    assert not home.workspace.exists()


def test_a_bad_option_starts_nothing(home):
    home.program("claude")
    for words in (["--backend", "bedrock"], ["--memory"], ["--backend", "!"]):
        done = home.wrap("claude", *words)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: "), done.stderr
    assert not home.workspace.exists()


def test_any_command_keeps_its_own_options(home):
    done = home.wrap("run", "--", sys.executable, "-c", SHOW, "-p", "--port", "x")
    shown = json.loads(done.stdout)
    assert shown["argv"] == ["-p", "--port", "x"]
    assert shown["env"]["OPENAI_BASE_URL"] == f"http://127.0.0.1:{home.port}/p/my%20project/v1"


def test_the_users_own_upstream_is_carried_to_the_proxy(home):
    home.program(
        "claude",
        "import os, urllib.request as u; print(u.urlopen(os.environ['ANTHROPIC_BASE_URL'] + '/health').read().decode())",
    )
    done = home.wrap("claude", env={"ANTHROPIC_BASE_URL": "https://litellm.example/base/v1"})
    assert json.loads(done.stdout)["config"]["anthropic_api_url"] == "https://litellm.example/base"
    assert home.gone()


def test_a_running_proxy_is_used_and_left_running(home, tmp_path):
    home.program("claude")
    with GatewayProcess(
        "http://127.0.0.1:9", home.workspace, environment={"HEADROOM_SKIP_UPSTREAM_CHECK": "1"}
    ) as gateway:
        targets = {f"{p}_TARGET_API_URL": "http://127.0.0.1:9" for p in ("ANTHROPIC", "OPENAI", "GEMINI")}
        done = home.run("wrap", "claude", "--port", str(gateway.port), env=targets)
        assert json.loads(done.stdout)["env"]["ANTHROPIC_BASE_URL"] == gateway.base_url
        assert probe.ready(gateway.port)
        # With another upstream it would send the calls to the wrong place.
        own = {**targets, "ANTHROPIC_BASE_URL": "https://litellm.example"}
        done = home.run("wrap", "claude", "--port", str(gateway.port), env=own)
        assert "starting another one" in done.stderr
        url = json.loads(done.stdout)["env"]["ANTHROPIC_BASE_URL"]
        assert url != gateway.base_url
        assert probe.look(int(url.rpartition(":")[2])) is None
        assert probe.ready(gateway.port)


def test_a_port_of_another_program_is_named(home):
    home.program("claude")
    with LLMProcess() as other:
        done = home.run("wrap", "claude", "--port", other.base_url.rpartition(":")[2])
    assert done.returncode == 1
    assert "not headroom" in done.stderr
    assert "--port" in done.stderr


def test_without_a_proxy_one_is_warned(home):
    home.program("claude")
    done = home.wrap("claude", "--no-proxy")
    assert done.returncode == 0
    assert "warning: no headroom answers" in done.stderr
    assert probe.look(home.port) is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the first leaves first", "the first leaves last"])
def test_the_last_session_stops_the_proxy(home, order):
    home.program("claude", "print('up', flush=True); input()")
    sessions = []
    for _ in range(2):
        session = home.start("claude", "--port", str(home.port))
        assert session.stdout.readline() == b"up\n"
        sessions.append(session)
    assert len(Clients(home.workspace, home.port).living()) == 2
    first, second = (sessions[index] for index in order)
    first.communicate(b"\n", timeout=90)
    assert probe.ready(home.port)
    second.communicate(b"\n", timeout=90)
    assert home.gone()


def test_after_a_kill_of_the_session_the_proxy_ends_by_itself(home):
    home.program("claude", "print(__import__('os').getpid(), flush=True); input()")
    session = home.start("claude", "--port", str(home.port))
    tool = int(session.stdout.readline())
    session.kill()
    session.wait(60)
    os.kill(tool, signal.SIGKILL)
    session.stdout.close()
    session.stdin.close()
    assert home.gone()
    assert Clients(home.workspace, home.port).living() == []


def test_a_killed_proxy_leaves_no_address_behind(home):
    home.program("claude", "print('up', flush=True); input()")
    session = home.start("claude", "--port", str(home.port))
    assert session.stdout.readline() == b"up\n"
    os.kill(Clients(home.workspace, home.port).proxy().pid, signal.SIGKILL)
    session.communicate(b"\n", timeout=90)
    assert session.returncode == 0
    assert not list((home.workspace / "clients").glob("*/*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_signals_reach_the_tool_and_its_end_is_ours(home, number):
    home.program(
        "claude",
        f"import signal, sys\nsignal.signal({int(number)}, lambda *_: sys.exit(33))\nprint('up', flush=True)\n{WAIT}",
    )
    session = home.start("claude", "--port", str(home.port))
    assert session.stdout.readline() == b"up\n"
    session.send_signal(number)
    session.communicate(timeout=90)
    assert session.returncode == 33
    assert home.gone()


def test_a_full_screen_program_has_the_terminal_and_ctrl_c(home):
    home.program(
        "claude",
        "import os, signal, sys\nassert sys.stdin.isatty() and sys.stdout.isatty()\n"
        "signal.signal(signal.SIGINT, lambda *_: (os.write(1, b'interrupted'), sys.exit(5)))\n"
        f"os.write(1, b'up')  # not print: the signal may come while it still writes\n{WAIT}",
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home.project)
        words = home.command("wrap", "claude", "--port", str(home.port))
        os.execve(words[0], words, home.env)
    seen = b""
    sent = False
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
        if b"up" in seen and not sent:
            sent = True
            os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert b"interrupted" in seen, seen
    assert os.waitstatus_to_exitcode(status) == 5, seen
    assert home.gone()


@pytest.mark.parametrize("killed", [False, True], ids=["it ends", "it is killed"])
def test_an_edited_file_comes_back(home, killed):
    home.program("claude", "print(__import__('os').getpid(), flush=True); input()")
    path = home.project / ".claude" / "settings.local.json"
    path.parent.mkdir()
    before = b'{"permissions": {"allow": []},\r\n "env": {"A": "b"}}'
    path.write_bytes(before)
    session = home.start("claude", "--port", str(home.port), "--edit-config")
    tool = int(session.stdout.readline())
    assert json.loads(path.read_bytes())["env"] == {"A": "b", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{home.port}"}
    if not killed:
        session.communicate(b"\n", timeout=90)
        assert path.read_bytes() == before
        return
    session.kill()
    session.wait(60)
    os.kill(tool, signal.SIGKILL)
    session.stdout.close()
    session.stdin.close()
    assert home.gone()
    done = home.run("doctor", "--port", str(home.port), "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["edited files"]["status"] == "fail"
    assert done.returncode == 2
    done = home.run("unwrap", "claude", "--port", str(home.port))
    assert "restored" in done.stdout
    assert path.read_bytes() == before


def test_stateless_sessions_write_nothing_to_the_workspace(home):
    home.program("claude")
    done = home.wrap("claude", env={"HEADROOM_STATELESS": "1", "TMPDIR": str(home.bin)})
    assert done.returncode == 0, done.stderr
    assert not home.workspace.exists()
    assert home.gone()


@pytest.mark.parametrize(
    ("number", "until", "code"),
    [
        (signal.SIGINT, b"Ctrl-C", 0),
        (signal.SIGTERM, b"Ctrl-C", 143),
        # As soon as there is something to read.
        (signal.SIGINT, b"http", 0),
    ],
)
def test_an_editor_is_told_what_to_type(home, number, until, code):
    session = home.start("cursor", "--port", str(home.port))
    seen = b""
    while until not in seen:
        line = session.stdout.readline()
        assert line, seen
        seen += line
    session.send_signal(number)
    rest, _ = session.communicate(timeout=90)
    assert session.returncode == code
    assert f"http://127.0.0.1:{home.port}/p/my%20project/v1".encode() in seen + rest
    assert home.gone()


def test_a_process_is_told_from_a_later_one_with_its_id():
    pid, since = process.own()
    assert process.lives(pid, since)
    assert not process.lives(pid, "1")
    assert not process.lives(2**22 + 7, None)


def test_doctor_finds_a_dead_base_url(home):
    done = home.run(
        "doctor", "--json", "--port", str(home.port), env={"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{home.port}"}
    )
    value = json.loads(done.stdout)
    assert (value["exit_code"], done.returncode, value["port"]) == (2, 2, home.port)
    checks = {check["name"]: check for check in value["checks"]}
    assert checks["stale base URLs"]["status"] == "fail"
    assert checks["stale base URLs"]["hint"]
    assert not home.workspace.exists()
