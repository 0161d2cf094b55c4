"""Every mutation tried on what belongs to another tenant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.assessment.domain.instrument import instrument_id
from services.assessment.domain.vocabulary import InstrumentKind
from tests.security.rounds import LIVE
from tests.security.tenants import PROVINCES, SCHOOLS, World

Arguments = dict[str, Any]
_REASON = "越权"
_PURPOSE = "核对报到证件"
_DAY = f"{LIVE}-12-30"
_CONTACT = {"name": "冒名", "phone": "13900139000"}
_TEAM = {duty: [_CONTACT] for duty in ("design", "declaration", "delivery")}
_SESSION = {"title": "第1天", "teacher": "周教授", "date": _DAY, "hours": 8}
_VERDICTS = [{"dimension": "FEE", "verdict": "FAIL", "comment": _REASON}]
OF_ONESELF = {"addTeachers", "checkIn", "designatePerson", "requestTeacher", "setInnerCutOff", "updateMyContact"}
"""They name nothing of anybody else's: a school has its own people, days and requests only, a teacher one contact,
and a check-in code is of no use to whoever does not attend the class."""
_CERTIFICATE = "GP2444-4B36-KMK9-1"
"""A number that could be one; whose certificate it is, is tested where certificates are issued."""
_STRANGERS = {"a": "b", "b": "c"}
"""By base, a school that has submitted nobody to it."""
_STRANGE_BASES = {school: base for base, school in _STRANGERS.items()}
"""By school, a base to which it has submitted nobody; school `a` has submitted to both."""
SILENT = {"markNoticesRead"}
"""They answer with the own ones among the rows, and do not say whether there are others."""


@dataclass(frozen=True, slots=True)
class Trespass:
    """One attempt.

    Attributes:
        who: The principal.
        mutation: The root field.
        arguments: With at least one id of another tenant.
    """

    who: str
    mutation: str
    arguments: Arguments

    def __str__(self) -> str:
        return f"{self.who} {self.mutation} {self.arguments}"


def trespasses(world: World) -> Iterator[Trespass]:
    """In both directions, and between colleagues of one school."""
    for own, other in (("a", "b"), ("b", "a")):
        yield from _each(f"base.{own}", _of_bases(world, own, other))
        yield from _each(f"school.{own}", _of_schools(world, own, other))
        yield from _each(f"expert.{own}", _of_experts(world, other))
        yield from _each(f"province.{own}", _of_provinces(world, other))
        yield from _each(f"teacher.{own}1", _of_teachers(world, f"{other}1", other))
        yield from _each(f"teacher.{own}1", _of_teachers(world, f"{own}2", own))
        yield from _each(f"teacher.{own}1", _of_strangers(world, other))
    yield from _each("school.c", _of_schools(world, "c", "a"))


def _each(who: str, tried: dict[str, list[Arguments]]) -> Iterator[Trespass]:
    yield from (Trespass(who, mutation, given) for mutation, all_given in tried.items() for given in all_given)


def _of_bases(world: World, own: str, other: str) -> dict[str, list[Arguments]]:
    base, draft, published, taught = (world.ids[f"{kind}.{other}"] for kind in ("base", "draft", "project", "taught"))
    enrollment, attendee = _enrollment(world, other, "project"), _enrollment(world, other, "taught")
    mark = {"enrollmentId": attendee, "sessionId": "s1", "present": False}
    result = {"enrollmentId": attendee, "outcome": "FAILED", "score": 0}
    further = {"startsOn": _DAY, "endsOn": _DAY, "timetable": [_SESSION]}
    amendment = {"reason": _REASON, "faculty": [{"name": "冒名"}]}
    decisions: list[Callable[[str], Arguments]] = [
        lambda key: {"id": key, "decision": "ACCEPT"},
        lambda key: {"id": key, "decision": "REJECT", "reason": _REASON},
    ]
    return {
        "setBaseTeam": [{"baseId": base, "input": _TEAM}],
        "revealBaseTeam": [{"baseId": base, "purpose": _PURPOSE}],
        "draftProject": [{"baseId": base, "input": {"year": LIVE, "title": _REASON}}],
        "updateProject": [{"id": draft, "version": 1, "input": {"title": _REASON}}],
        "submitProject": [{"id": draft, "version": 1}],
        "withdrawProject": [{"id": draft, "reason": _REASON}],
        "addClass": [{"projectId": published, "input": further}],
        "amendProject": [{"id": published, "version": 1, "input": amendment}],
        "startProject": [{"id": published}],
        "recordAsHeld": [{"id": published, "reason": _REASON}],
        "recordAsNotHeld": [{"id": published, "reason": _REASON}],
        "finishProject": [{"id": taught}],
        "cancelProject": [{"id": published, "reason": _REASON}],
        "rankWaitlist": [{"projectId": published, "ids": [enrollment]}],
        "reviseDecision": [{"id": enrollment, "decision": "REJECT", "reason": _REASON}],
        "restoreEnrollment": [{"id": enrollment, "reason": _REASON, "waitlist": True}],
        "returnEnrollments": [{"ids": [enrollment], "reason": _REASON}],
        "decideEnrollments": [{"decisions": [decide(enrollment)]} for decide in decisions],
        "recordAttendance": [{"projectId": key, "rows": [mark]} for key in (taught, world.ids[f"taught.{own}"])],
        "recordResults": [{"projectId": key, "rows": [result]} for key in (taught, world.ids[f"taught.{own}"])],
        "publishResults": [{"projectId": key} for key in (taught, published)],
        "remindEvaluation": [{"projectId": key} for key in (taught, published)],
        "openCheckIn": [{"projectId": key, "sessionId": "s1"} for key in (taught, published)],
        "reportRectification": [{"id": world.ids[f"finding.{other}"], "text": _REASON}],
        **{
            name: [{"id": world.ids[f"annual.{other}"], "text": _REASON}]
            for name in ("commentAssessment", "appealAssessment")
        },
        "issueCertificates": [
            {"projectId": taught},
            *({"projectId": key, "enrollmentIds": [attendee]} for key in (taught, world.ids[f"taught.{own}"])),
        ],
        "revokeCertificate": [{"number": _CERTIFICATE, "revocation": "FRAUD", "reason": _REASON}],
        "markNoticesRead": [{"ids": [world.ids[f"notice.school.{other}"]]}],
        "revealTeacher": [{"id": world.ids[f"teacher.{other}2"], "purpose": _PURPOSE}],
        "revealTeachers": [{"projectId": taught, "purpose": _PURPOSE}],
        "revealContacts": [{"codes": [SCHOOLS[_STRANGERS[own]]], "purpose": _PURPOSE}],
    }


def _of_schools(world: World, own: str, other: str) -> dict[str, list[Arguments]]:
    key, attendee = _enrollment(world, other, "project"), _enrollment(world, other, "taught")
    signed_up = world.ids[f"enrollment.{other}2.project.{other}"]
    project, theirs = world.ids[f"project.{other}"], world.ids[f"teacher.{other}1"]
    ours = world.ids[f"teacher.{own}1"]
    strange = [world.ids[f"base.{_STRANGE_BASES[own]}"]] if own in _STRANGE_BASES else []
    return {
        "declineSignUps": [{"ids": [signed_up], "reason": _REASON}],
        "confirmEligibility": [
            {"ids": [signed_up], "ok": True},
            {"ids": [signed_up], "ok": False, "reason": _REASON},
        ],
        "rankSignUps": [{"projectId": project, "ids": [signed_up]}],
        "submitEnrollments": [{"ids": [signed_up]}],
        "enrollTeachers": [
            {"projectId": project, "teacherIds": [theirs], "submit": submit} for submit in (False, True)
        ],
        "withdrawEnrollment": [{"id": key, "reason": _REASON}],
        "restoreEnrollment": [{"id": key, "reason": _REASON}, {"id": signed_up, "reason": _REASON}],
        "answerWithdrawal": [{"id": key, "grant": True}, {"id": key, "grant": False, "reason": _REASON}],
        "acceptOffer": [{"id": key}],
        "substituteTeacher": [{"id": key, "teacherId": one, "reason": _REASON} for one in (ours, theirs)],
        "confirmCredits": [{"enrollmentIds": [attendee]}],
        "markNoticesRead": [{"ids": [world.ids[f"notice.{one}"]]} for one in (f"school.{other}", f"teacher.{other}1")],
        "commitRoster": [{"jobId": world.ids[f"roster.{other}"], "mode": "VALID_ROWS"}],
        "closeTeacher": [{"id": theirs, "reason": _REASON}],
        "answerTransfer": [{"id": world.ids[f"transfer.{other}"], "confirm": True}],
        "withdrawTransfer": [{"id": world.ids.get(f"transfer.{own}", world.ids["transfer.a"]), "reason": _REASON}],
        "correctTeacher": [{"id": theirs, "version": 1, "input": {"name": "冒名"}}],
        "revealTeacher": [{"id": theirs, "purpose": _PURPOSE}],
        "revealTeachers": [{"projectId": world.ids[f"taught.{other}"], "ids": [theirs], "purpose": _PURPOSE}],
        "revealContacts": [{"codes": [SCHOOLS[other]], "purpose": _PURPOSE}],
        "revealBaseTeam": [{"baseId": base, "purpose": _PURPOSE} for base in strange],
    }


def _of_experts(world: World, other: str) -> dict[str, list[Arguments]]:
    projects = (world.ids[f"{kind}.{other}"] for kind in ("draft", "project"))
    return {
        "submitReview": [{"projectId": project, "verdicts": _VERDICTS} for project in projects],
        "markNoticesRead": [{"ids": [world.ids[f"notice.school.{other}"]]}],
    }


def _of_teachers(world: World, victim: str, tenant: str) -> dict[str, list[Arguments]]:
    """What is published is for everybody to sign up for; a draft is not."""
    return {
        "signUp": [{"projectId": world.ids[f"draft.{tenant}"]}],
        "withdrawSignUp": [{"id": world.ids[f"enrollment.{victim}.project.{tenant}"]}],
        "requestWithdrawal": [{"id": world.ids[f"enrollment.{victim}.project.{tenant}"], "reason": _REASON}],
        "takeBackWithdrawalRequest": [{"id": world.ids[f"enrollment.{victim}.project.{tenant}"]}],
        "markNoticesRead": [{"ids": [world.ids[f"notice.teacher.{victim}"]]}],
        "revealTeacher": [{"id": world.ids[f"teacher.{victim}"], "purpose": _PURPOSE}],
    }


def _of_strangers(world: World, other: str) -> dict[str, list[Arguments]]:
    """Only who attends a project rates it."""
    rated = [instrument_id(world.ids[f"taught.{other}"], kind) for kind in InstrumentKind]
    return {"issueBallotToken": [{"instrumentId": key, "blinded": "AQAB"} for key in rated]}


def _of_provinces(world: World, other: str) -> dict[str, list[Arguments]]:
    school = {"code": f"31{PROVINCES[other]}000099", "name": _REASON, "province": PROVINCES[other]}
    payment = {"year": LIVE, "amount": 1, "source": "CENTRAL", "item": _REASON}
    corrected = payment | {"corrects": world.ids[f"funding.{other}"], "reason": _REASON}
    return {
        "registerSchool": [{"input": school}],
        "registerSchools": [{"rows": [school]}],
        "revealContacts": [{"codes": [SCHOOLS[other]], "purpose": _PURPOSE}],
        "renameSchool": [{"code": SCHOOLS[other], "name": "冒名学校", "reason": _REASON}],
        "closeSchool": [{"code": SCHOOLS[other], "reason": _REASON}],
        "reopenSchool": [{"code": SCHOOLS[other], "reason": _REASON}],
        "mergeSchool": [{"code": SCHOOLS[other], "into": SCHOOLS[other], "reason": _REASON}],
        "decideTransfer": [{"id": world.ids[f"transfer.{other}"], "grant": True, "reason": _REASON}],
        "recordFunding": [{"input": given} for given in (payment | {"school": SCHOOLS[other]}, corrected)],
        "markNoticesRead": [{"ids": [world.ids[f"notice.school.{other}"]]}],
    }


def _enrollment(world: World, tenant: str, kind: str) -> str:
    return world.ids[f"enrollment.{tenant}1.{kind}.{tenant}"]
