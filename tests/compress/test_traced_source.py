import pytest

from headroom.compress.traced_source import source_above

SOURCE = [f"        step_{n} = prepare(host, port, family={n})  # of the socket" for n in range(20)]


def failure(name, place, called):
    return [
        f"____________________ {name} ____________________",
        "",
        f"    def {name}():",
        '>       connect(("127.0.0.1", 2525), 0.2)',
        "",
        f"{place}:9: ",
        "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ ",
        "",
        "address = ('127.0.0.1', 2525), timeout = 0.2",
        "",
        "    def connect(address, timeout):",
        *SOURCE,
        ">       sock.connect(sa)",
        "E       ConnectionRefusedError: [Errno 111] Connection refused",
        "",
        f"{called}:836: ConnectionRefusedError",
    ]


def gone(lines):
    return [line for rows in source_above(lines) for line in lines[rows.start : rows.stop]]


def test_the_source_of_a_librarys_function_goes_but_for_its_head_and_where_it_failed():
    lines = failure("test_sent", "tests/test_mail.py", "/usr/lib/python3.11/socket.py")
    assert gone(lines) == SOURCE[:-2]


def test_the_programs_own_source_stays():
    assert gone(failure("test_sent", "tests/test_mail.py", "shop/mail.py")) == []


def test_a_library_under_test_is_the_programs_own():
    place = "/usr/lib/python3.11/test/test_socket.py"
    assert gone(failure("test_sent", place, "/usr/lib/python3.11/socket.py")) == []


def test_source_said_again_and_again_is_a_block():
    lines = [
        line for n in range(40) for line in failure(f"test_{n}", "tests/test_mail.py", "/usr/lib/python3.11/socket.py")
    ]
    assert gone(lines) == []


def own(lines_above, entry="_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _"):
    body = "".join(f"        step_{n}(till)\n" for n in range(lines_above))
    return f"{entry}\n\ntill = 3\n\n    def settle(till):\n{body}>       raise Owes(till)\nE       Owes: 3\n\nshop/till.py:88: Owes\n"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (own(40), [f"        step_{n}(till)" for n in range(28)]),
        (own(32), [f"        step_{n}(till)" for n in range(20)]),
        (own(31), []),
        (own(40, entry="______ test_settle ______"), []),
    ],
    ids=["long", "long enough", "short", "the test itself"],
)
def test_of_long_functions_of_the_program_the_lines_above_the_failure_stay(text, gone):
    lines = text.split("\n")
    assert [line for rows in source_above(lines) for line in lines[rows.start : rows.stop]] == gone
