"""A personal number planted into every string that a mutation takes, one at a time, by whoever may send it (R41)."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
)

from deploy.seed.world import id_number
from services.assessment.domain.instrument import instrument_id
from services.assessment.domain.vocabulary import InstrumentKind
from tests.security.rounds import LIVE, TAUGHT, live_round
from tests.security.tenants import BASES, MINISTRY, World

BY_NATURE = {"idNumber", "mobile", "phone", "phones", "email", "values"}
"""Fields that are such numbers, or sealed or published as what they are, such as lottery numbers (R37)."""
CODED = {
    *("organizationCode", "code", "dimension", "themes", "rule", "blinded", "item", "rubric"),
}
"""Fields that take a code: what is none is refused for that, whatever it looks like."""
WAYS = ("", "full width", "Arabic", " ", "-", "\u3000", ",", "、", ":", "*", ") (", "---")
"""The ways to write a number: plainly, in other digits, or in groups with one of these between them."""
_SCRIPTS = {
    "full width": {ord(char): ord(char) + 0xFEE0 for char in "0123456789X"},
    "Arabic": {ord(char): ord(char) + 0x630 for char in "0123456789"},
}
_SAMPLES: dict[str, Any] = {
    "Int": 1,
    "Fen": 1,
    "String": "文字",
    "ID": "0",
    "Boolean": True,
    "Float": 1.0,
    "Date": f"{LIVE}-12-30",
    "DateTime": f"{LIVE}-12-30T09:00:00+08:00",
}
_BY_NAME: dict[str, Any] = {"phone": "010-66096194", "province": "32", "year": LIVE}
Arguments = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plant:
    """One attempt.

    Attributes:
        who: The principal.
        mutation: The root field.
        path: The argument and the input fields down to the string.
        number: What is planted: an ID number or a mobile that occurs nowhere else.
        arguments: Complete but for the number in them.
    """

    who: str
    mutation: str
    path: Path
    number: str
    arguments: Arguments

    @property
    def coded(self) -> bool:
        """Whether the field takes a code."""
        return self.path[-1] in CODED

    def __str__(self) -> str:
        return f"{self.who} {self.mutation} {'.'.join(self.path)} {self.number}"


def plants(schema: GraphQLSchema, world: World, published_version: int) -> Iterator[Plant]:
    """For every string of every mutation an ID number and a mobile within other words, plain and written otherwise.

    Args:
        schema: The clients' schema.
        world: Who may send what.
        published_version: The version of tenant a's published project, which an amendment must name.
    """
    assert schema.mutation_type
    senders, serials = rightful(world, published_version), count(1)
    for name, field in schema.mutation_type.fields.items():
        for argument, given in field.args.items():
            for path in strings(given.type, (argument,)):
                who, arguments = senders[name]
                full = {key: argument.type for key, argument in field.args.items()}
                for serial in (next(serials), next(serials)):
                    for place, number in enumerate(numbers(serial)):
                        # The odd serials are written plainly; the even ones in one of the other ways.
                        way = 0 if serial % 2 else 1 + (serial // 2 + place) % (len(WAYS) - 1)
                        planted = planted_into(full, arguments, path, f"请联系{written(number, way)}办理")
                        yield Plant(who, name, path, number, planted)


def numbers(serial: int) -> tuple[str, str]:
    """An ID number and a mobile of that serial number, valid and nobody's."""
    return id_number(f"1101011961{serial // 1000 + 1:02d}01{serial % 1000:03d}"), f"1990000{serial:04d}"


def written(number: str, way: int) -> str:
    """A number as people write it: in one of `WAYS`."""
    sizes = (6, 8, 4) if len(number) == len("110101196101010015") else (3, 4, 4)
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    groups = [number[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    script = _SCRIPTS.get(WAYS[way])
    return number.translate(script) if script else WAYS[way].join(groups)


def strings(kind: GraphQLInputType, path: Path) -> Iterator[Path]:
    """The ways down to the strings of an argument, but those that are numbers by nature."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from strings(field.type, (*path, name))
    elif named.name == "String" and path[-1] not in BY_NATURE:
        yield path


def planted_into(types: Mapping[str, GraphQLInputType], given: Arguments, path: Path, text: str) -> Arguments:
    """The arguments with a text at the end of a path; what is needed on the way is filled in."""
    arguments = deepcopy(given)
    for name, kind in types.items():
        if name not in arguments and isinstance(kind, GraphQLNonNull):
            arguments[name] = sample(kind)
    first, *rest = path
    arguments[first] = _with(types[first], arguments.get(first), tuple(rest), text)
    return arguments


def sample(kind: GraphQLInputType, name: str = "") -> Any:
    """The least that a type takes, under the field's name."""
    if name in _BY_NAME and not isinstance(get_named_type(kind), GraphQLInputObjectType):
        return _BY_NAME[name]
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, name)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, name)]
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: field for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
        return {name: sample(field.type, name) for name, field in needed.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return _SAMPLES[get_named_type(kind).name]


def _with(kind: GraphQLInputType, value: Any, path: Path, text: str) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _with(kind.of_type, value, path, text)
    if isinstance(kind, GraphQLList):
        head, *tail = value or [None]
        return [_with(kind.of_type, head, path, text), *tail]
    if not path:
        return text
    assert isinstance(kind, GraphQLInputObjectType)
    name, *rest = path
    whole = sample(kind) | (value or {})
    return whole | {name: _with(kind.fields[name].type, whole.get(name), tuple(rest), text)}


def rightful(world: World, published_version: int) -> dict[str, tuple[str, Arguments]]:
    """Of every mutation who may send it, and what it is about: what is their own and could be done."""
    base, draft, published = (world.ids[f"{kind}.a"] for kind in ("base", "draft", "project"))
    submitted, signed_up = world.ids["enrollment.a1.project.a"], world.ids["enrollment.a2.project.a"]
    credited, teacher, further = world.ids["enrollment.a1.taught.a"], world.ids["teacher.a1"], world.ids["teacher.a2"]
    transfer = world.ids["transfer.a"]
    inspection, finding, taught = (world.ids[name] for name in ("inspection", "finding.a", "taught.a"))
    annual = world.ids["annual.a"]
    about: dict[str, dict[str, Arguments]] = {
        MINISTRY: {
            "openRound": {"input": live_round() | {"year": LIVE - 2}},
            "amendRound": {"year": LIVE - 1, "version": 1},
            "extendPhase": {"input": {"year": LIVE, "phase": "ENROL", "closes": f"{LIVE}-12-30"}},
            "registerBase": {"input": {"majorCategories": [6], "organizationCode": "4132000201"}},
            "registerExpert": {"input": {"fields": [6], "organizationCode": "4131000001"}},
            **{
                name: {"id": base}
                for name in ("renameBase", "extendBase", "recategorizeBase", "closeBase", "reopenBase", "amendBase")
            },
            "mergeBases": {"id": base, "into": base},
            "renameOrganization": {"code": BASES["a"]},
            "correctExpert": {
                "id": world.ids["expert.a"],
                "input": {"organizationCode": "4131000001", "organizationName": "外校"},
            },
            **{name: {"id": world.ids["expert.a"]} for name in ("withdrawExpert", "reinstateExpert")},
            "adjustQuota": {"baseId": base, "input": {"year": LIVE, "limit": 9, "aboveRound": True}},
            "registerSchool": {"input": {"code": "3132000091", "province": "32"}},
            **{name: {"code": world.ids["school.a"]} for name in ("renameSchool", "closeSchool", "reopenSchool")},
            "mergeSchool": {"code": world.ids["school.a"], "into": world.ids["school.a"]},
            "registerSchools": {"rows": [{"code": "3132000092", "province": "32"}]},
            **{name: {"id": published} for name in ("suspendProject", "cancelProject", "extendProject")},
            **{name: {"id": draft} for name in ("decideProject", "reviseProjectDecision")},
            "decideProjects": {"decisions": [{"id": draft, "outcome": "REJECT"}]},
            "publishProjects": {"ids": [draft]},
            "revokeCredit": {"enrollmentId": credited},
            "restoreCredit": {"enrollmentId": credited},
            "reopenRecords": {"projectId": taught, "input": {"enrollmentIds": [credited], "until": f"{LIVE}-12-31"}},
            "revokeCertificate": {"number": "GP2444-4B36-KMK9-1", "revocation": "FRAUD"},
            "decideTransfer": {"id": transfer},
            "freezeInspection": {"input": {"year": LIVE}},
            **{name: {"id": inspection} for name in ("announceInspection", "recordBeacons", "voidInspection")},
            "replaceSampled": {"id": inspection, "projectId": taught},
            "extendInspection": {"id": inspection, "count": 1},
            "recordFinding": {"inspectionId": inspection, "input": {"projectId": taught}},
            "closeFinding": {"id": finding, "accepted": True},
            "withdrawFinding": {"id": finding},
            "computeAssessments": {"year": TAUGHT},
            "recordComplaint": {"baseId": base, "year": TAUGHT},
            "adjustAssessmentItem": {"id": annual, "code": "C1", "hundredths": 1},
            "decideAppeal": {"id": annual, "upheld": True},
            "declineQuotaProposal": {"id": world.ids["proposal.a"]},
        },
        "base.a": {
            "recordAttendance": {"projectId": taught, "rows": [{"enrollmentId": credited, "present": True}]},
            "recordResults": {"projectId": taught, "rows": [{"enrollmentId": credited, "outcome": "FAILED"}]},
            "setBaseTeam": {"baseId": base},
            "revealBaseTeam": {"baseId": base},
            "draftProject": {"baseId": base, "input": {"year": LIVE}},
            "updateProject": {"id": draft, "input": {"year": LIVE}},
            "withdrawProject": {"id": draft},
            "addClass": {"projectId": published},
            **{name: {"id": published} for name in ("startProject", "recordAsHeld", "recordAsNotHeld")},
            "amendProject": {"id": published, "version": published_version},
            "decideEnrollments": {"decisions": [{"id": submitted, "decision": "REJECT"}]},
            "returnEnrollments": {"ids": [submitted]},
            "reviseDecision": {"id": submitted, "decision": "REJECT"},
            "reportRectification": {"id": finding},
            **{name: {"id": annual} for name in ("commentAssessment", "appealAssessment")},
        },
        "expert.a": {"submitReview": {"projectId": draft}},
        "school.a": {
            "revealTeachers": {"projectId": published},
            "revealContacts": {"codes": [world.ids["school.a"]]},
            "designatePerson": {"input": {"phone": "13700000097"}},
            "addTeachers": {"rows": [{"idNumber": numbers(9_999)[0], "mobile": "13800009999"}]},
            "correctTeacher": {"id": teacher},
            "revealTeacher": {"id": teacher},
            "closeTeacher": {"id": teacher},
            "requestTeacher": {"input": {"idNumber": numbers(9_998)[0]}},
            "answerTransfer": {"id": transfer},
            "declineSignUps": {"ids": [signed_up]},
            "confirmEligibility": {"ids": [signed_up], "ok": False},
            "withdrawEnrollment": {"id": submitted},
            "restoreEnrollment": {"id": submitted},
            "answerWithdrawal": {"id": submitted, "grant": False},
            "substituteTeacher": {"id": submitted, "teacherId": further},
        },
        "teacher.a1": {
            "requestWithdrawal": {"id": submitted},
            "checkIn": {},
            "issueBallotToken": {"instrumentId": instrument_id(taught, InstrumentKind.TEACHING)},
        },
        "school.b": {"withdrawTransfer": {"id": transfer}},
        "province.a": {"recordFunding": {"input": {"year": LIVE, "corrects": world.ids["funding.a"]}}},
    }
    return {name: (who, given) for who, all_given in about.items() for name, given in all_given.items()}
