"""What the build decides by itself: what is left out, what an uninstaller takes, and what a release is made of."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from cortex_desktop import __version__

PACKAGING = Path(__file__).parent.parent.parent / "packaging"
HOME = "https://example.org/cortex-desktop"


@pytest.fixture(autouse=True)
def _packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PACKAGING)
    monkeypatch.setenv("CORTEX_DESKTOP_HOMEPAGE", HOME + "/")


@pytest.fixture
def release() -> ModuleType:
    import release

    return release


def part(folder: Path, *names: str) -> None:
    """What one machine built."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    v = __version__
    part(tmp_path / "parts/linux", f"cortex-desktop-{v}-linux-x86_64.tar.xz", f"cortex-desktop_{v}_amd64.deb")
    part(tmp_path / "parts/windows", *(f"cortex-desktop-{v}-windows-x86_64{kind}" for kind in ("-setup.exe", ".msi")))
    part(tmp_path / "parts/arm", f"cortex-desktop-{v}-macos-arm64.dmg", "arm.cdx.json")
    part(tmp_path / "parts/intel", f"cortex-desktop-{v}-macos-x86_64.dmg")
    return tmp_path / "parts"


@pytest.fixture
def out(release: ModuleType, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(release, "fetch_sources", lambda out: (out / "qt.tar.xz").write_text("sources"))
    monkeypatch.setattr(release, "ROOT", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__}\n\n- New.\n\n## 0.0.1\n\n- Old.\n")
    release.assemble(parts, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(("kind", "most"), [(".exe", 27), (".msi", 27 if sys.platform == "win32" else 36)])
def test_a_package_over_its_budget_ends_the_build_with_a_sentence(kind: str, most: int, tmp_path: Path) -> None:
    import build

    package = tmp_path / f"setup{kind}"
    for size, complaint in ((most * 10**6, ""), (most * 10**6 + 60_000, f"takes {most}.1 MB, {most} MB at most")):
        with package.open("wb") as file:
            file.truncate(size)
        if not complaint:
            build.check_packed_size(package)
            continue
        with pytest.raises(SystemExit, match=complaint):
            build.check_packed_size(package)


@pytest.mark.parametrize("too_large", [False, True])
def test_a_folder_over_its_budget_is_told(too_large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import frozen
    import prune

    monkeypatch.setattr(prune, "SYSTEM", "windows")
    with (tmp_path / "Qt6Core.dll").open("wb") as file:
        file.truncate(80_000_000 + 60_000 * too_large)
    assert frozen.too_large(tmp_path) == (["it takes 80.1 MB, 80 MB at most are allowed"] if too_large else [])


@pytest.mark.parametrize("system", ["linux", "windows"])
def test_the_bill_of_materials_names_what_has_no_metadata(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import prune
    import sbom

    monkeypatch.setattr(prune, "SYSTEM", system)
    sbom.write(tmp_path, tmp_path / "bill.cdx.json")
    parts = {part["name"]: part for part in json.loads((tmp_path / "bill.cdx.json").read_text())["components"]}
    assert {"python", "qt", "shiboken6"} <= set(parts)
    assert ("openssl" in parts) == (system == "windows")
    if system == "windows":
        assert parts["openssl"]["version"].startswith("3.")


def test_each_licence_text_is_shown_in_about() -> None:
    folder = PACKAGING.parent / "resources" / "licences"
    named = {part["file"] for part in json.loads((folder / "index.json").read_text("utf-8"))}
    assert named == {path.name for path in folder.glob("*.txt")}


def test_a_library_without_a_known_licence_is_told(tmp_path: Path) -> None:
    import frozen

    inside = tmp_path / "_internal"
    shutil.copytree(PACKAGING.parent / "resources" / "licences", inside / "cortex_desktop/resources/licences")
    (inside / "libssl-3.dll").touch()
    (inside / "VCRUNTIME140_1.dll").touch()
    assert frozen.missing_licences(tmp_path) == []
    (inside / "sqlite3.dll").touch()
    assert frozen.missing_licences(tmp_path) == ["no licence is known for sqlite3.dll"]


def test_a_release_has_everything_and_its_checksums(out: Path, tmp_path: Path) -> None:
    lines = (out / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 9
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    feed = json.loads((out / "release.json").read_text())
    assert feed == {"version": __version__, "page": f"{HOME}/releases/tag/v{__version__}"}
    notes = (tmp_path / "release-notes.md").read_text()
    assert "- New." in notes
    assert "- Old." not in notes


def test_the_feed_is_one_that_the_program_reads(release: ModuleType) -> None:
    from cortex_desktop.services.updates import release_of

    assert release_of(release.feed().encode()).version == __version__


def test_manifests_name_the_files_and_their_checksums(out: Path) -> None:
    with zipfile.ZipFile(out / "manifests.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert len([name for name in texts if name.endswith(".yaml")]) == 3
    setup = f"cortex-desktop-{__version__}-windows-x86_64-setup.exe"
    installer = texts["CortexDesktop.CortexDesktop.installer.yaml"]
    assert f"InstallerUrl: {HOME}/releases/download/v{__version__}/{setup}\n" in installer
    assert hashlib.sha256(setup.encode()).hexdigest().upper() in installer
    cask = texts["cortex-desktop.rb"]
    assert f'url "{HOME}/releases/download/v#{{version}}/cortex-desktop-#{{version}}-macos-#{{arch}}.dmg"' in cask
    for arch in ("arm64", "x86_64"):
        name = f"cortex-desktop-{__version__}-macos-{arch}.dmg"
        assert f'"{hashlib.sha256(name.encode()).hexdigest()}"' in cask


def test_a_file_that_changed_on_the_way_stops_the_release(release: ModuleType, parts: Path, tmp_path: Path) -> None:
    next((parts / "windows").glob("*.msi")).write_bytes(b"another")
    with pytest.raises(SystemExit, match="checksum differs"):
        release.assemble(parts, tmp_path / "out")


def test_a_file_that_nobody_built_stops_the_release(release: ModuleType, parts: Path, tmp_path: Path) -> None:
    (parts / "linux/extra.sh").write_text("echo")
    with pytest.raises(SystemExit, match=r"extra\.sh"):
        release.assemble(parts, tmp_path / "out")


def test_a_system_that_is_missing_stops_the_release(release: ModuleType, parts: Path, tmp_path: Path) -> None:
    (parts / "arm").rename(tmp_path / "elsewhere")
    with pytest.raises(SystemExit, match="not built: "):
        release.assemble(parts, tmp_path / "out")


def test_a_tag_that_is_not_the_version(release: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"the tag is v99\.0\.0"):
        release.check_tag("v99.0.0")


def test_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import prune

    plugins = "PySide6/Qt/plugins"
    monkeypatch.setattr(prune, "SYSTEM", "linux")
    for path in ("platforms/libqoffscreen.so", "imageformats/libqjpeg.so", "tls/libqopensslbackend.so"):
        assert prune.reason_to_cut(f"{plugins}/{path}"), path
    for path in ("platforms/libqxcb.so", "imageformats/libqsvg.so"):
        assert not prune.reason_to_cut(f"{plugins}/{path}"), path
    assert prune.reason_to_cut("libglib-2.0.so.0", "/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0") == "the system's own"
    assert not prune.reason_to_cut("libxcb-cursor.so.0", "/usr/lib/x86_64-linux-gnu/libxcb-cursor.so.0")
    monkeypatch.setattr(prune, "SYSTEM", "windows")
    for path in ("PySide6/opengl32sw.dll", "PySide6/plugins/platforms/qoffscreen.dll", "ucrtbase.dll"):
        assert prune.reason_to_cut(path), path
    assert not prune.reason_to_cut("PySide6/Qt6Core.dll")
    assert prune.reason_to_cut("PySide6/Qt6Network.dll")
    assert prune.what_came_back(["_internal/mscms.dll", "_internal/PySide6/Qt6Core.dll"]) == [
        "_internal/mscms.dll: stand-ins of the Wine bench"
    ]


def test_every_cut_has_a_reason() -> None:
    import prune

    for cut in (*prune.MODULES, *prune.FILES, *prune.FORBIDDEN):
        assert cut.names
        assert len(cut.reason) > 5, cut.names
        assert set(cut.systems) <= set(prune.EVERYWHERE)


def test_the_uninstaller_takes_each_file_by_name(tmp_path: Path) -> None:
    """Never a folder with whatever is in it."""
    import windows_package

    (tmp_path / "app/_internal/lib").mkdir(parents=True)
    for name in ("program.exe", "_internal/lib/a.dll"):
        (tmp_path / "app" / name).write_text("")
    windows_package.write_file_lists(tmp_path / "app", tmp_path / "files")
    lines = (tmp_path / "files.uninstall.nsh").read_text("utf-8-sig").splitlines()
    assert lines == [
        r'Delete "$INSTDIR\_internal\lib\a.dll"',
        r'Delete "$INSTDIR\program.exe"',
        r'RMDir "$INSTDIR\_internal\lib"',
        r'RMDir "$INSTDIR\_internal"',
    ]
    assert "/r" not in (PACKAGING / "windows/installer.nsi").read_text("utf-8").lower().replace("/removedata", "")


def test_the_msi_gives_a_file_the_same_component_in_every_version(tmp_path: Path) -> None:
    import windows_package

    (tmp_path / "app/_internal").mkdir(parents=True)
    for name in ("cortex-desktop.exe", "_internal/a.dll"):
        (tmp_path / "app" / name).write_text("")

    def components(version: str) -> dict[str, str]:
        tree = windows_package.wix_tree(tmp_path / "app", version)
        return {c.get("Id"): c.get("Guid") for c in tree.iter(f"{{{windows_package.WIX}}}Component")}

    assert len(components("1.0.0")) == 3
    assert components("1.0.0") == components("2.0.0")
