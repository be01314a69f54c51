"""What a release is put together from, once every system's packages were built, signed and tried out.

    python packaging/release.py check-tag v1.2.0       the tag is the version that everything names
    python packaging/release.py assemble PARTS OUT     one folder of all packages, with checksums, bills of materials,
                                                       sources, the feed, and the manifests for winget and Homebrew
    python packaging/release.py manifests OUT          the manifests alone, from OUT/SHA256SUMS

CORTEX_DESKTOP_HOMEPAGE names the repository's address; release.yml sets it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
import urllib.request
from pathlib import Path

import product
from product import APP_ID, NAME, PROGRAM, PUBLISHER, ROOT, SUMMARY
from steps import checksum, fail, step

WINGET_ID = "CortexDesktop.CortexDesktop"
WINGET_SCHEMA = "1.6.0"
# The LGPL wants the sources of just what was shipped, from the same place: of every part with a library in a package.
QT = "https://download.qt.io/official_releases"
SOURCES = (
    QT + "/qt/{minor}/{version}/submodules/qtbase-everywhere-src-{version}.tar.xz",
    QT + "/qt/{minor}/{version}/submodules/qtsvg-everywhere-src-{version}.tar.xz",
    QT + "/qt/{minor}/{version}/submodules/qtwayland-everywhere-src-{version}.tar.xz",
    QT + "/QtForPython/pyside6/PySide6-{version}-src/pyside-setup-everywhere-src-{version}.tar.xz",
)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check-tag", tag]:
            check_tag(tag)
        case ["assemble", parts, out]:
            assemble(Path(parts), Path(out))
        case ["manifests", out]:
            write_manifests(Path(out))
        case _:
            fail((__doc__ or "").strip())
    return 0


def check_tag(tag: str) -> None:
    """End unless the tag, the package and the change log agree on the version."""
    version = product.version()
    if tag != f"v{version}":
        fail(f"the tag is {tag}, the version {version}")
    if f"## {version}" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        fail(f"CHANGELOG.md has no section “## {version}”")


def assemble(parts: Path, out: Path) -> None:
    """Put all packages into `out`, each checked against the sums of the machine that built it."""
    if not product.homepage():
        fail("CORTEX_DESKTOP_HOMEPAGE is not set")
    out.mkdir(parents=True)
    folders = [folder for folder in sorted(parts.iterdir()) if folder.is_dir()]
    if not folders:
        fail(f"there are no packages in {parts}")
    for folder in folders:
        for name, digest in sums(folder).items():
            if checksum(folder / name) != digest:
                fail(f"{folder.name}/{name} is not what was built: its checksum differs")
            if (out / name).exists():
                fail(f"two machines built {name}")
            shutil.copy(folder / name, out)
    missing = [kind for kind in EXPECTED if not list(out.glob(kind))]
    if missing:
        fail("not built: " + ", ".join(missing))
    fetch_sources(out)
    (out / "release.json").write_text(feed(), encoding="utf-8")
    lines = [f"{checksum(file)}  {file.name}\n" for file in sorted(out.iterdir())]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")
    write_manifests(out)
    (ROOT / "release-notes.md").write_text(notes(), encoding="utf-8")


EXPECTED = ("*.tar.xz", "*.deb", "*-setup.exe", "*.msi", "*-macos-arm64.dmg", "*-macos-x86_64.dmg", "*.cdx.json")


def sums(folder: Path) -> dict[str, str]:
    """What SHA256SUMS in the folder says: digests by name. Ends when it and the folder do not name the same files."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    found = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    if there != set(found):
        fail(f"{folder}: SHA256SUMS and the folder do not name the same files: {sorted(there ^ set(found))}")
    return found


def fetch_sources(out: Path) -> None:
    """The sources of Qt and PySide6 in the version of the lock file."""
    locked = re.search(r"^pyside6-essentials==([\d.]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.M)
    if locked is None:
        fail("requirements.lock names no pyside6-essentials")
    version = locked[1]
    for template in SOURCES:
        url = template.format(version=version, minor=version.rpartition(".")[0])
        step(f"fetch {url}")
        with urllib.request.urlopen(url, timeout=60) as answer, (out / url.rpartition("/")[2]).open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)


def feed() -> str:
    """release.json: what Help > Check for updates reads."""
    version = product.version()
    return json.dumps({"version": version, "page": f"{product.homepage()}/releases/tag/v{version}"}, indent=2) + "\n"


def notes() -> str:
    """The section of the change log, and where to check what was downloaded."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = re.search(rf"^## {re.escape(product.version())}.*?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return (section[1].strip() if section else "") + "\n\nSHA256SUMS has the checksums, *.cdx.json what is inside.\n"


# --- where people look for programs


def write_manifests(out: Path) -> None:
    """winget's three files and the Homebrew cask, in out/manifests, from the version and the checksums."""
    lines = (out / "SHA256SUMS").read_text("utf-8").splitlines()
    digests = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    place = out / "manifests"
    place.mkdir(exist_ok=True)
    for name, text in {**winget(digests), f"{PROGRAM}.rb": cask(digests)}.items():
        (place / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"manifests/{name}")
    shutil.make_archive(str(out / "manifests"), "zip", place)
    shutil.rmtree(place)


def address(name: str) -> str:
    """Where a file of this release can be downloaded."""
    return f"{product.homepage()}/releases/download/v{product.version()}/{name}"


def digest_of(digests: dict[str, str], end: str) -> tuple[str, str]:
    """Name and digest of the one file whose name ends so."""
    found = [(name, digest) for name, digest in digests.items() if name.endswith(end)]
    if len(found) != 1:
        fail(f"SHA256SUMS names {len(found)} files that end with {end}")
    return found[0]


def winget(digests: dict[str, str]) -> dict[str, str]:
    """Version, installer and texts, as the winget repository wants them."""
    version = product.version()
    setup, setup_digest = digest_of(digests, "-setup.exe")
    msi, msi_digest = digest_of(digests, ".msi")

    def manifest(kind: str, body: str) -> str:
        head = f"PackageIdentifier: {WINGET_ID}\nPackageVersion: {version}\n"
        return f"{head}{body}ManifestType: {kind}\nManifestVersion: {WINGET_SCHEMA}\n"

    installer = f"""\
Platform:
- Windows.Desktop
MinimumOSVersion: 10.0.17763.0
UpgradeBehavior: install
ReleaseDate: {time.strftime("%Y-%m-%d", time.gmtime())}
Installers:
- Architecture: x64
  InstallerType: nullsoft
  Scope: user
  InstallerUrl: {address(setup)}
  InstallerSha256: {setup_digest.upper()}
- Architecture: x64
  InstallerType: nullsoft
  Scope: machine
  InstallerSwitches:
    Custom: /ALLUSERS
  ElevationRequirement: elevationRequired
  InstallerUrl: {address(setup)}
  InstallerSha256: {setup_digest.upper()}
- Architecture: x64
  InstallerType: wix
  Scope: machine
  InstallerUrl: {address(msi)}
  InstallerSha256: {msi_digest.upper()}
"""
    texts = f"""\
PackageLocale: en-US
Publisher: {PUBLISHER}
PackageName: {NAME}
PackageUrl: {product.homepage()}
License: MIT
ShortDescription: {SUMMARY}
Tags:
- api-key
- console
- cortex
- keychain
- medable
"""
    return {
        f"{WINGET_ID}.yaml": manifest("version", "DefaultLocale: en-US\n"),
        f"{WINGET_ID}.installer.yaml": manifest("installer", installer),
        f"{WINGET_ID}.locale.en-US.yaml": manifest("defaultLocale", texts),
    }


def cask(digests: dict[str, str]) -> str:
    """The Homebrew cask. `zap` leaves the data folder: without it nobody could find the keys in the Keychain."""
    version = product.version()
    arm, arm_digest = digest_of(digests, "-macos-arm64.dmg")
    _, intel_digest = digest_of(digests, "-macos-x86_64.dmg")
    url = address(arm).replace(version, "#{version}").replace("arm64", "#{arch}")
    bundle = APP_ID.replace("_", "-")
    return f"""\
cask "{PROGRAM}" do
  arch arm: "arm64", intel: "x86_64"

  version "{version}"
  sha256 arm:   "{arm_digest}",
         intel: "{intel_digest}"

  url "{url}"
  name "{NAME}"
  desc "{SUMMARY}"
  homepage "{product.homepage()}"

  livecheck do
    url "{product.homepage()}/releases/latest/download/release.json"
    strategy :json do |json|
      json["version"]
    end
  end

  depends_on macos: ">= :ventura"

  app "{NAME}.app"

  uninstall quit: "{bundle}"

  zap trash: "~/Library/Saved Application State/{bundle}.savedState"

  caveats <<~TEXT
    Apps and keys stay on this computer when {NAME} is uninstalled.
    To remove them too, choose File > Remove all data before you uninstall it.
  TEXT
end
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
