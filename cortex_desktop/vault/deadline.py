"""Deadlines for a keychain that may never answer: the caller goes on without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol, TypeVar

from ..domain.errors import SecretDiffers, SecretMissing, VaultError, VaultProblem, VaultTimeout
from ..domain.ports import Item, VaultState
from ..domain.secret import ItemRef, LoginRef, Secret, SecretRef

T = TypeVar("T")

_STATES = {VaultProblem.MISSING: VaultState.MISSING, VaultProblem.LOCKED: VaultState.LOCKED}


class RawVault(Protocol):
    """A keychain without deadlines, made and used on one thread. The methods of Vault, with these differences."""

    @property
    def name(self) -> str: ...
    def state(self) -> VaultState:
        """Raises VaultError."""

    def unlock(self) -> None: ...
    def store(self, ref: SecretRef | LoginRef, secret: Secret) -> None: ...
    def replace(self, ref: ItemRef, secret: Secret) -> None: ...
    def read(self, ref: ItemRef, *, may_ask: bool = False) -> Secret: ...
    def remove(self, ref: ItemRef, *, may_ask: bool = False) -> None: ...
    def read_all(self, ref: ItemRef) -> Sequence[Secret | None]: ...
    def keep_one(self, ref: ItemRef, kept: Secret) -> None: ...
    def add_double(self, ref: ItemRef, secret: Secret) -> None: ...
    def list_items(self) -> Sequence[Item]: ...
    def stop_waiting(self) -> None:
        """Begin no further step, for good. From any thread; returns at once."""

    def close(self) -> None:
        """Close what it holds. On its own thread, at the end."""


@dataclass(frozen=True)
class Limits:
    """Seconds that a caller waits for an answer. `call` is for store, read and remove."""

    call: float = 30
    state: float = 5
    unlock: float = 120
    inventory: float = 60


class DeadlineVault:
    """A Vault whose calls end in time, with an answer or with VaultTimeout. Safe to call from any thread.

    Calls run one after the other on a worker thread. A call without an answer is left behind with its thread and its
    connection, and the next call gets new ones.

    open_raw: makes the keychain, on the worker's thread; name: the keychain's name until it was reached.
    """

    def __init__(self, open_raw: Callable[[], RawVault], name: str, backend: str, limits: Limits | None = None) -> None:
        self._open_raw = open_raw
        self._name = name
        self._backend = backend
        self._limits = limits or Limits()
        self._turn = threading.Lock()  # held for a whole call
        self._guard = threading.Lock()  # held for moments, for the fields below
        self._worker: _Worker | None = None
        self._answer: Future[object] | None = None
        self._closed = False
        self.trouble: VaultError | None = None
        """Why the keychain could not be used when `state` last asked; None when it could, or is only locked."""

    @property
    def name(self) -> str:
        """The keychain's name for people. Returns at once."""
        return self._name

    @property
    def backend(self) -> str:
        """The keychain class in use, as rows remember it. Returns at once."""
        return self._backend

    def state(self) -> VaultState:
        """Return the state without a prompt; FAILED when there is no answer in time. Never raises."""
        self.trouble = None
        try:
            return self._call(self._limits.state, lambda raw: raw.state())
        except VaultError as error:
            self.trouble = error
            return _STATES.get(error.problem, VaultState.FAILED)

    def unlock(self) -> None:
        """Unlock the keychain; the person may be prompted."""
        self._call(self._limits.unlock, lambda raw: raw.unlock())

    def store(self, ref: SecretRef | LoginRef, secret: Secret) -> None:
        """Store a secret in a new item, read it back and compare."""
        self._call(self._limits.call, lambda raw: raw.store(ref, secret))

    def replace(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in an item, in place of what it holds."""
        self._call(self._limits.call, lambda raw: raw.replace(ref, secret))

    def read(self, ref: ItemRef, *, may_ask: bool = False) -> Secret:
        """Return the stored secret. Raises SecretMissing when there is none, SecretNotText when it can be no secret."""
        limit = self._limits.unlock if may_ask else self._limits.call
        return self._call(limit, lambda raw: raw.read(ref, may_ask=may_ask))

    def remove(self, ref: ItemRef, *, may_ask: bool = False) -> None:
        """Remove the item and every double of it. No error when there is none."""
        limit = self._limits.unlock if may_ask else self._limits.call
        self._call(limit, lambda raw: raw.remove(ref, may_ask=may_ask))

    def read_all(self, ref: ItemRef) -> Sequence[Secret | None]:
        """Return what each item of this name holds, None for what can be no secret."""
        return self._call(self._limits.unlock, lambda raw: raw.read_all(ref))

    def keep_one(self, ref: ItemRef, kept: Secret) -> None:
        """Remove all items of this name but one that holds `kept`. Raises SecretMissing where none does."""
        self._call(self._limits.unlock, lambda raw: raw.keep_one(ref, kept))

    def add_double(self, ref: ItemRef, secret: Secret) -> None:
        """Store a secret in one more item of this name."""
        self._call(self._limits.call, lambda raw: raw.add_double(ref, secret))

    def list_items(self) -> Sequence[Item]:
        """Return all items of this program, of every data folder."""
        return self._call(self._limits.inventory, lambda raw: raw.list_items())

    def stop_waiting(self) -> None:
        """End the call that is waiting, if any, with VaultTimeout. From any thread; returns at once."""
        with self._guard:
            self._give_up()

    def close(self) -> None:
        """Refuse further calls and close the keychain, without waiting for it."""
        with self._guard:
            self._closed = True
            self._give_up()
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.abandon()

    def _call(self, limit: float, work: Callable[[RawVault], T]) -> T:
        end = time.monotonic() + limit
        if not self._turn.acquire(timeout=limit):
            raise VaultTimeout(self._name)
        try:
            worker, answer = self._begin(work)
            try:
                return answer.result(max(0.0, end - time.monotonic()))
            except (TimeoutError, VaultTimeout):
                self._leave(worker)
                raise VaultTimeout(self._name) from None
            finally:
                with self._guard:
                    self._answer = None
                if worker.raw is not None:
                    self._name = worker.raw.name
        finally:
            self._turn.release()

    def _begin(self, work: Callable[[RawVault], T]) -> tuple[_Worker, Future[T]]:
        answer: Future[T] = Future()
        with self._guard:
            if self._closed:
                raise VaultError(VaultProblem.FAILED, self._name, "closed")
            if self._worker is None:
                self._worker = _Worker(self._open_raw, self._name)
            self._answer = answer  # type: ignore[assignment]  # Future is invariant; only an error is ever put in
            self._worker.begin(work, answer)
            return self._worker, answer

    def _give_up(self) -> None:
        if self._answer is not None and not self._answer.done():
            with suppress(InvalidStateError):  # the answer came this very moment
                self._answer.set_exception(VaultTimeout(self._name))

    def _leave(self, worker: _Worker) -> None:
        with self._guard:
            if self._worker is worker:
                self._worker = None
        worker.abandon()


class _Worker:
    """A thread with a raw vault of its own. A call's answer is set once: by the worker, or by a caller who gives up."""

    def __init__(self, open_raw: Callable[[], RawVault], name: str) -> None:
        self.raw: RawVault | None = None
        self._open_raw = open_raw
        self._name = name
        self._abandoned = False
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        # Daemon: a stuck call must not keep the program from quitting.
        threading.Thread(target=self._run, name="vault", daemon=True).start()

    def begin(self, work: Callable[[RawVault], T], answer: Future[T]) -> None:
        """Run `work` on the thread and set `answer` to its outcome."""
        self._jobs.put(lambda: self._do(work, answer))

    def abandon(self) -> None:
        """End the thread as soon as it can. From any thread, without blocking."""
        self._abandoned = True
        if self.raw is not None:
            self.raw.stop_waiting()
        self._jobs.put(None)

    def _run(self) -> None:
        while self._next():
            pass
        if self.raw is not None:
            self.raw.close()

    def _next(self) -> bool:
        # A frame of its own, so that an idle worker holds no job and with it no secret.
        job = self._jobs.get()
        if job is None:
            return False
        job()
        return True

    def _do(self, work: Callable[[RawVault], T], answer: Future[T]) -> None:
        try:
            if self.raw is None:
                self.raw = self._open_raw()
            # After `raw` is set: abandon() sets its flag first, so one of the two sees the other.
            if self._abandoned:
                return
            outcome = work(self.raw)
        except (VaultError, SecretMissing, SecretDiffers) as error:
            self._fail(answer, error)
        except Exception as error:
            self._fail(answer, VaultError(VaultProblem.FAILED, self._name, type(error).__name__))
        else:
            with suppress(InvalidStateError):  # too late: the caller has left
                answer.set_result(outcome)

    def _fail(self, answer: Future[T], error: Exception) -> None:
        with suppress(InvalidStateError):  # too late: the caller has left
            answer.set_exception(error)
