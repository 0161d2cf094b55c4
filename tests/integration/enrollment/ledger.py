"""What the database holds after each step, and what may never be so."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from chassis.storage.mongo import Document, from_document
from services.enrollment.domain.enrollment import FOLLOWED, TRANSITIONS, Enrollment
from services.enrollment.domain.project import Project
from services.enrollment.domain.seats import HOLDS
from services.enrollment.domain.seats import Counter as SeatCounter
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus
from services.enrollment.domain.waitlist import place_in_line
from tests.integration.enrollment.season import Season

S = EnrollmentStatus
TERMINAL = frozenset(S) - frozenset(TRANSITIONS) - frozenset().union(*FOLLOWED.values())
KEPT = ("enrollments", "seats", "persons", "deliveries", "notices")
TOLD = {
    S.SIGNED_UP: "signed-up",
    S.DECLINED: "declined",
    S.SUBMITTED: "submitted",
    S.ACCEPTED: "accepted",
    S.REJECTED: "rejected",
    S.WAITLISTED: "waitlisted",
    S.OFFERED: "offered",
    S.EXPIRED: "offer-expired",
    S.LAPSED: "lapsed",
    S.WITHDRAWN: "withdrawn",
    S.SUBSTITUTED: "substituted",
    S.CANCELLED: "cancelled",
}
"""The event of each state that a person, a base or time leads to."""


@dataclass
class Picture:
    """Everything at one moment at which nobody acts."""

    documents: dict[str, list[Document]]

    def __post_init__(self) -> None:
        self.enrollments = {one["_id"]: from_document(one, Enrollment) for one in self.documents["enrollments"]}
        self.projects = {one["_id"]: from_document(one, Project) for one in self.documents["projects"]}

    def is_consistent(self) -> None:
        """What holds at every moment."""
        self._seats()
        self._people()
        for one in self.enrollments.values():
            assert one.live == (one.status in LIVE)
            assert one.status not in TERMINAL or one.reason_code, one
        for document in self.documents["enrollments"]:
            self._events(document)

    def follows(self, before: "Picture", *, reordered: bool) -> None:
        """What holds from one moment to the next: ends are final, and nobody is passed over in the line (R25)."""
        known = {one["_id"]: one for one in self.documents["enrollments"]}
        for document in before.documents["enrollments"]:
            if document["status"] in TERMINAL:
                assert known[document["_id"]] == document
        if reordered:
            return
        for project in self.projects:
            waiting = [
                one for one in before.enrollments.values() if (one.project, one.status) == (project, S.WAITLISTED)
            ]
            line = sorted(waiting, key=place_in_line)
            called = [len(self.enrollments[one.id].history) > len(one.history) for one in line]
            offered = [S.OFFERED in {step.status for step in self.enrollments[one.id].history} for one in line]
            if True in offered:
                last = len(offered) - 1 - offered[::-1].index(True)
                assert all(called[:last]), "somebody was passed over"

    def _seats(self) -> None:
        held = Counter((one.project, HOLDS[one.status]) for one in self.enrollments.values() if one.status in HOLDS)
        for seats in self.documents["seats"]:
            assert all(seats[name.value] == held[seats["_id"], name] for name in SeatCounter), seats
            assert seats["accepted"] + seats["offered"] <= seats["capacity"], seats
            told = self._told(seats["_id"])
            assert all(seats[name] == count for name, count in told.items()), (told, seats)

    def _told(self, project: str) -> Document:
        """The seats as a reader of the events knows them, who keeps the count of the latest step, in whatever order."""
        rows = [one for one in self.documents["enrollments"] if one["project"] == project]
        counts = [event["data"]["seats"] for row in rows for event in row["events"] if event["data"].get("seats")]
        assert len({count["version"] for count in counts}) == len(counts)
        return max(counts, key=lambda count: count["version"], default={})

    def _people(self) -> None:
        """One live sign-up a person and project; nobody in two places at a time; time is held by acceptances (R19)."""
        live = Counter((one.teacher, one.project) for one in self.enrollments.values() if one.live)
        assert all(count == 1 for count in live.values()), live
        accepted = [one for one in self.enrollments.values() if HOLDS.get(one.status) is SeatCounter.ACCEPTED]
        for one, other in combinations(accepted, 2):
            here, there = self.projects[one.project], self.projects[other.project]
            apart = here.ends_on < there.starts_on or there.ends_on < here.starts_on
            assert one.teacher != other.teacher or apart, (one, other)
        held = {time["enrollment"] for person in self.documents["persons"] for time in person["accepted"]}
        assert held == {one.id for one in accepted}

    def _events(self, document: Document) -> None:
        """Each version has one event, and each step of the history the event of its state (no relay takes them).

        The correction of a decision is told besides.
        """
        events = [one for one in document["events"] if one["name"] != "decision-revised"]
        assert [one["version"] for one in events] == list(range(1, document["version"] + 1)), document
        told = [one["name"] for one in events if one["name"] in TOLD.values()]
        assert told == [TOLD[S(step["status"])] for step in document["history"]], document


class Ledger:
    """Looks at a season's database.

    Args:
        season: The season.
    """

    def __init__(self, season: Season) -> None:
        self._database = season.database
        self.overfull: list[Document] = []
        self.reordered = False

    async def watch(self) -> None:
        """Read the seats again and again, as the public does, and note every class that is over."""
        over = {"$expr": {"$gt": [{"$add": ["$accepted", "$offered"]}, "$capacity"]}}
        while True:
            self.overfull += await self._database["seats"].find(over).to_list()
            await asyncio.sleep(0)

    async def documents(self) -> dict[str, list[Document]]:
        """Every document that a command may write, whole."""
        return {name: await self._database[name].find(sort=[("_id", 1)]).to_list() for name in KEPT}

    async def picture(self) -> Picture:
        """What there is, with the projects it is about."""
        return Picture(await self.documents() | {"projects": await self._database["projects"].find().to_list()})

    async def erase(self) -> None:
        """Begin the next example without this one's people."""
        everything: dict[str, Any] = {}
        for name in (*KEPT, "projects"):
            await self._database[name].delete_many(everything)
