"""What enrollment's own events lead to beside their commands: names of attendees are told (R32, ADR 52)."""

from collections.abc import Mapping, Sequence

from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from services.enrollment.commands import Deps, tell_names
from services.enrollment.domain.vocabulary import TeacherField
from services.enrollment.messaging.inbound import OwnAccepted, OwnTeacherCorrected

BINDINGS = ("enrollment.accepted.*", "enrollment.teacher-corrected.*")
"""The events that the service's own inbox takes besides those of the others."""


def own_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of enrollment's own events that concern a name, by event type."""

    async def follow(rows: Sequence[Row], session: Session) -> None:
        """Tell the names of who was accepted, and of who has another name."""
        acts = {row.event.enrollment: row.act for row in rows if isinstance(row.event, OwnAccepted)}
        corrected = {
            row.event.teacher
            for row in rows
            if isinstance(row.event, OwnTeacherCorrected) and TeacherField.NAME in row.event.fields
        }
        if acts or corrected:
            await tell_names(deps, acts, corrected, session)

    return {
        "enrollment.accepted": Handler(OwnAccepted, many=follow),
        "enrollment.teacher-corrected": Handler(OwnTeacherCorrected, many=follow),
    }
