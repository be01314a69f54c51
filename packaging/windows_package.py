"""Windows: an NSIS installer and an MSI. Runs on Windows, and on Linux for the Wine bench (wine_bench.py)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from xml.etree import ElementTree

import product
from product import COPYRIGHT, NAME, PROGRAM, PUBLISHER, RESOURCES, ROOT
from steps import fail, run

HERE = ROOT / "packaging" / "windows"
WORK = ROOT / "build" / "package"
# Names of our things that Windows Installer knows them by, made once and for all. Never to be changed.
NAMESPACE = uuid.UUID("8b1c6f1e-3a57-4d3c-9c1e-6f2f6a3f5d10")
UPGRADE_CODE = str(uuid.uuid5(NAMESPACE, "upgrade code")).upper()
WIX = "http://schemas.microsoft.com/wix/2006/wi"

needs = {"makensis": "NSIS 3; Debian: apt install nsis; Windows: winget install NSIS.NSIS"}


def pack(folder: Path, output: Path) -> list[Path]:
    """Setup and MSI. Signed first is what is inside, then what holds it."""
    sign([folder / f"{PROGRAM}.exe", folder / f"{NAME}.exe"])
    packages = [make_setup(folder, output), make_msi(folder, output)]
    sign(packages)
    return packages


def sign(files: list[Path]) -> None:
    """Sign with the certificate of the environment and have the signatures verified; say so when there is none.

    CORTEX_DESKTOP_WINDOWS_CERTIFICATE: a .pfx file; CORTEX_DESKTOP_WINDOWS_PASSWORD: its password;
    CORTEX_DESKTOP_TIMESTAMP_URL: whom to ask for the time, so that signatures outlive the certificate.
    """
    certificate = os.environ.get("CORTEX_DESKTOP_WINDOWS_CERTIFICATE", "")
    if not certificate:
        if os.environ.get("CORTEX_DESKTOP_SIGNED") == "required":
            fail("a signed build was asked for, and there is no CORTEX_DESKTOP_WINDOWS_CERTIFICATE")
        print("Not signed: there is no CORTEX_DESKTOP_WINDOWS_CERTIFICATE.")
        return
    password = os.environ.get("CORTEX_DESKTOP_WINDOWS_PASSWORD", "")
    clock = os.environ.get("CORTEX_DESKTOP_TIMESTAMP_URL", "")
    for file in files:
        if sys.platform == "win32":
            stamp = ["/tr", clock, "/td", "sha256"] if clock else []
            signtool = find_signtool()
            run([signtool, "sign", "/fd", "sha256", *stamp, "/f", certificate, "/p", password, "/d", NAME, file])
            run([signtool, "verify", "/pa", "/q", file])
            continue
        stamp = ["-ts", clock] if clock else []
        signed = file.with_suffix(".signed")
        key = ["-pkcs12", certificate, "-pass", password]
        run(["osslsigncode", "sign", *key, "-h", "sha256", "-n", NAME, *stamp, "-in", file, "-out", signed], quiet=True)
        signed.replace(file)
        run(["osslsigncode", "extract-signature", "-in", file, "-out", WORK / "signature"], quiet=True)


def unpack(packages: list[Path], into: Path) -> list[Path]:
    """Install setup.exe into a folder of its own, silently; the MSI is unpacked without being installed."""
    setup, msi = packages
    place = into / "setup"
    subprocess.run(f'"{setup}" /S /D={place}', check=True)  # as one text: /D takes no quotes
    files = into / "msi"
    run(["msiexec", "/a", msi, "/qn", f"TARGETDIR={files}"])
    return [place / f"{PROGRAM}.exe", next(files.rglob(f"{PROGRAM}.exe"))]


def find_signtool() -> str:
    """The newest one of the Windows SDK, which is in no PATH."""
    kits = Path(os.environ.get("PROGRAMFILES(X86)", "C:/"), "Windows Kits/10/bin")
    found = sorted(kits.glob("10.*/x64/signtool.exe"))
    return shutil.which("signtool") or (
        str(found[-1]) if found else fail("signtool is missing; install the Windows SDK")
    )


def file_name(kind: str) -> str:
    """The package's file name, which winget's manifest knows too."""
    return f"{PROGRAM}-{product.version()}-windows-x86_64{kind}"


def make_setup(folder: Path, output: Path, version: str = "", *, quick: bool = False) -> Path:
    """cortex-desktop-VERSION-windows-x86_64-setup.exe. version, quick: to try upgrades out."""
    version = version or product.version()
    files = WORK / "nsis" / "files"
    files.parent.mkdir(parents=True, exist_ok=True)
    write_file_lists(folder, files)
    target = output / (f"old-{version}-setup.exe" if quick else file_name("-setup.exe"))
    define = {
        "VERSION": version,
        "OUTPUT": target,
        "FILES": files,
        "SIZE_KB": round(sum(path.stat().st_size for path in all_files(folder)) / 1024),
        "ICON": RESOURCES / "app-icon" / f"{PROGRAM}.ico",
        "LICENSE": ROOT / "LICENSE",
        "PUBLISHER": PUBLISHER,
        "COPYRIGHT": COPYRIGHT,
    }
    if product.homepage():
        define["HOMEPAGE"] = product.homepage()
    if sys.platform != "win32":
        define["TARGET"] = "amd64-unicode"
    if quick:
        define["QUICK"] = 1
    run(["makensis", "-V2", "-WX", *(f"-D{name}={value}" for name, value in define.items()), HERE / "installer.nsi"])
    return target


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def write_file_lists(folder: Path, target: Path) -> None:
    """Install and remove each file by its name: an uninstaller that empties a folder with all
    that is in it has cost people their documents."""
    install, uninstall = [], []
    for path in all_files(folder):
        inside = path.relative_to(folder)
        place = "$INSTDIR" if inside.parent == Path() else "$INSTDIR\\" + str(inside.parent).replace("/", "\\")
        install.append(f'SetOutPath "{place}"\nFile "{path}"\n')
        uninstall.append(f'Delete "{place}\\{inside.name}"\n')
    folders = sorted((path for path in folder.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
    for path in folders:
        uninstall.append('RMDir "$INSTDIR\\{}"\n'.format(str(path.relative_to(folder)).replace("/", "\\")))
    Path(f"{target}.install.nsh").write_text("".join(install), encoding="utf-8-sig")
    Path(f"{target}.uninstall.nsh").write_text("".join(uninstall), encoding="utf-8-sig")


def make_msi(folder: Path, output: Path, version: str = "") -> Path:
    """cortex-desktop-VERSION-windows-x86_64.msi, for all users: by wixl on Linux, by the WiX Toolset 3 on Windows."""
    source = WORK / "msi" / "product.wxs"
    source.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(wix_tree(folder, version or product.version())).write(
        source, encoding="utf-8", xml_declaration=True
    )
    target = output / (f"old-{version}.msi" if version else file_name(".msi"))
    if shutil.which("wixl"):
        run(["wixl", "-a", "x64", "-o", target, source])
        return target
    candle, light = find_wix("candle"), find_wix("light")
    if candle is None or light is None:
        fail("neither wixl (Debian: apt install wixl) nor the WiX Toolset 3 (candle, light) is installed")
    compiled = source.with_suffix(".wixobj")
    run([candle, "-nologo", "-arch", "x64", "-out", compiled, source])
    run([light, "-nologo", "-sice:ICE60", "-out", target, compiled])
    return target


def find_wix(name: str) -> str | None:
    """A program of the WiX Toolset 3. Its setup sets WIX to its folder, and does not change PATH."""
    return shutil.which(name) or shutil.which(name, path=os.path.join(os.environ.get("WIX", ""), "bin"))


def relative(path: Path) -> str:
    """As seen from the project's folder, in which both compilers run: wixl takes no full path for an icon."""
    return os.path.relpath(path, ROOT)


def wix_tree(folder: Path, version: str) -> ElementTree.Element:
    """The whole package: files, a shortcut, and what Apps & features shows. No dialogs: it is for deployment."""
    ElementTree.register_namespace("", WIX)

    def add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
        return ElementTree.SubElement(parent, f"{{{WIX}}}{tag}", attributes)

    root = ElementTree.Element(f"{{{WIX}}}Wix")
    package = add(
        root,
        "Product",
        Id="*",
        Name=NAME,
        Language="1033",
        Version=version,
        Manufacturer=PUBLISHER,
        UpgradeCode=UPGRADE_CODE,
    )
    add(package, "Package", InstallerVersion="500", Compressed="yes", InstallScope="perMachine")
    add(
        package,
        "MajorUpgrade",
        DowngradeErrorMessage=f"A newer version of {NAME} is installed. Uninstall it first; your apps and keys stay.",
    )
    # High is LZX, a third smaller, which wixl does not know.
    level = {} if shutil.which("wixl") else {"CompressionLevel": "high"}
    add(package, "Media", Id="1", Cabinet="files.cab", EmbedCab="yes", **level)
    add(package, "Icon", Id="program.ico", SourceFile=relative(RESOURCES / "app-icon" / f"{PROGRAM}.ico"))
    add(package, "Property", Id="ARPPRODUCTICON", Value="program.ico")
    if product.homepage():
        add(package, "Property", Id="ARPURLINFOABOUT", Value=product.homepage())
    target = add(package, "Directory", Id="TARGETDIR", Name="SourceDir")
    programs = add(target, "Directory", Id="ProgramFiles64Folder")
    top = add(programs, "Directory", Id="INSTALLFOLDER", Name=NAME)
    menu = add(target, "Directory", Id="ProgramMenuFolder")
    feature = add(package, "Feature", Id="Program", Title=NAME, Level="1")

    def name_of(kind: str, path: Path) -> str:
        return f"{kind}_{uuid.uuid5(NAMESPACE, path.as_posix()).hex}"

    def fill(parent: ElementTree.Element, place: Path) -> None:
        for path in sorted(place.iterdir()):
            inside = path.relative_to(folder)
            if path.is_dir():
                fill(add(parent, "Directory", Id=name_of("d", inside), Name=path.name), path)
                continue
            # The same component in every version, as Windows Installer's rules have it.
            guid = str(uuid.uuid5(NAMESPACE, f"component {inside.as_posix()}")).upper()
            component = add(parent, "Component", Id=name_of("c", inside), Guid=guid, Win64="yes")
            add(component, "File", Id=name_of("f", inside), Source=relative(path), KeyPath="yes")
            add(feature, "ComponentRef", Id=name_of("c", inside))

    fill(top, folder)
    entry = add(menu, "Component", Id="MenuEntry", Guid=str(uuid.uuid5(NAMESPACE, "menu entry")).upper(), Win64="yes")
    add(
        entry,
        "Shortcut",
        Id="MenuShortcut",
        Name=NAME,
        Target=f"[INSTALLFOLDER]{NAME}.exe",
        WorkingDirectory="INSTALLFOLDER",
    )
    add(
        entry,
        "RegistryValue",
        Root="HKLM",
        Key=f"Software\\{NAME}",
        Name="MenuEntry",
        Type="integer",
        Value="1",
        KeyPath="yes",
    )
    add(feature, "ComponentRef", Id="MenuEntry")
    return root
