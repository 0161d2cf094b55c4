"""The notices that the catalog's events leave, by the transaction that takes the event in (ADR 36)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from chassis.events import Envelope
from chassis.messaging.inbox import Effect, Handler
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.commands import Deps
from services.enrollment.domain import news
from services.enrollment.domain.news import Occasion
from services.enrollment.domain.notifications import Facts, Notice, NoticeKind
from services.enrollment.messaging.inbound import ProjectNews, QuotaAdjusted, RoundAmended

_OF_PROJECTS = {
    "catalog.project-review-started": NoticeKind.REVIEW_ASSIGNED,
    "catalog.project-returned": NoticeKind.RETURNED,
    "catalog.project-approved": NoticeKind.APPROVED,
    "catalog.project-rejected": NoticeKind.REJECTED,
    "catalog.project-published": NoticeKind.PUBLISHED,
    "catalog.project-suspended": NoticeKind.SUSPENDED,
    "catalog.project-resumed": NoticeKind.RESUMED,
    "catalog.project-extended": NoticeKind.EXTENSION,
    "catalog.project-cancelled": NoticeKind.CANCELLED,
    "catalog.project-started": NoticeKind.STARTED,
    "catalog.project-finished": NoticeKind.OVERRUN,
    "catalog.start-missed": NoticeKind.NOT_STARTED,
    "catalog.finish-missed": NoticeKind.NOT_FINISHED,
}
_QUOTA = "catalog.quota-adjusted"
_ROUND = "catalog.round-amended"
_Tell = Callable[[Any, Envelope, Session], Awaitable[list[Notice]]]


def with_news(handlers: Mapping[str, Handler], deps: Deps) -> dict[str, Handler]:
    """The handlers of the catalog's events, which now also leave the notices of their events.

    Args:
        handlers: By event type, what the events do besides.
        deps: The service's dependencies.
    """
    table = dict(handlers)
    for name, kind in _OF_PROJECTS.items():
        table[name] = _with(table.get(name), ProjectNews, _of_project(deps, kind), deps)
    table[_QUOTA] = _with(table.get(_QUOTA), QuotaAdjusted, _of_quota(deps), deps)
    table[_ROUND] = _with(table.get(_ROUND), RoundAmended, _of_round(deps), deps)
    return table


def _with(handler: Handler | None, model: type[Any], tell: _Tell, deps: Deps) -> Handler:
    """The handler that does what another one does, and then leaves notices."""
    first: Effect | None = handler.effect if handler else None

    async def effect(event: Any, envelope: Envelope, session: Session) -> None:
        if first:
            await first(event, envelope, session)
        unit = UnitOfWork(session)
        deps.store.notices.stage(await tell(msgspec.convert(envelope.data, model), envelope, session), unit)
        await unit.flush()

    return Handler(handler.model if handler else model, effect, handler.after if handler else None)


def _of_project(deps: Deps, kind: NoticeKind) -> _Tell:
    async def tell(event: ProjectNews, envelope: Envelope, session: Session) -> list[Notice]:
        occasion = Occasion(
            kind=kind,
            project=event.project,
            base=event.base,
            at=deps.clock.now(),
            version=envelope.order,
            reason=event.reason,
            facts=Facts(title=event.title, code=event.code, until=event.until),
        )
        enrollments = deps.store.enrollments
        match kind:
            case NoticeKind.REVIEW_ASSIGNED:
                return news.of_review(occasion, event.experts)
            case NoticeKind.CANCELLED:
                return news.of_cancellation(occasion, await enrollments.provinces_of(event.project, session))
            case NoticeKind.STARTED:
                return news.of_start(await enrollments.seated(event.project, session), occasion.at)
            case NoticeKind.NOT_STARTED | NoticeKind.NOT_FINISHED:
                return news.of_oversight(occasion)
            case NoticeKind.OVERRUN:
                return news.of_oversight(occasion) if event.overrun else []
            case _:
                return news.of_plan(occasion)

    return tell


def _of_quota(deps: Deps) -> _Tell:
    async def tell(event: QuotaAdjusted, envelope: Envelope, session: Session) -> list[Notice]:
        del session
        facts = Facts(base_name=event.base_name, year=event.year, before=event.before, limit=event.limit)
        return news.of_quota(
            event.base,
            event.province,
            facts,
            at=deps.clock.now(),
            version=envelope.order,
            reason=event.reason,
        )

    return tell


def _of_round(deps: Deps) -> _Tell:
    async def tell(event: RoundAmended, envelope: Envelope, session: Session) -> list[Notice]:
        del session
        facts = Facts(year=event.year, changed=event.changed)
        return news.of_round(event.bases, facts, at=deps.clock.now(), version=envelope.order, reason=event.reason)

    return tell
