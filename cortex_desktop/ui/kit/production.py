"""The question before something is done to the apps of a production org."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from ...domain.model import Org
from ...services.bulk import BulkAction, Delete, Rotate
from .dialog import Question
from .i18n import environment_of, short
from .widgets import Look


def question_for(look: Look, org: Org, action: type[BulkAction], what: str, parent: QWidget) -> Question:
    """The question whether to rotate, disable or delete `what`, which is in this production org."""
    translate = QCoreApplication.translate
    if action is Rotate:
        title = translate("Production", "Rotate {what} of {org} in {environment}?")
        text = translate("Production", "Cortex does not know the new key, and goes on taking an old one that it made.")
        button = translate("Production", "Rotate…")
    elif action is Delete:
        title = translate("Production", "Delete {what} of {org} in {environment}?")
        text = translate("Production", "Its key can no longer be found here. Cortex goes on taking a key that it made.")
        button = translate("Production", "Delete…")
    else:
        title = translate("Production", "Disable {what} of {org} in {environment}?")
        text = translate("Production", "It is only marked here. Cortex goes on taking a key that it made.")
        button = translate("Production", "Disable")
    values = {"what": what, "org": short(org.name), "environment": environment_of(org)}
    where = translate(
        "Production", "{org} ({code}) at {endpoint} is handled as production: people may depend on it now."
    )
    place = where.format(org=org.name, code=org.code, endpoint=org.endpoint)
    question = Question(look, title.format(**values), f"{text} {place}", button, parent)
    question.add_link(translate("Production", "Open its apps in the web console"), org.console)
    return question
