"""Linux: a tar archive with its own install.sh, and a .deb."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import frozen
import product
from product import APP_ID, NAME, PROGRAM, RESOURCES, ROOT
from steps import output_of, run

HERE = ROOT / "packaging" / "linux"
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)

needs = {
    "xz": "Debian: apt install xz-utils",
    "dpkg-deb": "Debian: apt install dpkg",
    "objdump": "Debian: apt install binutils",
    "desktop-file-validate": "Debian: apt install desktop-file-utils",
    "appstreamcli": "Debian: apt install appstream",
}

# What the system brings on Debian and Ubuntu, where nothing links to it so that it cannot be found out.
LOADED_BY_NAME = ("libegl1", "libgl1", "xkb-data")


def pack(folder: Path, output: Path) -> list[Path]:
    """The archive and the .deb."""
    stage = ROOT / "build" / "package" / "stage"
    share = stage / "share"
    make_share(share)
    copy_licences(folder, share / "doc" / PROGRAM / "licences")
    return [make_archive(folder, share, output), make_deb(folder, share, stage, output)]


def unpack(packages: list[Path], into: Path) -> list[Path]:
    """Unpack both without installing them; the program in each."""
    archive, deb = packages
    with tarfile.open(archive) as tar:
        tar.extractall(into / "archive", filter="tar")
    run(["dpkg-deb", "-x", deb, into / "deb"])
    return [next((into / "archive").glob(f"*/{PROGRAM}")), into / "deb/usr/lib" / PROGRAM / PROGRAM]


def make_share(share: Path) -> None:
    """What a desktop reads: menu entry, icons, AppStream data; and the licence beside it."""
    for folder in ("applications", "metainfo", f"doc/{PROGRAM}"):
        (share / folder).mkdir(parents=True)
    shutil.copy(HERE / f"{PROGRAM}.desktop", share / "applications")
    metainfo = share / "metainfo" / f"{APP_ID}.metainfo.xml"
    metainfo.write_text(fill(HERE / "metainfo.xml"), encoding="utf-8")
    for size in ICON_SIZES:
        place = share / "icons" / "hicolor" / f"{size}x{size}" / "apps"
        place.mkdir(parents=True)
        shutil.copy(RESOURCES / "app-icon" / f"{PROGRAM}-{size}.png", place / f"{PROGRAM}.png")
    scalable = share / "icons" / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True)
    shutil.copy(RESOURCES / "app-icon" / f"{PROGRAM}.svg", scalable)
    (share / "doc" / PROGRAM / "VERSION").write_text(product.version() + "\n", encoding="utf-8")
    (share / "doc" / PROGRAM / "copyright").write_text(copyright_text(), encoding="utf-8")
    run(["desktop-file-validate", share / "applications" / f"{PROGRAM}.desktop"])
    run(["appstreamcli", "validate", "--no-net", metainfo])


def copy_licences(folder: Path, target: Path) -> None:
    """The licences of the system's libraries that we take along, from the packages they were taken from."""
    target.mkdir()
    for library in sorted((folder / "_internal").glob("lib*.so*")):
        search = subprocess.run(["dpkg", "-S", f"*/{library.name}"], capture_output=True, text=True)
        package = search.stdout.partition(":")[0]
        if package and not library.is_symlink():
            shutil.copy(f"/usr/share/doc/{package}/copyright", target / f"{package}.txt")


def fill(template: Path) -> str:
    """The template with its @WORDS@ replaced."""
    text = template.read_text("utf-8")
    words = {
        "ID": APP_ID,
        "DEVELOPER": APP_ID.rpartition(".")[0],
        "PUBLISHER": product.PUBLISHER,
        "SUMMARY": product.SUMMARY,
        "VERSION": product.version(),
        "DATE": time.strftime("%Y-%m-%d", time.gmtime(source_date())),
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    if product.homepage():
        text = text.replace("  <launchable", f'  <url type="homepage">{product.homepage()}</url>\n  <launchable', 1)
    return text


def source_date() -> int:
    """The time that all files get, so that the same sources make the same archive: the last commit's."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    log = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    return int(log.stdout) if log.returncode == 0 else int(time.time())


def copyright_text() -> str:
    """Our licence, and where those of the parts are."""
    licence = (ROOT / "LICENSE").read_text("utf-8")
    parts = f"/usr/lib/{PROGRAM}/_internal/cortex_desktop/resources/licences"
    return (
        f"{licence}\nIt brings Qt, PySide6 and Shiboken6 under the GNU LGPL version 3, Python, and other parts.\n"
        f"Their licences and the note on sources and on replacing Qt are in\n{parts}\n"
        f"(in the archive: _internal/cortex_desktop/resources/licences), and in the program under Help > About.\n"
    )


def make_archive(folder: Path, share: Path, output: Path) -> Path:
    """cortex-desktop-VERSION-linux-ARCH.tar.xz, one folder."""
    name = f"{PROGRAM}-{product.version()}-linux-{product.architecture()}"
    target = output / f"{name}.tar.xz"
    date = source_date()

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = date
        return entry

    with target.open("wb") as out:
        xz = subprocess.Popen(["xz", "-T0", "-6", "-c"], stdin=subprocess.PIPE, stdout=out)
        assert xz.stdin is not None
        with tarfile.open(fileobj=xz.stdin, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            tar.add(folder, name, filter=plain)
            tar.add(share, f"{name}/share", filter=plain)
            tar.add(HERE / "install.sh", f"{name}/install.sh", filter=plain)
            tar.add(ROOT / "LICENSE", f"{name}/LICENSE", filter=plain)
        xz.stdin.close()
        if xz.wait():
            raise OSError(f"xz could not write {target}")
    return target


def make_deb(folder: Path, share: Path, stage: Path, output: Path) -> Path:
    """cortex-desktop_VERSION_ARCH.deb."""
    machine = output_of(["dpkg", "--print-architecture"]).strip()
    root = stage / "deb"
    library = root / "usr" / "lib" / PROGRAM
    shutil.copytree(folder, library, symlinks=True)
    shutil.copytree(share, root / "usr" / "share")
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / PROGRAM).symlink_to(f"../lib/{PROGRAM}/{PROGRAM}")
    control = {
        "Package": PROGRAM,
        "Version": product.version(),
        "Section": "utils",
        "Priority": "optional",
        "Architecture": machine,
        "Installed-Size": str(round(frozen.size_mb(root) * 1000 / 1.024)),
        "Depends": ", ".join(dependencies(folder)),
        "Recommends": "gnome-keyring | kwalletmanager | keepassxc",
        "Maintainer": f"{product.PUBLISHER} <noreply@localhost>",
        "Homepage": product.homepage(),
        "Description": f"{NAME}: org console for Medable Cortex\n"
        " Create an app, and its API key is made, kept in the system's keychain and one\n"
        " keystroke from the clipboard. An independent program, not made by Medable.",
    }
    (root / "DEBIAN").mkdir()
    text = "".join(f"{name}: {value}\n" for name, value in control.items() if value)
    (root / "DEBIAN" / "control").write_text(text, encoding="utf-8")
    run(["chmod", "-R", "u+rwX,go+rX,go-w", root])
    target = output / f"{PROGRAM}_{product.version()}_{machine}.deb"
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(source_date())}
    run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, target], env, quiet=True)
    return target


def dependencies(folder: Path) -> list[str]:
    """Debian's names of the packages with the libraries that the program takes from the system."""
    names = set()
    for library in frozen.unresolved_libraries(folder):
        search = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True)
        names |= {line.partition(":")[0] for line in search.stdout.splitlines() if "-dev" not in line}
    if "libc6" not in names:
        raise OSError("dpkg does not know which package the C library is in; is this a Debian or an Ubuntu?")
    names.remove("libc6")
    glibc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    return [f"libc6 (>= {glibc.partition(' ')[2]})", *sorted({*names, *LOADED_BY_NAME})]
