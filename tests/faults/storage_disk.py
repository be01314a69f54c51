"""A disk that crashes: notes what the storage asks of the system, and tells all states a power cut could leave.

The model is that of ALICE (Pillai et al., OSDI 2014) without favours: data that was not synced may be there, lost,
cut short, or zeros at its length; a name that was made, moved or removed counts only once its folder was synced, and
until then each such step may be on the disk or not, whatever the others are.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.data_folder import Image, read_image


def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory where there is such a disk: these tests write tens of thousands of files."""
    if not os.access("/dev/shm", os.W_OK):  # noqa: S108 (Linux's own)
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Event:
    """One step that changes the disk. kind: write, truncate, sync, name, unname, syncdir."""

    kind: str
    inode: int = 0
    path: str = ""
    data: bytes = b""
    at: int = 0


@dataclass
class Recorder:
    """Notes the events below `folder` while its calls take the place of the system's."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    _inodes: dict[str, int] = field(default_factory=dict)
    _files: dict[int, tuple[int, str]] = field(default_factory=dict)
    _counter: Iterator[int] = field(default_factory=itertools.count)
    start: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, data in read_image(self.folder).items():
            self._inodes[path] = next(self._counter)
            self.start[path] = (self._inodes[path], data)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("open", "close", "write", "fsync", "ftruncate", "replace", "link", "unlink"):
            patch.setattr(os, name, self._around(getattr(self, f"_{name}"), getattr(os, name)))

    def _around(self, note: Callable[..., None], real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            note(result, *args)
            return result

        return call

    def _name(self, path: Any) -> str:
        return os.path.relpath(path, self.folder)

    def _open(self, fd: int, path: Any, flags: int, *_: Any) -> None:
        name = self._name(path)
        if os.path.isdir(path) or name.startswith(".."):
            self._files[fd] = (-1, name)
            return
        if flags & os.O_CREAT and name not in self._inodes:
            self._inodes[name] = next(self._counter)
            self.events.append(Event("name", self._inodes[name], name))
        self._files[fd] = (self._inodes[name], name)

    def _close(self, _: None, fd: int) -> None:
        self._files.pop(fd, None)

    def _write(self, written: int, fd: int, data: Any) -> None:
        if fd in self._files:
            self.events.append(Event("write", self._files[fd][0], data=bytes(data[:written])))

    def _ftruncate(self, _: None, fd: int, size: int) -> None:
        self.events.append(Event("truncate", self._files[fd][0], at=size))

    def _fsync(self, _: None, fd: int) -> None:
        inode, name = self._files[fd]
        self.events.append(Event("syncdir", path=name) if inode < 0 else Event("sync", inode))

    def _replace(self, _: None, source: Any, target: Any) -> None:
        inode = self._inodes.pop(self._name(source))
        self._inodes[self._name(target)] = inode
        self.events.append(Event("name", inode, self._name(target), self._name(source).encode()))

    def _link(self, _: None, source: Any, target: Any) -> None:
        self._inodes[self._name(target)] = inode = self._inodes[self._name(source)]
        self.events.append(Event("name", inode, self._name(target)))

    def _unlink(self, _: None, path: Any) -> None:
        if self._inodes.pop(self._name(path), None) is not None:
            self.events.append(Event("unname", path=self._name(path)))

    def after_crash(self, events: Sequence[Event]) -> Iterator[Image]:
        """What the folder may hold when the power goes after these events."""
        durable_names = {path: inode for path, (inode, _) in self.start.items()}
        pending_names: list[Event] = []
        synced = dict(self.start.values())
        written = dict(synced)
        for event in events:
            if event.kind == "write":
                written[event.inode] = written.get(event.inode, b"") + event.data
            elif event.kind == "truncate":
                written[event.inode] = written.get(event.inode, b"")[: event.at]
            elif event.kind == "sync":
                synced[event.inode] = written.get(event.inode, b"")
            elif event.kind == "syncdir":
                here = [e for e in pending_names if (os.path.dirname(e.path) or ".") == event.path]
                for each in here:
                    _apply(durable_names, each)
                pending_names = [e for e in pending_names if e not in here]
            else:
                pending_names.append(event)
        # Nobody leaves that many names unsynced but a program with a fault; its older ones are then all there.
        for event in pending_names[:-8]:
            _apply(durable_names, event)
        pending_names = pending_names[-8:]
        for kept in itertools.product((False, True), repeat=len(pending_names)):
            names = dict(durable_names)
            for event, keep in zip(pending_names, kept, strict=True):
                if keep:
                    _apply(names, event)
            inodes = sorted(set(names.values()))
            choices = [list(_contents(synced.get(i, b""), written.get(i, b""))) for i in inodes]
            for contents in itertools.product(*choices):
                held = dict(zip(inodes, contents, strict=True))
                yield {path: held[inode] for path, inode in names.items()}


def _apply(names: dict[str, int], event: Event) -> None:
    if event.kind == "unname":
        names.pop(event.path, None)
    else:
        names[event.path] = event.inode
        names.pop(event.data.decode(), None)


def _contents(synced: bytes, written: bytes) -> Iterator[bytes]:
    """What a file may hold whose last sync was at `synced`."""
    found = {synced, written}
    if len(written) > len(synced) and written.startswith(synced):
        new = written[len(synced) :]
        middle = len(new) // 2
        for part in (new[:1], new[:middle], new[:-1], bytes(len(new)), bytes(middle) + new[middle:]):
            found.add(synced + part)
        found.add(synced + new[:middle] + bytes(len(new) - middle))
    elif written != synced:
        found |= {written[: len(written) // 2], b"", bytes(len(written))}
    yield from sorted(found)
