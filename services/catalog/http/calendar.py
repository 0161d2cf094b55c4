"""The round's calendar as an iCalendar feed, from the one declarative calendar (R1; RFC 5545, RFC 7986)."""

import hashlib
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from services.catalog.commands import Deps
from services.catalog.domain.labels import PHASES
from services.catalog.domain.round import Contact, Phase, PhaseOverride, Round
from services.catalog.domain.vocabulary import PhaseName

_CACHE_CONTROL = "public, max-age=300"  # an extension is seen within five minutes

_FOLD_BYTES = 75

_REFRESH = "PT6H"

_ALARM = "-PT39H"  # before the end, 00:00 after the last day: 09:00 of the day before the last


class Calendars:
    """The public iCalendar files, one a round (R1)."""

    deps: Deps | None = None

    async def serve(self, request: Request) -> Response:
        """`GET /calendar/{year}.ics`, with an ETag; 503 until the service has started."""
        if self.deps is None:
            return Response(status_code=503)
        found = await self.deps.store.rounds.find(str(request.path_params["year"]))
        if found is None:
            return Response(status_code=404)
        text = icalendar(found).encode()
        headers = {"ETag": f'"{hashlib.sha256(text).hexdigest()[:32]}"', "Cache-Control": _CACHE_CONTROL}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def icalendar(current: Round) -> str:
    """The phases as whole-day events that block nobody's time; the same text until the round changes."""
    name = _escaped(current.title)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Guopei Graph//Catalog//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}",
        f"X-PUBLISHED-TTL:{_REFRESH}",
    ]
    for phase in current.phases:
        lines += _event(current, phase, current.overrides_of(phase.name))
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(current: Round, phase: Phase, overrides: tuple[PhaseOverride, ...]) -> list[str]:
    """A phase as it stands; `SEQUENCE` counts its extensions, and the stamp is the latest one's."""
    opened = current.opened_at or phase.from_instant
    stamp = _instant(overrides[-1].at if overrides else opened)
    title = f"{current.year}年{PHASES[phase.name][0]}" + ("（已延期）" if overrides else "")
    alarm = [] if phase.name is PhaseName.TRAIN else _alarm(f"{title}明日截止")
    return [
        "BEGIN:VEVENT",
        f"UID:{current.year}-{phase.name.value.lower()}@guopei-graph",
        f"SEQUENCE:{len(overrides)}",
        f"DTSTAMP:{stamp}",
        f"CREATED:{_instant(opened)}",
        f"LAST-MODIFIED:{stamp}",
        f"DTSTART;VALUE=DATE:{phase.opens:%Y%m%d}",
        f"DTEND;VALUE=DATE:{phase.closes + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(_description(current, phase, overrides))}",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        *alarm,
        "END:VEVENT",
    ]


def _alarm(text: str) -> list[str]:
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(text)}",
        f"TRIGGER;RELATED=END:{_ALARM}",
        "END:VALARM",
    ]


def _description(current: Round, phase: Phase, overrides: tuple[PhaseOverride, ...]) -> str:
    """What people read: which round, that both days are included, what it was before, and where to ask (R43)."""
    lines = [current.title, f"{phase.opens}至{phase.closes}（北京时间，均含当日）"]
    lines += [f"原定截止{one.before}，延至{one.closes}" for one in overrides if one.before]
    return "\n".join([*lines, *map(_line, current.contacts)])


def _line(contact: Contact) -> str:
    note = f"（{contact.note}）" if contact.note else ""
    return f"咨询：{contact.department} {'、'.join(contact.phones)}{note}"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """A text as a property's value holds it (RFC 5545, 3.3.11)."""
    for char in ("\\", ";", ","):
        text = text.replace(char, f"\\{char}")
    lines = ("".join(char for char in line if char.isprintable()) for line in text.splitlines())
    return "\\n".join(lines)


def _folded(line: str) -> str:
    """A content line folded at 75 octets, never inside a character."""
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > _FOLD_BYTES:
            parts.append(part)
            part = " "
        part += char
    return "\r\n".join([*parts, part])
