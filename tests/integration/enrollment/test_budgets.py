"""How many operations each command of enrollment takes: as many for two hundred rows as for one (notes N41, ADR 23).

Each budget is that of a request with an `Idempotency-Key`. Rows on the lane find its marks with what they load anyway;
a command that is `@idempotent` takes one read less without a key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pytest

from chassis.context import Act, acting
from chassis.ids import new_id
from chassis.principal import Principal
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment import commands
from services.enrollment.commands import Decision, Deps, NewSchool, NewTeacher, WantedTeacher
from services.enrollment.domain.notification_texts import Letter
from services.enrollment.domain.vocabulary import (
    Audience,
    Employment,
    EnrollmentDecision,
    ProjectState,
    RosterMode,
    TransferKind,
)
from services.enrollment.store import Store
from services.enrollment.workbooks.roster_reader import read_roster
from tests.integration.enrollment import stages
from tests.integration.enrollment.lists import as_csv
from tests.integration.enrollment.season import BASE, GUANGDONG, OTHER_SCHOOL, SCHOOL, Season
from tests.integration.enrollment.stages import BOX, PAYMENT, Prepare, Stage
from tests.support.identity_numbers import id_number, mobile
from tests.support.operations import Budget, use_cases, watched
from tests.support.principals import MINISTRY


class Silent:
    """A mailer that nobody hears of, for commands that leave mail."""

    async def send(self, _: Letter) -> None:
        """Send nothing."""


WINDOW = 200
NOTHING = Budget(0)
PURPOSE = "核对学时材料"
Call = Callable[[Deps, Stage], Awaitable[object]]


@dataclass(frozen=True)
class Case:
    """A command where it takes effect.

    Attributes:
        prepare: What it finds.
        call: Calls it, on dependencies whose operations are counted.
        budget: What its first call in a process takes.
        later: What every later call takes, where it reads projects and rounds from memory then; else None.
        window: What each further window of 200 rows takes, of a command that may have any number of rows.
    """

    prepare: Prepare
    call: Call
    budget: Budget
    later: Budget | None = None
    window: Budget = NOTHING


def decide(decision: EnrollmentDecision, by: Principal = BASE) -> Call:
    return lambda deps, stage: commands.decide_enrollments(
        deps, by, [Decision(key, decision, "条件所限") for key in stage.keys]
    )


def withdraw(deps: Deps, stage: Stage) -> Awaitable[object]:
    return commands.withdraw_enrollment(deps, SCHOOL, key=stage.key, reason="工作冲突")


def revise(decision: EnrollmentDecision) -> Call:
    return lambda deps, stage: commands.revise_decision(deps, BASE, key=stage.key, decision=decision, reason="录入有误")


def restore(deps: Deps, stage: Stage) -> Awaitable[object]:
    return commands.restore_enrollment(deps, SCHOOL, key=stage.key, reason="误操作")


def sweep(deps: Deps, stage: Stage) -> Awaitable[object]:
    del stage
    return commands.sweep(deps, "p1")


def enter_rosters(deps: Deps, stage: Stage) -> Awaitable[object]:
    del stage
    return commands.enter_rosters(deps, 1)


async def renew_offers(deps: Deps, stage: Stage) -> None:
    project = await stage.season.deps.store.projects.get("p1")
    await deps.store.transact(lambda session: commands.renew_offers(deps, project, session))


def import_schools(*, dry: bool) -> Call:
    async def call(deps: Deps, stage: Stage) -> object:
        return [row async for row in commands.import_schools(deps, MINISTRY, new_schools(stage), dry=dry)]

    return call


def stage_roster(deps: Deps, stage: Stage) -> Awaitable[object]:
    sheet = read_roster(as_csv(stages.strangers(stage.season, stage.count)))
    return commands.stage_roster(deps, SCHOOL, sheet=sheet, file_name="名单.csv")


async def request_teacher(deps: Deps, stage: Stage) -> object:
    teacher = await stage.season.deps.store.teachers.get(stage.key)
    number = stage.season.deps.vault.open(teacher.id_number.sealed)
    wanted = WantedTeacher(
        id_number=number,
        name=teacher.name,
        employment=Employment.FULL_TIME,
        reason="人才引进",
        kind=TransferKind.TRANSFER,
    )
    return await commands.request_teacher(deps, OTHER_SCHOOL, wanted=wanted)


def new_schools(stage: Stage) -> list[NewSchool]:
    return [NewSchool(code=f"41441{10_000 + number}", name="新学校", province="44") for number in range(stage.count)]


def new_teachers(stage: Stage) -> list[NewTeacher]:
    return [
        NewTeacher(
            name="新教师",
            id_number=id_number(number),
            mobile=mobile(number),
            post=Audience.TEACHER,
            employment=Employment.FULL_TIME,
        )
        for number in range(stage.count)
    ]


SINGLE: Mapping[str, Case] = {
    "sign_up": Case(
        stages.on_file,
        lambda deps, stage: commands.sign_up(deps, stage.teachers[0], project_id="p1"),
        Budget(8, commits=1),
        later=Budget(6, commits=1),
    ),
    "withdraw_sign_up": Case(
        stages.signed_up,
        lambda deps, stage: commands.withdraw_sign_up(deps, stage.teachers[0], key=stage.key),
        Budget(5, commits=1),
        later=Budget(3, commits=1),
    ),
    "withdraw_enrollment: submitted": Case(
        stages.submitted, withdraw, Budget(7, commits=1), later=Budget(5, commits=1)
    ),
    "withdraw_enrollment: waiting": Case(stages.waiting, withdraw, Budget(9, commits=1), later=Budget(7, commits=1)),
    "withdraw_enrollment: accepted": Case(stages.accepted, withdraw, Budget(11, commits=1), later=Budget(9, commits=1)),
    "withdraw_enrollment: accepted, others wait": Case(
        stages.accepted_before_a_line, withdraw, Budget(12, commits=1), later=Budget(10, commits=1)
    ),
    "revise_decision: an acceptance, others wait": Case(
        stages.accepted_before_a_line,
        revise(EnrollmentDecision.REJECT),
        Budget(10, commits=1),
        later=Budget(8, commits=1),
    ),
    "revise_decision: a rejection": Case(
        stages.rejected, revise(EnrollmentDecision.ACCEPT), Budget(12, commits=1), later=Budget(10, commits=1)
    ),
    "restore_enrollment: accepted": Case(stages.withdrawn, restore, Budget(13, commits=1), later=Budget(11, commits=1)),
    "restore_enrollment: submitted and ranked": Case(
        stages.withdrawn_undecided, restore, Budget(11, commits=1), later=Budget(9, commits=1)
    ),
    "request_withdrawal": Case(
        stages.submitted,
        lambda deps, stage: commands.request_withdrawal(deps, stage.teachers[0], key=stage.key, reason="身体原因"),
        Budget(6, commits=1),
        later=Budget(4, commits=1),
    ),
    "take_back_withdrawal_request": Case(
        stages.asking_to_leave,
        lambda deps, stage: commands.take_back_withdrawal_request(deps, stage.teachers[0], key=stage.key),
        Budget(8, commits=1),
        later=Budget(6, commits=1),
    ),
    "answer_withdrawal: granted, others wait": Case(
        stages.asking_to_leave,
        lambda deps, stage: commands.answer_withdrawal(deps, SCHOOL, key=stage.key, grant=True),
        Budget(12, commits=1),
        later=Budget(10, commits=1),
    ),
    "answer_withdrawal: refused": Case(
        stages.asking_to_leave,
        lambda deps, stage: commands.answer_withdrawal(deps, SCHOOL, key=stage.key, grant=False, reason="名额难得"),
        Budget(9, commits=1),
        later=Budget(7, commits=1),
    ),
    "accept_offer": Case(
        stages.offered,
        lambda deps, stage: commands.accept_offer(deps, SCHOOL, key=stage.key),
        Budget(10, commits=1),
        later=Budget(8, commits=1),
    ),
    "substitute_teacher": Case(
        stages.accepted_before_a_line,
        lambda deps, stage: commands.substitute_teacher(
            deps, SCHOOL, key=stage.key, teacher_id=stage.teachers[-1].person or "", reason="病假"
        ),
        Budget(16, commits=1),
        later=Budget(14, commits=1),
    ),
    "set_inner_cut_off": Case(
        stages.published,
        lambda deps, _: commands.set_inner_cut_off(
            deps, SCHOOL, year=2024, project_id="p1", closes_on=date(2024, 5, 18)
        ),
        Budget(6),
    ),
    "record_funding": Case(
        stages.published, lambda deps, _: commands.record_funding(deps, GUANGDONG, entry=PAYMENT), Budget(5)
    ),
    "record_funding: a correction": Case(
        stages.paid,
        lambda deps, stage: commands.record_funding(
            deps, GUANGDONG, entry=PAYMENT, corrects=stage.key, reason="金额有误"
        ),
        Budget(6),
    ),
    "reveal_teacher: its own": Case(
        stages.on_file,
        lambda deps, stage: commands.reveal_teacher(deps, SCHOOL, key=stage.key, purpose=PURPOSE),
        Budget(5),
    ),
    "reveal_teacher: whom the base has accepted": Case(
        stages.accepted,
        lambda deps, stage: commands.reveal_teacher(deps, BASE, key=stage.teachers[0].person or "", purpose=PURPOSE),
        Budget(5),
    ),
    "reveal_contacts": Case(
        stages.submitted,
        lambda deps, _: commands.reveal_contacts(deps, BASE, codes=[SCHOOL.school or ""], purpose=PURPOSE),
        Budget(5),
    ),
    "register_school": Case(
        stages.published,
        lambda deps, _: commands.register_school(deps, MINISTRY, code="4144100009", name="新学校", province="44"),
        Budget(2),
    ),
    "designate_person": Case(
        stages.published,
        lambda deps, _: commands.designate_person(deps, SCHOOL, name="钱主任", phone="13900000001", email=None),
        Budget(3),
    ),
    "correct_teacher": Case(
        stages.on_file,
        lambda deps, stage: commands.correct_teacher(deps, SCHOOL, key=stage.key, version=1, given={"title": "副教授"}),
        Budget(4),
    ),
    "close_teacher": Case(
        stages.on_file,
        lambda deps, stage: commands.close_teacher(deps, SCHOOL, key=stage.key, reason="退休"),
        Budget(4, commits=1),
    ),
    "rename_school": Case(
        stages.published,
        lambda deps, _: commands.rename_school(deps, MINISTRY, code="4144100001", name="新校名", reason="批准更名"),
        Budget(3),
    ),
    "close_school": Case(
        stages.published,
        lambda deps, _: commands.close_school(deps, MINISTRY, code="4144100001", reason="停止办学"),
        Budget(7, commits=1),
    ),
    "reopen_school": Case(
        stages.closed_school,
        lambda deps, _: commands.reopen_school(deps, MINISTRY, code="4144100001", reason="误关"),
        Budget(5, commits=1),
    ),
    "merge_school": Case(
        stages.published,
        lambda deps, _: commands.merge_school(deps, MINISTRY, code="4144100001", into="4143100002", reason="布局调整"),
        Budget(8, commits=1),
    ),
    "request_teacher": Case(stages.on_file, request_teacher, Budget(9, commits=1)),
    "answer_transfer": Case(
        stages.requested,
        lambda deps, stage: commands.answer_transfer(deps, SCHOOL, key=stage.key, confirm=True),
        Budget(9, commits=1),
    ),
    "decide_transfer": Case(
        stages.refused,
        lambda deps, stage: commands.decide_transfer(deps, MINISTRY, key=stage.key, grant=True, reason="应予流动"),
        Budget(8, commits=1),
    ),
    "withdraw_transfer": Case(
        stages.requested,
        lambda deps, stage: commands.withdraw_transfer(deps, OTHER_SCHOOL, key=stage.key, reason="不再需要"),
        Budget(6, commits=1),
    ),
    "update_my_contact": Case(
        stages.on_file,
        lambda deps, stage: commands.update_my_contact(deps, stage.teachers[0], given={"mobile": "13900000001"}),
        Budget(3),
    ),
    "own_roster": Case(
        stages.roster_of_strangers, lambda deps, stage: commands.own_roster(deps, SCHOOL, stage.key), Budget(1)
    ),
}
BULK: Mapping[str, Case] = {
    "decline_sign_ups": Case(
        stages.signed_up,
        lambda deps, stage: commands.decline_sign_ups(deps, SCHOOL, keys=stage.keys, reason="教学任务重"),
        Budget(7, commits=1),
        later=Budget(5, commits=1),
    ),
    "confirm_eligibility": Case(
        stages.to_be_confirmed,
        lambda deps, stage: commands.confirm_eligibility(deps, SCHOOL, keys=stage.keys, ok=True),
        Budget(6, commits=1),
        later=Budget(5, commits=1),
    ),
    "return_enrollments": Case(
        stages.to_be_checked_again,
        lambda deps, stage: commands.return_enrollments(deps, BASE, keys=stage.keys, reason="专业不符"),
        Budget(6, commits=1),
        later=Budget(5, commits=1),
    ),
    "rank_sign_ups": Case(
        stages.signed_up,
        lambda deps, stage: commands.rank_sign_ups(deps, SCHOOL, project_id="p1", keys=stage.keys),
        Budget(6, commits=1),
        later=Budget(4, commits=1),
    ),
    "enroll_teachers": Case(
        stages.on_file,
        lambda deps, stage: commands.enroll_teachers(
            deps,
            SCHOOL,
            project_id="p1",
            teachers=[teacher.person or "" for teacher in stage.teachers],
            submit_too=True,
        ),
        Budget(8, commits=1),
        later=Budget(7, commits=1),
    ),
    "submit_enrollments": Case(
        stages.signed_up,
        lambda deps, stage: commands.submit_enrollments(deps, SCHOOL, keys=stage.keys),
        Budget(6, commits=1),
        later=Budget(5, commits=1),
    ),
    "decide_enrollments: accept": Case(
        stages.submitted, decide(EnrollmentDecision.ACCEPT), Budget(9, commits=1), later=Budget(7, commits=1)
    ),
    "decide_enrollments: accept who waits": Case(
        stages.waiting, decide(EnrollmentDecision.ACCEPT), Budget(10, commits=1), later=Budget(8, commits=1)
    ),
    "decide_enrollments: waitlist": Case(
        stages.submitted, decide(EnrollmentDecision.WAITLIST), Budget(8, commits=1), later=Budget(6, commits=1)
    ),
    "decide_enrollments: reject": Case(
        stages.submitted, decide(EnrollmentDecision.REJECT), Budget(6, commits=1), later=Budget(4, commits=1)
    ),
    "decide_enrollments: the ministry": Case(
        stages.escalated, decide(EnrollmentDecision.ACCEPT, MINISTRY), Budget(9, commits=1)
    ),
    "reveal_teachers": Case(
        stages.accepted,
        lambda deps, _: commands.reveal_teachers(deps, BASE, project_id="p1", keys=None, purpose=PURPOSE),
        Budget(6, commits=1),
    ),
    "rank_waitlist": Case(
        stages.waiting,
        lambda deps, stage: commands.rank_waitlist(deps, BASE, project_id="p1", keys=stage.keys),
        Budget(6, commits=1),
        later=Budget(4, commits=1),
    ),
    "leave_digests": Case(
        stages.with_a_digest_due,
        lambda deps, _: commands.leave_digests(replace(deps, mailer=Silent())),
        Budget(5),
    ),
    "remind_bases": Case(stages.shortly_before_the_deadline, lambda deps, _: commands.remind_bases(deps), Budget(5)),
    "renew_offers": Case(stages.offered, renew_offers, Budget(3, commits=1)),
    "tell_of_amendment": Case(stages.overlapping, lambda deps, _: commands.tell_of_amendment(deps, "p1"), Budget(6)),
    "mark_notices_read": Case(
        stages.notified,
        lambda deps, stage: commands.mark_notices_read(deps, boxes=[BOX], keys=stage.keys),
        Budget(2),
    ),
    "register_schools": Case(
        stages.published,
        lambda deps, stage: commands.register_schools(deps, MINISTRY, new_schools(stage)),
        Budget(2, commits=1),
    ),
    "add_teachers": Case(
        stages.published,
        lambda deps, stage: commands.add_teachers(deps, SCHOOL, new_teachers(stage)),
        Budget(6, commits=1),
    ),
    "stage_roster": Case(stages.published, stage_roster, Budget(9)),
    "commit_roster": Case(
        stages.roster_of_strangers,
        lambda deps, stage: commands.commit_roster(deps, SCHOOL, key=stage.key, mode=RosterMode.VALID_ROWS),
        Budget(7),
    ),
    "enter_rosters: a whole one": Case(
        stages.committed(RosterMode.ALL_OR_NOTHING, stages.roster_of_strangers), enter_rosters, Budget(16, commits=1)
    ),
}
WINDOWED: Mapping[str, Case] = {
    "settle_schools": Case(
        stages.merged,
        lambda deps, _: commands.settle_schools(deps),
        Budget(18, commits=2),
        window=Budget(10, commits=2),
    ),
    "escalate_transfers": Case(
        stages.requested_long_ago,
        lambda deps, _: commands.escalate_transfers(deps),
        Budget(7, commits=1),
        window=Budget(6, commits=1),
    ),
    "escalate_undecided": Case(
        stages.undecided,
        lambda deps, _: commands.escalate_undecided(deps),
        Budget(9, commits=1),
        window=Budget(7, commits=1),
    ),
    "expire_offers": Case(
        stages.offered_too_long_ago,
        lambda deps, _: commands.expire_offers(deps),
        Budget(9, commits=1),
        window=Budget(8, commits=1),
    ),
    "lapse_at_start": Case(
        stages.waiting_at_the_planned_start,
        lambda deps, _: commands.lapse_at_start(deps),
        Budget(11, commits=1),
        window=Budget(8, commits=1),
    ),
    "lapse_requests_at_start": Case(
        stages.asking_to_leave_at_the_planned_start,
        lambda deps, _: commands.lapse_requests_at_start(deps),
        Budget(12, commits=1),
        window=Budget(9, commits=1),
    ),
    "revive_lapsed": Case(
        stages.lapsed_on_a_day_that_was_put_off,
        lambda deps, _: commands.revive_lapsed(deps, "p1"),
        Budget(13, commits=1),
        window=Budget(11, commits=1),
    ),
    "offer_free_seats": Case(
        stages.waiting_when_admission_closed,
        lambda deps, _: commands.offer_free_seats(deps),
        Budget(9, commits=1),
        window=Budget(7, commits=1),
    ),
    "offer_after_suspension": Case(
        stages.waiting,
        lambda deps, _: commands.offer_after_suspension(deps, "p1"),
        Budget(8, commits=1),
        window=Budget(7, commits=1),
    ),
    "sweep: cancelled, accepted": Case(
        stages.of_a_project_that_is(ProjectState.CANCELLED, stages.accepted),
        sweep,
        Budget(13, commits=1),
        window=Budget(9, commits=1),
    ),
    "sweep: started, still waiting": Case(
        stages.of_a_project_that_is(ProjectState.RUNNING, stages.waiting),
        sweep,
        Budget(11, commits=1),
        window=Budget(7, commits=1),
    ),
    "deliver_pending": Case(
        stages.to_be_delivered, lambda deps, _: commands.deliver_pending(deps), Budget(5), window=Budget(4)
    ),
    "import_schools": Case(
        stages.published, import_schools(dry=False), Budget(3, commits=1), window=Budget(3, commits=1)
    ),
    "import_schools: dry": Case(stages.published, import_schools(dry=True), Budget(1), window=Budget(1)),
    "enter_rosters: strangers": Case(
        stages.committed(RosterMode.VALID_ROWS, stages.roster_of_strangers),
        enter_rosters,
        Budget(16, commits=1),
        window=Budget(13, commits=1),
    ),
    "enter_rosters: signed up": Case(
        stages.committed(RosterMode.VALID_ROWS, stages.roster_of_signed_up),
        enter_rosters,
        Budget(14, commits=1),
        window=Budget(11, commits=1),
    ),
}


async def require_budget(season: Season, parts: Parts, case: Case, count: int) -> None:
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (database, operations):
        deps = Deps(Store(database), season.deps.clock, season.deps.vault)
        for budget in filter(None, (case.budget, case.later)):
            stage = await case.prepare(season, count)
            operations.clear()
            with acting(Act(MINISTRY, idempotency_key=new_id())):
                answer = await case.call(deps, stage)
            assert answer or answer is None
            assert not isinstance(answer, list) or not [row for row in answer if getattr(row, "refusal", None)]
            assert operations.cost == budget.further((count - 1) // WINDOW, case.window), operations.seen


@pytest.mark.parametrize("name", SINGLE)
async def test_a_command_takes_its_budget_of_operations(season: Season, parts: Parts, name: str) -> None:
    await require_budget(season, parts, SINGLE[name], 1)


@pytest.mark.parametrize("count", [1, WINDOW])
@pytest.mark.parametrize("name", BULK)
async def test_a_command_of_many_rows_takes_as_many_operations_as_of_one(
    season: Season, parts: Parts, name: str, count: int
) -> None:
    await require_budget(season, parts, BULK[name], count)


@pytest.mark.parametrize("count", [1, WINDOW, 2 * WINDOW])
@pytest.mark.parametrize("name", WINDOWED)
async def test_a_command_of_any_number_of_rows_takes_as_many_operations_a_window(
    season: Season, parts: Parts, name: str, count: int
) -> None:
    await require_budget(season, parts, WINDOWED[name], count)


def test_every_command_has_a_budget() -> None:
    """Those that tell names have theirs in `test_names.py`."""
    names = {"tell_names", "tell_earlier_names"}
    assert use_cases(commands) == {name.partition(":")[0] for name in (*SINGLE, *BULK, *WINDOWED)} | names
