"""The log helps, and never holds a key."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.model import new_id
from cortex_desktop.domain.secret import SecretKind, generate, redact
from cortex_desktop.system.log import MOST_BYTES, RedactingFormatter, start_logging

KEY = "mwidxhb8ShcqmV1B9iOYJh"
API_SECRET = "x1Y2" * 16

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    """The program's log, in tmp_path; the root logger is as before afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    start_logging(tmp_path)
    yield logging.getLogger("cortex_desktop.test")
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)


def logged(folder: Path) -> str:
    return (folder / "cortex-desktop.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("around", ["{}", "key={}", "'{}'", "Client-Key: {}", "?k={}&l", "{}.", "/{}/", "a\n{}\nb"])
def test_the_name_of_an_app_that_serves_as_its_key_is_blotted_out(around: str) -> None:
    assert redact(around.replace("{}", "c_my_portal")) == around.replace("{}", "[redacted]")


@pytest.mark.parametrize("text", ["ctypes.c_void_p", "abc_def", "c_", "func_c_"])
def test_other_names_stay_readable(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", [KEY, API_SECRET], ids=["key", "secret"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "key={}",
        "key_{}_",
        "'{}'",
        "Client-Key: {}",
        "a\n{}\nb",
        "?k={}&l",
        "{}.",
        "%3D{}%0a",
        "'\\n{}\\n'",
        "é{}é",
    ],
)
def test_what_looks_like_a_key_is_blotted_out(text: str, around: str) -> None:
    assert redact(around.replace("{}", text)) == around.replace("{}", "[redacted]")


def test_every_new_key_and_secret_looks_like_one() -> None:
    for kind in SecretKind:
        for _ in range(200):
            assert redact(f"<{generate(kind).reveal()}>") == "<[redacted]>"


@pytest.mark.parametrize("text", ["", "NewHealth App", "0123456789abcdef" * 2, "a" * 21, "a" * 23, "a" * 63, "a" * 65])
def test_the_rest_stays_readable(text: str) -> None:
    assert redact(f"app {text} changed") == f"app {text} changed"


def test_ids_stay_readable() -> None:
    app_id = new_id()
    assert redact(app_id) == app_id


def test_all_parts_of_a_record_are_redacted(log: logging.Logger, tmp_path: Path) -> None:
    log.info(f"in the text {KEY}")  # noqa: G004 (as someone may do)
    log.info("in a value: %s", KEY)
    log.info("in a list: %r", ["\n" + KEY, {"k": API_SECRET}])
    try:
        try:
            raise ValueError(KEY)
        except ValueError as error:
            raise RuntimeError(f"again {API_SECRET}") from error
    except RuntimeError:
        log.exception("in a traceback")
    log.warning("with a stack", stack_info=True)
    text = logged(tmp_path)
    assert KEY not in text
    assert API_SECRET not in text
    assert text.count("[redacted]") == 6
    assert "Traceback (most recent call last)" in text
    assert "RuntimeError: again [redacted]" in text


def test_a_line_tells_when_how_bad_and_where(log: logging.Logger, tmp_path: Path) -> None:
    log.warning("the theme is missing")
    log.debug("not wanted")
    assert logged(tmp_path).endswith(" WARNING cortex_desktop.test: the theme is missing\n")
    assert "not wanted" not in logged(tmp_path)


def test_an_error_of_ours_can_be_logged_whole(log: logging.Logger, tmp_path: Path) -> None:
    log.error("%s", VaultError(VaultProblem.LOCKED, "GNOME Keyring"))
    assert "GNOME Keyring is unlocked" in logged(tmp_path)


def test_what_is_no_text_can_be_logged(log: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("folder %s is missing", os.fsdecode(b"/home/\xff"))
    assert "is missing" in logged(tmp_path)
    assert not capsys.readouterr().err  # where logging complains, with the values unredacted


@posix_only
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_the_file_is_its_owners_alone(tmp_path: Path, request: pytest.FixtureRequest, umask: int) -> None:
    before = os.umask(umask)
    try:
        request.getfixturevalue("log").info("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "cortex-desktop.log").stat().st_mode) == 0o600


@posix_only
def test_a_full_file_makes_room_and_is_kept_as_private(log: logging.Logger, tmp_path: Path) -> None:
    for _ in range(11):
        log.info("x " * 25_000)
    log.info("the newest")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["cortex-desktop.log", "cortex-desktop.log.1"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert max(file.stat().st_size for file in files) <= MOST_BYTES
    assert files[0].read_text().endswith("the newest\n")
    assert "x x" in files[1].read_text()


def test_a_file_that_was_full_before_makes_room(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "cortex-desktop.log").write_text("x" * MOST_BYTES)
    request.getfixturevalue("log").info("the first")
    assert logged(tmp_path).endswith("the first\n")
    assert (tmp_path / "cortex-desktop.log.1").stat().st_size == MOST_BYTES


def test_the_next_start_goes_on_in_the_same_file(log: logging.Logger, tmp_path: Path) -> None:
    log.info("first")
    start_logging(tmp_path)
    log.info("second")
    assert "first" in logged(tmp_path)
    assert "second" in logged(tmp_path)


def test_where_no_file_can_be_the_terminal_gets_it_redacted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "cortex-desktop.log").mkdir()
    request.getfixturevalue("log").warning("key %s", KEY)
    assert "key [redacted]" in capsys.readouterr().err


def test_a_record_formatted_elsewhere_before_is_redacted_too() -> None:
    try:
        raise ValueError(KEY)
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", None, (ValueError, error, None))
    logging.Formatter().format(record)  # leaves the traceback's text on the record
    assert KEY not in RedactingFormatter().format(record)
