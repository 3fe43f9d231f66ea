"""Agent sessions as data: what the user asks, what the model says and calls, what each tool prints.

A session holds both sides: what the model says and which tools it calls (``brain``), and what each tool prints
(``output``). Both depend on the conversation alone, so any number of sessions can run against one fake at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

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
    facts: tuple[str, ...] = ()
    """What the task can't be done without: texts of the output that the model must be able to see."""

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
