"""What the register does for evaluations by itself: make questionnaires, list keys, open, close, publish (R34–R36).

Every step may be repeated: it finds by the stored state what is left of it, and the ballot box answers the same again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

import structlog

from chassis import blindrsa, seal
from chassis.storage.lease import LeaseLost
from chassis.storage.mongo import DuplicateKey, Session, StorageError, transact
from kernel import ballots
from kernel.dates import oldest_year_at_hand, today
from kernel.encoding import to_base64url
from kernel.errors import Refusal
from kernel.reference import questionnaires
from services.assessment.commands.deps import Deps
from services.assessment.domain import instrument as instruments
from services.assessment.domain.instrument import Instrument, form_of
from services.assessment.domain.project import Project
from services.assessment.domain.tally import Form, Tally, masked, tally
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState, ProjectPhase

MOST_PROJECTS = 200
"""How many projects one look takes; the next goes on behind them."""
_MOST = 200
"""How many questionnaires one look takes; likewise."""
_MOST_LISTED = 1_000
_MADE_SECONDS = 10.0
"""How long one look makes keys; a pair takes up to two seconds."""
_BEGUN = (ProjectPhase.RUNNING, ProjectPhase.FINISHED)
_LATE = timedelta(days=14)
"""How long after its end a class that is completed already still gets its questionnaires."""
_OVER = (ProjectPhase.FINISHED, ProjectPhase.COMPLETED)
log = structlog.get_logger()


class BoxAway(Exception):  # noqa: N818 - it will be asked again
    """The ballot box does not answer, or not as it should; a later look tries again."""


class BoxRefused(Exception):  # noqa: N818 - an answer of the box
    """The ballot box has refused.

    Attributes:
        code: Its code.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What the box hands over: the receipts of all ballots, and the inner seals, each list sorted for itself.

    Attributes:
        receipts: Of all ballots.
        inner: Those that could be had.
        unreadable: How many could not.
    """

    receipts: Sequence[str]
    inner: Sequence[bytes]
    unreadable: int


class BallotBox(Protocol):
    """The ballot box as the register speaks to it; each call may raise `BoxAway` and `BoxRefused`."""

    async def set_up(self, instrument: str, n: str, window: tuple[datetime, datetime] | None) -> str:
        """Set a box up, or move its window; answers the box's public key."""

    async def window(self, instrument: str) -> tuple[datetime, datetime] | None:
        """The window that the box has."""

    async def turnout(self) -> dict[str, int]:
        """The ballots of open boxes at the last midnight."""

    async def close(self, instrument: str) -> int:
        """Close a box; answers how many ballots it has."""

    async def open(self, instrument: str) -> Opened:
        """Take what is under the outer seals."""

    async def empty(self, instrument: str) -> None:
        """Destroy key and ballots of a box."""


@dataclass(slots=True)
class Evaluations:
    """The evaluations of all projects, moved on by a timer of the one worker that has the register's keys.

    Attributes:
        deps: The service's dependencies.
        keys: The folder of the register's keys.
        box: The ballot box.
    """

    deps: Deps
    keys: seal.KeyFolder
    box: BallotBox
    _after: dict[str, str] = field(default_factory=dict)

    async def make(self) -> int:
        """Make the two questionnaires of projects that have begun; keys take time, so it goes on at later looks."""
        began, made = asyncio.get_running_loop().time(), 0
        for project in await self._next_begun():
            for content in questionnaires()["forms"]:
                made += await self._guarded(project.id, self._make, project, content)
            if asyncio.get_running_loop().time() - began > _MADE_SECONDS:
                self._after["made"] = project.id
                break
        return made

    async def list_keys(self) -> int:
        """List the keys of all questionnaires that were made before today; one list a day, and never a second."""
        store, now = self.deps.store, self.deps.clock.now()
        day = today(now)
        if await store.key_lists.find(day.isoformat()):
            return 0
        unlisted = await store.instruments.standing(
            InstrumentState.SCHEDULED,
            limit=_MOST_LISTED,
            list_day=None,
            box_key={"$ne": None},
            made_on={"$lt": day.isoformat()},
        )
        if not unlisted:
            return 0
        listed, events = instruments.list_keys(unlisted, now)

        async def work(session: Session) -> int:
            await store.key_lists.insert(listed, events, session)
            for instrument in unlisted:
                await store.instruments.save(replace(instrument, list_day=day), session=session)
            return len(unlisted)

        try:
            return await transact(store.client, work)
        except DuplicateKey:
            return 0

    async def schedule(self) -> int:
        """Set the window of questionnaires whose training is over, and end those of cancelled projects."""
        waiting = await self._next("scheduled", InstrumentState.SCHEDULED, opens_at=None, box_key={"$ne": None})
        found = await self.deps.store.projects.find_many([instrument.project for instrument in waiting])
        done = 0
        for instrument, project in zip(waiting, found, strict=True):
            if project and project.phase in _OVER:
                done += await self._guarded(instrument.id, self._schedule, instrument, project)
            elif project and project.phase is ProjectPhase.CANCELLED:
                done += await self._guarded(instrument.id, self._void, instrument)
        return done

    async def open(self) -> int:
        """Open those whose first moment has come, once their keys are listed."""
        now = self.deps.clock.now()
        due = await self._next("opened", InstrumentState.SCHEDULED, opens_at={"$lte": now}, list_day={"$ne": None})
        return await self._each(due, self._open)

    async def count(self) -> int:
        """Take over the turnout of the last midnight."""
        day = today(self.deps.clock.now())
        due = await self._next("counted", InstrumentState.OPEN, turnout_day={"$ne": day.isoformat()})
        if not due:
            return 0
        try:
            counts = await self.box.turnout()
        except (BoxAway, BoxRefused) as error:
            log.warning("ballot box unavailable", error=type(error).__name__)
            return 0

        async def note(instrument: Instrument) -> bool:
            counted = replace(instrument, turnout=counts.get(instrument.id, 0), turnout_day=day)
            await self.deps.store.instruments.save(counted)
            return True

        return await self._each(due, note)

    async def remind(self) -> int:
        """Remind the attendees of those that close within days, once."""
        now = self.deps.clock.now()
        soon = {"$gt": now, "$lte": now + instruments.REMINDED_BEFORE}
        due = await self._next("reminded", InstrumentState.OPEN, closes_at=soon, reminded={"$ne": True})
        return await self._each(due, self._remind)

    async def close(self) -> int:
        """Close those whose last moment is a minute ago."""
        now = self.deps.clock.now()
        states = (InstrumentState.OPEN, InstrumentState.SCHEDULED)
        due = await self._next("closed", *states, closes_at={"$lte": now - instruments.SETTLING})
        return await self._each(due, self._close)

    async def publish(self) -> int:
        """Publish, or suppress, the results of those that are closed."""
        return await self._each(await self._next("published", InstrumentState.CLOSED), self._publish)

    async def clear(self) -> int:
        """Destroy keys, rights and ballots of those that have ended."""
        ended = (InstrumentState.PUBLISHED, InstrumentState.SUPPRESSED, InstrumentState.VOID)
        return await self._each(await self._next("cleared", *ended), self._clear)

    def acts(self) -> dict[str, Callable[[], Awaitable[int]]]:
        """What a timer has to do, by the name it has in the log."""
        return {
            "questionnaires made": self.make,
            "keys listed": self.list_keys,
            "evaluations scheduled": self.schedule,
            "evaluations opened": self.open,
            "turnout counted": self.count,
            "attendees reminded": self.remind,
            "evaluations closed": self.close,
            "evaluations published": self.publish,
            "evaluations cleared": self.clear,
        }

    async def _next(self, look: str, *states: InstrumentState, **where: Any) -> list[Instrument]:
        """The next questionnaires of a look; what cannot be done for some keeps nothing behind them waiting."""
        if look in self._after:
            where["_id"] = {"$gt": self._after[look]}
        found = await self.deps.store.instruments.standing(*states, limit=_MOST, **where)
        self._stand(look, found[-1].id if len(found) == _MOST else None)
        return found

    def _stand(self, look: str, after: str | None) -> None:
        """The look goes on behind an id, or from the beginning."""
        if after is None:
            self._after.pop(look, None)
        else:
            self._after[look] = after

    async def _next_begun(self) -> list[Project]:
        """Projects that have begun and lack questionnaires, among the next ones; completed ones if just finished."""
        store, now = self.deps.store, self.deps.clock.now()
        also: dict[str, Any] = {"year": {"$gte": oldest_year_at_hand(now)}}
        if "made" in self._after:
            also["_id"] = {"$gt": self._after["made"]}
        begun = {"phase": {"$in": [phase.value for phase in _BEGUN]}} | also
        since = {"$gte": (today(now) - _LATE).isoformat()}
        completed = {"phase": ProjectPhase.COMPLETED.value, "finished_on": since} | also
        found = await store.projects.query({"$or": [begun, completed]}, limit=MOST_PROJECTS)
        self._stand("made", found[-1].id if len(found) == MOST_PROJECTS else None)
        have = await store.instruments.projects_of([project.id for project in found])
        return [project for project in found if project.id not in have]

    async def _make(self, project: Project, content: dict[str, Any]) -> bool:
        store, kind = self.deps.store.instruments, InstrumentKind(content["kind"])
        key = instruments.instrument_id(project.id, kind)
        instrument = await store.find(key)
        if instrument is None:
            token = await asyncio.to_thread(blindrsa.PrivateKey.generate)
            form, digest = form_of(content)
            instrument = Instrument(
                id=key,
                version=1,
                project=project.id,
                base=project.base,
                year=project.year,
                kind=kind,
                form=form.version,
                form_sha256=digest,
                token_key=to_base64url(token.public.modulus),
                token_sealed=self.deps.vault.seal(token.text()),
                register_key=to_base64url(seal.public_bytes(self.keys.ensure(key))),
                box_key=None,
                made_on=today(self.deps.clock.now()),
                province=project.province,
            )
            await store.insert(instrument)
        if instrument.box_key is None:
            box_key = await self.box.set_up(key, instrument.token_key, None)
            await store.save(replace(instrument, box_key=box_key))
        return True

    async def _schedule(self, instrument: Instrument, project: Project) -> bool:
        window: tuple[datetime, datetime] | None = instruments.window(self.deps.clock.now())
        try:
            await self.box.set_up(instrument.id, instrument.token_key, window)
        except BoxRefused:  # an earlier look has set the window, and did not come to store it
            window = await self.box.window(instrument.id)
        if window is None:
            return False
        eligible = await self._eligible(instrument.project)
        await self.deps.store.instruments.save(instruments.schedule(instrument, project, window, eligible))
        return True

    async def _void(self, instrument: Instrument) -> bool:
        await self.deps.store.instruments.save(instruments.void(instrument))
        return True

    async def _open(self, instrument: Instrument) -> bool:
        if instrument.list_day is None or instrument.opens_at is None or instrument.closes_at is None:
            return False
        listed = await self.deps.store.key_lists.get(instrument.list_day.isoformat())
        window = (instrument.opens_at, instrument.closes_at)
        await self.deps.store.instruments.save(*instruments.open_window(instrument, listed, window))
        return True

    async def _remind(self, instrument: Instrument) -> bool:
        if instrument.closes_at is None:
            return False
        await self.deps.store.instruments.save(
            *instruments.remind(instrument, instrument.closes_at, self.deps.clock.now())
        )
        return True

    async def _close(self, instrument: Instrument) -> bool:
        counted = await self.box.close(instrument.id)
        eligible = await self._eligible(instrument.project)
        issued = await self.deps.store.issues.count(instrument.id)
        closed = instruments.close(instrument, counted=counted, eligible=eligible, issued=issued)
        await self.deps.store.instruments.save(closed)
        return True

    async def _publish(self, instrument: Instrument) -> bool:
        if (instrument.counted or 0) < ballots.LEAST_BALLOTS:
            return await self._suppress(instrument, instruments.TOO_FEW)
        key = self.keys.find(instrument.id)
        if key is None or to_base64url(seal.public_bytes(key)) != instrument.register_key:
            return await self._suppress(instrument, instruments.KEY_LOST)
        try:
            opened = await self.box.open(instrument.id)
        except BoxRefused as refused:
            if refused.code != "BALLOT_BOX_KEY_LOST":
                raise
            return await self._suppress(instrument, instruments.KEY_LOST)
        result = await asyncio.to_thread(_tally, instrument, key, opened)
        if result is None:
            return await self._suppress(instrument, instruments.TOO_FEW)
        root = ballots.merkle_root([bytes.fromhex(receipt) for receipt in opened.receipts]).hex()
        published, events = instruments.publish(instrument, result, root)
        texts = [(place, masked(text)) for place, answers in enumerate(result.texts) for text in answers]
        store = self.deps.store

        async def work(session: Session) -> None:
            await store.instruments.save(published, events, session)
            await store.texts.insert(instrument.id, texts, session)
            await store.receipts.put(instrument.id, opened.receipts, session)
            await store.issues.remove(instrument.id, session)

        await transact(store.client, work)
        return True

    async def _suppress(self, instrument: Instrument, cause: str) -> bool:
        await self.deps.store.instruments.save(*instruments.suppress(instrument, cause))
        return True

    async def _clear(self, instrument: Instrument) -> bool:
        self.keys.destroy(instrument.id)
        await self.box.empty(instrument.id)
        await self.deps.store.issues.remove(instrument.id)
        await self.deps.store.instruments.save(replace(instrument, ended=True))
        return True

    async def _eligible(self, project: str) -> int:
        return sum(bool(record.attended) for record in await self.deps.store.records.attendees(project))

    async def _each(self, due: Sequence[Instrument], act: Callable[[Instrument], Awaitable[bool]]) -> int:
        done = 0
        for instrument in due:
            done += await self._guarded(instrument.id, act, instrument)
        return done

    async def _guarded(self, key: str, act: Callable[..., Awaitable[bool]], *given: Any) -> bool:
        """Do something for one questionnaire; what fails for it is left to a later look, and holds up no other.

        The box and other writers may refuse; anything else but an absent database is a defect, and shows in the log.
        """
        try:
            return await act(*given)
        except (BoxAway, BoxRefused, Refusal, DuplicateKey) as error:
            code = getattr(error, "code", None)
            log.warning("evaluation waits", id=key, error=type(error).__name__, code=code)
        except (StorageError, LeaseLost):
            raise
        except Exception:
            log.exception("evaluation failed", id=key)
        return False


@cache
def forms() -> dict[str, Form]:
    """The forms by version."""
    return {content["version"]: form_of(content)[0] for content in questionnaires()["forms"]}


def _tally(instrument: Instrument, key: seal.PrivateKey, opened: Opened) -> Tally | None:
    info = ballots.inner_info(instrument.id)
    sheets = [_sheet(key, info, sealed) for sealed in opened.inner] + [None] * opened.unreadable
    return tally(forms()[instrument.form], instrument.rated, instrument.everybody, sheets)


def _sheet(key: seal.PrivateKey, info: bytes, sealed: bytes) -> Any:
    """The sheet under an inner seal; None where there is none."""
    try:
        return json.loads(seal.unpad(seal.unseal(key, info, sealed), ballots.CONTENT_BYTES))
    except (ValueError, RecursionError):
        return None
