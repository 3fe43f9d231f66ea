"""Lines with their numbers blanked: lines that differ in numbers only have one mask, and there are few masks in a log."""

from __future__ import annotations

import re

from headroom.compress.once import once

_NUMBER = re.compile(r"\d[\da-f]*")
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_ZERO_RUN = re.compile(rb"0[0a-f]+")


@once
def masked_lines(text: str) -> list[str]:
    """Each line of ``text`` with 0 for every number and hex run; not to be changed, as all who ask get the same list."""
    # Digits alike are seen at the speed of C; only lines that still differ are looked through for runs.
    alike, distinct, joined = digits_alike(text)
    masks = _mask(joined).split("\n")
    if len(distinct) == len(alike):
        return masks
    return list(map(dict(zip(distinct, masks, strict=True)).__getitem__, alike))


@once
def digits_alike(text: str) -> tuple[list[str], list[str], str]:
    """The lines of ``text`` with all ASCII digits made 0, the different ones of them, and these as one text.

    A string with its own digits made 0 is in no line else. The lists are not to be changed.
    """
    alike = text.encode("utf-8", "surrogatepass").translate(_ZEROS).decode("utf-8", "surrogatepass").split("\n")
    distinct = list(dict.fromkeys(alike))
    return alike, distinct, "\n".join(distinct)


@once
def words_of(lines: str) -> tuple[list[str], list[str]]:
    """What stands between the blanks of some lines, with a newline of its own between two lines, and the different ones of it.

    Masks are made of few words; what is to be known of each word is asked of these.
    """
    words = lines.replace("\n", " \n ").split(" ")
    return words, list(dict.fromkeys(words))


def _mask(alike: str) -> str:
    """Write 0 for every number and hex run of a text whose ASCII digits are all 0."""
    if not alike.isascii():
        return _NUMBER.sub("0", alike)
    # The same at the speed of C, twice as fast: most runs shortened, what is left by regex.
    short = alike.encode().replace(b"0000", b"0").replace(b"00", b"0").replace(b"00", b"0")
    return _ZERO_RUN.sub(b"0", short).decode()
