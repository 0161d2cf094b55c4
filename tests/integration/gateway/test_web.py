"""Front ends beside the interfaces: no page takes the place of one, and each reply of the graph names its schema."""

import hashlib
from pathlib import Path

import pytest

from contracts.client_schema import FILE
from gateway.app import build
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Browser, served

ORIGIN = "https://front.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build."""
    for name in ("public", "console"):
        (tmp_path / f"{name}.html").write_text(f"<title>{name}</title>", encoding="utf-8")
    return tmp_path


async def test_files_and_programs_come_before_the_pages_of_the_same_first_part(
    settings: GatewaySettings, folder: Path
) -> None:
    async with served(build(settings.model_copy(update={"web_dir": folder}))) as browser:
        pages = ("/projects/x", "/calendar/2024", "/certificates", "/inspections/2024-1", "/console/login")
        for path in pages:
            assert (await browser.send("GET", path)).text.startswith("<title>"), path
        for method, path, status in (
            ("GET", "/projects/x/workbook.xlsx", 401),
            ("GET", "/calendar/2024.ics", 503),
            ("GET", "/calendar/nonsense.ics", 404),
            ("GET", "/certificates/keys.json", 503),
            ("POST", "/certificates/check", 415),
            ("GET", "/livez", 200),
            ("POST", "/graphql", 415),
            ("GET", "/auth/jwks.json", 200),
            ("GET", "/ballot/", 200),
        ):
            answer = await browser.send(method, path)
            assert (answer.status, "<title>console" in answer.text) == (status, False), path
            assert "<title>public" not in answer.text, path


async def test_production_has_an_explorer_where_its_files_are_named_and_else_none(
    settings: GatewaySettings, folder: Path
) -> None:
    async with served(build(settings)) as browser:
        assert (await browser.send("GET", "/explorer/")).status == 404
    (folder / "index.html").write_text("<title>explorer</title>")
    async with served(build(settings.model_copy(update={"explorer_dir": folder}))) as browser:
        assert (await browser.send("GET", "/explorer/")).text == "<title>explorer</title>"


@pytest.mark.parametrize("sent", [{"query": "{ __typename }"}, {"query": "{ nonsense }"}, []])
async def test_each_reply_of_the_graph_names_the_schema_that_front_ends_are_built_from(
    browser: Browser, sent: object
) -> None:
    wanted = hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]
    answer = await browser.send("POST", "/graphql", json=sent)
    assert answer.headers["guopei-schema"] == wanted
    stream = await browser.send("POST", "/graphql", json=sent, headers={"Accept": "text/event-stream"})
    assert stream.headers["guopei-schema"] == wanted


async def test_a_front_end_of_another_origin_can_read_which_schema_it_is(settings: GatewaySettings) -> None:
    app = build(settings.model_copy(update={"cors_origins": (ORIGIN,)}))
    async with served(app) as browser:
        answer = await browser.graphql("{ __typename }", headers={"Origin": ORIGIN})
        assert "Guopei-Schema" in answer.headers["access-control-expose-headers"].split(", ")
