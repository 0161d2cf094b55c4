"""docs/state-machines.md says what the code does: states, transitions, acts, rules and events."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chassis.events import event_name
from chassis.principal import Scope
from contracts.registry import events
from gateway.identity.account import Account, AccountState
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.reference import round_data, rules
from services.assessment.domain.annual import TRANSITIONS as ANNUAL_STEPS
from services.assessment.domain.credit import Credit
from services.assessment.domain.finding import TRANSITIONS as FINDING_STEPS
from services.assessment.domain.inspection import TRANSITIONS as INSPECTION_STEPS
from services.assessment.domain.quota_proposal import TRANSITIONS as PROPOSAL_STEPS
from services.assessment.domain.vocabulary import (
    AnnualState,
    BookState,
    CertificateState,
    CreditStatus,
    FindingState,
    InspectionState,
    InstrumentState,
    ProposalState,
)
from services.catalog.domain.project import TRANSITIONS as PROJECT_STEPS
from services.catalog.domain.vocabulary import PhaseName, ProjectStatus
from services.enrollment.domain.enrollment import FOLLOWED, RESTORED, REVIVED
from services.enrollment.domain.enrollment import TRANSITIONS as ENROLLMENT_STEPS
from services.enrollment.domain.roster.roster import RowState
from services.enrollment.domain.transfer import TRANSITIONS as TRANSFER_STEPS
from services.enrollment.domain.vocabulary import (
    DeliveryState,
    EnrollmentStatus,
    RosterState,
    TransferState,
    WithdrawalRequestState,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "state-machines.md"
SUPERGRAPH = ROOT / "contracts" / "graph" / "supergraph.graphql"
NOW = datetime(2024, 5, 1, tzinfo=UTC)

MACHINES = (
    "Project",
    "Enrollment",
    "Request to leave",
    "After acceptance",
    "Book",
    "Credit",
    "Certificate",
    "Delivery",
    "Notice",
    "Roster",
    "Row of a roster",
    "Transfer",
    "School",
    "Account",
    "Inspection",
    "Finding",
    "Annual assessment",
    "Quota proposal",
    "Phases of a round",
)
STATES: Mapping[str, type[StrEnum]] = {
    "Project": ProjectStatus,
    "Book": BookState,
    "Credit": CreditStatus,
    "Certificate": CertificateState,
    "Evaluation": InstrumentState,
    "Delivery": DeliveryState,
    "Roster": RosterState,
    "Row of a roster": RowState,
    "Transfer": TransferState,
    "Account": AccountState,
    "Request to leave": WithdrawalRequestState,
    "Inspection": InspectionState,
    "Finding": FindingState,
    "Annual assessment": AnnualState,
    "Quota proposal": ProposalState,
}
START = "[*]"
Edges = set[tuple[str, str]]


@cache
def sections() -> dict[str, str]:
    """Heading to the text below it."""
    parts = re.split(r"^#{2,3} (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def composites(section: str) -> dict[str, set[str]]:
    """A state that stands for several, as the diagram draws it."""
    return {
        name: set(re.findall(r"\b(?!state\b)[A-Z_]+\b", body))
        for name, body in re.findall(r"state (\w+) \{(.*?)\}", sections()[section], re.DOTALL)
    }


def expanded(section: str, edges: Iterable[tuple[str, str]]) -> Edges:
    """The edges between single states; within a state that stands for several, a way from one to itself is none."""
    inner, edges = composites(section), set(edges)
    singles = {
        (source, target)
        for start, end in edges
        for source in inner.get(start, {start})
        for target in inner.get(end, {end})
    }
    return {(source, target) for source, target in singles if source != target or (source, target) in edges}


def diagram(section: str) -> Edges:
    (drawn,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", sections()[section], re.DOTALL)
    return expanded(section, re.findall(r"^\s*(\S+) --> (\w+)", drawn, re.MULTILINE))


def rows(section: str) -> Iterator[dict[str, str]]:
    """The lines of the table of transitions."""
    names = ("from", "to", "act", "who", "rule", "event")
    for line in sections()[section].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(names) and cells[0] not in {"from", "---"}:
            yield dict(zip(names, cells, strict=True))


def table(section: str) -> Edges:
    return expanded(
        section,
        [
            (START if source == "–" else source, target)
            for row in rows(section)
            for source in row["from"].split(", ")
            for target in row["to"].split(", ")
        ],
    )


def steps(edges: Edges) -> Edges:
    """Without the way in."""
    return {(source, target) for source, target in edges if source != START}


def values(targets_of: Mapping[Any, Iterable[Any]]) -> Edges:
    return {(source.value, target.value) for source, targets in targets_of.items() for target in targets}


def walked(states: Iterable[StrEnum], acts: Iterable[Callable[[Any], StrEnum]]) -> Edges:
    """The changes of state that some acts make, each tried in each state."""
    edges = set()
    for state in states:
        for act in acts:
            try:
                edges.add((state.value, act(state).value))
            except Refusal:
                continue
    return {(source, target) for source, target in edges if source != target}


@pytest.mark.parametrize("section", MACHINES)
def test_a_machines_table_has_the_transitions_of_its_diagram(section: str) -> None:
    assert diagram(section)
    assert table(section) == diagram(section)


@pytest.mark.parametrize("section", STATES)
def test_a_diagram_has_the_codes_states(section: str) -> None:
    assert {state for edge in diagram(section) for state in edge} - {START} == set(STATES[section])


def test_the_two_diagrams_of_enrollment_have_all_its_states() -> None:
    drawn = {state for section in ("Enrollment", "After acceptance") for edge in diagram(section) for state in edge}
    assert drawn - {START} == set(EnrollmentStatus)


def test_projects_move_as_drawn() -> None:
    assert steps(diagram("Project")) == values(PROJECT_STEPS)


def test_enrollments_move_by_commands_and_come_back_as_drawn() -> None:
    assert steps(diagram("Enrollment")) == values(ENROLLMENT_STEPS) | values(REVIVED) | values(RESTORED)


def test_enrollments_follow_assessment_as_drawn() -> None:
    followed = {(source, target) for target, source in values(FOLLOWED)}
    assert diagram("After acceptance") == {(source, target) for source, target in followed if source != target}


def test_credits_move_as_drawn() -> None:
    def credit(status: Any) -> Credit:
        return Credit(hours=40, rule="2024", status=status, changed_at=NOW)

    moves = walked(
        CreditStatus,
        [
            lambda status: credit(status).confirm(NOW).status,
            lambda status: credit(status).revoke(Reason("材料不实"), NOW).status,
            lambda status: credit(status).restore(Reason("撤销有误"), NOW).status,
        ],
    )
    assert moves == steps(diagram("Credit"))


def test_requests_for_persons_move_as_drawn() -> None:
    assert steps(diagram("Transfer")) == values(TRANSFER_STEPS)


def test_inspections_and_their_findings_move_as_drawn() -> None:
    """R37."""
    assert steps(diagram("Inspection")) == values(INSPECTION_STEPS)
    assert steps(diagram("Finding")) == values(FINDING_STEPS)


def test_annual_assessments_move_as_drawn() -> None:
    """R38."""
    assert steps(diagram("Annual assessment")) == values(ANNUAL_STEPS)


def test_quota_proposals_are_decided_as_drawn() -> None:
    """R39."""
    assert steps(diagram("Quota proposal")) == values(PROPOSAL_STEPS)


def test_accounts_move_as_drawn() -> None:
    def account(state: Any) -> Account:
        expires = NOW + timedelta(days=1) if state is AccountState.INITIAL else None
        return Account("a1", 1, "4144100001", Scope.SCHOOL, "hash", state, expires)

    def with_password(state: Any) -> AccountState:
        account(state).admit(NOW)  # nobody sets a password who is not let in
        return account(state).with_password("hash").state

    acts: list[Callable[[Any], StrEnum]] = [
        with_password,
        lambda state: account(state).with_code("hash", NOW).state,
        lambda state: account(state).disabled().state,
    ]
    assert walked(AccountState, acts) == steps(diagram("Account"))


def test_phases_are_those_of_the_code_with_the_dates_of_the_round() -> None:
    rows = re.findall(r"^\| ([A-Z]+) \| .* \| (\S+) – (\S+) \|$", sections()["Phases of a round"], re.MULTILINE)
    assert [name for name, *_ in rows] == list(PhaseName)
    assert rows == [(phase["name"], phase["opens"], phase["closes"]) for phase in round_data(2024)["phases"]]


@pytest.mark.parametrize("section", MACHINES)
def test_acts_rules_events_and_roles_exist(section: str) -> None:
    wire = set(_events())
    mutations = _mutations()
    numbers = {row["rule"] for row in rules()}
    roles = {scope.value for scope in Scope} | {"system", "operator", "holder"}
    for row in rows(section):
        for act in re.findall(r"`([a-z]+[A-Z]\w*|[a-z]+\.[a-z-]+)`", row["act"]):
            assert act in mutations | wire, act
        assert set(re.findall(r"`([^`]+)`", row["event"])) <= wire, row
        assert set(re.findall(r"R\d+", row["rule"])) <= numbers, row
        assert re.search("|".join(roles), row["who"]) or row["who"] == "the same", row


def test_every_event_of_a_project_or_an_enrollment_is_on_the_page() -> None:
    """Those that move nothing are listed here, so that a new event has to be given its place."""
    unmoved = {"catalog.project-amended", "catalog.project-extended", "enrollment.ranked", "enrollment.waitlist-ranked"}
    unmoved |= {"enrollment.attendee-named"}
    page = PAGE.read_text(encoding="utf-8")
    moving = {
        name
        for name, kind in _events().items()
        if name.startswith("catalog.project-") or (name.startswith("enrollment.") and "enrollment" in _fields(kind))
    }
    assert unmoved < moving
    assert {name for name in moving - unmoved if f"`{name}`" not in page} == set()


def _events() -> dict[str, type]:
    return {f"{producer}.{event_name(kind)}": kind for producer, kind in events()}


def _fields(kind: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def _mutations() -> set[str]:
    text = SUPERGRAPH.read_text(encoding="utf-8")
    body = re.search(r"^type Mutation\b.*?\{(.*?)^\}", text, re.DOTALL | re.MULTILINE)
    assert body
    return set(re.findall(r"^  (\w+)\(", body[1], re.MULTILINE))
