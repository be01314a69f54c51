"""What is said before something is done to the apps of a production org."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from ...domain.model import Org
from ...services.bulk import BulkAction, Delete, Rotate
from .dialog import Question
from .i18n import environment_of, short
from .widgets import Look


class Warned(NamedTuple):
    """Heading of the dialog that asks, and the sentence that says why to think twice."""

    heading: str
    sentence: str


def warned(org: Org, action: type[BulkAction], what: str) -> Warned:
    """What to say before `what`, which is in this production org, is rotated, disabled or deleted."""
    translate = QCoreApplication.translate
    if action is Rotate:
        heading = translate("Production", "Rotate {what} of {org} in {environment}?")
    elif action is Delete:
        heading = translate("Production", "Delete {what} of {org} in {environment}?")
    else:
        heading = translate("Production", "Disable {what} of {org} in {environment}?")
    sentence = translate(
        "Production", "{org} ({code}) at {endpoint} is handled as production: people may depend on it now."
    )
    return Warned(
        heading.format(what=what, org=short(org.name), environment=environment_of(org)),
        sentence.format(org=org.name, code=org.code, endpoint=org.endpoint),
    )


def question_for(look: Look, org: Org, words: Warned, parent: QWidget) -> Question:
    """The question whether to disable what these words name, which is in `org`."""
    translate = QCoreApplication.translate
    text = translate("Production", "It is only marked here. Cortex goes on taking a key that it made.")
    question = Question(look, words.heading, f"{text} {words.sentence}", translate("Production", "Disable"), parent)
    question.add_link(translate("Production", "Open its apps in the web console"), org.console)
    return question
