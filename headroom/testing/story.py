"""The bundled session: an agent finds out why a weekly pricing job fails, reading large tool outputs of many kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from headroom.testing.outputs import logs, records, tree
from headroom.testing.script import Retrieve
from headroom.testing.session import Session, Step, Task, ToolUse


def _schema(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": words} for name, words in properties.items()},
        "required": list(properties),
    }


_TOOLS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("Bash", "Run a shell command in the repository and return what it prints.", _schema(command="The command line")),
    ("Read", "Read a file, with line numbers.", _schema(file_path="Absolute path of the file")),
    ("Grep", "Search file contents with a regular expression.", _schema(pattern="The regular expression")),
    ("WebFetch", "Fetch a page and return it.", _schema(url="The address")),
    ("mcp__db__query", "Run a read-only SQL query.", _schema(sql="The query")),
)
_SYSTEM = (
    "You are a careful engineer working in the repository of a freight service called harbor. Look before you change "
    "anything, prefer the smallest change that removes the cause, and quote identifiers exactly as they appear in "
    "logs, tables and code. Work in small steps: say what you are looking for, look, and only then go on. Run the "
    "tests after each change. When a tool prints a lot, use what answers the question and leave the rest."
)


def _bash(command: str, kind: str, make: Callable[[], str], *facts: str) -> ToolUse:
    return ToolUse("Bash", {"command": command}, kind, make, facts)


def _edited() -> str:
    return "The file /srv/harbor/harbor/surcharge.py has been updated: 1 replacement at line 88.\n"


def _green() -> str:
    return "260 passed, 5 skipped in 17.96s\n"


_FIND = Task(
    "The weekly pricing job failed last night. Find out why, and which shipments are hit.",
    (
        Step(
            "The log of that night should show the failure.",
            (
                _bash(
                    "tail -n 420 /var/log/harbor/service.log",
                    "log",
                    logs.service_log,
                    "quote q_7f31c2 failed",
                    "IndexError: list index out of range",
                    "dlq_41877",
                ),
            ),
            say="I'll start with the service log.",
        ),
        Step(
            "quote q_7f31c2 failed on a surcharge band. Do the tests know about it?",
            (
                _bash(
                    "python -m pytest -v",
                    "tests",
                    logs.suite_run,
                    "test_heaviest_band_is_open_ended",
                    "test_quote_survives_new_week",
                    "harbor/surcharge.py:88: IndexError",
                ),
            ),
        ),
        Step(
            "Both failures end in band_for. Who uses it, and how is it written?",
            (
                ToolUse("Grep", {"pattern": "band"}, "search", tree.grep),
                ToolUse(
                    "Read",
                    {"file_path": "/srv/harbor/harbor/surcharge.py"},
                    "source",
                    tree.source,
                    ("return self.bands[bisect_right(self.limits, weight_kg)]",),
                ),
            ),
        ),
        Step(
            "The table has no band above its last limit. When did that change?",
            (
                _bash(
                    "git log --stat -n 90",
                    "history",
                    tree.history,
                    "surcharge: drop the open-ended last band from weekly tables",
                ),
            ),
            say="The last band is missing. Let me see the history.",
        ),
        Step(
            "A commit dropped the open-ended band. What else changed between the releases?",
            (_bash("git diff v41..v42", "diff", tree.diff, "# the last band is never reached"),),
        ),
        Step(
            "Which shipments have no price? Look for status pricing_failed.",
            (_bash("curl -s localhost:8000/api/v3/shipments?week=2026-W41", "json", records.api_rows, "shp_9k2m41"),),
        ),
        Step(
            "Compare with the tables in the database.",
            (
                ToolUse(
                    "mcp__db__query", {"sql": "SELECT * FROM surcharge_bands ORDER BY id"}, "sql", records.sql_table
                ),
            ),
        ),
    ),
    "Shipment shp_9k2m41 (1850 kg) has no band in FUEL-2026W41: the last, open-ended band was dropped, so band_for "
    "runs past the end of the list.",
)

_CHECK = Task(
    "Before you fix it: is any other table, service or document affected? Look for a missing open band.",
    (
        Step(
            "The tariff export lists all lanes; its notes say where a band is missing.",
            (_bash("cat exports/tariffs.csv", "csv", records.csv_export, "OPEN BAND MISSING"),),
            say="I'll check the exports and the configuration.",
        ),
        Step(
            "Services name their table in the configuration; and the build may warn about an old library.",
            (
                _bash("cat deploy/compose.yaml", "yaml", records.yaml_config),
                _bash("cat logs/build.log", "build", logs.build_log, "'decimal-bands' 0.4.1 is pinned"),
            ),
        ),
        Step(
            "What does the wiki say the rule is?",
            (
                ToolUse(
                    "WebFetch",
                    {"url": "https://wiki.harbor.example/surcharge"},
                    "html",
                    tree.page,
                    ("open-ended band",),
                ),
            ),
        ),
        Step("And the runbook?", (_bash("cat docs/runbook.md", "markdown", tree.manual),)),
        Step(
            "The report job wraps the error; how deep does it go?",
            (
                _bash(
                    "harbor jobs show dlq_41877 --traceback",
                    "traceback",
                    logs.traceback,
                    "1 of 412 shipments could not be priced (shp_9k2m41)",
                ),
            ),
            retrieve=Retrieve(pattern="dead-lettered", pick="first"),
        ),
        Step("Which files hold tables at all?", (_bash("ls -lR harbor", "listing", tree.listing),)),
    ),
    "Lane L0171 in the export has the same hole, and the build pins decimal-bands 0.4.1. The wiki asks for an "
    "open-ended band.",
)

_FIX = Task(
    "Fix it, and run the tests.",
    (
        Step(
            "Clamp to the last band, as the wiki's rule has it.",
            (_bash("sed -i '88s/weight_kg)]/weight_kg) - 1]/' harbor/surcharge.py", "short", _edited),),
            say="The fix is one line.",
        ),
        Step("Run the whole suite.", (_bash("python -m pytest -q", "short", _green, "260 passed"),)),
        Step(
            "And one look at the log of the job's second run.",
            (_bash("tail -n 160 /var/log/harbor/rerun.log", "log", partial(logs.service_log, "rerun", 160)),),
        ),
    ),
    "Done: weights above the last limit use the last band, and the tests pass.",
)

DEMO = Session("demo", _SYSTEM, _TOOLS, (_FIND, _CHECK, _FIX))


def by_name(name: str) -> Session:
    """A bundled session. Raises ``ValueError`` naming those there are."""
    if name != DEMO.name:
        raise ValueError(f"there is no session {name!r}; the bundled one is 'demo'")
    return DEMO
