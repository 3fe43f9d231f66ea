"""What a question wants in general, told by words of English, German, French and Spanish: the most, a count, how long."""

from __future__ import annotations

import re
from collections.abc import Callable

LONG_TASK = 600
"""Of a longer task only the last line says what is asked for in general: a page of text mentions errors, firsts and alls."""
_ASKS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (
        name,
        tuple(re.findall(r"(?:^|\|)([a-z ]+?)(?=[a-z]\?|[^a-z ?]|$)", words)),
        re.compile(rf"\b(?:{words}{'|' * bool(accented)}{accented})\b", re.IGNORECASE),
    )
    for name, words, accented in (
        (
            "max",
            (
                r"highest|largest|biggest|greatest|max(?:imum)?|longest|slowest|heaviest|most|top|peak"
                r"|heavy|too big|bloated|so much space|too much space|disk space|full disk|disk full|disk is full"
                r"|hottest|warmest|costliest|priciest|worst|tallest|deepest|fullest|busiest|richest|widest|strongest"
                r"|meisten?|langsamste\w?|schwerste\w?|teuerste\w?|le plus|la plus"
            ),
            r"\w*größte\w?|\w*stärkste\w?|höchste\w?|längste\w?|más (?:larg|grand|alt|lent|car|pesad)\w+",
        ),
        (
            "min",
            (
                r"lowest|smallest|least|min(?:imum)?|shortest|fastest|fewest|quickest|coldest|coolest|cheapest|lightest|emptiest|poorest|weakest|narrowest"
                r"|kleinste\w?|niedrigste\w?|schnellste\w?|wenigsten?|billigste\w?|leichteste\w?|le moins|la moins"
            ),
            r"kürzeste\w?|günstigste\w?|más (?:pequeñ|cort|rápid|baj|barat)\w+",
        ),
        ("count", r"how many|number of|counts?|totals?|wie viele?|wieviele?|anzahl|combien", "cuánt[oa]s"),
        ("every", r"every|all|each|complete list|full list", ""),
        (
            "failure",
            r"errors?|fail\w*|wrong|broken|crash\w*|exceptions?|bugs?|issues?|problems?|warnings?|red|panic\w*|unusual",
            "",
        ),
        (
            "last",
            r"last|latest|newest|most recent|letzte\w?|neueste\w?|derniers?",
            r"jüngste\w?|dernières?|últim[oa]s?",
        ),
        ("first", r"first|earliest|oldest|erste\w?|premiers?|primer[oa]?s?", r"früheste\w?|älteste\w?|premières?"),
    )
)
"""Name, beginnings of its words, the words: those that no text of ASCII has need not be looked for in one."""
_QUESTION = re.compile(r"\w[\"'`)]?\?(?:\s|$)")
_HOW_LONG = re.compile(r"\b(?:how long|wie lange|combien de temps|cuánto (?:tiempo|duró|tardó))\b", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:when|first|wann|quand|cuándo)\b", re.IGNORECASE)

_LOG = re.compile(
    r"\b(?:this|that|the|these|those|our|my|your|its|an?) ((?:[\w.+-]+ ){1,3})(?:logs?|log ?files?|logging)\b"
)
_CALLED = re.compile(
    r"(?<![\w.+-])([\w.+-]{1,40}?)[ -]logs?\b(?! (?:in|on|onto|out|off|into|an?|to|as|when|that|if|what)\b)"
)
"""Not "where bob logs in", or "does the worker log when"."""
_OF_LOGS = re.compile(r"log(?:s|file|ging)?|entr(?:y|ies)|messages?|requests?|events?|debug|traces?|output|levels?")
"""What the lines of logs are called, whatever stands in them."""
_OFTEN = re.compile(
    r"\b(?:most|fewest|least|top(?: \d+)?) (?:(?:often|frequent\w*|common\w*|popular|active|busy|[a-z]+ed)\b"
    r"|(?!(?:bytes|ms|[a-z]*seconds|minutes|hours|days|resources|milliseconds)\b)[a-z]+(?: [a-z]+)?s\b)"
    r"|\b(?:busiest|noisiest|chattiest|how often)\b",
    re.IGNORECASE,
)
"""Words for what there is most of, which no line says in a number: "most requests", "the top 5 clients"."""
_LED_UP = re.compile(
    r"\b(?:before|preced\w+|prior|led (?:up )?to|leads? (?:up )?to|leading (?:up )?to|triggered)\b",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"\b(?:(?:only|just|exactly) (?:once|one time|a single time)|once only|(?:occur|appear|happen|show up|come up|turn up|stand)s? once"
    r"|unique|rare(?:st|ly)?|least (?:common|frequent|often)|singletons?|one-offs?|(?:only one|a single) (?:time|hit|finding|occurrence|case|instance)"
    r"|nur (?:ein(?:mal|e einzige)|1x)|einmalige?|seltene?\w*|une seule fois|rares?|una sola vez|una vez)\b",
    re.IGNORECASE,
)
_EACH_ONCE = re.compile(r"\b(?:each|every)\b[^.?!,;]{0,40}\bonce\b", re.IGNORECASE)
"""Who wants each of some once, means no rare ones."""


def asking(query: str) -> str:
    """The part of a query that asks: a question right before the call is what it is for, whatever the task asks besides."""
    task, _, last = query.strip().rpartition("\n")
    return last if task and (len(query) > LONG_TASK or _QUESTION.search(last)) else query


def general_asks(text: str) -> frozenset[str]:
    """What is wanted in general. Most words are not there, which is seen faster than what stands there."""
    lowered = text.lower() if text.isascii() else None
    return frozenset(
        name
        for name, stems, pattern in _ASKS
        if (lowered is None or any(stem in lowered for stem in stems)) and pattern.search(text)
    )


def words_for_log(query: str) -> frozenset[str]:
    """Words by which a question calls the log that it is about, in lower case: "mail" of "in this mail log" is nothing to look for."""
    return frozenset(word for name in _LOG.findall(query.lower()) for word in name.split())


def words_for_lines(query: str) -> Callable[[str], bool]:
    """Whether a term of a question is what it calls the lines of any log: "debug messages", "entries" of "the access log".

    A word in capitals, ``DEBUG``, is looked for as it stands.
    """
    called = frozenset(_CALLED.findall(query.lower()))

    def is_for_lines(term: str) -> bool:
        words = term.split()
        return all((word in called or _OF_LOGS.fullmatch(word)) and word.upper() not in query for word in words)

    return is_for_lines


def asks_what_is_most(query: str) -> bool:
    """Whether it wants to know what comes up most often, or least."""
    return _OFTEN.search(asking(query)) is not None


def extremes_asked(query: str) -> bool:
    """Whether it wants a largest or smallest number that some line says."""
    return bool(general_asks(_OFTEN.sub(" ", asking(query))) & {"max", "min"})


def asks_what_led_up(query: str) -> bool:
    """Whether it wants to know what came before something."""
    return _LED_UP.search(asking(query)) is not None


def asks_how_long(query: str) -> bool:
    """Whether it wants to know what time something took."""
    return _HOW_LONG.search(query) is not None


def asks_when(query: str) -> bool:
    """Whether it wants to know at what time something came to be, and so the first of all that are so."""
    return _WHEN.search(query) is not None


def asks_what_is_rare(query: str) -> bool:
    """Whether it wants to know what comes up only once, or seldom."""
    return len(query) <= LONG_TASK and _ONCE.search(query) is not None and _EACH_ONCE.search(query) is None
