"""The bundled agent session: an agent finds out why a weekly pricing job fails, with large tool outputs on the way.

A session holds both sides: what the model says and which tools it calls (``brain``), and what each tool prints
(``output``). Both depend on the conversation alone, so any number of sessions can run against one fake at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from headroom.testing.outputs import logs, records, tree
from headroom.testing.record import RETRIEVE_TOOL, Conversation, RecordedRequest
from headroom.testing.script import Block, Brain, Call, Reply, Retrieve, Text, Thinking


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call and what the tool prints for it."""

    name: str
    arguments: Mapping[str, Any]
    kind: str
    """Content kind, as reports group it."""
    make: Callable[[], str]

    @property
    def output(self) -> str:
        """The tool's output."""
        return _made(self.make)

    @property
    def key(self) -> str:
        """What tells this call from others."""
        return f"{self.name} {json.dumps(dict(self.arguments), sort_keys=True)}"


@cache
def _made(make: Callable[[], str]) -> str:
    return make()


@dataclass(frozen=True, slots=True)
class Step:
    """One assistant turn with tool calls."""

    thinking: str
    uses: tuple[ToolUse, ...]
    say: str = ""
    retrieve: Retrieve | None = None
    """Before this step the model looks something up again, where the proxy offers its retrieve tool."""


@dataclass(frozen=True, slots=True)
class Task:
    """One request of the user, worked off in steps and answered."""

    ask: str
    steps: tuple[Step, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Session:
    """Tasks one after the other in one conversation."""

    name: str
    system: str
    tools: tuple[tuple[str, str, Mapping[str, Any]], ...]
    """(name, description, JSON schema of the arguments)."""
    tasks: tuple[Task, ...]

    @property
    def turns(self) -> int:
        """Model calls that one run of the session makes."""
        return sum(len(task.steps) + 1 for task in self.tasks)

    @property
    def uses(self) -> list[ToolUse]:
        """All tool calls in order."""
        return [use for task in self.tasks for step in task.steps for use in step.uses]

    def output(self, name: str, arguments: Mapping[str, Any]) -> ToolUse | None:
        """The tool use for a call the model made, or None for a call that is not in the session."""
        key = f"{name} {json.dumps(dict(arguments), sort_keys=True)}"
        return next((use for use in self.uses if use.key == key), None)

    def brain(self) -> Brain:
        """The model's side, as ``ScriptedLLM.play`` takes it."""

        def think(request: RecordedRequest) -> Reply:
            return Reply(tuple(self._next(request.conversation or Conversation(()))))

        return think

    def _next(self, seen: Conversation) -> Iterable[Block]:
        asked = sum(
            entry.role == "user" and entry.kind == "text" and self._is_ask(entry.text) for entry in seen.entries
        )
        task = self.tasks[max(0, min(asked, len(self.tasks)) - 1)]
        before = sum(len(step.uses) for earlier in self.tasks[: self.tasks.index(task)] for step in earlier.steps)
        done = seen.client_results - before
        for step in task.steps:
            if done <= 0:
                return self._step(step, seen)
            done -= len(step.uses)
        return [Text(task.answer)]

    def _is_ask(self, text: str) -> bool:
        return any(task.ask in text for task in self.tasks)

    def _step(self, step: Step, seen: Conversation) -> list[Block]:
        results = seen.of("result")
        names = {entry.id: entry.name for entry in seen.of("call")}
        looked = bool(results) and (names.get(results[-1].id) or results[-1].name).endswith(RETRIEVE_TOOL)
        if step.retrieve is not None and seen.retrieve_tool is not None and not looked:
            return [step.retrieve]
        said: list[Block] = [Thinking(step.thinking)] if step.thinking else []
        if step.say:
            said.append(Text(step.say))
        return [*said, *(Call(use.name, use.arguments) for use in step.uses)]


def _schema(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": words} for name, words in properties.items()},
        "required": list(properties),
    }


TOOLS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("Bash", "Run a shell command in the repository and return what it prints.", _schema(command="The command line")),
    ("Read", "Read a file, with line numbers.", _schema(file_path="Absolute path of the file")),
    ("Grep", "Search file contents with a regular expression.", _schema(pattern="The regular expression")),
    ("WebFetch", "Fetch a page and return it.", _schema(url="The address")),
    ("mcp__db__query", "Run a read-only SQL query.", _schema(sql="The query")),
)

SYSTEM = (
    "You are a careful engineer working in the repository of a freight service called harbor. Look before you change "
    "anything, prefer the smallest change that removes the cause, and quote identifiers exactly as they appear in logs, "
    "tables and code. Work in small steps: say what you are looking for, look, and only then go on. Run the tests after "
    "each change. When a tool prints a lot, use what answers the question and leave the rest. "
) * 4


def _bash(command: str, kind: str, make: Callable[[], str]) -> ToolUse:
    return ToolUse("Bash", {"command": command}, kind, make)


def _short(text: str) -> Callable[[], str]:
    return lambda: text


_EDITED = _short("The file /srv/harbor/harbor/surcharge.py has been updated: 1 replacement at line 88.\n")
_GREEN = _short("260 passed, 5 skipped in 17.96s\n")


def _rerun() -> str:
    return logs.service_log("rerun", 160)


_FIND = Task(
    "The weekly pricing job failed last night. Find out why, and which shipments are hit.",
    (
        Step("The log of that night should show the failure.", (_bash("tail -n 420 /var/log/harbor/service.log", "log", logs.service_log),), "I'll start with the service log."),
        Step("quote q_7f31c2 failed on a surcharge band. Do the tests know about it?", (_bash("python -m pytest -v", "tests", logs.suite_run),)),
        Step(
            "Both failures end in band_for. Who uses it, and how is it written?",
            (
                ToolUse("Grep", {"pattern": "band"}, "search", tree.grep),
                ToolUse("Read", {"file_path": "/srv/harbor/harbor/surcharge.py"}, "source", tree.source),
            ),
        ),
        Step("The table has no band above its last limit. When did that change?", (_bash("git log --stat -n 90", "history", tree.history),), "The last band is missing. Let me see the history."),
        Step("A commit dropped the open-ended band. What else changed between the releases?", (_bash("git diff v41..v42", "diff", tree.diff),)),
        Step("Which shipments are concerned?", (_bash("curl -s localhost:8000/api/v3/shipments?week=2026-W41", "json", records.api_rows),)),
        Step("Compare with the tables in the database.", (ToolUse("mcp__db__query", {"sql": "SELECT * FROM surcharge_bands ORDER BY id"}, "sql", records.sql_table),)),
    ),
    "Shipment shp_9k2m41 (1850 kg) has no band in FUEL-2026W41: the last, open-ended band was dropped, so band_for "
    "runs past the end of the list.",
)  # fmt: skip

_CHECK = Task(
    "Before you fix it: is any other table, service or document affected?",
    (
        Step("The tariff export lists all lanes.", (_bash("cat exports/tariffs.csv", "csv", records.csv_export),), "I'll check the exports and the configuration."),
        Step(
            "Services name their table in the configuration; and the build may pin an old library.",
            (
                _bash("cat deploy/compose.yaml", "yaml", records.yaml_config),
                _bash("cat logs/build.log", "build", logs.build_log),
            ),
        ),
        Step("What does the wiki say the rule is?", (ToolUse("WebFetch", {"url": "https://wiki.harbor.example/surcharge"}, "html", tree.page),)),
        Step("And the runbook?", (_bash("cat docs/runbook.md", "markdown", tree.manual),)),
        Step(
            "The report job wraps the error; how deep does it go?",
            (_bash("harbor jobs show dlq_41877 --traceback", "traceback", logs.traceback),),
            retrieve=Retrieve(pattern="dead-lettered", pick="first"),
        ),
        Step("Which files hold tables at all?", (_bash("ls -lR harbor", "listing", tree.listing),)),
    ),
    "Lane L0171 in the export has the same hole, and build pins decimal-bands 0.4.1. The wiki asks for an open-ended band.",
)  # fmt: skip

_FIX = Task(
    "Fix it, and run the tests.",
    (
        Step("Clamp to the last band, as the wiki's rule has it.", (_bash("sed -i '88s/.*/        return self.bands[min(bisect_right(self.limits, weight_kg), len(self.bands) - 1)]/' harbor/surcharge.py", "short", _EDITED),), "The fix is one line."),
        Step("Run the whole suite.", (_bash("python -m pytest -q", "short", _GREEN),)),
        Step("And one look at the log of the job's second run.", (_bash("tail -n 160 /var/log/harbor/rerun.log", "log", _rerun),)),
    ),
    "Done: weights above the last limit use the last band, and the tests pass.",
)  # fmt: skip

DEMO = Session("demo", SYSTEM.strip(), TOOLS, (_FIND, _CHECK, _FIX))


def by_name(name: str) -> Session:
    """A bundled session. Raises ``ValueError`` naming those there are."""
    if name != DEMO.name:
        raise ValueError(f"there is no session {name!r}; the bundled one is 'demo'")
    return DEMO
