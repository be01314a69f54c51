#!/bin/sh
# Puts Cortex Desktop into your home, without root, and takes it out again:
#   ./install.sh            install, or upgrade what an earlier run installed
#   ./install.sh --remove   remove the program; your apps and keys stay
#   ./install.sh --remove --all-data   remove them too, from this computer
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
home=$HOME/.local/opt/cortex-desktop
command=$HOME/.local/bin/cortex-desktop
entry=$data/applications/cortex-desktop.desktop

say() { printf '%s\n' "$*"; }
stop() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

version_of() { sed -n 1p "$1/share/doc/cortex-desktop/VERSION" 2>/dev/null || true; }

# Both must know what was put where: the list is the package's own share folder.
shared() { (cd "$1/share" && find applications icons metainfo -type f); }

quit_running() {
  if [ -x "$home/cortex-desktop" ] && ! "$home/cortex-desktop" --quit; then
    stop "Cortex Desktop is running and did not close. Please close it, then try again."
  fi
}

# What Qt needs of the system and the archive does not hold; docs/installing.md names the packages.
missing_libraries() {
  command -v ldd >/dev/null || return 0
  find "$here" \( -name 'libQt6Gui.so*' -o -name 'libQt6Widgets.so*' -o -name 'libqxcb.so' \) -exec \
    env LD_LIBRARY_PATH="$here/_internal" ldd {} + 2>/dev/null |
    sed -n 's/^[[:space:]]*\(lib[^ ]*\) => not found.*/\1/p' | sort -u
}

# A path for the Exec line: quoted, for the shell-like rules of desktop entries, and for the file's own.
exec_line() {
  printf '%s' "$1" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g; s/%/%%/g'
}

remove_program() {
  if [ -d "$home/share" ]; then
    shared "$home" | while IFS= read -r file; do rm -f "$data/$file"; done
  fi
  if [ "$(readlink "$command" 2>/dev/null)" = "$home/cortex-desktop" ]; then rm -f "$command"; fi
  rm -rf "$home"
}

install_program() {
  [ -x "$here/cortex-desktop" ] || stop "this is not the unpacked archive: $here/cortex-desktop is missing."
  [ "$here" != "$home" ] || stop "this is the installed program itself; run install.sh from the unpacked archive."
  old=$(version_of "$home")
  new=$(version_of "$here")
  if [ -n "$old" ] && [ "$old" != "$new" ] &&
    [ "$(printf '%s\n%s\n' "$old" "$new" | sort -V | tail -n 1)" = "$old" ]; then
    stop "the newer version $old is installed already. To go back to $new, remove it first: ./install.sh --remove"
  fi
  case $home in *"
"*) stop "your home folder has a line break in its name; desktop entries cannot hold that." ;; esac
  missing=$(missing_libraries)
  [ -z "$missing" ] || stop "these libraries are missing on this system; please install them first:
$missing"
  quit_running
  mkdir -p "$(dirname "$home")" "$(dirname "$command")" "$data/applications"
  rm -rf "$home.new"
  # Copied beside the old one first: a full disk must not leave half a program.
  if ! cp -R "$here" "$home.new"; then
    rm -rf "$home.new"
    stop "the program could not be copied to $home; what was installed before is untouched."
  fi
  remove_program
  mv "$home.new" "$home"
  ln -sf "$home/cortex-desktop" "$command"
  shared "$home" | while IFS= read -r file; do
    mkdir -p "$data/$(dirname "$file")"
    cp "$home/share/$file" "$data/$file"
  done
  # With its full path, as ~/.local/bin is not in everybody's PATH.
  quoted=$(exec_line "$home/cortex-desktop")
  while IFS= read -r line; do
    case $line in Exec=*) line="Exec=\"$quoted\"" ;; esac
    printf '%s\n' "$line"
  done < "$home/share/applications/cortex-desktop.desktop" > "$entry"
  say "Cortex Desktop $new is installed. It is in your menu, and as $command."
}

case "${1:-}" in
  "") install_program ;;
  --remove)
    [ -d "$home" ] || stop "Cortex Desktop is not installed in $home."
    quit_running
    if [ "${2:-}" = --all-data ]; then
      "$home/cortex-desktop" --remove-all-data --yes || stop "your data could not be removed, so the program stays."
    fi
    remove_program
    say "Cortex Desktop is removed."
    ;;
  *) stop "unknown argument: $1. Known are --remove and --remove --all-data." ;;
esac
