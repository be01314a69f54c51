#!/usr/bin/env python3
"""The front door for people who work on Cortex Desktop: run, test, check, bench, shots, package.

Standard library only, and the same on Linux, macOS and Windows. Whatever is missing is set up first.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn


def restart_with_newer_python() -> NoReturn:
    """Hand over to a Python that is new enough, or say what is needed."""
    for name in ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python", "py"):
        question = "import sys; print(sys.version_info >= (3, 11)); print(sys.executable)"
        try:  # asked, not believed: pyenv has a python3.13 on the PATH that only says that there is none
            answer = subprocess.check_output([name, "-c", question], stderr=subprocess.DEVNULL).decode().split("\n")
        except (OSError, subprocess.CalledProcessError):
            continue
        if answer[0].strip() == "True":
            command = [answer[1].strip(), os.path.abspath(__file__), *sys.argv[1:]]
            if sys.platform == "win32":  # where exec returns to the terminal at once
                sys.exit(subprocess.call(command))
            os.execv(command[0], command)
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Cortex Desktop needs Python 3.11 or newer, and this is {found}: please install a newer one.")


# To get here, the whole file must be readable for older Pythons (3.6 and up): no := and no match.
if sys.version_info < (3, 11):  # noqa: UP036
    restart_with_newer_python()

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
VENV_STAMP = VENV / "cortex-desktop-setup"
LOCK = ROOT / "requirements-dev.lock"
LINUX = sys.platform == "linux"

KEYRING_PASSWORD = "test"  # noqa: S105  # of a keyring that holds nothing of anybody's
START_SECONDS = 20  # how long a part of the private session may take to start
SETTLE_SECONDS = 10  # how long a program may take to end after a signal
APT_LOCK_SECONDS = 300  # how long another program may hold apt's or dpkg's lock

# Debian's names. The last line of the second group makes pictures look the same everywhere.
QT_PACKAGES = """
    libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0
""".split()
SESSION_PACKAGES = """
    at-spi2-core dbus gnome-keyring libglib2.0-bin openbox xclip xvfb
    fonts-dejavu-core fonts-inter fonts-noto-color-emoji
""".split()
WINE_PACKAGES = "gcc-mingw-w64-x86-64 imagemagick nsis wine wine64 wixl".split()
PACKAGE_PACKAGES = "appstream binutils desktop-file-utils xz-utils".split()
SESSION_PROGRAMS = "Xvfb dbus-daemon gdbus gnome-keyring-daemon openbox xclip".split()

# What a desktop sets for its own programs, and would lead a test out of the private session.
DESKTOP_VARIABLES = """
    DESKTOP_SESSION GNOME_KEYRING_CONTROL GTK_MODULES PYTHON_KEYRING_BACKEND QT_IM_MODULE QT_QPA_PLATFORMTHEME
    QT_STYLE_OVERRIDE SESSION_MANAGER SSH_AUTH_SOCK WAYLAND_DISPLAY XDG_CURRENT_DESKTOP XDG_SESSION_TYPE
    XMODIFIERS
""".split()


def fail(message: str) -> NoReturn:
    """End with one sentence for the person in the terminal."""
    sys.exit(f"dev.py: {message}")


# --- setting up -------------------------------------------------------------------------------------------


def install_system_packages(wanted: Sequence[str], programs: Sequence[str] = ()) -> None:
    """See to it that the system has these packages: as root, or without a password; else say what to type.

    A Linux that is not a Debian is asked for `programs` only: what else Qt lacks there it says itself.
    """
    if not shutil.which("dpkg-query"):
        absent = [program for program in programs if not shutil.which(program)]
        if absent:
            fail(f"not found: {' '.join(absent)}. Please install what Debian calls {' '.join(wanted)}.")
        return
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted]
    listing = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    missing = [package for package in wanted if f"{package} installed" not in listing]
    if not missing:
        return
    install = ["apt-get", "install", "--no-install-recommends", *missing]
    as_root = [] if os.access("/var/lib/dpkg", os.W_OK) else ["sudo", "-n"]
    may_sudo = shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
    if as_root and not may_sudo:
        fail("system packages are missing; please run: sudo " + " ".join(install))
    print("Installing system packages:", *missing, flush=True)
    run_apt_get(as_root, ["apt-get", "update"])  # if this one fails, the next shows whether it matters
    if run_apt_get(as_root, [*install, "-y"]):
        fail("apt-get could not install " + " ".join(missing) + ".")


def run_apt_get(as_root: Sequence[str], command: Sequence[str]) -> int:
    """Run an apt-get command quietly and return its exit status; wait while another program holds a lock it needs."""
    # apt-get itself waits for dpkg's lock only. For those of its lists and archives it ends at once, so try again.
    variables = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"]
    command = [*as_root, "env", *variables, *command, "-qq", "-o", f"DPkg::Lock::Timeout={APT_LOCK_SECONDS}"]
    deadline = time.monotonic() + APT_LOCK_SECONDS
    while True:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if "Could not get lock" not in done.stderr or time.monotonic() > deadline:
            sys.stderr.write(done.stderr)
            return done.returncode
        time.sleep(1)


def set_up_venv() -> None:
    """Make .venv from the lock file; anew when that or the Python changed, or an attempt was cut short.

    The stamp goes before anything is touched and comes back last, so that its presence means "complete".
    """
    project = ROOT / "pyproject.toml"
    environment = digest(LOCK.read_bytes(), str(VENV).encode(), sys.version.encode())
    complete = f"{environment} {digest(project.read_bytes())}"
    found = VENV_STAMP.read_text().strip() if VENV_STAMP.exists() and VENV_PYTHON.exists() else ""
    if found == complete:
        return
    VENV_STAMP.unlink(missing_ok=True)
    if not found.startswith(environment):
        print("Setting up .venv: a minute now, and again only when the lock file changes.", flush=True)
        if LINUX and not importlib.util.find_spec("ensurepip"):  # Debian leaves it out of Python
            install_system_packages([f"python3.{sys.version_info.minor}-venv"])
        remove_venv()
        # Not the .venv's own Python, which may be the one that runs this and has just been removed.
        base = getattr(sys, "_base_executable", None) or sys.executable
        set_up_step([base, "-m", "venv", str(VENV)])
        pip_install("--require-hashes", "--only-binary=:all:", "-r", str(LOCK))
    pip_install("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    VENV_STAMP.write_text(complete)


def remove_venv() -> None:
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        fail(f"cannot remove the old .venv ({error}). Is the program still running from it?")


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def pip_install(*arguments: str) -> None:
    pip = [str(VENV_PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    set_up_step([*pip, "install", *arguments])


def set_up_step(command: Sequence[str]) -> None:
    if subprocess.run(command, cwd=ROOT).returncode:
        fail("could not set up .venv, see above. Once that is mended, run the same command again.")


# --- running ----------------------------------------------------------------------------------------------


def run(command: Sequence[str], env: Mapping[str, str] = os.environ) -> int:
    """Run a program in the project's folder to its end; its exit status."""
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        status = process.wait()
    except KeyboardInterrupt:  # the terminal has signalled the program as well: let it end in its own way
        stop(process, ask=False)
        raise
    finally:
        stop(process)
    return status if status >= 0 else 128 - status


def run_python(*arguments: str, env: Mapping[str, str] = os.environ) -> int:
    return run([str(VENV_PYTHON), *arguments], env)


def run_python_privately(*arguments: str) -> int:
    """Run the .venv's Python where it cannot touch the user's screen, clipboard and keychain."""
    if not LINUX:  # there is but one screen and one keychain here
        return run_python(*arguments)
    install_system_packages([*QT_PACKAGES, *SESSION_PACKAGES], SESSION_PROGRAMS)
    with private_session() as env:
        return run_python(*arguments, env=env)


def stop(process: "subprocess.Popen[bytes]", ask: bool = True) -> None:
    """End a program; by force when it does not heed."""
    if process.poll() is not None:
        return
    if ask:
        process.terminate()
    try:
        process.wait(SETTLE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def private_session() -> Iterator[dict[str, str]]:
    """A screen, a session bus and an unlocked GNOME Keyring of our own; yields the environment to use them.

    Whatever was started is ended, and whatever was written is removed, however the session ends.
    """
    with tempfile.TemporaryDirectory(prefix="cortex-desktop-", ignore_cleanup_errors=True) as folder:
        adopt_orphans()
        try:
            yield PrivateSession(Path(folder)).env
        finally:
            end_children()


class PrivateSession:
    """Starts the parts of the session, in the order in which they need each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.env = self.environment()
        self.start_screen()
        self.start_bus()
        self.start_keyring()

    def environment(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if name not in DESKTOP_VARIABLES}
        for name in ("CACHE_HOME", "CONFIG_HOME", "DATA_HOME", "RUNTIME_DIR", "STATE_HOME"):
            place = self.folder / name.lower()
            place.mkdir(mode=0o700)
            env["XDG_" + name] = str(place)
        env["QT_QPA_PLATFORM"] = "xcb"
        env["LC_ALL"] = "C.UTF-8"  # without UTF-8 Qt warns at every start
        env["CORTEX_DESKTOP_PRIVATE_SESSION"] = "1"
        env["CORTEX_TEST_KEYRING_PASSWORD"] = KEYRING_PASSWORD
        return env

    def start(self, *command: str, stdin: int = subprocess.DEVNULL, keep: Sequence[int] = ()) -> None:
        """Start a part in the background; it gets the file descriptors in `keep` to report on."""
        with self.log.open("ab") as log:
            # In a session of its own, so that a Ctrl-C in the terminal does not take the screen away first.
            subprocess.Popen(
                command,
                env=self.env,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=keep,
                start_new_session=True,
            )

    def start_and_ask(self, *command: str) -> str:
        """Start a part that reports on file descriptor {fd} where it can be reached, once it can be."""
        reader, writer = os.pipe()
        self.start(*(word.replace("{fd}", str(writer)) for word in command), keep=[writer])
        os.close(writer)
        with os.fdopen(reader) as report:
            answer = report.readline().strip()
        return answer or self.give_up(command[0])

    def start_screen(self) -> None:
        authority = self.folder / "xauthority"
        name, cookie = b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16)
        # One entry, for any host (family 65535) and any display: other users of the machine are kept out.
        head = struct.pack(f">HHHH{len(name)}sH", 0xFFFF, 0, 0, len(name), name, len(cookie))
        authority.write_bytes(head + cookie)
        self.env["XAUTHORITY"] = str(authority)
        screen = ("Xvfb", "-screen", "0", "2600x1700x24", "-dpi", "96", "-nolisten", "tcp", "-noreset")
        self.env["DISPLAY"] = ":" + self.start_and_ask(*screen, "-auth", str(authority), "-displayfd", "{fd}")
        ready = self.folder / "openbox-is-ready"
        self.start("openbox", "--sm-disable", "--startup", f"touch '{ready}'")
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if time.monotonic() > deadline:
                self.give_up("openbox")
            time.sleep(0.01)

    def start_bus(self) -> None:
        address = f"unix:path={self.env['XDG_RUNTIME_DIR']}/bus"
        bus = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=" + address)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.start_and_ask(*bus, "--print-address={fd}")

    def start_keyring(self) -> None:
        control = self.env["XDG_RUNTIME_DIR"] + "/keyring"
        # In the foreground: a daemon that detached itself would outlive the session and write its files anew.
        daemon = ("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
        reader, writer = os.pipe()
        os.write(writer, KEYRING_PASSWORD.encode())
        os.close(writer)
        self.start(*daemon, "--control-directory=" + control, stdin=reader)
        os.close(reader)
        wait = ["gdbus", "wait", "--session", "--timeout", str(START_SECONDS), "org.freedesktop.secrets"]
        if subprocess.run(wait, env=self.env, capture_output=True).returncode:
            self.give_up("gnome-keyring-daemon")

    def give_up(self, part: str) -> NoReturn:
        fail(f"{part} did not start.\n{self.log.read_text(errors='replace').strip()}")


def adopt_orphans() -> None:
    """Become the parent of what our programs leave behind, and of what the bus starts by itself."""
    subreaper = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl
    ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def end_children() -> None:
    """End all our child processes, and theirs as they become ours."""
    if sys.platform == "win32":
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it
    deadline = time.monotonic() + SETTLE_SECONDS
    pids = children()
    while pids:
        for pid in pids:
            os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.02)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pids = children()


def children() -> list[int]:
    """The processes whose parent we are, ended ones that nobody has waited for among them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone since
            after_name = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(after_name[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


# --- the commands -----------------------------------------------------------------------------------------


def command_run(options: argparse.Namespace) -> int:
    """start the program; where there is no screen, let it check itself and take pictures"""
    if not LINUX:
        return run_python("-m", "cortex_desktop", *options.rest)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        install_system_packages(QT_PACKAGES)
        return run_python("-m", "cortex_desktop", *options.rest)
    print("No screen here: the program checks itself on a private one, with a private keychain.", flush=True)
    pictures = BUILD / "self-check"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    self_check = ["--self-check", "--screenshots", str(pictures), "--report", str(pictures / "report.json")]
    status = run_python_privately("-m", "cortex_desktop", *self_check, *options.rest)
    for file in sorted(pictures.iterdir()):
        print("Wrote", file.relative_to(ROOT))
    return status


def command_test(options: argparse.Namespace) -> int:
    """run all tests, or those that pytest's own arguments choose"""
    test = [sys.executable, os.path.abspath(__file__), "test"]
    if options.quick:
        if not options.rest:
            return run_beside([*test, "--quick", "tests/unit"], [*test, "--quick", "tests/faults"])
        if LINUX:
            install_system_packages(QT_PACKAGES)
        return run_python("-m", "pytest", *options.rest, env=environment_without_desktop())
    if options.rest or not LINUX:  # elsewhere there is one screen, one clipboard and one keychain for all
        return run_python_privately("-m", "pytest", *options.rest)
    # Tests of the window take twice as long as all others: a quarter of their files runs beside those.
    files = sorted((ROOT / "tests" / "ui").glob("test_*.py"))
    most = [str(file.relative_to(ROOT)) for at, file in enumerate(files) if at % 4]
    return run_beside([*test, *most], [*test, *(f"--ignore={file}" for file in most)])


def run_beside(first: Sequence[str], second: Sequence[str]) -> int:
    """Run two commands at the same time, a processor each; print the second one's output last. An exit status of 0
    means that both succeeded."""
    with tempfile.TemporaryFile() as output:
        other = subprocess.Popen(second, stdout=output, stderr=subprocess.STDOUT)
        status = subprocess.call(first)
        status = other.wait() or status
        output.seek(0)
        sys.stdout.buffer.write(output.read())
    return status


def environment_without_desktop() -> dict[str, str]:
    """The environment without the way to the user's screen and session bus; Qt draws into memory."""
    desktop = {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XDG_RUNTIME_DIR", *DESKTOP_VARIABLES}
    env = {name: value for name, value in os.environ.items() if name not in desktop}
    return {**env, "QT_QPA_PLATFORM": "offscreen"}


def command_check(options: argparse.Namespace) -> int:
    """look at format, style, types, who imports whom, GitHub's workflows, and whether translations are current"""
    scripts = VENV_PYTHON.parent
    translations = [str(VENV_PYTHON), "packaging/translations.py"]
    checks = {
        "format": [str(scripts / "ruff"), "format", "." if options.fix else "--check"],
        "style": [str(scripts / "ruff"), "check", "--fix" if options.fix else "."],
        "types": [str(scripts / "mypy")],
        "imports": [str(scripts / "lint-imports")],
        "workflows' form": [
            str(scripts / "check-jsonschema"),
            "--builtin-schema=vendor.github-workflows",
            *(str(file) for file in sorted((ROOT / ".github" / "workflows").iterdir())),
        ],
        "workflows' safety": [str(scripts / "zizmor"), "--offline", "--no-progress", "--quiet", ".github/workflows"],
        "translations": translations if options.fix else [*translations, "--check"],
    }
    failed = []
    for what, command in checks.items():
        print(f"--- {what}", flush=True)
        if run(command):
            failed.append(what)
    print("Failed: " + ", ".join(failed) if failed else "All is well.")
    return 1 if failed else 0


def command_bench(options: argparse.Namespace) -> int:
    """measure speed and memory against docs/budgets.md"""
    return run_python_privately("tests/bench/run.py", *options.rest)


def command_shots(options: argparse.Namespace) -> int:
    """take pictures of the pages into a folder, by default build/shots"""
    return run_python_privately("-m", "tests.shots", os.path.abspath(options.folder), *options.rest)


def command_package(options: argparse.Namespace) -> int:
    """build, check and try out what people install on this system, into dist/"""
    if not LINUX and options.windows:
        fail("--windows builds for Windows on Linux; on Windows itself, leave it out.")
    if LINUX:
        install_system_packages(WINE_PACKAGES if options.windows else PACKAGE_PACKAGES)
    script = "wine_bench" if options.windows else "build"
    return run_python_privately(f"packaging/{script}.py", *options.rest)


def command_try_out(options: argparse.Namespace) -> int:
    """install what was packaged on this computer, use it, and remove it: for machines that are thrown away"""
    return run_python_privately("packaging/try_out.py", *options.rest)


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"dev.py: {message} (python3 dev.py --help tells more)\n")


def parse_arguments() -> argparse.Namespace:
    """The chosen command as `function`, its own options, and as `rest` what the program behind it gets."""
    parser = OneLineParser(prog="dev.py", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(function: Callable[[argparse.Namespace], int], passes_on_to: str = "") -> argparse.ArgumentParser:
        command = commands.add_parser(
            function.__name__.removeprefix("command_").replace("_", "-"),
            help=function.__doc__,
            description=function.__doc__,
            epilog=f"Arguments not listed here go to {passes_on_to}." if passes_on_to else None,
            allow_abbrev=False,
        )
        command.set_defaults(function=function, takes_rest=bool(passes_on_to))
        return command

    add(command_run, "the program")
    test = add(command_test, "pytest")
    test.add_argument("--quick", action="store_true", help="only tests/unit and tests/faults, which need no screen")
    add(command_check).add_argument("--fix", action="store_true", help="mend what a tool can mend by itself")
    add(command_bench, "tests/bench/run.py")
    add(command_shots, "tests/shots").add_argument("folder", nargs="?", default=BUILD / "shots")
    package = add(command_package, "packaging/build.py, with --windows to packaging/wine_bench.py")
    package.add_argument("--windows", action="store_true", help="on Linux: for Windows, and try it out under Wine")

    add(command_try_out, "packaging/try_out.py")

    options, rest = parser.parse_known_args()
    if rest and not options.takes_rest:
        parser.error("unknown arguments: " + " ".join(rest))
    options.rest = rest
    return options


def leave(number: int, _frame: object) -> NoReturn:
    """Unwind on a signal to end, so that everything is tidied up."""
    sys.exit(128 + number)


def main() -> int:
    options = parse_arguments()
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, leave)
    try:
        set_up_venv()
        status: int = options.function(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return status


if __name__ == "__main__":
    sys.exit(main())
