import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import legends, phrases
from tests.compress.line_samples import texts

LINE = "2026-01-05 10:00:{:02d} INFO  [com.example.billing.InvoiceService] invoice {} sent to customer {}"


@given(texts)
def test_decoding_gives_the_text_back(text):
    assert legends.decode(*phrases.encode(text)) == text


@given(
    st.text(st.sampled_from("$@&%^§ab \n=:"), min_size=30, max_size=400).map(
        lambda t: t + " a phrase that repeats" * 9 + t
    )
)
def test_text_full_of_sigils_comes_back(text):
    assert legends.decode(*phrases.encode(text)) == text


@pytest.mark.parametrize("before", ["", "$", "$$", "x$"], ids=["nothing", "sigil", "two sigils", "word and sigil"])
def test_a_sigil_right_before_a_phrase_is_not_taken_for_part_of_a_mark(before):
    text = "\n".join(f"{before}(the quick brown fox jumps over {n}" for n in range(60)) + "\n@a &a %a ^a §a $a"
    legend, body = phrases.encode(text)
    assert legends.decode(legend, body) == text


def test_a_phrase_on_every_line_becomes_a_mark():
    text = "\n".join(LINE.format(n % 60, n, n * 7) for n in range(200))
    legend, body = phrases.encode(text)
    assert legend[0].startswith("[~ legend of ")
    assert len("\n".join([*legend, body])) < 0.5 * len(text)
    assert legends.decode(legend, body) == text


@pytest.mark.parametrize("scope", ["@", "("])
@pytest.mark.parametrize("one_of", [3, 6, 10])
def test_a_phrase_that_words_go_on_behind_is_marked_up_to_the_sign_before_them(scope, one_of):
    names = [f"{'' if n % one_of else scope}{chr(97 + n % 26) * 3}{chr(97 + n // 26) * 5}" for n in range(300)]
    text = "\n".join(
        f"{n} silly cache full:https://registry.example.org/{name} {'cache-miss' if n % 2 else f'size:{n}'}"
        for n, name in enumerate(names)
    )
    legend, body = phrases.encode(text)
    assert any(entry.endswith("=silly cache full:https://registry.example.org") for entry in legend)
    assert body.count("registry") < 20
    assert legends.decode(legend, body) == text


@pytest.mark.parametrize(
    "sign", ["é", "→", "😀", "\0", "\ud800"], ids=["latin", "arrow", "emoji", "nul", "half a pair"]
)
def test_phrases_are_found_whatever_stands_beside_them(sign):
    lines = [f"{sign * (n % 3)} {LINE.format(n % 60, n, sign * (n % 2))}{sign * (n % 4)}" for n in range(100)]
    legend, body = phrases.encode("\n".join(lines))
    assert any("com.example.billing.InvoiceService] invoice" in entry for entry in legend)
    assert legends.decode(legend, body) == "\n".join(lines)


def test_marks_stand_alone_and_no_line_reads_as_an_entry():
    text = "\n".join(f"com.example.Service: call {n}\ncom.example.Service = {n}" for n in range(80))
    legend, body = phrases.encode(text)
    sigil = legend[1][0]
    assert not re.search(rf"{re.escape(sigil)}[A-Za-z][A-Za-z0-9_]", body)
    assert not re.search(rf"(?m)^\s*{re.escape(sigil)}[A-Za-z]\s*[=:]", body)


def test_a_short_text_gets_no_legend():
    assert phrases.encode("nothing to see here\n") == ([], "nothing to see here\n")


@pytest.mark.parametrize(
    ("times", "words", "quick", "marks"),
    [(4, 7, True, False), (4, 7, False, True), (14, 7, True, False), (14, 7, False, True), (28, 2, True, True)],
)
def test_what_is_left_of_a_text_gets_a_legend_where_that_spares_more_than_its_reading_takes(times, words, quick, marks):
    text = "".join(
        " ".join(f"{(7 * n + k) * 2_654_435_761 % 4_294_967_296:x}" for k in range(words))
        + f" com.example.billing.InvoiceService.book{n}\n" * (n < times)
        + "\n"
        for n in range(max(14, times))
    )
    legend, body = phrases.encode(text, quick=quick)
    assert legends.decode(legend, body) == text
    assert bool(legend) is marks


def test_the_legend_is_short_enough_to_read():
    text = "\n".join(f"common words of group {n % 300} in line {n}" for n in range(3000))
    legend, _ = phrases.encode(text)
    assert len(legend) <= 41


def test_lines_with_escapes_stay_as_they_are():
    odd = 'level=warn component=tsdb msg="out of order" series={job=\\"api\\"} target=node-4.internal.example.com'
    lines = [f"level=info component=tsdb msg=scraped target=node-4.internal.example.com took={n}" for n in range(60)]
    text = "\n".join([*lines[:30], odd, *lines[30:]])
    legend, body = phrases.encode(text)
    assert odd in body.split("\n")
    assert len(legend) > 1
    assert legends.decode(legend, body) == text


def test_notices_keep_their_words():
    """A mark in a notice would read as a part of the tool's output."""
    lines = []
    for number in range(60):
        lines += [f"Error: sync batch b-{number} aborted by the server", "[~ block 1 again]", f"at step {number}"]
    legend, body = phrases.encode("\n".join(lines))
    assert legend
    assert body.count("[~ block 1 again]") == 60


def _dated(write):
    return "".join(
        f"{write.format(h=20 + n // 150, m=n // 3 % 60, s=n * 7 % 60)} {('INFO', 'WARN')[n % 5 == 0]} worker-{n % 4} handled job {n * 37} "
        f"of batch {n // 9} for tenant-{n % 6} in {n * 13 % 977} ms\n"
        for n in range(400)
    )


@pytest.mark.parametrize(
    "text",
    [
        _dated("2024-02-28T{h}:{m:02}:{s:02}.000"),
        _dated("2024/04/22 {h}:{m:02}:{s:02}"),
        _dated("Sep 11 {h}:{m:02}:{s:02} host-a"),
        "".join(f"call (mutex=0x5555555580d8 <q+88>, expected=0, {'private=0, ' * 20}) at ./nptl/futex-internal.c:{n}\n" for n in range(90)),
        "".join(f"key_of_some_length = value number {n % 3} = more\nother_key_of_length: {n}\n" for n in range(200)),
    ],
    ids=["iso", "slashes", "syslog", "long calls", "settings"],
)  # fmt: skip
def test_no_entry_of_the_legend_is_idle(text):
    legend, body = phrases.encode(text)
    assert legends.decode(legend, body) == text
    assert legend
    for entry in legend[1:]:
        assert body.count(entry[:2]) > 1, entry
        assert entry[3] != "="


@pytest.mark.parametrize("quick", [True, False])
def test_a_rule_of_costly_signs_is_drawn_once(quick):
    rule = "⎯" * 24
    text = "".join(f"no {n * n}: expected {n}, received {n * 7}\n{rule}[{n}/{40}]⎯\n" for n in range(40))
    assert len(text) < 5_000
    legend, body = phrases.encode(text, quick=quick)
    assert legend[1] == f"$a={rule}"
    assert rule not in body
    assert legends.decode(legend, body) == text


def test_ticks_are_no_part_of_a_phrase():
    text = "".join(f"step {n * n}: ✓ checked the manifest of the image\n" for n in range(60))
    legend, body = phrases.encode(text)
    assert body.count("✓") == 60
    assert legends.decode(legend, body) == text
