"""The question before something is done to the apps of a production org."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from ...domain.model import Org
from ...services.bulk import Deed
from ..apps.keys import short
from .dialog import Question
from .i18n import environment_of
from .widgets import Look


def question_for(look: Look, org: Org, deed: Deed, what: str, parent: QWidget) -> Question:
    """The question whether to rotate, disable or delete `what`, which is in this production org."""
    translate = QCoreApplication.translate
    match deed:
        case Deed.ROTATE:
            title = translate("Production", "Rotate {what} of {org} in {environment}?")
            text = translate("Production", "Every client that sends the present key must be updated.")
            action = translate("Production", "Rotate…")
        case Deed.DELETE:
            title = translate("Production", "Delete {what} of {org} in {environment}?")
            text = translate("Production", "Whoever needs its key from this console no longer finds it there.")
            action = translate("Production", "Delete…")
        case _:
            title = translate("Production", "Disable {what} of {org} in {environment}?")
            text = translate("Production", "It is shown as disabled here until it is enabled again.")
            action = translate("Production", "Disable")
    values = {"what": what, "org": short(org.name), "environment": environment_of(org)}
    where = translate(
        "Production", "{org} ({code}) at {endpoint} is handled as production: people may depend on it now."
    )
    place = where.format(org=org.name, code=org.code, endpoint=org.endpoint)
    return Question(look, title.format(**values), f"{text} {place}", action, parent)
