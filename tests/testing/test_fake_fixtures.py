"""Sessions made of real tool outputs (colours, CRLF, four-byte characters) pass through every wire format unchanged."""

from functools import partial
from pathlib import Path

import pytest

from headroom.exchange import Wire
from headroom.testing import ScriptedAgent, ScriptedLLM, Session
from headroom.testing.session import Step, Task, ToolUse
from tests.conftest import ROOT

OUTPUTS = sorted(
    path for path in (Path(__file__).parent.parent / "fixtures" / "outputs").iterdir() if path.name != "README.md"
)


def reader(path):
    return partial(path.read_bytes().decode)


def one_step(path):
    return Step("", (ToolUse("Bash", {"command": f"cat {path.name}"}, path.stem, reader(path)),))


SESSION = Session(
    "fixtures",
    "Read all files.",
    (("Bash", "Run a command.", {"type": "object", "properties": {"command": {"type": "string"}}}),),
    (Task("Read the files one by one.", tuple(map(one_step, OUTPUTS)), "All read."),),
)


@pytest.mark.parametrize("wire", list(Wire), ids=str)
async def test_real_outputs_arrive_as_they_are(wire):
    async with ScriptedLLM() as llm:
        llm.play(SESSION.brain())
        turns = [turn async for turn in ScriptedAgent(llm.base_url, wire, SESSION).run()]
        assert len(turns) == len(OUTPUTS) + 1
        seen = [entry.text for entry in llm.last.conversation.of("result")]
        assert seen == [use.output for use in SESSION.uses]


def test_the_samples_name_no_place_of_ours():
    for path in OUTPUTS:
        text = path.read_text("utf-8")
        assert len(text) > 300
        assert not any(place in text for place in (f"{ROOT.parent}/", "/tmp/", "/root/", "/home/"))
