"""R19–R26: whatever happens to a class in whatever order, by the rules alone: seats, events, ends and the line hold."""

from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain import results as following
from services.enrollment.domain import waitlist as waiting
from services.enrollment.domain.enrollment import FOLLOWED, RESTORED, TRANSITIONS, Enrollment, Step
from services.enrollment.domain.events import DecisionRevised, Restored
from services.enrollment.domain.restoration import former_state, restore
from services.enrollment.domain.revision import revise
from services.enrollment.domain.seats import HOLDS, Counter, Seats, moved, moves_seats
from services.enrollment.domain.vocabulary import LIVE, EnrollmentDecision, EnrollmentStatus, Outcome
from tests.unit.enrollment.examples import NOW, a_project, a_teacher

S = EnrollmentStatus
PEOPLE = st.integers(0, 5)
CORRECTED = frozenset().union(*FOLLOWED.values())
ENDS = frozenset(S) - frozenset(TRANSITIONS) - CORRECTED
"""Nothing leads out of these but a restoration, neither a command nor what assessment tells later."""
FOLLOWING: tuple[Callable[[Enrollment], following.Followed], ...] = (
    lambda one: following.attend(one, NOW, present=True),
    lambda one: following.miss(one, NOW),
    lambda one: following.assess(one, Outcome.PASSED, NOW),
    lambda one: following.assess(one, Outcome.FAILED, NOW),
    lambda one: following.credit(one, NOW),
    lambda one: following.revoke(one, "材料不实", NOW),
    lambda one: following.restore(one, "撤销有误", NOW),
    lambda one: following.attend(one, NOW, present=False, attended=0),
)


class AClass(RuleBasedStateMachine):
    """One project, its seats counted step by step, and everybody's latest enrollment in it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.seats = Seats("p1", 2)
        self.known: dict[str, Enrollment] = {}
        self.events: Tally[str] = Tally()
        self.born = 0

    @initialize(capacity=st.integers(1, 3))
    def open(self, capacity: int) -> None:
        self.seats = replace(self.seats, capacity=capacity)

    def latest(self, person: int) -> Enrollment | None:
        own = [one for one in self.known.values() if one.teacher == f"t{person}"]
        return own[-1] if own else None

    def take(self, before: Enrollment | None, step: Step) -> bool:
        """Settle a step as the store does: refused whole when it needs a seat and none is left."""
        after, events = step
        status = before.status if before else None
        if moves_seats(status, after.status):
            try:
                self.seats = moved(self.seats, status, after.status)
            except Refusal:
                return False
        assert [type(event) for event in events[1:]] in ([], [DecisionRevised], [Restored])
        assert before is None or before.status not in ENDS or type(events[-1]) is Restored
        self.events[after.id] += 1
        self.known[after.id] = replace(after, version=self.events[after.id])
        return True

    def attempt(self, person: int, act: Callable[[Enrollment], Step]) -> bool:
        """An act on somebody's latest enrollment; a refusal leaves everything as it was."""
        before = self.latest(person)
        if before is None:
            return False
        known, seats = dict(self.known), self.seats
        try:
            done = self.take(before, act(before))
        except Refusal:
            done = False
        assert done or (self.known, self.seats) == (known, seats)
        return done

    def pass_on(self) -> None:
        waitlisted = (one for one in self.known.values() if one.status is S.WAITLISTED)
        line = sorted(waitlisted, key=waiting.place_in_line)
        if line and self.seats.left:
            self.take(line[0], waiting.offer(line[0], self.now + timedelta(hours=2), self.now))

    @rule(person=PEOPLE)
    def sign_up(self, person: int) -> None:
        latest = self.latest(person)
        if latest is None or not latest.live:
            self.born += 1
            signed = enrollments.sign_up(f"e{self.born:03d}", a_teacher(id=f"t{person}"), a_project(), self.now)
            assert self.take(None, signed)

    @rule(person=PEOPLE, minutes=st.integers(0, 3))
    def submit(self, person: int, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.attempt(person, lambda one: enrollments.submit(one, "赵主任", self.now, calendar=None))

    @rule(person=PEOPLE, decision=st.sampled_from(EnrollmentDecision))
    def decide(self, person: int, decision: EnrollmentDecision) -> None:
        self.attempt(person, lambda one: enrollments.decide(one, decision, Reason("理由"), self.now))

    @rule(person=PEOPLE, decision=st.sampled_from(EnrollmentDecision))
    def revise(self, person: int, decision: EnrollmentDecision) -> None:
        before, latest = self.latest(person), [one.teacher for one in self.known.values() if one.live]
        if before and (before.live or before.teacher not in latest):
            act = partial(revise, decision=decision, reason=Reason("更正"), now=self.now, overrides=False)
            if self.attempt(person, act):
                self.pass_on()

    @rule(person=PEOPLE, act=st.sampled_from(["decline", "withdraw", "withdraw_sign_up", "lapse", "cancel", "expire"]))
    def end(self, person: int, act: str) -> None:
        acts: dict[str, Callable[[Enrollment], Step]] = {
            "decline": lambda one: enrollments.decline(one, Reason("不同意"), "赵主任", self.now),
            "withdraw": lambda one: enrollments.withdraw(one, Reason("工作冲突"), "赵主任", self.now),
            "withdraw_sign_up": lambda one: enrollments.withdraw_sign_up(one, self.now),
            "lapse": lambda one: enrollments.lapse(one, self.now),
            "cancel": lambda one: enrollments.cancel(one, "停办", self.now),
            "expire": lambda one: waiting.expire(one, self.now),
        }
        if self.attempt(person, acts[act]):
            self.pass_on()

    @rule(person=PEOPLE)
    def restore(self, person: int) -> None:
        def back(one: Enrollment) -> Step:
            ranks = {"rank": one.rank, "waiting_rank": one.waiting_rank}
            return restore(one, former_state(one), Reason("误操作"), "赵主任", self.now, **ranks)

        before = self.latest(person)
        if before is None or before.status in RESTORED:
            self.attempt(person, back)

    @rule(person=PEOPLE)
    def take_offer(self, person: int) -> None:
        self.attempt(person, lambda one: waiting.take_offer(one, "赵主任", self.now))

    @rule(person=PEOPLE, place=st.none() | st.integers(1, 3))
    def rank(self, person: int, place: int | None) -> None:
        self.attempt(person, lambda one: waiting.rank_waiting(one, place))

    @rule(person=PEOPLE, told=st.sampled_from(FOLLOWING))
    def follow(self, person: int, told: Callable[[Enrollment], following.Followed]) -> None:
        before = self.latest(person)
        followed = told(before) if before else None
        if followed:
            assert self.take(before, followed)

    @rule(person=PEOPLE, colleague=PEOPLE)
    def substitute(self, person: int, colleague: int) -> None:
        before, other = self.latest(person), self.latest(colleague)
        if before is None or person == colleague or (other and other.live):
            return
        self.born += 1
        key, teacher = f"e{self.born:03d}", a_teacher(id=f"t{colleague}")
        left = self.seats.left
        if self.attempt(person, lambda one: waiting.substitute(one, Reason("调动"), "赵主任", self.now, successor=key)):
            assert self.take(None, waiting.hand_over(before, teacher, a_project(), "赵主任", self.now, key=key))
            assert self.seats.left == left

    @invariant()
    def seats_are_what_the_enrollments_hold_and_never_over(self) -> None:
        held = Tally(HOLDS[one.status] for one in self.known.values() if one.status in HOLDS)
        counted = {name: getattr(self.seats, name.value) for name in Counter}
        assert counted == {name: held[name] for name in Counter}
        assert self.seats.accepted + self.seats.offered <= self.seats.capacity

    @invariant()
    def ends_have_a_reason_and_people_one_way(self) -> None:
        for one in self.known.values():
            assert one.live == (one.status in LIVE)
            assert one.status not in ENDS or one.reason_code
            assert one.history[-1].status is one.status
        live = Tally(one.teacher for one in self.known.values() if one.live)
        assert all(count == 1 for count in live.values())


TestAClass = AClass.TestCase
TestAClass.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
