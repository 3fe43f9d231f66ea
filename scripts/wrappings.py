"""How agents, tools and runners wrap an output before a model sees it: names and what they make of a text."""

import json
import re


def _before_each(text, margin):
    return "\n".join(f"{margin(number)}{line}" for number, line in enumerate(text.split("\n")))


def _time(number):
    seconds = number // 7
    return f"2026-03-14T06:{seconds // 60 % 60:02}:{seconds % 60:02}.{number * 7919 % 10**7:07}Z "


def _html_safe(value):
    written = json.dumps(value, ensure_ascii=False)
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


WRAPPINGS = {
    "nothing": lambda text: text,
    "an exit code above": lambda text: f"Exit code 1\n{text}",
    "labels above": lambda text: f"Wall time: 0.12 seconds\nProcess exited with code 0\nOutput:\n{text}",
    "command, folder, exit code": lambda text: f"Command: make\nDirectory: (root)\nOutput: {text}\nExit Code: 0\n",
    "an exit code and a fence": lambda text: f"Exit code: 0\n\nCommand output:\n\n```\n{text.rstrip()}\n```\n",
    "tags": lambda text: f"<returncode>0</returncode>\n<output>\n{text.rstrip()}\n</output>",
    "a prompt above": lambda text: f"$ make check\n{text}",
    "notes in brackets below": lambda text: (
        f"{text.rstrip()}\n[The command completed with exit code 0.]\n[Current working directory: /app]"
    ),
    "a reminder below": lambda text: f"{text.rstrip()}\n\n<system-reminder>\nKeep the list.\n</system-reminder>\n",
    "JSON: output and exit code": lambda text: json.dumps({"output": text, "metadata": {"exit_code": 0}}),
    "JSON: blocks of text": lambda text: json.dumps([{"type": "text", "text": text}], ensure_ascii=False, indent=2),
    "JSON: safe for HTML": lambda text: _html_safe({"content": [{"type": "text", "text": text}]}),
    "a printed dictionary": lambda text: str({"output": text, "exit_code": 0}),
    "a CI job, step and time": lambda text: _before_each(text, lambda n: f"build\tRun tests\t{_time(n)}"),
    "a time before each line": lambda text: _before_each(text, _time),
    "a container's name": lambda text: _before_each(text, lambda _: "web-1  | "),
    "an indent": lambda text: _before_each(text, lambda _: "    "),
    "colours": lambda text: re.sub(r"(?m)^(\S+)", "\x1b[32m\\1\x1b[0m", text),
}
