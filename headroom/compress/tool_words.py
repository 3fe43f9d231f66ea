"""What agents' tools say around the output of a command: its exit code, a label, tags, a code fence."""

from __future__ import annotations

import re

from headroom.compress.framing import Frame

_LABEL = r"(?:(?:[A-Z][A-Za-z ]{1,30}:|Process exited with code |Command executed )[^\n]{0,300}\n|\n)"
_TAGS = "stdout|output|bash-stdout|bash_output|shell_output|command_output|tool_result|result"
_HEADS = re.compile(
    rf"(?P<labels>{_LABEL}{{1,8}}(?:Command )?[Oo]utput:\n\n?)"
    r"|(?P<exit>(?:Error: )?[Ee]xit [Cc]ode:? -?\d{1,4}\n\n?)"
    r"|(?P<gemini>Command: (?:[^\n]*\n){1,40}?Directory: [^\n]{0,300}\n(?:Output|Stdout): )"
    rf"|(?P<tags>(?:<(?:returncode|exit_code|command)>[^\n<]{{0,300}}</\w+>\n)*<(?P<tag>{_TAGS})>\n?)"
    r"|(?P<prompt>\$ [^\n]{1,400}\n)"
    r"|(?P<title>(?:OBSERVATION|Observation|STDOUT|[Ss]tdout|OUTPUT|Output|Result):\n)"
    r"|(?P<fence>`{3,}[\w+-]{0,20}\n)"
)
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_"
_AFTER_GEMINI = re.compile(
    r"^(?:(?:Stderr|Error|Exit Code|Signal|Background PIDs|Process Group PGID): [^\n]*(?:\n|\Z)){1,8}\Z", re.MULTILINE
)
_BELOW = re.compile(
    r"\n(?=\s*(?:"
    r"<exited with exit code -?\d+>|\[?\(?(?:[Ee]xit code|Exit status):? -?\d+\)?\]?"
    r"|<(?P<note>system-reminder|bash_metadata|shell_metadata)>.{0,1200}</(?P=note)>"
    r"|(?:\[(?:The command|Current working directory|Python interpreter|Command finished)[^\n]*\]\s*)+"
    r"|Command completed in [^\n]{1,40}|[\w.@:~/ -]{1,80}[$#]"
    r")\s*\Z)",
    re.DOTALL,
)
"""Where an output ends that such words follow, its line break included."""
_BELOW_WORDS = (
    *("xit code", "xit status", "system-reminder", "_metadata", "Command completed in "),
    *("[The command", "[Current working", "[Python interpreter", "[Command finished"),
)
"""Some of these stand in all of them, but for a prompt that waits for the next command."""
_PROMPTS = ("$", "#")
_LEAST = 300
"""Characters of output that are worth telling from the words."""
_MOST_AFTER = 1_500
_PROMPT = "\n$ "


def said_around(text: str) -> Frame | None:
    """Tell an output from what its tool says around it, or None where there are no such words. Exact: parts put together."""
    found = _HEADS.match(text)
    head = end = 0
    if found is not None:
        head, end = found.end(), _end(text, found)
    if end == 0:
        head, end = 0, len(text)
    if end == len(text):
        below = _below(text, max(head, end - _MOST_AFTER))
        end = below.end() if below is not None else end
    if end - head < _LEAST or (head == 0 and end == len(text)):
        return None
    return Frame(text[:head], text[head:end], text[end:])


def _below(text: str, start: int) -> re.Match[str] | None:
    tail = text[start:]
    # Most outputs have no such words, which is seen far faster than that none of their lines begins them.
    if tail.rstrip().endswith(_PROMPTS) or any(word in tail for word in _BELOW_WORDS):
        return _BELOW.search(text, start)
    return None


def _end(text: str, found: re.Match[str]) -> int:
    """Where an output with such a head ends; 0 where the head is none."""
    head, end = found.end(), len(text)
    if found["gemini"] is not None:
        after = _AFTER_GEMINI.search(text, max(head, end - _MOST_AFTER))
        return after.start() if after is not None else end
    if found["prompt"] is not None:
        return 0 if _PROMPT in text else end  # one command of several
    if found["tag"] is not None:
        return max(0, text.rfind(f"</{found['tag']}>", max(head, end - _MOST_AFTER)))
    if found["fence"] is not None:
        fence = found["fence"].rstrip("\n").rstrip(_WORD)
        return text.rfind(f"\n{fence}", max(head, end - _MOST_AFTER)) + 1
    return end
