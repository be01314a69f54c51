"""`sandbox`: the local Cortex API until Ctrl+C."""

from __future__ import annotations

import sys
from contextlib import closing

from ..domain.sandbox import STATE_FILE
from ..sandbox.server import serve
from ..storage.document_file import DocumentFile
from ..storage.folder_apps import FolderApps
from ..system.paths import data_dir, make_private
from ..vault.opening import open_vault


def run_sandbox(data_folder: str | None, port: int | None, *, with_parent: bool) -> int:
    """Answer requests for the apps of this data folder. Returns 0 after Ctrl+C, 1 if it could not.

    with_parent: take commands from standard input, and end when that closes.
    """
    folder = data_dir(data_folder)
    try:
        make_private(folder)
    except OSError as error:
        print(f"cortex-desktop: {folder} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    store = DocumentFile(folder / STATE_FILE)
    with closing(open_vault()) as vault:
        return serve(
            folder, FolderApps(folder), vault, store, port=port, parent=sys.stdin.fileno() if with_parent else None
        )
