"""Evaluations in the graph: questionnaires, keys, and results once they are published (R34–R36)."""

from datetime import date, datetime
from typing import Any, Self

import strawberry
from strawberry.scalars import JSON

from chassis.graph import REFERENCE, TICKING, public, requires
from chassis.graph.connection import page_request
from chassis.graph.resolvers import run
from chassis.principal import Scope
from kernel import ballots
from kernel.encoding import to_base64url
from kernel.reference import questionnaires
from services.assessment import commands
from services.assessment.domain import instrument as domain
from services.assessment.domain import tally
from services.assessment.domain.project import RatedTeacher as DomainTeacher
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState
from services.assessment.graph.context import Info
from services.assessment.graph.evaluation_loaders import (
    AuditSequenceLoader,
    InstrumentsByProjectLoader,
    IssuedLoader,
    OwnRecordLoader,
    TextsByInstrumentLoader,
)

for _kind in (InstrumentKind, InstrumentState):
    strawberry.enum(_kind)

_ORGANISERS = requires(Scope.BASE, Scope.MINISTRY)
READERS = requires(Scope.TEACHER, Scope.BASE, Scope.MINISTRY)
_LATEST_LISTS = 30
_TAKING = (InstrumentState.SCHEDULED, InstrumentState.OPEN)


@strawberry.type(description="被评教师 (R34)")
class RatedTeacher:
    """One who may be rated; the key stays the same within the project."""

    key: str
    name: str

    @classmethod
    def of(cls, teacher: DomainTeacher) -> Self:
        """From the domain's."""
        return cls(key=teacher.key, name=teacher.name)


@strawberry.type(description="一题的结果；不足5份不显示 (R36)")
class ItemResult:
    """What is published of a question."""

    text: str
    answered: int | None
    mean_hundredths: int | None
    distribution: list[int] | None

    @classmethod
    def of(cls, text: str, item: tally.ItemResult) -> Self:
        """From the domain's, with the question."""
        spread = list(item.distribution) if item.distribution is not None else None
        return cls(text=text, answered=item.answered, mean_hundredths=item.mean_hundredths, distribution=spread)


@strawberry.type(description="一位教师的结果 (R36)")
class TeacherResult:
    """What is published of a teacher."""

    key: str
    name: str
    items: list[ItemResult]


@strawberry.type(description="一题的文字意见，5条以上才列 (R36)")
class TextResult:
    """What was answered in words, apart from all marks."""

    text: str
    answers: list[str]


@strawberry.type(description="评价结果：5份以上、关闭之后、一次公布 (R36)")
class EvaluationResult:
    """What is published of a questionnaire."""

    instrument: strawberry.Private[domain.Instrument]
    counted: int
    invalid: int
    mean_hundredths: int | None
    project: list[ItemResult]
    faculty: list[TeacherResult]

    @classmethod
    def of(cls, instrument: domain.Instrument, result: tally.Tally) -> Self:
        """From the domain's, with the questions in Chinese, as they were asked."""
        form = _form(instrument.form)
        names = {teacher.key: teacher.name for teacher in instrument.faculty}
        return cls(
            instrument=instrument,
            counted=result.counted,
            invalid=result.invalid,
            mean_hundredths=result.mean_hundredths,
            project=_items(form["project"], result.project),
            faculty=[
                TeacherResult(key=each.key, name=names.get(each.key, ""), items=_items(form["faculty"], each.items))
                for each in result.faculty
            ],
        )

    @strawberry.federation.field(description="文字意见，与分数无关联；学员不可见 (R36)", requires_scopes=_ORGANISERS)
    async def texts(self, info: Info) -> list[TextResult] | None:
        """By question; the answers are in the order of random ids."""
        found = await info.context.loader(TextsByInstrumentLoader).load(self.instrument.id) or []
        return [
            TextResult(text=question["zh"], answers=[text for at, text in found if at == place])
            for place, question in enumerate(_form(self.instrument.form)["texts"])
        ]


@strawberry.type(description="一个项目的一份问卷 (R34, R35)")
class Instrument:
    """A questionnaire; whether anybody has answered is nowhere."""

    stored: strawberry.Private[domain.Instrument]
    id: strawberry.ID
    kind: InstrumentKind
    state: InstrumentState
    form: str = strawberry.field(description="问卷版本，题目见 questionnaire")
    faculty: list[RatedTeacher] = strawberry.field(description="被评教师；结业时确定")
    opens_at: datetime | None
    closes_at: datetime | None
    key_list_day: date | None = strawberry.field(description="公布密钥的名单日期；领取凭证前须核对")
    receipts_root: str | None = strawberry.field(
        description="公布后：回执默克尔根；回执清单见 /evaluations/receipts/{id}.txt"
    )

    @classmethod
    def of(cls, instrument: domain.Instrument) -> Self:
        """From the domain's."""
        return cls(
            stored=instrument,
            id=strawberry.ID(instrument.id),
            kind=instrument.kind,
            state=instrument.state,
            form=instrument.form,
            faculty=[RatedTeacher.of(teacher) for teacher in instrument.faculty],
            opens_at=instrument.opens_at,
            closes_at=instrument.closes_at,
            key_list_day=instrument.list_day,
            receipts_root=instrument.receipts_root,
        )

    @strawberry.federation.field(description="截至昨日24时的答卷数，5份以上才显示 (R36)", requires_scopes=_ORGANISERS)
    def turnout(self) -> int | None:
        """Of the last midnight; None below five."""
        return self.stored.turnout if self.stored.turnout >= ballots.LEAST_BALLOTS else None

    @strawberry.federation.field(description="应答人数 (R35)", requires_scopes=_ORGANISERS)
    def eligible(self) -> int | None:
        """How many may answer."""
        return self.stored.eligible

    @strawberry.federation.field(
        description="本人是否已领取凭证；关闭后为空 (R34)", requires_scopes=requires(Scope.TEACHER)
    )
    async def token_issued(self, info: Info) -> bool | None:
        """Whether the caller's own right was used, so that nobody uses it unseen."""
        record = await info.context.loader(OwnRecordLoader).load(self.stored.project)
        if record is None or self.stored.state not in _TAKING:
            return None
        return bool(await info.context.loader(IssuedLoader).load((self.stored.id, record.id)))

    @strawberry.federation.field(description="关闭后一次公布 (R36)", requires_scopes=READERS)
    async def result(self, info: Info) -> EvaluationResult | None:
        """The result; a teacher sees those of projects that he or she has attended."""
        if self.stored.result is None:
            return None
        if info.context.principal.scope is Scope.TEACHER:
            record = await info.context.loader(OwnRecordLoader).load(self.stored.project)
            if record is None or not record.attended:
                return None
        return EvaluationResult.of(self.stored, self.stored.result)


@strawberry.type(description="公布密钥的一日名单 (R34)")
class KeyList:
    """A list of keys, by whose hash everybody can check that there is but one."""

    stored: strawberry.Private[domain.KeyList]
    day: date
    sha256: str
    short_code: str = strawberry.field(description="名单哈希前60位的短码，印在通知中供核对")
    path: str

    @classmethod
    def of(cls, listed: domain.KeyList) -> Self:
        """From the domain's."""
        return cls(
            stored=listed,
            day=date.fromisoformat(listed.id),
            sha256=listed.sha256,
            short_code=listed.short_code,
            path=f"/evaluations/keys/{listed.id}.json",
        )

    @strawberry.field(description="名单事件在审计链中的序号 (R40)")
    async def audit_sequence(self, info: Info) -> int | None:
        """The row of the audit log; None until it stands there."""
        return await info.context.loader(AuditSequenceLoader).load(self.stored.id)


@strawberry.type(description="盲签名的答复 (R34)")
class BallotToken:
    """The register's reply to a blinded message."""

    instrument_id: strawberry.ID
    reply: str = strawberry.field(description="对盲化消息的签名，base64url，256字节")


@strawberry.type
class EvaluationQuery:
    """The queries of evaluations."""

    @strawberry.federation.field(description="本人可作答的问卷 (R34, R35)", requires_scopes=requires(Scope.TEACHER))
    async def my_instruments(self, info: Info) -> list[Instrument] | None:
        """Those of projects in which the caller has attended something, until they have ended."""
        context = info.context
        if context.principal.scope is not Scope.TEACHER or not context.principal.person:
            return []
        records = await context.deps.store.records.own(context.principal.person)
        attended = [record.project for record in records if record.attended]
        found = await context.deps.store.instruments.of_projects(attended)
        return [Instrument.of(each) for all_of in found.values() for each in all_of if each.state in _TAKING]

    @strawberry.field(description=public("问卷题目"), directives=[REFERENCE])
    def questionnaire(self, version: str) -> JSON | None:
        """A form with all its words, the promise and the warning; None for none of that version."""
        content = questionnaires()
        shared = {name: content[name] for name in ("anchors", "unanswered", "text_most", "warning", "promise")}
        for form in content["forms"]:
            if form["version"] == version:
                return JSON({**form, **shared})
        return None

    @strawberry.field(
        description=public("密钥名单，由近及远；before 给出日期则列其前的，以最后一份的日期翻页，可及全部"),
        directives=[TICKING],
    )
    async def key_lists(
        self, info: Info, first: int = _LATEST_LISTS, before: date | None = None
    ) -> list[KeyList] | None:
        """The latest lists before a day, up to `first`: the last one's day leads on to those before it."""
        most = page_request(first, None).first
        return [KeyList.of(each) for each in await info.context.deps.store.key_lists.latest(most, before)]


@strawberry.type
class EvaluationMutation:
    """What people do about evaluations: everything else comes by the calendar."""

    @strawberry.federation.mutation(
        description="领取匿名凭证：对盲化消息签名，一人一份问卷一次 (R34)", requires_scopes=requires(Scope.TEACHER)
    )
    async def issue_ballot_token(self, info: Info, instrument_id: strawberry.ID, blinded: str) -> BallotToken | None:
        """Sign the caller's blinded message."""
        reply = await run(info, commands.issue_ballot_token, instrument=instrument_id, blinded=blinded)
        return BallotToken(instrument_id=instrument_id, reply=to_base64url(reply))

    @strawberry.federation.mutation(
        description="提醒全体学员作答；不区分是否已答，每3日至多一次 (R35)", requires_scopes=requires(Scope.BASE)
    )
    async def remind_evaluation(self, info: Info, project_id: strawberry.ID) -> bool | None:
        """Have all attendees reminded."""
        await run(info, commands.remind_evaluation, project=project_id)
        return True


async def instruments_of(info: Info, project: str) -> list[Instrument]:
    """The questionnaires of a project that the caller may see."""
    found = await info.context.loader(InstrumentsByProjectLoader).load(project) or []
    return [Instrument.of(each) for each in found]


def _form(version: str) -> dict[str, Any]:
    for content in questionnaires()["forms"]:
        if content["version"] == version:
            form: dict[str, Any] = content
            return form
    raise LookupError(version)


def _items(questions: list[dict[str, str]], items: tuple[tally.ItemResult, ...]) -> list[ItemResult]:
    return [ItemResult.of(question["zh"], item) for question, item in zip(questions, items, strict=True)]
