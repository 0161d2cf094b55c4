"""Go back to a backup: what has to be done, in its order, so that nobody takes the past for the present (ADR 69)."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from chassis.messaging.sent import KEPT_DAYS
from chassis.storage.mongo import connect
from chassis.storage.timeline import Timelines, working
from deploy.backup.archive import head_of
from deploy.backup.copying import OWN_NAME, Manifest, Unfinished, examine, known, reaches, restore
from deploy.backup.progress import Mark, Progress
from deploy.local.suite import module_of
from deploy.processes import PRODUCERS

_AUDIT = "assessment"
_MARGIN = timedelta(hours=1)
_MARK_PRECISION = timedelta(milliseconds=1)
"""The database keeps no smaller part of a second."""
_RATE = "1000"
_AT = "%Y-%m-%dT%H:%M:%S.%f%z"
Environments = Mapping[str, Mapping[str, str]]
"""By process, the variables `MONGODB_URL`, `MONGODB_DATABASE` and `AMQP_URL` that it has."""


class Failed(RuntimeError):  # noqa: N818 - says which step
    """A step of a restore did not succeed; those before it are done, and another run of the restore goes on with it."""


class AnotherTime(Exception):  # noqa: N818 - named for what was asked
    """A restore that was cut off reaches another time than the one that is asked for; the message is its own."""


class TooOld(ValueError):  # noqa: N818 - says what the copy is
    """The copy ends before the time whose events are kept by those who sent them; says which time is missing."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was put back.

    Attributes:
        manifest: What its backup holds.
        reaches: Up to when the copy reaches, real time.
        undone: What the audit knows of the service, and its database does not, as `audit diff` has it.
    """

    manifest: Manifest
    reaches: datetime
    undone: list[dict[str, Any]]


class Restore:
    """The restore of one service's database.

    Args:
        service: Whose database.
        environments: Of the processes.
        say: Told each step, before it is done.
    """

    def __init__(self, service: str, environments: Environments, say: Callable[[str], None]) -> None:
        self._service = service
        self._environments = environments
        self._say = say
        self._url = environments[service]["MONGODB_URL"]
        self._name = environments[service]["MONGODB_DATABASE"]
        self._progress = Progress(self._url, self._name)

    def run(
        self,
        file: Path,
        key: bytes,
        *,
        reason: str,
        operator: str,
        at: datetime | None = None,
        replace: bool = False,
        incomplete: bool = False,
    ) -> Restored:
        """Do it all, but for stopping the service before and starting it afterwards.

        A restore that was cut off, by whatever, is gone on with by another one of the same backup: while it copied, the
        copy is made anew; after that, with the step that was cut off. Until it has ended no process of the service is
        ready.

        Args:
            file: The backup.
            key: The backup key.
            reason: Why, for the audit and the provinces.
            operator: Who, for the audit.
            at: Up to when the copy reaches, where somebody knows better than the backup.
            replace: Whether what the database holds is dropped.
            incomplete: Whether the copy may be so old that others no longer keep all that they have sent since.

        Raises:
            Failed: A process of the service runs, or a command failed.
            NotEmpty: The database holds documents.
            Damaged: The backup is not whole.
            OfAnother: The backup is of another service.
            TooOld: Others no longer keep all that they have sent since; nothing was written.
            AnotherTime: The restore that was cut off reaches another time than `at`; nothing was done.
            Unfinished: A restore of another backup was cut off, and what it has left is not to be dropped.
        """
        if signs := asyncio.run(self._working()):
            raise Failed(f"服务仍在运行 the service runs: {'; '.join(signs)}")
        manifest, point = self._copy(file, key, at, replace=replace, incomplete=incomplete)
        for step, command in self._steps(point, reason, operator):
            if self._progress.has_done(step):
                self._say(f"已完成 done before: {step}")
            else:
                self._command(*command)
                self._progress.did(step)
        undone = list(self._undone(point))
        self._progress.end()
        return Restored(manifest, point, undone)

    def _copy(
        self, file: Path, key: bytes, at: datetime | None, *, replace: bool, incomplete: bool
    ) -> tuple[Manifest, datetime]:
        """Put the data back, unless a restore that was cut off has; what it holds, and up to when it reaches."""
        with file.open("rb") as rows:
            backup = base64.b64encode(head_of(rows).salt).decode()
            mark = self._progress.mark()
            if mark and mark.backup != backup and not replace:
                raise Unfinished(mark.file)
            rows.seek(0)
            if mark and mark.backup == backup and mark.point:
                if at and abs(at - mark.point) >= _MARK_PRECISION:
                    raise AnotherTime(mark.point.isoformat())
                self._say(f"继续中断的恢复，数据已恢复 a restore was cut off: going on, the data is back: {file.name}")
                return examine(rows, key), mark.point
            self._say(_begins(mark, file.name, self._name))

            def accept(manifest: Manifest) -> None:
                self._refuse_gap(at or manifest.taken, incomplete=incomplete)
                self._progress.begin(backup, file.name)

            with MongoClient[dict[str, Any]](self._url, appname=OWN_NAME, w="majority") as client:
                manifest = restore(
                    client,
                    self._service,
                    self._name,
                    rows,
                    key,
                    replace=replace or mark is not None,  # what is there is a part of a copy
                    accept=accept,
                )
                point = at or reaches(client[self._name], manifest.taken)
        self._progress.copied(point)
        return manifest, point

    def _steps(self, point: datetime, reason: str, operator: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What comes after the copy: the name of each step, and its command."""
        told = ("--reason", reason, "--as", operator)
        yield "migrate", (self._service, "migrate")  # the copy may be of a release before this one
        yield "timeline new", (self._service, "timeline", "new", "--at", point.strftime(_AT), *told)
        if self._service == "enrollment":
            yield "feed new-epoch", (self._service, "feed", "new-epoch", *told)
        # the copy's mark of the broker may be older than the broker's
        yield "events go-on", (self._service, "events", "go-on")
        since = (point - _MARGIN).strftime(_AT)
        for other in PRODUCERS:
            if other != self._service:
                sent_again = (other, "events", "republish", "--since", since, "--rate", _RATE)
                yield f"{other} events republish", sent_again

    def _refuse_gap(self, point: datetime, *, incomplete: bool) -> None:
        """Name the time whose events others no longer keep, and go on only where that is wanted."""
        begin, kept = point - _MARGIN, datetime.now(UTC) - timedelta(days=KEPT_DAYS)
        if begin >= kept:
            return
        gap = f"{begin.isoformat()} – {kept.isoformat()}"
        if not incomplete:
            raise TooOld(gap)
        self._say(f"缺失 missing for good: {gap}，其他服务在此期间发送的事件 what others sent in that time")

    async def _working(self) -> list[str]:
        async with connect(self._url, OWN_NAME) as client:
            return list(await working(client, client[self._name], OWN_NAME))

    def _undone(self, point: datetime) -> Iterator[dict[str, Any]]:
        if self._service == _AUDIT:
            return  # what it knows itself was undone with it: compare its head with an anchor
        number = asyncio.run(self._timeline())
        since = (point - _MARGIN).strftime(_AT)
        listed = self._command(
            _AUDIT, "audit", "diff", "--producer", self._service, "--since", since, "--timeline", str(number)
        )
        acts = [json.loads(line) for line in listed.splitlines()]
        with MongoClient[dict[str, Any]](self._url, appname=OWN_NAME) as client:
            had = known(client[self._name], [act["event"] for act in acts])
        yield from (act for act in acts if act["event"] not in had)

    async def _timeline(self) -> int:
        async with connect(self._url, OWN_NAME) as client:
            return (await Timelines(client[self._name]).current()).number

    def _command(self, process: str, *arguments: str) -> str:
        """What an operator's command of a process prints."""
        self._say(f"python -m {module_of(process)} {' '.join(arguments)}")
        done = subprocess.run(
            [sys.executable, "-m", module_of(process), *arguments],
            env=os.environ | self._environments[process],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stderr.strip() or done.stdout.strip())
        return done.stdout


def _begins(mark: Mark | None, file: str, name: str) -> str:
    """What is said before data is copied."""
    if mark is None:
        return f"恢复 restore {file} → {name}"
    return f"上次恢复中断，重新复制 a restore was cut off while it copied: copying anew: {file} → {name}"
