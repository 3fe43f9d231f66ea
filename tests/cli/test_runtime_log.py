"""The runtime log beside programs that rotate logs."""

import logging

import pytest

from headroom.cli.runtime_log import install


@pytest.fixture
def root():
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)


def test_a_line_right_after_the_move_goes_to_the_new_file(tmp_path, root):
    path = tmp_path / "proxy.log"
    install(path)
    root.info("one")
    path.rename(tmp_path / "moved.log")
    root.info("two")
    assert path.read_text().endswith("two\n")
    assert "two" not in (tmp_path / "moved.log").read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_filled_by_somebody_else_is_rotated(tmp_path, root):
    path = tmp_path / "proxy.log"
    install(path)
    root.info("one")
    with path.open("ab") as other:
        other.write(b"x" * 10 * 1024 * 1024)
    root.info("two")
    assert path.read_text().endswith("two\n")
    assert path.stat().st_size < 1000
    assert (tmp_path / "proxy.log.1").stat().st_size > 10 * 1024 * 1024
