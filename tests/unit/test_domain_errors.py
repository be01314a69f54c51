"""Each error a person may see says what happened, what it means and what to do, in their words."""

from __future__ import annotations

import ast
import builtins
import errno
import re
from dataclasses import replace
from pathlib import Path

import pytest

import cortex_desktop
from cortex_desktop.domain.errors import (
    AnswerNotPossible,
    AppGone,
    ChangedSince,
    ChoiceNeeded,
    CortexError,
    Defect,
    DoubleNotText,
    FolderInDoubt,
    ItemRefused,
    KeychainEmpty,
    KeyFormError,
    KeyKnown,
    LookOnly,
    NotFinished,
    NothingExposed,
    NumberTaken,
    OnlyOrg,
    OrgGone,
    SecretDiffers,
    SecretElsewhere,
    SecretMissing,
    SecretNotText,
    TooManyVersions,
    UpdateError,
    UpdateProblem,
    VaultError,
    VaultProblem,
    VaultTimeout,
    VersionGone,
)
from cortex_desktop.domain.folder import Standing
from cortex_desktop.domain.model import Environment, Org
from cortex_desktop.domain.request import (
    CaFileError,
    NoAnswer,
    Request,
    Stopped,
    Trouble,
    clean_endpoint,
    clean_request,
)
from cortex_desktop.domain.rules import clean_label, clean_notes, clean_org, clean_owner
from cortex_desktop.domain.sandbox import PortTaken, SandboxNotStarted, SandboxRunning
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.domain.text import Text
from cortex_desktop.storage import problems

PACKAGE = Path(cortex_desktop.__file__).parent
ORG = Org("00", "Name", "code", Environment.TEST, "https://example.com")
ODD_LABEL = "100 % {label} {0} {keychain!r}"
FOLDER = Path("/a {folder}/b")


def raised_by(check: object, argument: object) -> CortexError:
    with pytest.raises(CortexError) as failure:
        check(argument)  # type: ignore[operator]
    return failure.value


def every_error() -> list[CortexError]:
    """At least one of each class, with each text it can have."""
    return [
        *[raised_by(clean_label, label) for label in ("", "x" * 121, "a\nb")],
        *[raised_by(clean_notes, notes) for notes in ("x" * 4001, "a\0b")],
        *[raised_by(clean_owner, owner) for owner in ("x" * 121, "a\nb")],
        *[
            raised_by(clean_org, replace(ORG, **change))
            for change in ({"name": ""}, {"name": "x" * 121}, {"code": "/"})
        ],
        raised_by(clean_org, replace(ORG, endpoint="http://x")),
        raised_by(clean_org, replace(ORG, environment=Environment.OWN)),
        *[VaultError(problem, "GNOME Keyring", "KeyringError") for problem in VaultProblem],
        VaultTimeout("GNOME Keyring"),
        SecretMissing("GNOME Keyring"),
        SecretMissing("KeePassXC", "GNOME Keyring"),
        ChoiceNeeded((KeyEnds("aB3d", "xY9z"), KeyEnds("aB3d", "xY9z"))),
        SecretElsewhere("GNOME Keyring"),
        SecretDiffers("GNOME Keyring"),
        SecretNotText("GNOME Keyring"),
        DoubleNotText("GNOME Keyring"),
        ItemRefused("KeePassXC"),
        NothingExposed("KeePassXC"),
        KeychainEmpty("KWallet"),
        NumberTaken("GNOME Keyring"),
        *[FolderInDoubt(standing) for standing in Standing if standing.is_in_doubt],
        LookOnly(),
        AnswerNotPossible(),
        TooManyVersions(),
        VersionGone(),
        *[UpdateError(problem, "updates.example.com") for problem in UpdateProblem],
        NotFinished(ODD_LABEL),
        KeyFormError(),
        *[KeyKnown(ODD_LABEL, "newhealthco", deleted=deleted) for deleted in (True, False)],
        KeyKnown(ODD_LABEL, "newhealthco", deleted=False, removed=True),
        AppGone(),
        ChangedSince("NewHealth App"),
        OrgGone(),
        OnlyOrg(),
        Defect(),
        raised_by(clean_endpoint, "http://x"),
        *[
            raised_by(clean_request, Request("code", method, path, headers))
            for method, path, headers in (
                ("", "", ()),
                ("GET", "//x", ()),
                ("GET", "", (("a b", "c"),)),
                ("GET", "", (("Cookie", "c"),)),
            )
        ],
        *[
            NoAnswer(trouble, "api.example.com", may_be_done=may_be_done, seconds=2.1)
            for trouble in Trouble
            for may_be_done in (True, False)
        ],
        Stopped("api.example.com", may_be_done=False, seconds=2.1),
        *[CaFileError(str(FOLDER), is_readable=is_readable) for is_readable in (True, False)],
        SandboxRunning("http://127.0.0.1:8631"),
        PortTaken(80),
        SandboxNotStarted("The port is taken."),
        *[CaFileError("/etc/ssl/own.pem", is_readable=is_readable) for is_readable in (True, False)],
        *[
            make(OSError(number, "x"), FOLDER)
            for make in (problems.not_read, problems.not_written)
            for number in range(40)
        ],
        problems.not_repaired(FOLDER),
        problems.link_leads_nowhere(FOLDER),
        problems.overtaken(FOLDER),
        problems.not_text(),
        problems.too_new(),
        problems.not_migrated(),
    ]


def subclasses(kind: type[CortexError]) -> set[type[CortexError]]:
    return {kind}.union(*(subclasses(sub) for sub in kind.__subclasses__()))


def core_sentences() -> list[str]:
    """Every sentence that the core hands to translation, from the source."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("QT_TRANSLATE_NOOP"):
                found.append(ast.literal_eval(node.args[1]))
    return found


def class_names() -> set[str]:
    own = {
        node.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    # Words of one hump, such as "App" or "Text", are words; "KeyEnds" and "VaultError" are not.
    return {name for name in own | set(dir(builtins)) if re.search("[a-z][A-Z]", name)}


def test_no_kind_of_error_is_left_out_here() -> None:
    ours = {kind for kind in subclasses(CortexError) if kind.__module__.startswith("cortex_desktop.")}
    assert ours - {CortexError} == {type(error) for error in every_error()}


def test_each_says_three_things_in_full() -> None:
    for error in every_error():
        for text in (error.title, error.message, error.advice):
            said = str(text).replace(ODD_LABEL, "").replace(str(FOLDER), "")
            assert said.strip(), repr(error)
            assert not set("{}") & set(said), said
            assert not re.search(r"\bNone\b|%[sd]|\bErrno\b", said), said
        assert not str(error.title).endswith(".")
        assert re.search(r"[.:a-z]$", str(error.advice))
        assert str(error) == f"{error.title}. {error.message} {error.advice}"


def test_none_speaks_of_classes_or_of_an_error_that_occurred() -> None:
    names, sentences = class_names(), core_sentences()
    assert len(sentences) > 40
    for sentence in sentences:
        words = set(re.findall(r"[A-Za-z_]+", sentence))
        assert not words & names, sentence
        assert not re.search(r"an error occurred|exception|traceback|errno|stderr|null\b", sentence, re.IGNORECASE)


def test_a_label_with_braces_is_only_a_label() -> None:
    assert ODD_LABEL in str(NotFinished(ODD_LABEL))


def test_a_keychain_is_called_by_its_name() -> None:
    for error in (VaultError(VaultProblem.LOCKED, "GNOME Keyring"), SecretMissing("GNOME Keyring")):
        assert "GNOME Keyring" in str(error.message)


def test_each_way_of_saying_no_has_words_of_its_own() -> None:
    errors = [VaultError(problem, "K") for problem in VaultProblem]
    assert len({str(error.title) for error in [*errors, VaultTimeout("K")]}) == len(VaultProblem) + 1
    assert [error.problem for error in errors] == list(VaultProblem)
    assert len({str(error.advice) for error in errors}) == len(VaultProblem)


def test_no_answer_is_not_told_as_a_failure() -> None:
    timeout = VaultTimeout("K")
    assert isinstance(timeout, VaultError)
    assert "answer" in str(timeout)
    assert str(VaultError(VaultProblem.FAILED, "K").message) not in str(timeout)


def test_what_the_log_needs_is_not_told() -> None:
    error = VaultError(VaultProblem.FAILED, "K", "InitError")
    assert error.detail == "InitError"
    assert "InitError" not in f"{error} {error.title} {error.message} {error.advice}"


def test_a_full_disk_and_a_closed_one_are_told_apart() -> None:
    told = {
        str(problems.not_written(OSError(number, "x"), FOLDER)) for number in (errno.ENOSPC, errno.EACCES, errno.EIO)
    }
    assert len(told) == 3


def test_a_text_shows_its_values() -> None:
    assert str(Text("Delete {label}?", {"label": "{x}"})) == "Delete {x}?"
    assert str(Text("Plain")) == "Plain"
