"""A small producer and consumer for tests of the event path: courses that are renamed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.generation import declare_generation
from chassis.messaging.inbox import Consumer, Handler
from chassis.storage.mongo import Database, Session
from chassis.storage.repository import Repository

QUEUE = "tests.inbox"
KEY = "tests.course-named.44"


@dataclass(frozen=True)
class Course:
    id: str
    version: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CourseNamed:
    course: str
    name: str
    province: str


@dataclass(frozen=True)
class Named:
    """A consumer's own model: fewer fields than the event has."""

    name: str


def repository(database: Database) -> Repository[Course]:
    return Repository(database, "courses", Course, producer="tests", noun="course")


def named(course: Course) -> CourseNamed:
    return CourseNamed(course=course.id, name=course.name, province="44")


async def create(courses: Repository[Course], key: str, name: str = "0") -> Course:
    course = Course(key, 1, name)
    return await courses.insert(course, [named(course)])


async def rename(courses: Repository[Course], course: Course, name: str) -> Course:
    course = replace(course, name=name)
    return await courses.save(course, [named(course)])


async def waiting(courses: Repository[Course]) -> int:
    return await courses.collection.count_documents({"events.at": {"$exists": True}})


def consumer(
    database: Database, url: str, seen: list[str], fail_on: str | None = None, error: type[Exception] = ValueError
) -> Consumer:
    async def effect(event: Named, envelope: Envelope, session: Session) -> None:
        if event.name == fail_on:
            raise error("poison")
        row = {"course": envelope.subject, "name": event.name}
        await database["effects"].insert_one(row, session=session)
        seen.append(envelope.id)

    return Consumer(database, url, QUEUE, {"tests.course-named": Handler(Named, effect)})


async def effects(database: Database, course: str | None = None) -> list[str]:
    where = {"course": course} if course else {}
    return [row["name"] async for row in database["effects"].find(where, sort=[("_id", 1)])]


@asynccontextmanager
async def topology(url: str) -> AsyncIterator[tuple[AbstractChannel, AbstractExchange]]:
    """A channel and the events exchange, with the consumer's queue declared and bound."""
    async with await amqp.connect(url, "test") as connection:
        channel = await connection.channel()
        await amqp.declare_topology(channel)
        await amqp.declare_queue(channel, QUEUE, ["tests.#"])
        await declare_generation(channel, "tests")
        yield channel, await channel.get_exchange(amqp.EVENTS)


def event(name: str, index: int, traceparent: str | None = None, subject: str = "c1") -> Envelope:
    return Envelope(
        id=f"tests/course:{subject}/1/{index}",
        producer="tests",
        name="course-named",
        subject=subject,
        version=1,
        at=datetime.now(UTC),
        province="44",
        data={"name": name, "more": "than the consumer reads"},
        traceparent=traceparent,
    )


def message(name: str, index: int, traceparent: str | None = None, subject: str = "c1") -> aio_pika.Message:
    return amqp.to_message(event(name, index, traceparent, subject))
