"""macOS: a signed .app in a disk image, one for each kind of processor.

CORTEX_DESKTOP_MACOS_IDENTITY    the name of a Developer ID Application certificate in the keychain. Without it
                                 the app is signed ad hoc: it runs here, and Gatekeeper refuses it elsewhere
CORTEX_DESKTOP_NOTARY_PROFILE    what `xcrun notarytool store-credentials` was told. Without it nothing is notarised
"""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

import product
from product import NAME, PROGRAM, RESOURCES, ROOT
from steps import fail, output_of, run

HERE = ROOT / "packaging" / "macos"
WORK = ROOT / "build" / "package"
APP = f"{NAME}.app"
MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
OLDEST_SYSTEM = "13.0"

needs = dict.fromkeys(("codesign", "hdiutil", "xcrun"), "Xcode's command line tools: xcode-select --install")


def pack(folder: Path, output: Path) -> list[Path]:
    """Sign the app inside-out, have it notarised, and put it into a disk image that is signed and notarised too."""
    app = folder.parent / APP
    check_information(app)
    identity = os.environ.get("CORTEX_DESKTOP_MACOS_IDENTITY", "")
    profile = os.environ.get("CORTEX_DESKTOP_NOTARY_PROFILE", "")
    if os.environ.get("CORTEX_DESKTOP_SIGNED") == "required" and not (identity and profile):
        fail("a signed build was asked for, and there is no signing identity or no notary profile")
    if not identity:
        print("No signing identity: signed ad hoc, for this computer only (CORTEX_DESKTOP_MACOS_IDENTITY).")
    sign_app(app, identity)
    if identity and profile:
        archive = WORK / "notarise.zip"
        run(["ditto", "-c", "-k", "--keepParent", app, archive])
        notarise(archive, app, profile)
    image = make_image(app, output)
    if identity:
        run(["codesign", "--force", "--timestamp", "--sign", identity, image])
        if profile:
            notarise(image, image, profile)
    verify(app, image, notarised=bool(identity and profile))
    return [image]


def unpack(packages: list[Path], into: Path) -> list[Path]:
    """Copy the app out of the image, as a person drags it to Applications."""
    mount = into / "mount"
    mount.mkdir(parents=True)
    run(["hdiutil", "attach", packages[0], "-nobrowse", "-readonly", "-mountpoint", mount], quiet=True)
    try:
        run(["ditto", mount / APP, into / APP])
    finally:
        run(["hdiutil", "detach", mount, "-force"], quiet=True)
    return [into / APP / "Contents" / "MacOS" / PROGRAM]


def check_information(app: Path) -> None:
    """Info.plist says what Finder, Gatekeeper and the menu bar rely on."""
    found = plistlib.loads((app / "Contents" / "Info.plist").read_bytes())
    wanted = {
        "CFBundleIdentifier": product.APP_ID.replace("_", "-"),
        "CFBundleShortVersionString": product.version(),
        "CFBundleVersion": product.version(),
        "LSMinimumSystemVersion": OLDEST_SYSTEM,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
    }
    wrong = [f"{key} is {found.get(key)!r}, not {value!r}" for key, value in wanted.items() if found.get(key) != value]
    if wrong:
        fail("Info.plist: " + "; ".join(wrong))
    if not (app / "Contents" / "Resources" / found["CFBundleIconFile"]).exists():
        fail("the app's icon is missing")


def sign_app(app: Path, identity: str) -> None:
    """Each library, then each framework, then the app: a signature seals what is inside it."""
    common = ["codesign", "--force", "--sign", identity or "-"]
    if identity:
        common += ["--timestamp", "--options", "runtime"]
    inner = [path for path in app.rglob("*") if path.is_file() and not path.is_symlink() and is_code(path)]
    for path in sorted(inner, key=lambda path: -len(path.parts)):
        run([*common, path])
    frameworks = [path for path in app.rglob("*.framework") if not path.is_symlink()]
    for path in sorted(frameworks, key=lambda path: -len(path.parts)):
        run([*common, path])
    run([*common, "--entitlements", HERE / "entitlements.plist", app])
    run(["codesign", "--verify", "--deep", "--strict", app])


def is_code(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in MACH_O


def notarise(upload: Path, staple: Path, profile: str) -> None:
    """Have Apple look at it, wait for the answer, and fasten the ticket to it."""
    run(["xcrun", "notarytool", "submit", upload, "--keychain-profile", profile, "--wait"])
    run(["xcrun", "stapler", "staple", staple])


def make_image(app: Path, output: Path) -> Path:
    """cortex-desktop-VERSION-macos-ARCH.dmg."""
    import dmgbuild  # there is one on macOS only

    background = WORK / "background.tiff"
    run(["tiffutil", "-cathidpicheck", HERE / "background.png", HERE / "background@2x.png", "-out", background])
    target = output / f"{PROGRAM}-{product.version()}-macos-{product.architecture()}.dmg"
    defines = {
        "app": str(app),
        "icon": str(RESOURCES / "app-icon" / f"{PROGRAM}.icns"),
        "background": str(background),
    }
    dmgbuild.build_dmg(str(target), NAME, settings_file=str(HERE / "dmg_settings.py"), defines=defines)
    return target


def verify(app: Path, image: Path, *, notarised: bool) -> None:
    """Verify as a downloader's computer does: by the signature, and by Gatekeeper if it was notarised."""
    run(["hdiutil", "verify", image], quiet=True)
    if notarised:
        for path, kind in ((app, "execute"), (image, "open")):
            run(["xcrun", "stapler", "validate", path])
            run(["spctl", "--assess", "--type", kind, "--context", "context:primary-signature", "--verbose", path])
    architectures = output_of(["lipo", "-archs", app / "Contents" / "MacOS" / PROGRAM]).split()
    if product.architecture() not in architectures:
        fail(f"the app is for {architectures}, not for {product.architecture()}")
