"""One program per data folder, and a second start that reaches the first. No Qt in the program's half."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import cortex_desktop
from cortex_desktop.system.channel import ChannelError, ask
from cortex_desktop.system.folder_lock import NAME, FolderLock
from cortex_desktop.system.instance import AlreadyRunning, Instance

ROOT = Path(cortex_desktop.__file__).parent.parent

posix_only = pytest.mark.skipif(os.name != "posix", reason="symbolic links, signals, modes")
as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")

# Another start: takes the lock if it can, says how it went, and does what it is told.
OTHER = """
import os, sys
from pathlib import Path
from cortex_desktop.system import channel
from cortex_desktop.system.instance import AlreadyRunning, Instance

if "nobody" in sys.argv:
    os.setuid(65534)  # after the imports: Python itself may be closed to nobody

def say(what):
    print(what, flush=True)
    return True

instance = Instance(Path(sys.argv[1]))
try:
    if "raise" in sys.argv:
        print(instance.acquire_or_raise(), flush=True)
    elif "quit" in sys.argv:
        instance.quit_first(5)
        print("gone", flush=True)
    else:
        instance.acquire()
        print(True, flush=True)
except AlreadyRunning as error:
    print(error, flush=True)
if "listen" in sys.argv:
    instance.listen({"raise": lambda: say("raised"), "quit": lambda: say("closing") and instance.release() is None})
    print("listens", flush=True)
if "wait" in sys.argv:
    sys.stdin.read()
if "release" in sys.argv:
    instance.release()
"""

# A program that locks as versions up to 0.1 did.
OLD = """
import sys
from PySide6.QtCore import QLockFile
lock = QLockFile(sys.argv[1])
lock.setStaleLockTime(0)
print(lock.tryLock(0), flush=True)
sys.stdin.read()
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(autouse=True)
def runtime_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where sockets go; what a killed program leaves there goes with it."""
    with tempfile.TemporaryDirectory(prefix="run-") as path:
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


@pytest.fixture
def other() -> Iterator[Start]:
    """Starts another process on a folder. All are ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *orders: str, script: str = OTHER) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(folder), *orders],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def instances() -> Iterator[Callable[[Path], Instance]]:
    """Makes starts in this process. All let go of their folder afterwards."""
    made: list[Instance] = []

    def make(folder: Path) -> Instance:
        made.append(Instance(folder))
        return made[-1]

    yield make
    for instance in made:
        instance.release()


@pytest.fixture
def first(instances: Callable[[Path], Instance], folder: Path) -> Instance:
    """The program that is there already."""
    instance = instances(folder)
    instance.acquire()
    return instance


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def refusal(act: Callable[[], object]) -> str:
    """The words with which it is refused."""
    with pytest.raises(AlreadyRunning) as caught:
        act()
    return str(caught.value)


class Heard(list[str]):
    """Commands that keep a list of what was asked."""

    def commands(self, answer: bool = True) -> dict[str, Callable[[], bool]]:
        def hear(command: str) -> Callable[[], bool]:
            def act() -> bool:
                self.append(command)
                return answer

            return act

        return {command: hear(command) for command in ("raise", "quit")}


class TestTheLock:
    def test_a_second_start_does_not_get_the_folder_and_learns_who_has_it(
        self, first: Instance, folder: Path, other: Start
    ) -> None:
        words = said(other(folder))
        assert f"already running with {folder}: process {os.getpid()} on {socket.gethostname()}, since 2" in words
        assert words.endswith(" UTC. Close it first.")

    def test_another_folder_is_free(self, first: Instance, tmp_path: Path, other: Start) -> None:
        assert said(other(tmp_path)) == "True"

    def test_it_is_free_again_after_a_normal_end_and_the_file_stays(
        self, instances: Callable[[Path], Instance], folder: Path, other: Start
    ) -> None:
        process = other(folder, "wait", "release")
        assert said(process) == "True"
        inode = (folder / NAME).stat().st_ino
        instance = instances(folder)
        refusal(instance.acquire)
        process.communicate()
        assert process.returncode == 0
        instance.acquire()
        assert (folder / NAME).stat().st_ino == inode

    def test_it_is_free_after_kill_9(self, first: Instance, tmp_path: Path, other: Start) -> None:
        process = other(tmp_path, "wait")
        assert said(process) == "True"
        process.kill()
        process.wait()
        assert said(other(tmp_path)) == "True"

    @pytest.mark.parametrize(
        "left",
        [
            b"",
            b"\0" * 4096,
            b"1\nsystemd\nanother-machine\n1234\n5678\n",
            b"999999999\npython3\n\n",
            os.urandom(64),
            b"12\nx\n" + os.uname().nodename.encode() + b"\n\n\n2026-01-01T00:00:00Z\n/tmp/nowhere\nkey\n"
            if os.name == "posix"
            else b"12\n",
        ],
        ids=["empty", "nuls", "another machine", "dead process", "anything", "killed listener"],
    )
    def test_what_a_file_says_keeps_nobody_out(self, folder: Path, other: Start, left: bytes) -> None:
        (folder / NAME).write_bytes(left)
        process = other(folder, "raise", "wait")
        assert said(process) == "True"
        assert f"process {process.pid} on " in refusal(Instance(folder).acquire)

    @posix_only
    @pytest.mark.parametrize("left", [None, b"", b"1\nolder\n"], ids=["new", "empty", "longer mode"])
    def test_the_file_is_its_owners_alone(self, folder: Path, other: Start, left: bytes | None) -> None:
        if left is not None:
            (folder / NAME).write_bytes(left)
            (folder / NAME).chmod(0o666)
        before = os.umask(0)
        try:
            process = other(folder, "wait")
            assert said(process) == "True"
        finally:
            os.umask(before)
        assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600

    def test_of_simultaneous_starts_one_gets_it_and_the_other_reaches_it(self, folder: Path, other: Start) -> None:
        for number in range(20):
            if number % 2:
                (folder / NAME).write_bytes(b"1\nsystemd\nanother-machine\n")  # not to be taken for the holder
            both = [other(folder, "raise", "listen", "wait") for _ in range(2)]
            words = [said(process) for process in both]
            assert sorted(words) == ["False", "True"]
            winner = both[words.index("True")]
            assert sorted((said(winner), said(winner))) == ["listens", "raised"]
            for process in both:
                process.kill()
                process.communicate()

    @posix_only
    def test_a_file_that_was_removed_while_it_was_being_locked(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, other: Start
    ) -> None:
        """As QLockFile removes a stale one, and leaves us a lock on a file that nobody else sees."""
        import fcntl

        lock, real, removed = FolderLock(folder), fcntl.flock, []

        def remove_first(descriptor: int, how: int) -> None:
            if not removed:
                removed.append((folder / NAME).unlink())
            real(descriptor, how)

        monkeypatch.setattr(fcntl, "flock", remove_first)
        assert lock.acquire()
        assert "already running" in said(other(folder))
        lock.release()

    @posix_only
    @pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
    def test_a_file_system_without_locks_is_said_once_and_used(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
    ) -> None:
        import fcntl

        def fail(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", fail)
        instance = Instance(folder)
        assert instance.acquire_or_raise()
        instance.listen({})
        instance.release()
        assert [record.getMessage() for record in caplog.records] == [
            "the data folder is not locked against a second program: "
            f"{folder / NAME} cannot be locked: {os.strerror(number)}"
        ]

    @posix_only
    def test_a_link_in_its_place_is_not_written_through(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "letter").write_text("dear friend")
        (folder / NAME).symlink_to(tmp_path / "letter")
        for act in (Instance(folder).acquire, Instance(folder, sleep=pytest.fail).acquire_or_raise):
            assert refusal(act).endswith("please remove that file.")
        assert (tmp_path / "letter").read_text() == "dear friend"

    def test_a_folder_that_is_not_there_is_no_second_start(self, tmp_path: Path) -> None:
        Instance(tmp_path / "missing").acquire()

    @pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
    def test_a_folder_of_any_name_will_do(self, tmp_path: Path, instances: Callable[[Path], Instance]) -> None:
        folder = tmp_path / os.fsdecode(b"data-\xff-\xc3\xa9")
        folder.mkdir()
        instances(folder).acquire()
        assert (folder / NAME).exists()


@as_root
class TestAsAnotherUser:
    @pytest.fixture
    def shared(self) -> Iterator[Path]:
        """A folder that `nobody` reaches, unlike pytest's own."""
        folder = Path(tempfile.mkdtemp(prefix="cortex-desktop-test-"))
        folder.chmod(0o755)
        yield folder
        shutil.rmtree(folder)

    def test_a_folder_that_cannot_be_written_is_no_second_start(self, shared: Path, other: Start) -> None:
        assert said(other(shared, "nobody")) == "True"
        assert not list(shared.iterdir())

    def test_a_lock_file_that_may_not_be_opened_is_named(self, shared: Path, other: Start) -> None:
        (shared / NAME).touch(0o600)
        assert said(other(shared, "nobody")) == (
            f"{shared / NAME} cannot be opened: Permission denied. If nobody runs the program there, please remove "
            "that file."
        )

    def test_one_that_may_only_be_read_still_locks(self, shared: Path, other: Start) -> None:
        (shared / NAME).touch(0o644)
        one = other(shared, "nobody", "wait")
        assert said(one) == "True"
        assert "already running" in said(other(shared, "nobody"))

    def test_nobody_else_can_connect(self, shared: Path, other: Start, instances: Callable[[Path], Instance]) -> None:
        instance, heard = instances(shared), Heard()
        instance.acquire()
        instance.listen(heard.commands())
        holder = FolderLock(shared).holder()
        script = (
            "import os, sys\n"
            "from cortex_desktop.system.channel import ask\n"
            "os.setuid(65534)\n"
            "try:\n    ask(sys.argv[1], sys.argv[2], 'quit')\n"
            "except PermissionError:\n    print('refused')\n"
        )
        assert said(other(Path(holder.address), holder.key, script=script)) == "refused"
        assert not heard


class TestBesideAnOlderVersion:
    def test_it_keeps_the_new_one_out(self, folder: Path, other: Start) -> None:
        old = other(folder / NAME, script=OLD)
        assert said(old) == "True"
        words = refusal(Instance(folder).acquire_or_raise)
        assert f"process {old.pid} on {socket.gethostname()}. It is an older version; please close it" in words
        refusal(Instance(folder).quit_first)
        refusal(Instance(folder).acquire)
        old.communicate()
        instance = Instance(folder)
        instance.acquire()
        instance.release()

    def test_the_new_one_keeps_it_out(self, folder: Path, other: Start) -> None:
        new = other(folder, "wait")
        assert said(new) == "True"
        assert said(other(folder / NAME, script=OLD)) == "False"
        assert "already running" in refusal(Instance(folder).acquire), "and has not lost its lock by that"

    @pytest.mark.parametrize("end", ["release", "kill"])
    def test_it_can_start_after_the_new_one(self, folder: Path, other: Start, end: str) -> None:
        new = other(folder, "listen", "wait", "release")
        assert (said(new), said(new)) == ("True", "listens")
        if end == "kill":
            new.kill()
        new.communicate()
        assert said(other(folder / NAME, script=OLD)) == "True"

    def test_it_takes_over_what_a_killed_one_left(self, folder: Path, other: Start) -> None:
        old = other(folder / NAME, script=OLD)
        assert said(old) == "True"
        old.kill()
        old.wait()
        Instance(folder).acquire()


class TestTheChannel:
    def test_a_second_start_raises_the_first(self, first: Instance, folder: Path, other: Start) -> None:
        heard = Heard()
        first.listen(heard.commands())
        assert [said(other(folder, "raise")) for _ in range(2)] == ["False", "False"]
        assert heard == ["raise", "raise"]

    def test_one_that_is_asked_to_quit_is_waited_for(self, folder: Path, other: Start) -> None:
        process = other(folder, "listen", "wait")
        assert (said(process), said(process)) == ("True", "listens")
        assert said(other(folder, "quit")) == "gone"
        assert said(process) == "closing"

    def test_one_that_does_not_quit_is_told(self, first: Instance, folder: Path) -> None:
        first.listen(Heard().commands())
        words = refusal(lambda: Instance(folder).quit_first(0.1))
        assert f"process {os.getpid()} on" in words
        assert words.endswith("It did not close; please close it yourself.")

    @posix_only
    def test_whichever_way_the_folder_is_named(
        self, first: Instance, folder: Path, tmp_path: Path, other: Start
    ) -> None:
        (tmp_path / "link").symlink_to(folder)
        first.listen(Heard().commands())
        assert said(other(tmp_path / "link", "raise")) == "False"

    def test_a_path_too_long_for_a_socket(
        self, instances: Callable[[Path], Instance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / ("long" * 30)
        folder.mkdir()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        monkeypatch.setenv("TMPDIR", str(folder))
        heard, instance = Heard(), instances(folder)
        instance.acquire()
        instance.listen(heard.commands())
        assert not Instance(folder).acquire_or_raise()
        assert heard == ["raise"]
        assert [path.name for path in folder.iterdir()] == [NAME]

    def test_a_start_waits_for_one_that_is_just_starting(self, first: Instance, folder: Path) -> None:
        heard = Heard()
        second = Instance(folder, sleep=lambda _: first.listen(heard.commands()))
        assert not second.acquire_or_raise()
        assert heard == ["raise"]

    def test_a_start_takes_over_from_one_that_is_just_ending(self, first: Instance, folder: Path) -> None:
        first.listen(Heard().commands())
        first.stop_listening()
        second = Instance(folder, sleep=lambda _: first.release())
        assert second.acquire_or_raise()
        second.release()

    def test_one_that_never_listens_is_told(self, first: Instance, folder: Path) -> None:
        waited: list[float] = []
        words = refusal(Instance(folder, sleep=waited.append).acquire_or_raise)
        assert words.endswith("It does not answer. Wait a moment, or end that process.")
        assert 3 < sum(waited) < 10

    @posix_only
    def test_a_lock_of_somebody_who_says_nothing(self, folder: Path) -> None:
        """As `flock` in a terminal has it."""
        import fcntl

        with (folder / NAME).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            words = refusal(Instance(folder, sleep=lambda _: None).acquire_or_raise)
        assert f"already running with {folder}: a process that has not said which. It does not answer." in words

    def test_one_on_another_computer_is_named(self, first: Instance, folder: Path) -> None:
        lines = (folder / NAME).read_text().split("\n")
        (folder / NAME).write_text("\n".join([*lines[:2], "elsewhere", *lines[3:]]))
        words = refusal(Instance(folder).acquire_or_raise)
        assert f"process {os.getpid()} on elsewhere, since 2" in words
        assert words.endswith(" UTC. Please close it there.")

    def test_a_busy_one_is_told(self, first: Instance, folder: Path, other: Start) -> None:
        first.listen(Heard().commands(answer=False))
        assert said(other(folder, "raise")).endswith(
            "It is busy and does not answer. Wait a moment, or end that process."
        )

    def test_one_that_is_too_busy_with_ending_to_answer_is_waited_for(self, first: Instance, folder: Path) -> None:
        def end() -> bool:
            first.release()
            return False

        first.listen({"quit": end})
        second = Instance(folder)
        second.quit_first()
        second.release()

    @posix_only
    def test_a_stopped_one_is_told_in_time(self, folder: Path, other: Start) -> None:
        process = other(folder, "listen", "wait")
        assert (said(process), said(process)) == ("True", "listens")
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        for act in (lambda: Instance(folder).acquire_or_raise(), lambda: Instance(folder).quit_first(0.1)):
            start = time.monotonic()
            assert refusal(act).endswith("It does not answer. Wait a moment, or end that process.")
            assert time.monotonic() - start < 2
        process.send_signal(signal.SIGCONT)
        assert not Instance(folder).acquire_or_raise()

    def test_only_who_has_the_key_is_heard(self, first: Instance, folder: Path) -> None:
        heard = Heard()
        first.listen(heard.commands())
        holder = FolderLock(folder).holder()
        with pytest.raises((ChannelError, ConnectionError)):
            ask(holder.address, "another key", "quit")
        assert not heard
        ask(holder.address, holder.key, "raise")
        assert heard == ["raise"]

    @posix_only
    def test_it_works_as_on_windows(self, folder: Path, monkeypatch: pytest.MonkeyPatch, first: Instance) -> None:
        """Where Python has no sockets of the file system."""
        monkeypatch.setattr("cortex_desktop.system.channel.sys", SimpleNamespace(platform="win32"))
        heard = Heard()
        first.listen(heard.commands())
        assert FolderLock(folder).holder().address.isdecimal()
        assert not Instance(folder).acquire_or_raise()
        with pytest.raises((ChannelError, ConnectionError)):
            ask(FolderLock(folder).holder().address, "another key", "quit")
        assert heard == ["raise"]
        first.stop_listening()

    def test_an_unknown_command_is_told(self, first: Instance, folder: Path) -> None:
        first.listen(Heard().commands())
        holder = FolderLock(folder).holder()
        with pytest.raises(ChannelError, match="does not know this command"):
            ask(holder.address, holder.key, "dance")

    @posix_only
    def test_who_talks_nonsense_or_nothing_keeps_nobody_out(self, first: Instance, folder: Path) -> None:
        heard = Heard()
        first.listen(heard.commands())
        holder = FolderLock(folder).holder()
        for words in (b"", b"\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b'{"proof": "\\u00e9"}\n', b"x" * 100_000):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(holder.address)
                connection.sendall(words)
        ask(holder.address, holder.key, "raise")
        assert heard == ["raise"]

    @posix_only
    def test_what_a_killed_one_left_goes_with_the_next_start(
        self, folder: Path, tmp_path: Path, other: Start, runtime_dir: Path
    ) -> None:
        process = other(folder, "listen", "wait")
        assert (said(process), said(process)) == ("True", "listens")
        shutil.copytree(folder, tmp_path / "copy")
        copy = other(tmp_path / "copy", "listen", "release")
        assert (said(copy), said(copy)) == ("True", "listens")
        copy.communicate()
        assert not Instance(folder).acquire_or_raise(), "a copy of the folder took the living one's socket"
        process.kill()
        process.wait()
        (left,) = runtime_dir.glob("*/*")
        following = other(folder, "listen", "release")
        assert (said(following), said(following)) == ("True", "listens")
        following.communicate()
        assert not left.exists()
        assert not list(runtime_dir.iterdir())

    @posix_only
    def test_nothing_is_left_of_it(self, first: Instance, folder: Path) -> None:
        first.listen({})
        address = FolderLock(folder).holder().address
        assert Path(address).is_socket()
        assert stat.S_IMODE(Path(address).parent.stat().st_mode) == 0o700
        first.release()
        assert not Path(address).parent.exists()
        assert not FolderLock(folder).holder().address


@pytest.mark.parametrize("option", ["--quit", "--remove-all-data"])
def test_a_command_for_a_running_program_loads_no_qt(folder: Path, other: Start, option: str) -> None:
    process = other(folder, "listen", "wait")
    assert (said(process), said(process)) == ("True", "listens")
    script = (
        "import sys\nfrom cortex_desktop.__main__ import main\n"
        f"status = main([{option!r}, '--data-dir', sys.argv[1]] + ['--yes'] * ({option!r} != '--quit'))\n"
        "print(status, [name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))])\n"
    )
    assert said(other(folder, script=script)) == ("0 []" if option == "--quit" else "1 []")


@pytest.mark.parametrize("left", [False, True])
def test_asking_nobody_to_quit_makes_nothing(tmp_path: Path, left: bool) -> None:
    from cortex_desktop.cli.data import quit_running

    if left:
        (tmp_path / NAME).write_bytes(b"")
    assert quit_running(str(tmp_path)) == 0
    assert [path.name for path in tmp_path.iterdir()] == [NAME] * left


SIGNALS = """
import os, signal, sys
from PySide6.QtCore import QCoreApplication, QTimer
from cortex_desktop.system.signals import Signals

app = QCoreApplication([])
signals = Signals(app.quit, app)
number = signal.Signals[sys.argv[1]]
QTimer.singleShot(0, lambda: os.kill(os.getpid(), number))
QTimer.singleShot(20_000, lambda: app.exit(9))
status = app.exec()
signals.close()
assert signal.getsignal(number) is signal.SIG_DFL
print("cleared")
sys.exit(status)
"""


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_polite_kill_is_a_normal_quit(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIGNALS, name], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "cleared\n", "")
