"""What a line of source code defines, whatever the language: read by keywords, brackets and the equals sign."""

from __future__ import annotations

import re

NAME_CHARS = 160
"""A name is looked for within so many characters."""
NAMED = re.compile(
    r"\b(?=[#ac-fil-prs-v])(?:def|class|func|fn|fun|function\*?|sub|proc|interface|struct|enum|union|type|trait|impl|const|let|var|val|module|namespace|object|macro_rules!"
    r"|#define|record|protocol|extension|mod|typedef|end)\s+(?:\([^()]{0,200}\)\s*)?(?:<[^<>]{0,100}>\s*)?([A-Za-z_$][\w$.:!?-]*)"
)
CALLABLE = re.compile(r"(?<![\w$])([A-Za-z_$~][\w$]*+)\s*+(?:<[^<>()]{0,80}>)?+\s*+\(")
_OF_TYPES = frozenset(("const", "struct", "class", "enum", "union"))
"""Words that stand before a type in a list of parameters, too."""
_MEMBER = re.compile(
    r"\s*[\"']?([A-Za-z_$][\w$]*)[\"']?\s*:\s*(?:async\s+)?(?:function\b|(?:\([^()]{0,120}\)|[A-Za-z_$][\w$]*)\s*=>)"
)
"""A function that is a member of an object."""
_CONTROL_WORDS = (
    "if for while switch return catch else elif except with match sizeof when unless until do try case assert print"
    " endfunction endmacro endif endforeach endwhile"
)
_CONTROL = frozenset(_CONTROL_WORDS.split())
_TYPE_WORDS = "char int void long short unsigned signed float double bool auto struct enum union"
_TYPES = frozenset(_TYPE_WORDS.split())
_VARIABLE_SIGNS = frozenset("$@-")
_COMMENT = ("//", "/*", "* ", "-- ", ";;", "# ", "##", "#!")
_PROSE = re.compile(
    r"(?:type|module|function|class|record|object|protocol|extension|trait|interface|namespace|sub|proc|impl|mod)\s+[a-z]+"
    r"\s+(?!(?:extends|implements|struct|interface|inherits|where|with|returns?|is|does|for|by|as|final)\b)[a-z]{2,}(?![\w$]*\s*[=(:,{<])"
)
"""A keyword in a sentence: "the type because the expression"; behind a name that is defined no other word stands."""
_SAID = re.compile(
    r"\) +(?!(?:const|noexcept|override|throws?|where|volatile|final|async|returns?|is|as|do|then|begin)\b)[a-z]{2,} "
)
"""A bracket in a sentence: "any additional (optional) arguments"."""
_EQUALS = re.compile(r"(?<![=<>!:+*/%&|^~-])=(?![=>~])")
_TARGET = re.compile(r"(?:^|[\s.*&])([A-Za-z_$][\w$]*)\s*(?::[^=]{1,80})?$")
_VARIABLE = re.compile(r"\s*([$@][A-Za-z_][\w-]*|--[A-Za-z][\w-]*)\s*:(?!:)")
"""A variable of SCSS, Less or CSS."""
_CMAKE = re.compile(r"\s*(?:function|macro)\s*\(\s*(\w+)(?:\s+\w+)*\s*\)\s*$", re.IGNORECASE)


def name_of(line: str) -> str:
    """What a line defines; empty where it is a comment, a sentence or a call."""
    look = line[:NAME_CHARS]
    bare = look.lstrip()
    if bare.startswith(_COMMENT):
        return ""
    if ("function" in look or "=>" in look) and (member := _MEMBER.match(look)) is not None:
        return member[1]
    if bare[:1] in _VARIABLE_SIGNS and (variable := _VARIABLE.match(look)) is not None:
        return variable[1]
    named = NAMED.search(look)
    if named and named[1] not in _TYPES and not _is_parameter(look, named) and not _PROSE.match(look, named.start()):
        return named[1].rstrip(":")
    if bare[:8].lower().startswith(("function", "macro")) and (cmake := _CMAKE.match(look)) is not None:
        return cmake[1]
    equals = _EQUALS.search(look) if "=" in look else None
    for match in CALLABLE.finditer(look) if "(" in look else ():
        if equals is not None and equals.start() < match.start():
            break
        before = look[: match.start()].strip()
        if (before.endswith((".", "->")) and " " not in before) or (not before and look.rstrip().endswith(");")):
            break  # a call
        if match[1] not in _CONTROL:
            return "" if match[0][-2:-1] == " " and _SAID.search(look, match.end()) else match[1]
    target = _TARGET.search(look[: equals.start()].rstrip()) if equals is not None else None
    return target[1] if target else ""


def _is_parameter(look: str, named: re.Match[str]) -> bool:
    """Whether a type is named inside the brackets of what the line defines."""
    return "(" in look[: named.start()] and named[0].split(None, 1)[0] in _OF_TYPES
