"""Every event is registered, and every root field says who may."""

import inspect

from chassis.events import TimelineBegun
from chassis.principal import Scope
from services.enrollment.domain import events
from services.enrollment.graph.schema import schema
from services.enrollment.messaging.tasks import EMITTED


def test_every_event_class_is_registered() -> None:
    declared = {kind for _, kind in inspect.getmembers(events, inspect.isclass) if kind.__module__ == events.__name__}
    shared = {events.EnrollmentEvent, events.SeatEvent, events.SeatCount, events.TeacherRequestEvent}
    assert declared - shared | {TimelineBegun} == set(EMITTED)


def test_every_root_field_says_who_may() -> None:
    sdl = schema.as_str()
    for kind in ("Query", "Mutation"):
        body = sdl.partition(f"type {kind} {{")[2].partition("\n}")[0]
        fields = [line for line in body.splitlines() if line.startswith("  ") and ":" in line and '"""' not in line]
        assert len(fields) > 8
        for line in fields:
            assert line.strip().startswith("_") or "@requiresScopes" in line, line
    assert {f'["{scope.value}"]' in sdl for scope in Scope if scope is not Scope.PUBLIC} == {True}
