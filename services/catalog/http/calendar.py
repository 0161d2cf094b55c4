"""The round's steps as an iCalendar file, and the endpoint that serves it (R1; RFC 5545, RFC 7986)."""

import hashlib
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event
from icalendar.prop import vDuration, vText
from starlette.requests import Request
from starlette.responses import Response

from services.catalog.commands import Deps
from services.catalog.domain.round import Contact, DatedStep, PhaseOverride, Round
from services.catalog.domain.vocabulary import PhaseName

_CACHE_CONTROL = "public, max-age=300"  # an extension is seen within five minutes
_REFRESH = timedelta(hours=6)
_ALARM = timedelta(hours=-39)  # before the end, 00:00 after the last day: 09:00 of the day before the last
_SHOWN = frozenset({"steps", "title", "contacts"})  # the parts of a round that its events show


class Calendars:
    """Endpoint of the public iCalendar files, one for each round (R1)."""

    deps: Deps | None = None

    async def serve(self, request: Request) -> Response:
        """`GET /calendar/{year}.ics`, with an ETag; 503 until the service has started."""
        if self.deps is None:
            return Response(status_code=503)
        current = await self.deps.store.rounds.find(request.path_params["year"])
        if current is None:
            return Response(status_code=404)
        text = icalendar(current).encode()
        headers = {"ETag": f'"{hashlib.sha256(text).hexdigest()[:32]}"', "Cache-Control": _CACHE_CONTROL}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def icalendar(current: Round) -> str:
    """The steps as whole-day events that block nobody's time; the same text until the round changes."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Guopei Graph//Catalog//ZH")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", _text(current.title))
    calendar.add("X-WR-CALNAME", _text(current.title))
    calendar.add("REFRESH-INTERVAL", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(_REFRESH))
    for step in current.dated_steps():
        calendar.add_component(_event(current, step))
    content: bytes = calendar.to_ical(sorted=False)
    return content.decode()


def _event(current: Round, step: DatedStep) -> Event:
    """A step as it stands; `SEQUENCE` counts what may have changed it, and the stamp is the latest one's.

    The identity of a step with a guard is its phase's, so that calendars keep it, whatever a year calls it.
    """
    overrides = current.overrides_of(step.guard) if step.guard else ()
    amended = tuple(change for change in current.amendments if _SHOWN.intersection(change.changed))
    changes = sorted([*(override.at for override in overrides), *(change.at for change in amended)])
    opened = current.opened_at or step.from_instant
    stamp = changes[-1] if changes else opened
    title = f"{current.year}年{step.name}" + ("（已延期）" if overrides else "")
    identity = step.guard.value.lower() if step.guard else f"step-{step.code.lower()}"
    event = Event()
    event.add("UID", f"{current.year}-{identity}@guopei-graph")
    event.add("SEQUENCE", len(changes))
    event.add("DTSTAMP", _instant(stamp))
    event.add("CREATED", _instant(opened))
    event.add("LAST-MODIFIED", _instant(stamp))
    event.add("DTSTART", step.opens)
    event.add("DTEND", step.closes + timedelta(days=1))
    event.add("SUMMARY", _text(title))
    event.add("DESCRIPTION", _text(_description(current, step, overrides)))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    if step.guard is not PhaseName.TRAIN:
        event.add_component(_alarm(f"{title}明日截止"))
    return event


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", _text(text))
    alarm.add("TRIGGER", _ALARM, parameters={"RELATED": "END"})
    return alarm


def _description(current: Round, step: DatedStep, overrides: tuple[PhaseOverride, ...]) -> str:
    """What people read: which round, that both days are included, what it was before, and where to ask (R43)."""
    lines = [current.title, f"{step.opens}至{step.closes}（北京时间，均含当日）"]
    lines += [f"原定截止{override.before}，延至{override.closes}" for override in overrides if override.before]
    return "\n".join([*lines, *map(_line, current.contacts)])


def _line(contact: Contact) -> str:
    note = f"（{contact.note}）" if contact.note else ""
    return f"咨询：{contact.department} {'、'.join(contact.phones)}{note}"


def _instant(moment: datetime) -> datetime:
    """The instant as the format wants it: in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(text: str) -> vText:
    """A text as a property's value: what cannot be printed is dropped, and every kind of line end is `LF`."""
    return _Text("\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines()))


class _Text(vText):
    r"""A text that may hold `\N`: icalendar 7.3 would make a line end of it before it escapes the backslash."""

    def to_ical(self) -> bytes:
        r"""The value, escaped (RFC 5545, 3.3.11)."""
        return rb"\\N".join(vText(part).to_ical() for part in self.split(r"\N"))
