"""What nobody caught: reported once, without keys, from any thread, and never by failing itself."""

from __future__ import annotations

import logging
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QThread

from cortex_desktop.system import crash
from cortex_desktop.system.crash import KEPT, KINDS, Crashes, blot

KEY = "mwidxhb8ShcqmV1B9iOYJh"
SECRET = "a7Q" + "kP2x" * 15 + "9"


@pytest.fixture
def crashes(qapp: QCoreApplication, folder: Path) -> Iterator[Crashes]:
    crashes = Crashes(folder)
    crashes.install()
    yield crashes
    if crashes._open:
        crashes.close()


@pytest.fixture
def shown(crashes: Crashes) -> Callable[[], list[str]]:
    """What has reached the GUI thread by now."""
    reports: list[str] = []
    crashes.reported.connect(reports.append)

    def shown() -> list[str]:
        QCoreApplication.processEvents()
        return reports

    return shown


def fail(text: str = "no such thing") -> None:
    local = "a word in a local"  # noqa: F841  # what a traceback with locals would show
    raise ValueError(text)


def caught(act: Callable[[], object]) -> None:
    """Let the hook have what `act` raises, as Python and Qt do."""
    try:
        act()
    except BaseException:
        sys.excepthook(*sys.exc_info())


def files(folder: Path) -> list[Path]:
    return sorted((folder / "crashes").glob("crash-*.txt"))


def test_the_report(
    crashes: Crashes,
    shown: Callable[[], list[str]],
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caught(lambda: fail(f"the item “{KEY}” of {SECRET}"))
    (report,) = shown()
    (file,) = files(folder)
    assert file.read_text("utf-8") == report
    assert report in caplog.text
    for words in (
        "Cortex Desktop 0.",
        "Python 3.",
        "Qt 6.",
        "MainThread",
        "ValueError: the item “[redacted]” of [redacted]",
    ):
        assert words in report
    assert 'test_system_crash.py", line' in report
    assert "cortex-desktop: ValueError: the item “[redacted]”" in capfd.readouterr().err
    assert not holds_key(report)
    assert "a word in a local" not in report
    assert str(Path.home()) not in report
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_led_to_it_is_told_without_keys_too(crashes: Crashes, shown: Callable[[], list[str]]) -> None:
    def again() -> None:
        try:
            fail(KEY)
        except ValueError as error:
            error.add_note(f"noted {KEY}")
            raise RuntimeError(f"because of {error!r}") from error

    caught(again)
    (report,) = shown()
    assert "The above exception was the direct cause" in report
    assert "RuntimeError: because of ValueError('[redacted]')" in report
    assert not holds_key(report)


def test_from_a_thread_it_arrives_on_the_gui_thread(crashes: Crashes, shown: Callable[[], list[str]]) -> None:
    threads: list[QThread] = []
    crashes.reported.connect(lambda _: threads.append(QThread.currentThread()))
    thread = threading.Thread(target=fail, name="vault")
    thread.start()
    thread.join()
    assert threads == []
    (report,) = shown()
    assert "Not caught in thread vault." in report
    assert threads == [QCoreApplication.instance().thread()]


class _Broken:
    def __repr__(self) -> str:
        return f"<broken {KEY}>"

    def __del__(self) -> None:
        fail("in the end")


def test_what_cannot_be_raised(crashes: Crashes, shown: Callable[[], list[str]]) -> None:
    _Broken()
    (report,) = shown()
    assert "Could not be raised in _Broken.__del__." in report
    assert "ValueError: in the end" in report
    assert not holds_key(report)


def test_leaving_is_no_error(crashes: Crashes, shown: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    passed_on: list[object] = []
    monkeypatch.setattr(crashes, "_before", (lambda *found: passed_on.append(found[0]), *crashes._before[1:]))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert passed_on == [KeyboardInterrupt]
    assert shown() == []


def test_the_same_error_again_and_again_is_one_report(
    crashes: Crashes, shown: Callable[[], list[str]], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1000):
        caught(lambda number=number: fail(f"the {number}th time"))
    assert len(shown()) == len(files(folder)) == 1
    assert [r.getMessage() for r in caplog.records if "again" in r.getMessage()] == [
        f"ValueError again, {times} times now" for times in (10, 100, 1000)
    ]


def test_the_last_ten_files_are_kept(crashes: Crashes, shown: Callable[[], list[str]], folder: Path) -> None:
    for number in range(KEPT + 5):
        caught(different(number))
    assert len(shown()) == KEPT + 5
    assert [file.read_text("utf-8").split()[-1] for file in files(folder)] == [str(n) for n in range(5, KEPT + 5)]


def test_it_has_enough_some_time(crashes: Crashes, shown: Callable[[], list[str]]) -> None:
    for number in range(KINDS + 50):
        caught(different(number))
    assert len(shown()) == KINDS


def different(number: int) -> Callable[[], None]:
    """Fails on a line of its own."""
    space: dict[str, Callable[[], None]] = {}
    exec(compile("\n" * number + f"def act(): raise ValueError({number})", "made", "exec"), space)  # noqa: S102
    return space["act"]


class _Nasty(Exception):
    """Fails itself when it is looked at, and leaves something that cannot be raised."""

    def __str__(self) -> str:
        _Broken()
        raise RuntimeError(KEY)


def test_an_error_inside_the_hook_ends_there(
    crashes: Crashes, shown: Callable[[], list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    def nasty() -> None:
        raise _Nasty

    caught(nasty)
    (report,) = shown()
    assert "_Nasty: <exception str() failed>" in report
    assert not holds_key(report + capfd.readouterr().err)


def test_a_log_that_fails_costs_nothing(
    crashes: Crashes, shown: Callable[[], list[str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            caught(fail)  # what a handler in trouble does through handleError's own troubles
            raise OSError("no space left")

    handler = Failing()
    logging.getLogger().addHandler(handler)
    try:
        caught(fail)
    finally:
        logging.getLogger().removeHandler(handler)
    caught(lambda: fail("another place"))
    assert len(shown()) == 1  # the first one was lost with the log, the second one was not


def test_without_a_folder_it_is_told_all_the_same(
    crashes: Crashes, shown: Callable[[], list[str]], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "crashes").write_text("in the way")
    caught(fail)
    assert len(shown()) == 1
    assert "in this log only" in caplog.text
    crashes.watch_faults()
    assert "deadly signals will not be noted" in caplog.text


def test_without_a_terminal(crashes: Crashes, shown: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    caught(fail)
    assert len(shown()) == 1


def test_after_closing_nothing_arrives_and_the_hooks_are_as_before(qapp: QCoreApplication, folder: Path) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    crashes = Crashes(folder)
    crashes.install()
    reports: list[str] = []
    crashes.reported.connect(reports.append)
    caught(fail)  # on its way
    hook = sys.excepthook
    crashes.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    hook(ValueError, ValueError("late"), None)  # from a thread that had the hook in its hands
    QCoreApplication.processEvents()
    assert reports == []
    assert len(files(folder)) == 2


def test_many_threads_at_once(crashes: Crashes, shown: Callable[[], list[str]]) -> None:
    acts = [different(number) for number in range(20)]

    def work() -> None:
        for act in acts:
            caught(act)
            _Broken()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert len(shown()) == 20 + 1


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"'{KEY}'",
        f"Key{KEY}",
        f"{KEY}1f",
        rf"\x00{KEY}\u0041",
        KEY[:15],
        KEY[5:17],
        SECRET,
        SECRET[:40],
        repr(KEY.encode("utf-16-le")),
        repr(KEY.encode("utf-16-be")),
        repr(repr(KEY.encode("utf-16-le"))),
        repr({"password": KEY, "at": [KEY[:-1], KEY[1:]]}),
        f"https://example.test/{KEY}?k={SECRET}",
    ],
)
def test_keys_and_their_pieces_are_blotted_out(text: str) -> None:
    assert not holds_key(blot(text))
    assert "[redacted]" in blot(text)


@pytest.mark.parametrize(
    "text",
    [
        "AttributeError: 'AppsPresenter' object has no attribute 'reveal_seconds'",
        "unsupported operand type(s) for +: 'QStandardItemModel' and 'NoneType'",
        'File "/usr/lib/python3.13/site-packages/cortex_desktop/ui/shell/window.py", line 1234567890',
        "QDBusConnection, 2026-11-23 13:10:42 UTC, Linux-6.18.44-x86_64-with-glibc2.36",
    ],
)
def test_words_and_names_stay(text: str) -> None:
    assert blot(text) == text


SEGFAULT = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from cortex_desktop.system.crash import Crashes
app = QCoreApplication([])
crashes = Crashes(Path(sys.argv[1]))
crashes.reported.connect(lambda report: print("REPORT", report))
crashes.watch_faults()
app.processEvents()
if sys.argv[2:]:
    import faulthandler
    def the_place():
        key = "".join(["mwidxhb8ShcqmV", "1B9iOYJh"])
        faulthandler._sigsegv()
    the_place()
"""


def test_a_deadly_signal_is_reported_at_the_next_start_and_only_there(folder: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", SEGFAULT, str(folder), *arguments], capture_output=True, text=True)

    first = run("die")
    assert first.returncode != 0
    assert "REPORT" not in first.stdout
    noted = folder / "crashes" / "fault.log"
    assert "the_place" in noted.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(noted.stat().st_mode) == 0o600
    second = run()
    assert second.returncode == 0, second.stderr
    assert second.stdout.count("REPORT") == 1
    assert "The last run ended by a deadly signal." in second.stdout
    assert "the_place" in second.stdout
    assert len(files(folder)) == 1
    assert not holds_key(second.stdout)
    assert "REPORT" not in run().stdout


def holds_key(text: str) -> bool:
    """Whether nine characters in a row of the key or the secret are in the text."""
    text = re.sub(r"\\+x00", "", text)  # UTF-16 as `repr` writes it
    return any(secret[i : i + 9] in text for secret in (KEY, SECRET) for i in range(len(secret) - 8))


def test_nothing_of_it_is_sent(crashes: Crashes) -> None:
    """No module that could: the report stays in the folder."""
    source = Path(crash.__file__).read_text("utf-8")
    assert not any(word in source for word in ("urllib", "http", "socket", "QtNetwork"))
