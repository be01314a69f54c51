"""The packaged program, run as its user runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from cortex_desktop import __version__

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="ended by a signal")


def run(program: Path, *arguments: str, **how: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False, **how)
    assert "Traceback" not in done.stderr
    return done


def test_it_says_its_version(packaged: Path) -> None:
    assert run(packaged, "--version").stdout == f"Cortex Desktop {__version__}\n"


def test_it_brings_one_http_client_and_no_tls_of_qts(packaged: Path) -> None:
    parts = [path.relative_to(packaged.parent).as_posix() for path in packaged.parent.rglob("*")]
    assert not [part for part in parts if "QtNetwork" in part or "Qt6Network" in part or "plugins/tls" in part]
    assert [part for part in parts if "httpx2" in part], "it is the one"


def test_bad_arguments_get_one_line(packaged: Path) -> None:
    done = run(packaged, "--no-such-option")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_self_check(packaged: Path, tmp_path: Path) -> None:
    report, pictures = tmp_path / "report.json", tmp_path / "pictures"
    done = run(packaged, "--self-check", "--report", str(report), "--screenshots", str(pictures))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text("utf-8"))
    assert found["ok"]
    assert len(found["steps"]) >= 11
    assert len(list(pictures.glob("*.png"))) >= len(found["steps"])


def test_in_a_folder_with_spaces_and_other_scripts(packaged: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "Über Programme 程序"
    shutil.copytree(packaged.parent, elsewhere, symlinks=True)
    done = run(elsewhere / packaged.name, "--self-check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_takes_nothing_from_the_environment_of_python(packaged: Path, tmp_path: Path) -> None:
    (tmp_path / "cortex_desktop.py").write_text("raise SystemExit('taken from PYTHONPATH')")
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('taken from PYTHONPATH')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    assert run(packaged, "--version", env=env, cwd=tmp_path).returncode == 0


@on_linux
def test_it_speaks_tls_with_the_system_and_trusts_no_stranger(packaged: Path, tmp_path: Path) -> None:
    """It brings no TLS of its own. A certificate that nobody vouches for shows that it got that far, and no further."""
    from tests.support.certificates import self_signed

    certificate, key = self_signed()
    (tmp_path / "pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    data = tmp_path / "data"
    data.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        feed = f"https://127.0.0.1:{server.getsockname()[1]}/release.json"
        (data / "settings.ini").write_text(f"[General]\ncheck_updates=true\nfeed={feed}\n")
        with subprocess.Popen([packaged, "--data-dir", data]) as process:
            try:
                connection, _ = server.accept()
                heard = b""
                with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                    heard = tls.recv(1)
                assert heard == b"", "it asks nobody whom it does not trust"
                wait_for_signals(process)
                process.terminate()
                assert process.wait(20) == 0
            finally:
                process.kill()


@on_linux
def test_it_uses_the_desktops_dialogs_and_gives_children_the_persons_environment(
    packaged: Path, tmp_path: Path
) -> None:
    """An export on GNOME, by AT-SPI: the portal asks where to, and the file manager is asked to show the folder."""
    atspi = pytest.importorskip("tests.support.atspi")
    if not atspi.HERE:
        pytest.skip("needs AT-SPI (at-spi2-core)")
    from tests.support.file_portal import FilePortal, install

    install(tmp_path / "share", "gnome")
    opened = tmp_path / "opened"
    manager = tmp_path / "bin" / "xdg-open"
    manager.parent.mkdir()
    manager.write_text(f'#!/bin/sh\n(echo "$1"; env) > {opened}.new\nmv {opened}.new {opened}\n')
    manager.chmod(0o755)
    person = {
        "XDG_CURRENT_DESKTOP": "GNOME",
        "XDG_DATA_DIRS": f"{tmp_path / 'share'}:/usr/local/share:/usr/share",
        "PATH": f"{manager.parent}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": "/home/me/lib",
    }
    env = {**os.environ, **person, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
    exported = tmp_path / "exports" / "done.csv"
    exported.parent.mkdir()
    reader = atspi.Reader()
    with (
        FilePortal(exported) as portal,
        subprocess.Popen([packaged, "--data-dir", tmp_path / "data"], env=env) as process,
    ):
        try:
            window = reader.program(process.pid)
            window.find("New App", "push button").act()
            dialog = window.find("Create App", "dialog")
            dialog.find("Label", "text").write("Ward tablet")
            dialog.find("Create App", "push button").act()
            window.find("Apps", "table").find("Ward tablet", "cell")
            window.find("Activity", "push button").act()
            window.find("Export…", "push button").act()
            window.find("Open folder", "push button").act()
            reader.wait(opened.exists)
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
            reader.close()
    assert portal.asked == ["Export activity"]
    assert "Ward tablet" in exported.read_text("utf-8-sig")
    place, *variables = opened.read_text().splitlines()
    assert place == exported.parent.as_uri()
    said = dict(line.partition("=")[::2] for line in variables)
    assert {name: said.get(name) for name in person} == person
    assert "QT_QPA_PLATFORMTHEME" not in said
    assert not [name for name, held in said.items() if str(packaged.parent) in held]


def wait_for_signals(process: subprocess.Popen[bytes]) -> None:
    """Until it has its own answer to SIGTERM: before that it would end as any process does."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.02)
    raise TimeoutError("it hears no signals")
