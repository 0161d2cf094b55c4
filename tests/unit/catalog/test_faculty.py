"""Who teaches is told under keys that stay through amendments (R18, R34)."""

from datetime import timedelta

from services.catalog.domain import lifecycle
from services.catalog.domain.faculty import faculty_members
from services.catalog.domain.plan import FacultyMember
from tests.unit.catalog.examples import REVIEWING, a_base, a_published, round_2024

NAMES = ("周教授", "陈工", "何老师")


def test_r34_a_teacher_keeps_the_key_and_a_new_one_gets_a_new_one() -> None:
    project = a_published()
    first = {member.name: member.id for member in faculty_members(project)}
    assert list(first.values()) == [f"f{number}" for number in range(1, len(first) + 1)]
    for step, names in enumerate((NAMES[:2], NAMES[1:], NAMES[:1])):
        given = lifecycle.Amendment(
            reason="教师调整安排", faculty=tuple(FacultyMember(name, organization="甲校") for name in names)
        )
        now = REVIEWING + timedelta(hours=step + 1)
        project, (event,) = lifecycle.amend(project, a_base(), round_2024(), given, now)
        told = {member.name: member.id for member in event.faculty_members}
        start = len(first)
        keys = {name: f"f{start + 1 + place}" for place, name in enumerate(NAMES)}
        assert told == {name: keys[name] for name in names}
