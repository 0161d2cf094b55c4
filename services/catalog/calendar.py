"""The round's calendar as an iCalendar file, from the one declarative calendar (R1; RFC 5545)."""

from datetime import UTC, timedelta

from services.catalog.domain.round import Phase, Round
from services.catalog.domain.vocabulary import PhaseName

_TITLES = {
    PhaseName.DECLARE: "项目申报",
    PhaseName.REVIEW: "项目评审与发布",
    PhaseName.ENROL: "学员报名",
    PhaseName.ADMIT: "基地核准",
    PhaseName.TRAIN: "培训实施",
}
_FOLD_BYTES = 75


def icalendar(current: Round) -> str:
    """The phases as whole-day events; `DTEND` is the day after the last."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Guopei Graph//Catalog//ZH", "METHOD:PUBLISH"]
    for phase in current.phases:
        lines += _event(current, phase)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(current: Round, phase: Phase) -> list[str]:
    stamp = phase.from_instant.astimezone(UTC)
    return [
        "BEGIN:VEVENT",
        f"UID:{current.year}-{phase.name.value.lower()}@guopei-graph",
        f"SEQUENCE:{current.version}",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{phase.opens:%Y%m%d}",
        f"DTEND;VALUE=DATE:{phase.closes + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{current.year}年{_TITLES[phase.name]}",
        "END:VEVENT",
    ]


def _folded(line: str) -> str:
    """A content line folded at 75 octets, never inside a character."""
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > _FOLD_BYTES:
            parts.append(part)
            part = " "
        part += char
    return "\r\n".join([*parts, part])
