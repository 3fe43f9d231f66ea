"""Summary lines for what several templates of a log share: each count is that of the phrase in the text."""

import re

import pytest

from headroom.compress import log_templates, shared_phrases

TOLD = re.compile(r'\[~ (\d+)× "(.+)" in all\]')
FORMS = {
    "plain": ("{n} opened through proxy east {n}", "{n} opened through proxy west by {n}"),
    # The mask has no "a" behind the number: it may be a digit of it.
    "hex digits behind a number": (
        "{n} added through proxy east {n}",
        "{n} {n}added through proxy east by {n}",
    ),
    "twice in a line": ("{n} opened through proxy east {n}", "{n} opened through proxy west, opened through proxy {n}"),
}


@pytest.mark.parametrize("forms", FORMS.values(), ids=FORMS.keys())
def test_a_phrase_is_counted_as_often_as_it_stands_in_the_text(forms: tuple[str, ...]) -> None:
    text = "".join(f"{forms[n % len(forms)].format(n=n)}\n" for n in range(300))
    found = [TOLD.fullmatch(line) for line in shared_phrases.told(text, log_templates.mine_all(text), [], looked_at=40)]
    counts = {match[2]: int(match[1]) for match in found if match}
    assert len(found) == len(counts) > 0
    assert any("through proxy" in phrase for phrase in counts)
    assert counts == {phrase: text.count(phrase) for phrase in counts}
