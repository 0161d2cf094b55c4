"""Those enrolled learn of new dates, and so does everybody whom the dates now bind twice (R18, R19)."""

from dataclasses import replace
from datetime import datetime

from services.enrollment.commands.office import Office
from services.enrollment.domain.delivery import NoticeKind, base_box, feedback, notice_to, school_box
from services.enrollment.domain.machine import Enrollment


async def tell_of_amendment(office: Office, project_id: str) -> None:
    """Leave a notice for everybody on the way through an amended project; may be run again."""
    project = await office.store.projects.find(project_id)
    if project is None or project.amended_at is None:
        return
    at = project.amended_at
    for one in await office.store.live_enrollments(project_id):
        told = replace(one, reason=project.amendment)  # its own is of another matter
        await office.store.add_deliveries(feedback(told, NoticeKind.AMENDED, at))
    office.wake.set()
    for mine, other in await office.store.seating.overlapping(project.id):
        here, elsewhere = await office.store.enrollments.find_many([mine, other])
        if here and elsewhere:
            await _report(office, here, elsewhere, at)


async def _report(office: Office, here: Enrollment, elsewhere: Enrollment, at: datetime) -> None:
    """Both bases and the school, each about the enrolment that is theirs (R19)."""
    boxes = {base_box(here.base): here, base_box(elsewhere.base): elsewhere, school_box(here.school): here}
    for box, enrollment in boxes.items():
        told = replace(enrollment, reason=None)
        await office.store.put_notice(notice_to(box, told, NoticeKind.OVERLAP, at))
