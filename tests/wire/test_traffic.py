"""Recorded requests of real agents: every one is read, every tool result found and paired."""

import gzip
import json
from pathlib import Path

import pytest

from headroom.wire.body import text_of
from headroom.wire.route import dialect_of, recognise
from tests.wire.pairing import results

TRAFFIC = Path(__file__).resolve().parents[3] / "shared" / "traffic"
FILES = sorted(TRAFFIC.glob("*.jsonl*"))

pytestmark = pytest.mark.skipif(not FILES, reason=f"the recorded traffic is not here: {TRAFFIC}")


def requests(path):
    reader = gzip.open if path.suffix == ".gz" else open
    with reader(path, "rt") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("body") is not None:
                yield record


def outputs(body):
    """Every tool output's text, found the slow way."""
    for item in body.get("messages") or body.get("contents") or body["input"]:
        if item.get("role") == "tool":
            yield item["tool_call_id"], item["content"]
        elif item.get("type") == "function_call_output":
            yield item["call_id"], item["output"]
        blocks = item.get("content")
        for block in blocks if isinstance(blocks, list) else item.get("parts", ()):
            if block.get("type") == "tool_result":
                yield block["tool_use_id"], block["content"]
            elif "functionResponse" in block:
                yield block["functionResponse"]["id"], block["functionResponse"]["response"]["output"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_every_recorded_request_is_read(path):
    read = 0
    for record in requests(path):
        route = recognise("POST", record["path"], dict(record["headers"]))
        assert route is not None
        dialect = dialect_of(route)
        if dialect is None:
            continue
        body = json.dumps(record["body"], ensure_ascii=False, separators=(",", ":")).encode()
        outline = dialect.outline(body)
        raws = [body[span.start : span.end] for span in outline.messages]
        messages = [dialect.message(raw) for raw in raws]
        found = list(results(messages))
        texts = [(part.call_id, text_of(raws[index][part.start : part.end])) for index, part, _ in found]
        assert texts == list(outputs(record["body"]))
        if not outline.previous_response:
            assert all(call is not None and call.name in outline.tool_names for _, _, call in found)
        read += 1
    assert read
