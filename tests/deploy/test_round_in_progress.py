"""`make run` as a newcomer finds it: the round that its data promises, the READMEs' first queries, the runbook."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.storage.mongo import connect
from deploy.local.suite import ROOT
from deploy.processes import PRODUCERS
from deploy.seed.graph_client import Client, session
from deploy.seed.loading import LOGINS
from deploy.seed.round import last_year, this_year
from services.catalog.domain.vocabulary import ProjectStatus
from services.enrollment.domain.vocabulary import EnrollmentStatus
from tests.contract.reading import FENCE
from tests.support.eventually import eventually
from tests.support.expressions import exported, expressions, missing

_START_SECONDS = 600.0  # some thirty on a quiet machine
OF_STATUS = """query($year: Int!, $status: ProjectStatus!) {
  projects(filter: {year: $year, statuses: [$status]}) { totalCount }
}"""
STATUSES = "query($year: Int!) { provinceProgress(year: $year) { statuses { status count } } }"
CLASSES = """query($year: Int!) { projects(filter: {year: $year}, first: 50) {
  nodes { title status kind seats { capacity accepted offered waitlisted left } }
} }"""
COUNTED = (
    "guopei_mongo_seconds_count", "guopei_lease_held", "guopei_timer_last_success_seconds", "guopei_feed_sequence",
    "guopei_feed_sent", "guopei_loop_lag_seconds_count", "guopei_driver_canary_age_seconds", "guopei_key_known",
    "guopei_clock_skew_seconds", "guopei_build_info", "guopei_broker_connected", "guopei_http_in_flight",
    "guopei_mongo_pool_in_use", "guopei_mongo_pool_waiting", "guopei_login_waiting", "guopei_lease_changes_total",
)  # fmt: skip
SUSPEND = 'mutation($id: ID!) { suspendProject(id: $id, reason: "核查") { id } }'
ESCALATED = "query($year: Int!) { escalations(year: $year) { totalCount } }"
QUOTAS = "{ bases(first: 50) { nodes { name quota(year: 2024) { limit granted used remaining } } } }"
MY_ENROLLMENTS = "{ myEnrollments { nodes { status school { code } project { base { id } } } } }"
WAITING_FOR_SCHOOL = """{
  mySchool { enrollments(filter: {year: 2024}, first: 50) { nodes { status } } }
  myNotices(unread: true) { totalCount }
}"""


@pytest.fixture(scope="module")
async def folder(home: Path) -> AsyncIterator[Path]:
    """The folder of a running `python -m deploy run`, with its addresses and what it has printed."""
    folder = home / "newcomer"
    folder.mkdir(parents=True)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - ours
            [sys.executable, "-m", "deploy", "run", "--port", "8765"],
            cwd=ROOT,
            env=os.environ | {"GUOPEI_LOCAL": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def ready() -> bool:
        assert process.poll() is None, printed(folder)
        return "Ctrl-C" in printed(folder)

    try:
        await eventually(ready, deadline=_START_SECONDS)
        yield folder
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait)


@pytest.fixture(scope="module")
def endpoints(folder: Path) -> dict[str, Any]:
    """Addresses and logins, as a program reads them."""
    content: dict[str, Any] = json.loads((folder / "endpoints.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
async def public(endpoints: dict[str, Any]) -> AsyncIterator[Client]:
    """A client without an account."""
    async with session() as http:
        yield Client(endpoints["graphql"].removesuffix("/graphql"), http)


@pytest.fixture(scope="module")
async def ministry(public: Client, endpoints: dict[str, Any]) -> Client:
    """The ministry's client."""
    return await public.login("moe", endpoints["password"])


def printed(folder: Path) -> str:
    """What `make run` has printed so far."""
    return (folder / "output").read_text("utf-8")


def shown(folder: Path) -> list[dict[str, str]]:
    """The logins that are printed."""
    rows = json.loads((folder / "run" / LOGINS).read_text("utf-8"))["logins"]
    return [{"scope": scope, "login": login} for scope, login, _ in rows]


def queries(readme: str) -> list[str]:
    """The shell blocks of a README that ask the graph."""
    text = (ROOT / readme).read_text("utf-8")
    blocks: list[str] = [block.split("\n", 1)[1].removesuffix("```") for block in FENCE.findall(text)]
    return [block for block in blocks if "curl -s $GRAPH" in block]


async def copied(block: str, folder: Path) -> dict[str, Any]:
    """What the graph answers to a block of shell as it stands, typed beside the running suite."""
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=ROOT,
        env=os.environ | {"GUOPEI_LOCAL": str(folder)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert "errors" not in answer
    return answer


async def test_the_queries_of_the_readme_answer_with_rows_when_they_are_copied(folder: Path) -> None:
    first, mine, second = [(await copied(block, folder))["data"] for block in queries("README.md")]
    assert first["projects"]["totalCount"] > 20
    assert all(project["seats"] and project["base"]["name"] for project in first["projects"]["nodes"])
    assert mine["me"]["scope"] == "ministry"
    assert all(todo["count"] for todo in mine["me"]["todo"])
    assert [node["status"] for node in second["escalations"]["nodes"]] == ["SUBMITTED", "SUBMITTED"]


def test_both_readmes_show_the_same_commands() -> None:
    assert queries("README.zh-CN.md") == queries("README.md")


async def test_there_is_a_project_in_every_state(ministry: Client) -> None:
    counts = {
        status: sum(
            [
                (await ministry.do(OF_STATUS, year=year, status=status))["totalCount"]
                for year in (last_year.YEAR, this_year.YEAR)
            ]
        )
        for status in ProjectStatus
    }
    assert [status for status, count in counts.items() if not count] == []
    assert sum(counts.values()) == 40 + len(last_year.PLANS)


async def test_there_is_an_enrollment_in_every_state_and_two_await_the_ministry(ministry: Client) -> None:
    counts = dict.fromkeys(EnrollmentStatus, 0)
    for year in (last_year.YEAR, this_year.YEAR):
        for province in await ministry.do(STATUSES, year=year):
            for row in province["statuses"]:
                counts[EnrollmentStatus(row["status"])] += row["count"]
    assert [status for status, count in counts.items() if not count] == []
    assert (await ministry.do(ESCALATED, year=last_year.YEAR))["totalCount"] == 2


async def test_published_classes_of_all_kinds_are_open_one_is_full_and_one_nearly(public: Client) -> None:
    classes = (await public.do(CLASSES, year=this_year.YEAR))["nodes"]
    assert {project["kind"] for project in classes} == {
        *("LEADERSHIP", "TEACHING", "SKILL_TRAINING", "JOB_PRACTICE", "RESEARCH_DEVELOPMENT")
    }
    seats = [project["seats"] for project in classes if project["title"] == this_year.FULL.title]
    assert len(seats) == 3  # a series (R12)
    assert {"capacity": 10, "accepted": 9, "offered": 1, "waitlisted": 2, "left": 0} in seats
    (nearly,) = (project["seats"] for project in classes if project["title"] == this_year.NEARLY_FULL.title)
    assert nearly["left"] == 1


async def test_a_quota_is_used_up_and_one_is_adjusted(ministry: Client) -> None:
    quotas = [base["quota"] for base in (await ministry.do(QUOTAS))["nodes"]]
    assert any(quota["limit"] == quota["used"] for quota in quotas)  # R11
    assert any(quota["limit"] != quota["granted"] for quota in quotas)  # R39


async def test_an_account_of_every_role_is_printed_that_can_sign_in(
    folder: Path, public: Client, endpoints: dict[str, Any]
) -> None:
    logins = shown(folder)
    assert all(row["login"] in printed(folder) for row in logins)
    assert {row["scope"] for row in logins} == {"ministry", "expert", "base", "school", "teacher", "province"}
    assert sum(row["scope"] == "school" for row in logins) == 2  # the school, and its designated person (R5)
    assert len(endpoints["logins"]) > len(logins)  # the rest is there for programs
    for row in logins:
        await public.login(row["login"], endpoints["password"], row["scope"])
    assert "expert9" in printed(folder)  # in its initial state (R4)


async def test_the_printed_school_has_an_offer_to_take_and_unread_notices(
    folder: Path, public: Client, endpoints: dict[str, Any]
) -> None:
    school = next(row for row in shown(folder) if row["scope"] == "school")
    client = await public.login(school["login"], endpoints["password"])
    waiting = await client.ask(WAITING_FOR_SCHOOL)
    assert "OFFERED" in {node["status"] for node in waiting["mySchool"]["enrollments"]["nodes"]}
    assert waiting["myNotices"]["totalCount"]


async def test_the_printed_teacher_is_of_the_printed_school_and_base_and_holds_the_offer(
    folder: Path, public: Client, endpoints: dict[str, Any]
) -> None:
    of_role = {row["scope"]: row["login"] for row in reversed(shown(folder))}
    teacher = await public.login(of_role["teacher"], endpoints["password"])
    mine = (await teacher.ask(MY_ENROLLMENTS))["myEnrollments"]["nodes"]
    (offered,) = [node for node in mine if node["status"] == "OFFERED"]
    assert offered["school"]["code"] == of_role["school"]
    base = await public.login(of_role["base"], endpoints["password"])
    assert offered["project"]["base"] in (await base.ask("{ myBases { id } }"))["myBases"]


async def test_the_clock_moved_past_the_deadline_sends_the_undecided_to_the_ministry(
    folder: Path, ministry: Client
) -> None:
    """A missed deadline decides nothing (R23); the README says so of this command."""
    command = [sys.executable, "-m", "deploy", "clock", "2024-05-25T09:00"]
    environment = os.environ | {"GUOPEI_LOCAL": str(folder)}
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=environment, check=True, capture_output=True)

    async def escalated() -> bool:
        return bool((await ministry.do(ESCALATED, year=this_year.YEAR))["totalCount"])

    await eventually(escalated)


@pytest.fixture(scope="module")
async def metrics(endpoints: dict[str, Any]) -> list[str]:
    """What each process shows at the address that is printed."""
    async with aiohttp.ClientSession() as http:
        return [await (await http.get(url)).text() for url in endpoints["metrics"].values()]


async def test_the_metrics_are_where_it_says_and_nowhere_else(folder: Path, endpoints: dict[str, Any]) -> None:
    assert set(endpoints["metrics"]) == set(PRODUCERS)
    async with aiohttp.ClientSession() as http:
        for url in endpoints["metrics"].values():
            assert url in printed(folder).replace("\n", "")
        for name in PRODUCERS:
            port = endpoints["environments"][name]["PORT"]
            async with http.get(f"http://127.0.0.1:{port}/metrics") as reply:
                assert reply.status == 404


def test_what_rules_and_dashboards_ask_for_is_exported(metrics: list[str]) -> None:
    known = exported(metrics)
    assert {name: gone for name, expression in expressions() if (gone := missing(known, expression))} == {}
    assert missing(known, 'rate(guopei_nobody_total{lease="a"}[5m])') == ["guopei_nobody_total", "lease"]
    assert missing(known, "max by (login) (guopei_lease_held)") == ["login"]


def test_a_round_shows_in_metrics_of_every_kind(metrics: list[str]) -> None:
    """What a process measures of itself has counted something, so that no name is an empty promise."""
    whole = "\n".join(metrics)
    assert {name for name in COUNTED if not re.search(rf"^{name}(\{{|\s)", whole, re.MULTILINE)} == set()


async def test_no_label_of_a_metric_names_a_person(metrics: list[str], endpoints: dict[str, Any]) -> None:
    async with connect(endpoints["mongodb"]) as client:
        logins = set(await client["gateway"]["accounts"].distinct("login"))
    values = {
        value
        for text in metrics
        for family in text_string_to_metric_families(text)
        if family.name.startswith("guopei_")
        for sample in family.samples
        for label, value in sample.labels.items()
        if label not in {"hash", "kid"}
    }
    assert len(logins) > 10
    assert not values & logins
    assert not [value for value in values if re.search(r"[0-9]{6,}|[0-9a-f]{16,}", value)]


async def suspended(ministry: Client, project: str, request: str) -> str:
    """Suspend a project under an id that a proxy gives; returns the id that the reply names."""
    headers = {"Authorization": f"Bearer {ministry.token}", "X-Request-Id": request}
    body = {"query": SUSPEND, "variables": {"id": project}}
    async with ministry.http.post(f"{ministry.url}/graphql", json=body, headers=headers) as reply:
        assert "errors" not in await reply.json()
        return reply.headers["X-Request-Id"]


@pytest.mark.parametrize("given", ["01J9ZQ4N-5Y8KQ2-front-7", "not an id"])
async def test_one_id_finds_all_that_came_of_a_request(given: str, folder: Path, ministry: Client) -> None:
    """From the gateway over the subgraph and its relay to what the event does elsewhere (ADR 73).

    The proxy that is trusted here is this host. What is no id is not taken: then one is made.
    """
    projects = await ministry.ask("{ projects(filter: {statuses: [PUBLISHED]}, first: 1) { nodes { id } } }")
    project = projects["projects"]["nodes"][0]["id"]
    named = await suspended(ministry, project, given)
    await ministry.do("mutation($id: ID!) { resumeProject(id: $id) { id } }", id=project)
    assert (named == given) is (" " not in given)
    wanted = {("gateway", "operation"), ("catalog", "operation"), ("catalog", "event sent")}
    wanted |= {(service, "event taken") for service in ("enrollment", "assessment")}

    def found() -> set[tuple[str, str]]:
        texts = [file.read_text("utf-8") for file in (folder / "run" / "logs").glob("*.log")]
        lines = [json.loads(line) for text in texts for line in text.splitlines() if named in line]
        return {(line["service"], line["event"]) for line in lines if named in (line.get("request"), line.get("trace"))}

    await eventually(lambda: wanted <= found())


def runbook(page: str) -> list[str]:
    """The blocks of a runbook that are typed beside `make run`."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)]


def test_both_runbooks_have_the_same_commands() -> None:
    assert runbook("runbook.zh-CN.md") == runbook("runbook.md")


@pytest.mark.parametrize("block", runbook("runbook.md"))
async def test_a_command_of_the_runbook_works_and_shows_something(block: str, folder: Path) -> None:
    """The last of this file: some cut a province off for a moment."""
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=ROOT,
        env=os.environ | {"GUOPEI_LOCAL": str(folder)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() or "deadletters" in block, "it shows nothing"
