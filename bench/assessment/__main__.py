"""`python -m bench.assessment`: 50,000 certificates and 50,000 ballots (R32, R34–R36).

Certificates: the job is run once, on a mongod of its own, through the command path: names opened, claims signed,
records, events and progress written, pages not drawn (ADR 61). Steps of one certificate are CPU, medians of one
interleaved run; the first drawing, which loads the fonts, is apart. Ballots: `bench.assessment.ballots`. Each number
stands beside its limit, and the command exits 1 where one is missed.
"""

import argparse
import asyncio
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from bench.assessment import ballots
from bench.assessment.ballots import Row
from chassis import blindrsa
from chassis.clock import Clock
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database, connect
from chassis.storage.sealed_names import seal_name
from chassis.storage.vault import Vault
from deploy.broker.definitions import ADMIN
from deploy.local.certificate_keys import write_certificate_keys
from deploy.local.parts import Parts
from deploy.local.suite import ROOT
from services.assessment.app import load_rules, load_weights
from services.assessment.commands import Deps, run_certificate_jobs, start_certificate_job
from services.assessment.commands.credentials import Credentials
from services.assessment.documents.drawing import draw
from services.assessment.documents.page import Page
from services.assessment.documents.seal import P12Seal
from services.assessment.domain.certificate import Certificate, claims_of, issue
from services.assessment.domain.project import Project, Session, Training
from services.assessment.domain.record import Record, Result
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome
from services.assessment.http.certificates import page_of
from services.assessment.store import AttendeeName, Store

RESULTS = ROOT / "bench" / "results" / "assessment.md"
_ROWS, _CLASS, _ROUNDS = 50_000, 50, 30
_ORIGIN = "https://platform.example"
_DAY = date(2024, 6, 3)
_MINISTRY = Principal("bench", Scope.MINISTRY)
_ENROLLMENT = "bench-0"
_PLANNED_SECONDS, _PLANNED_BYTES = 600.0, 300 * 1024 * 1024
"""What 50,000 certificates may take; of fewer the same share."""
_LIMITS = {
    "blind signature (RSA 2,048), with gmpy2": 3.0,
    "blind signature (RSA 2,048), without": 20.0,
    "claims signed (ES256) and sealed": 3.0,
    "page drawn, warm": 20.0,
    "page drawn and sealed": 60.0,
}
"""Milliseconds of CPU."""
_PROJECT = Project(
    "p",
    1,
    "b1",
    year=2024,
    days=7,
    phase=ProjectPhase.FINISHED,
    sessions=(Session("s1", "课", _DAY, 8),),
    training=Training(
        code="2024-D-11-0007-03",
        title="“双师型”教师教学创新团队建设（第一期）",
        base="北京工业职业技术学院（国培基地）",
        province="11",
        category="DUAL_QUALIFIED_TEACHER",
        starts_on=_DAY,
        ends_on=date(2024, 6, 9),
        class_hours=56,
    ),
)


def dependencies(database: Database, folder: Path) -> Deps:
    """The dependencies of commands on a database, with keys of their own in a folder."""
    write_certificate_keys(folder)
    vault = Vault({"k": os.urandom(32)}, "k", os.urandom(32))
    credentials = Credentials.load(folder, _ORIGIN, vault)
    return Deps(Store(database), Clock(), load_rules(), vault, load_weights(), credentials)


def passed(enrollment: str, project: str, at: datetime) -> Record:
    """The record of somebody who has passed."""
    record = Record(enrollment, 1, project, "b1", f"t-{enrollment}", "3144000011", "44")
    return replace(record, results=(Result(ResultOutcome.PASSED, 90, 1.0, at),))


async def filled(deps: Deps, rows: int) -> None:
    """Classes of fifty who have passed, by name."""
    await deps.store.prepare()
    now = datetime.now(UTC)
    for start in range(0, rows, _CLASS):
        project = f"p{start:07}"
        await deps.store.projects.put(replace(_PROJECT, id=project))
        for number in range(start, min(start + _CLASS, rows)):
            key = f"e{number:07}"
            await deps.store.records.insert(passed(key, project, now))
            kid, sealed = seal_name(deps.credentials.names, 2024, "买买提·吐尔逊", key)
            await deps.store.names.put(AttendeeName(key, 1, kid, sealed))


async def job(rows: int) -> tuple[float, int]:
    """Run the job on a mongod of its own.

    Returns:
        Its seconds, and by how many bytes the process has grown meanwhile at most.
    """
    home = ROOT / ".local" / f"bench-assessment-{os.getpid()}"
    try:
        with Parts(home) as parts:
            client = connect(parts.mongodb_url(ADMIN))
            deps = dependencies(client["bench_assessment"], home / "keys")
            await filled(deps, rows)
            before, began = _peak_bytes(), time.perf_counter()
            await start_certificate_job(deps, _MINISTRY, year=2024)
            await run_certificate_jobs(deps)
            seconds = time.perf_counter() - began
            done = await deps.store.jobs.get("certificates-2024")
            print(f"{done.state}: {done.done} done, {done.refused} refused of {done.total}", file=sys.stderr)
            if done.done != rows:
                raise AssertionError("not all are issued")
            await client.close()
            return seconds, _peak_bytes() - before
    finally:
        shutil.rmtree(home, ignore_errors=True)


def steps() -> dict[str, float]:
    """Milliseconds of CPU of each step of one certificate, by its name; medians, the steps taken turn about."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        deps = dependencies(connect("mongodb://127.0.0.1:1")["none"], place)
        seal = P12Seal.load(place / "seal.p12", place / "seal.password")
        record = passed(_ENROLLMENT, "p", datetime.now(UTC))
        claims = claims_of(record, _PROJECT, "张䶮𬭎", number="GP2411K7M2Q9XDE", place=1, issued_on=_DAY)
        certificate: Certificate = issue(record, claims, deps.credentials.sign(claims))[0]
        page: Page = page_of(deps, certificate)
        token = blindrsa.PrivateKey.generate()
        blinded = (token.public.n // 3).to_bytes(token.public.size, "big")
        began = time.process_time()
        draw(page)
        first = (time.process_time() - began) * 1_000
        acts: dict[str, Callable[[], object]] = {
            "blind signature (RSA 2,048), with gmpy2": lambda: blindrsa.sign(token, blinded),
            "blind signature (RSA 2,048), without": lambda: unaided(token, blinded),
            "claims signed (ES256) and sealed": lambda: deps.credentials.sign(claims),
            "page drawn, warm": lambda: draw(page),
            "page drawn and sealed": lambda: seal.seal(draw(page)),
        }
        if blindrsa.secret_power is pow:  # which is what the second line measures
            del acts["blind signature (RSA 2,048), with gmpy2"]
        times: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(_ROUNDS):
            for name, act in acts.items():
                began = time.process_time()
                act()
                times[name].append((time.process_time() - began) * 1_000)
        return {"page drawn, first": first} | {name: statistics.median(found) for name, found in times.items()}


def unaided(token: blindrsa.PrivateKey, blinded: bytes) -> bytes:
    """Sign without the accelerator, whether it is installed or not."""
    power, blindrsa.secret_power = blindrsa.secret_power, pow
    try:
        return blindrsa.sign(token, blinded)
    finally:
        blindrsa.secret_power = power


def certificates(rows: int, seconds: float, grown: int, milliseconds: dict[str, float]) -> list[Row]:
    """The lines about certificates."""
    most = _PLANNED_SECONDS * rows / _ROWS
    return [
        Row(f"{rows:,} certificates issued by the job", f"{seconds:.1f} s", f"{most:.0f} s", seconds > most),
        Row(
            "memory that it took",
            f"{grown / 2**20:.0f} MiB",
            f"{_PLANNED_BYTES / 2**20:.0f} MiB",
            grown > _PLANNED_BYTES,
        ),
        *(
            Row(name, f"{taken:.2f} ms CPU", f"{limit:.0f} ms", taken > limit)
            if (limit := _LIMITS.get(name))
            else Row(name, f"{taken:.2f} ms CPU")
            for name, taken in milliseconds.items()
        ),
    ]


def report(tables: dict[str, list[Row]]) -> str:
    """The page, in Markdown."""
    lines = [
        "# Certificates and ballots",
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores shared with others "
            f"(load average {os.getloadavg()[0]:.0f}), Python {platform.python_version()}, one mongod; "
            f"gmpy2 {'is not' if blindrsa.secret_power is pow else 'is'} installed."
        ),
    ]
    for title, rows in tables.items():
        lines += ["", f"## {title}", "", "| what | measured | limit |", "|---|---|---|"]
        lines += [f"| {row.what} | {row.measured} | {row.limit} |" for row in rows]
    return "\n".join(lines) + "\n"


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=_ROWS, help="how many certificates")
    options.add_argument("--ballots", type=int, default=_ROWS, help="how many ballots")
    options.add_argument("--write", type=Path, default=RESULTS, help="where the report goes")
    arguments = options.parse_args()
    of_certificates = certificates(arguments.rows, *asyncio.run(job(arguments.rows)), steps())  # first: a peak stays
    of_ballots = asyncio.run(ballots.measure(arguments.ballots))
    text = report({"Certificates": of_certificates, "Ballots": of_ballots})
    arguments.write.write_text(text, encoding="utf-8")
    print(text)
    if above := [row.what for row in (*of_certificates, *of_ballots) if row.missed]:
        print("above the limit: " + ", ".join(above), file=sys.stderr)
        raise SystemExit(1)
