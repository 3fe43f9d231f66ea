"""mitmproxy's own recordings are read and replayed."""

import gzip
import json

import pytest
from click.testing import CliRunner
from headroom_addons.flows import read
from mitmproxy import http
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from headroom.cli.replay import replay as command
from headroom.replay.capture import BadCapture
from tests.replay.generated import Session


def flow_of(call, at, *, squeezed=False):
    body = gzip.compress(call.body) if squeezed else call.body
    headers = [(n.encode(), v.encode()) for n, v in call.headers if n.lower() != "content-encoding"]
    headers += [(b"content-encoding", b"gzip")] if squeezed else []
    request = http.Request(
        "api.example.test", 443, b"POST", b"https", b"", call.path.encode(), b"HTTP/1.1", http.Headers(headers), body,
        None, at, at + 0.1,
    )  # fmt: skip
    return tflow.tflow(req=request, resp=tflow.tresp())


@pytest.fixture
def recording(tmp_path):
    calls = list(Session(8, turns=6).run())
    path = tmp_path / "session.flow"
    with path.open("wb") as file:
        writer = FlowWriter(file)
        writer.add(tflow.ttcpflow())
        for number, call in reversed(list(enumerate(calls))):
            writer.add(flow_of(call, 1000.0 + number, squeezed=number % 2 == 1))
    return path, calls


def test_a_flow_file_gives_the_calls_in_order_of_time(recording):
    path, calls = recording
    found, unread = read(path)
    assert unread == 0
    assert [call.t for call in found] == [1000.0 + number for number in range(len(calls))]
    assert [call.body for call in found] == [call.body for call in calls]
    assert {call.status for call in found} == {200}


def test_the_command_replays_it(recording):
    path, _ = recording
    done = CliRunner().invoke(command, [str(path), "--compare", "off,token", "--json"], standalone_mode=False)
    assert done.return_value == 0, done.output
    modes = json.loads(done.output)["modes"]
    assert modes["token"]["dollars"] < modes["off"]["dollars"]


@pytest.mark.parametrize("missing", [1, 700], ids=["the last byte", "more"])
def test_a_file_that_was_cut_off_is_read_up_to_there(recording, missing):
    path, calls = recording
    whole = path.read_bytes()
    path.write_bytes(whole[:-missing])
    found, unread = read(path)
    assert [call.t for call in found] == [1000.0 + number for number in range(1, len(calls))], "the last written is cut"
    last = flow_size(whole)
    assert unread == last - missing
    done = CliRunner().invoke(command, [str(path), "--compare", "off"], standalone_mode=False)
    assert done.return_value == 0, done.output
    assert f"left out: {unread} (bytes at the end of {path}, which is cut off)" in done.output
    done = CliRunner().invoke(command, [str(path), "--compare", "off", "--json"], standalone_mode=False)
    assert unread in json.loads(done.output)["skipped"].values()


def flow_size(whole):
    """Bytes of the last of the flows in a file."""
    at = 0
    while True:
        head, _, _ = whole[at : at + 20].partition(b":")
        end = at + len(head) + 1 + int(head) + 1
        if end == len(whole):
            return end - at
        at = end


def test_where_not_even_the_first_flow_is_whole_the_file_is_refused(recording):
    path, _ = recording
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(BadCapture, match=r"session\.flow"):
        read(path)


def test_another_file_is_named_as_such(tmp_path):
    (tmp_path / "x.flow").write_bytes(b"12:not a flow at")
    with pytest.raises(BadCapture, match=r"x\.flow"):
        read(tmp_path / "x.flow")
