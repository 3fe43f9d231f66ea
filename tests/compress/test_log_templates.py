"""Which lines of a log are of one template."""

import re

import pytest

from headroom.compress import log_templates

PLAIN_NAMES = tuple(
    re.findall(
        r"\w+", "less curl make patch xauth gnupg perl netbase git manpages dirmngr gpgsm emacs hello screen tmux"
    )
)
DIGIT_NAMES = [f"lib{name}{n}" for n, name in enumerate(PLAIN_NAMES)]


def events(names, arch, version):
    """The lines that dpkg writes of packages."""
    for n, name in enumerate(names):
        told = version.format(n=n)
        stamp = f"2026-02-03 10:{n // 60:02d}:{n % 60:02d}"
        yield f"{stamp} install {name}:{arch} <none> {told}"
        yield f"{stamp} status half-installed {name}:{arch} {told}"


def templates_of(lines):
    return log_templates.mine("\n".join(lines))


@pytest.mark.parametrize(
    "names", [PLAIN_NAMES, DIGIT_NAMES, [*PLAIN_NAMES, *DIGIT_NAMES]], ids=["words", "digits", "both"]
)
@pytest.mark.parametrize("arch", ["amd64", "all"])
@pytest.mark.parametrize("version", ["1.{n}.4-2+b1", "{n}", "1.{n}~rc1-1~deb12u3", "20{n}+dfsg-1"])
def test_the_names_of_packages_make_no_templates(names, arch, version):
    found = templates_of(events(names, arch, version))
    assert len(found.counts) <= 4
    assert min(found.counts) >= len(PLAIN_NAMES)


def test_a_version_with_an_epoch_is_one_value():
    lines = [
        *events(DIGIT_NAMES, "amd64", "1.{n}-2"),
        *events(DIGIT_NAMES, "amd64", "1:2.{n}~rc1-4"),
        *events(DIGIT_NAMES, "amd64", "2:9.{n}p1-2+deb12u6"),
    ]
    assert templates_of(lines).counts == [3 * len(DIGIT_NAMES)] * 2


@pytest.mark.parametrize(
    ("few", "arch", "templates"),
    [
        ("less curl make patch", "x32", 3),
        ("purge reset drain fence", "x32", 6),
        ("purge reset drain fence", "amd64", 3),
    ],
    ids=["values elsewhere", "words of their own", "packages by their architecture"],
)
def test_a_few_names_are_values_where_many_of_them_are_elsewhere(few, arch, templates):
    lines = [*events(PLAIN_NAMES, arch, "1.{n}-2")]
    lines += [
        f"2026-02-03 10:59:{n:02d} status triggers-awaited {name}:{arch} 1.2" for n, name in enumerate(few.split())
    ]
    assert len(templates_of(lines).counts) == templates


def test_a_word_alone_before_a_value_stays_an_event():
    lines = [f"2026-02-03 10:59:{n:02d} job {n} {word}" for n, word in enumerate(PLAIN_NAMES)]
    assert len(templates_of(lines).counts) == len(PLAIN_NAMES)


@pytest.mark.parametrize(
    ("odd", "usual", "found"),
    [
        ("R16-M0-NB-C:J07", "R16-M0-N4-C:J07", False),
        ("Popup:e6a91d", "Popup:76a91d", False),
        ("SHA256:bf97", "SHA256:7f97", False),
        ("state/fenced1", "state/ready1", True),
        ("db/standby.local", "db/primary.local", True),
    ],
)
def test_letters_of_a_code_are_no_unusual_state(odd, usual, found):
    lines = [f"2026-02-03 10:00:{n:02d} INFO scan of {usual} took {n}" for n in range(60)]
    lines[30] = lines[30].replace(usual, odd)
    templates = templates_of(lines)
    assert templates.counts == [60]
    assert templates.rare_variants == ([30] if found else [])
    assert templates.choices == ({0} if found else set())


def test_what_nginx_says_of_a_request_makes_no_templates():
    requests = [
        'server: a.example.org, request: "GET /x/{n} HTTP/1.1", host: "a.example.org"',
        'server: localhost, request: "POST /y HTTP/1.1", host: "b", referrer: "https://c.example.org/"',
        'server: , request: "HEAD / HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "b"',
    ]
    lines = [
        f"2026/02/03 10:00:{n % 60:02d} [error] 12#12: *{n} {event}, client: 10.0.0.{n}, {requests[n % 3].format(n=n)}"
        for n in range(90)
        for event in (
            'open() "/srv/x" failed (2: No such file or directory)',
            "connect() failed (111: Connection refused)",
        )
    ]
    assert templates_of(lines).counts == [90, 90]
