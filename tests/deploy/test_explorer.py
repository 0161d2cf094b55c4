"""The explorer: wholly local files, and a session that signs in, refreshes and shows refusals."""

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from deploy.local import node, web
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner

SESSION = web.EXPLORER.sources / "src" / "session.js"
SCRIPT = """
const [file, url, login, code, password] = process.argv.slice(1);
const { Session } = await import(file);
const session = new Session(url, "query IntrospectionQuery { __schema { queryType { name } } }");
const seen = [];
seen.push(await session.send({ query: "query IntrospectionQuery { nonsense }", operationName: "IntrospectionQuery" }));
await session.signIn(login, "not-the-code").catch((refused) => seen.push(refused.message));
await session.signIn(login, code);
seen.push(session.account);
await session.setPassword(code, password);
seen.push(session.account);
seen.push(await session.send({ query: "{ kind: __typename }" }));
const sent = [];
const fetched = globalThis.fetch;
globalThis.fetch = (to, given) => (sent.push([new URL(to).pathname, given.body]), fetched(to, given));
await session.signOut();
seen.push(session.account);
const token = JSON.parse(sent.at(-1)[1]).refreshToken;
const again = await fetched(`${url}/auth/refresh`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refreshToken: token }),
});
seen.push([sent.map(([path]) => path), Boolean(token), again.status]);
console.log(JSON.stringify(seen));
"""
EXTERNAL = re.compile(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s+["']""")


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        web.build(web.EXPLORER)
    except web.BuildFailed as failure:
        pytest.skip(str(failure))  # the suite runs without Node and the npm registry too
    return web.EXPLORER.folder


@pytest.fixture(scope="module")
def gateway(folder: Path, home: Path) -> Iterator[Suite]:
    """A gateway that was started when the explorer was there."""
    assert folder.is_dir()
    with Suite(home / "explorer", processes=["gateway"]) as running:
        yield running


def test_the_page_loads_only_files_that_lie_beside_it(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    sheet = (folder / "assets" / "main.css").read_text(encoding="utf-8")
    assert not EXTERNAL.search(page)
    assert not EXTERNAL.search(sheet)
    for file in re.findall(r'(?:src|href)="(assets/[^"]+)"', page):
        assert (folder / file).is_file()
    for file in re.findall(r'url\("?\./([^")]+)', sheet):
        assert (folder / "assets" / file).is_file()


def test_its_workers_are_its_own_and_nothing_names_a_network_of_copies(folder: Path) -> None:
    script = (folder / "assets" / "main.js").read_text(encoding="utf-8")
    for worker in ("editor", "json", "graphql"):
        assert (folder / "assets" / f"{worker}.worker.js").stat().st_size > 100_000
    assert ".worker.js" in script
    for host in ("cdn.jsdelivr.net", "unpkg.com", "esm.sh", "cdnjs.cloudflare.com", "fonts.googleapis.com"):
        assert host not in script


async def test_its_session_signs_in_sets_the_first_password_and_signs_out(gateway: Suite) -> None:
    login = f"explorer-{secrets.token_hex(4)}"
    async with aiohttp.ClientSession() as http:
        provisioner = AccountProvisioner(gateway, http, "unused")
        codes = await provisioner.provision({"login": login, "scope": "expert", "name": "浏览器"})
        async with http.get(f"{gateway.url}/explorer/") as page:
            assert "assets/main.js" in await page.text()
    command = [*(node.command("node") or []), "--input-type=module", "-e", SCRIPT, str(SESSION), gateway.url, login]
    done = subprocess.run(  # noqa: ASYNC221, S603 - our own script, and nothing else runs meanwhile
        [*command, codes[login, "expert"], "A-Quiet-Harbour-1949"], capture_output=True, text=True, check=True
    )
    schema, refused, initial, active, answer, nobody, ended = json.loads(done.stdout)
    assert schema["data"]["__schema"]["queryType"]["name"] == "Query"
    assert "密码" in refused
    assert initial == {"login": login, "scope": "expert", "mustChangePassword": True}
    assert active == {"login": login, "scope": "expert", "mustChangePassword": False}
    assert answer["data"] == {"kind": "Query"}
    assert nobody is None
    assert ended == [["/auth/logout"], True, 401], "the session goes on at the gateway"


def test_r41_what_is_typed_stays_in_the_pages_memory_and_what_was_stored_before_is_removed() -> None:
    script = """
const { Memory, forgetStored } = await import(process.argv[1]);
const old = new Map([["graphiql:query", "110101199003070011"], ["theirs", "x"]]);
forgetStored({
  get length() { return old.size; }, key: (place) => [...old.keys()][place], removeItem: (key) => old.delete(key),
});
const memory = new Memory();
memory.setItem("graphiql:query", "typed");
const kept = [memory.getItem("graphiql:query"), memory.length];
memory.clear();
console.log(JSON.stringify([[...old.keys()], kept, memory.getItem("graphiql:query"), memory.length]));
"""
    command = node.command("node")
    if command is None:
        pytest.skip("there is no Node")
    file = web.EXPLORER.sources / "src" / "memory.js"
    done = subprocess.run(  # noqa: S603 - our own script
        [*command, "--input-type=module", "-e", script, str(file)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [["theirs"], ["typed", 1], None, 0]
    page = (web.EXPLORER.sources / "src" / "main.jsx").read_text(encoding="utf-8")
    assert "storage={storage}" in page
    assert "new Memory()" in page
