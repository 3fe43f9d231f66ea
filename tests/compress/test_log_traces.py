"""Stack traces among the lines of a log."""

import pytest

from headroom.compress.log import Log
from headroom.compress.log_traces import traces_of
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

LOG = Log()
PYTHON = [
    "Traceback (most recent call last):",
    '  File "/opt/venv/lib/python3.13/site-packages/queue/worker.py", line 564, in run_one',
    "    result = self.call(*job.arguments)",
    "             ~~~~~~~~~^^^^^^^^^^^^^^^^",
    '  File "/srv/app/mail.py", line 31, in send',
    '    raise NoAddress(f"failed for {user}")',
    "app.mail.NoAddress: none for user {n}",
]
JAVA = [
    "java.lang.IllegalStateException: pool exhausted, {n} waiting",
    "\tat com.acme.orders.Repo.find(Repo.java:41)",
    "\tat com.acme.orders.Service.load(Service.java:15)",
    "\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)",
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "Caused by: java.net.ConnectException: refused {n}",
    "\tat com.acme.orders.Pool.open(Pool.java:9)",
    "\tat com.acme.orders.Repo.find(Repo.java:39)",
    "\t... 3 more",
]
NODE = [
    "TypeError: Cannot read properties of null (reading 'id{n}')",
    "    at checkout (/srv/shop/cart.js:12:19)",
    "    at Layer.handle (/srv/shop/node_modules/router/layer.js:95:5)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
]
FORMS = {"python": (PYTHON, "/srv/app/mail.py"), "java": (JAVA, "Repo.java:41"), "node": (NODE, "/srv/shop/cart.js")}


def log_with(trace, times=12):
    lines = []
    for n in range(40 * times):
        stamp = f"2026-02-03 10:{n // 60:02d}:{n % 60:02d}"
        lines.append(f"{stamp} INFO [worker] job {n} is done")
        if n % 40 == 20:
            lines.append(f"{stamp} ERROR [worker] job {n} broke")
            lines += [line.format(n=n, user="{user}") for line in trace]
    return lines


@pytest.mark.parametrize(("trace", "own"), FORMS.values(), ids=FORMS)
def test_of_like_traces_the_own_frames_of_the_first_stay(trace, own):
    lines = log_with(trace)
    text = "\n".join(lines)
    kept = spelled(keeps_the_law(LOG, text, asking("Which jobs broke?"))).split("\n")
    assert sum(own in line for line in kept) == 1
    assert [f"job {n} broke" for n in range(20, 480, 40)] == [
        line[-len("job ### broke") :].strip() for line in kept if "broke" in line
    ]
    view = shown(LOG.lossy(text, asking("Which jobs broke?")))
    assert "× File" not in view
    assert "× at " not in view
    assert "Traceback" not in view.split("worker] job", 1)[0]


@pytest.mark.parametrize(("trace", "own"), FORMS.values(), ids=FORMS)
def test_all_frames_of_the_first_stay_where_they_are_asked_for(trace, own):
    lines = log_with(trace)
    kept = spelled(keeps_the_law(LOG, "\n".join(lines), asking("Show me the stack trace."))).split("\n")
    for line in trace:
        if line[0] in " \t" or line.startswith("Traceback"):
            assert kept.count(line) == 1, line
    assert any(own in line for line in kept)


def test_what_several_traces_raised_is_counted():
    text = "\n".join(log_with(PYTHON))
    assert "; 12 × NoAddress" in shown(LOG.lossy(text, asking("Which jobs broke?"))).split("\n")[0]


@pytest.mark.parametrize(("trace", "own"), FORMS.values(), ids=FORMS)
def test_rows_of_frames(trace, own):
    lines = log_with(trace, times=1)
    found = traces_of("\n".join(lines))
    start = lines.index(next(line for line in lines if "broke" in line)) + 1
    told = {row for row in range(start, start + len(trace)) if lines[row][0] in " \t" or "Traceback" in lines[row]}
    assert found.framed == found.first == told
    assert any(own in lines[row] for row in found.shown)


@pytest.mark.parametrize(
    "line",
    ["2026-02-03 10:00:00 INFO at noon", "    at noon", "  retries: 3", "\tclient (4)"],
    ids=["not indented", "alone", "setting", "other"],
)
def test_other_indented_lines_are_no_frames(line):
    assert not traces_of("\n".join(["2026-02-03 10:00:00 INFO started", line] * 4)).framed
