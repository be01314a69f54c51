"""The database on disk: TinyDB on a journaled file. The one package that may import tinydb.

`tinydb.TinyDB(path, storage=JournalStorage)` opens the apps.json of any data folder, also after a crash.
"""

from .journal_storage import JournalStorage, Recovery

__all__ = ["JournalStorage", "Recovery"]
