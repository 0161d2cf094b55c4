"""C6: `contracts/http/openapi.yaml` has what the gateway serves besides the graph, and the gateway answers by it."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import jsonschema
import orjson
import pytest
import yaml
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from contracts import http_schemas, openapi, refusals_page
from contracts.graph_files import SUPERGRAPH
from contracts.http_operations import ACCOUNT_ID, OPERATIONS
from deploy.processes import SUBGRAPHS
from gateway import refusals
from gateway.app import build
from gateway.http import account_admin, authentication, proxied_routes, responses, second_factor, session_cookie, web
from gateway.http import ballots as gateway_ballots
from gateway.http import certificates as certifying
from gateway.http.pages import page_routes
from gateway.identity import account_admin as managing
from gateway.identity import authentication as signing_in
from gateway.identity import provisioning, second_step, sessions, sign_on
from gateway.identity.account import Account, AccountState
from gateway.identity.login_throttle import LoginThrottle
from gateway.identity.password_hashing import Passwords
from gateway.identity.second_factor import NextStep
from gateway.identity.store import LastLogin, Session
from gateway.protection.spending import Spending
from gateway.settings import GatewaySettings
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import NOT_FOUND, STALE_VERSION, UNAVAILABLE
from services.assessment.ballots.box import Ballot
from services.assessment.ballots.counting import BallotBox
from services.assessment.commands import certificate_checks, certificates
from services.assessment.http import certificates as certificate_files
from services.assessment.http import classes as class_files
from services.assessment.http import exports as year_files
from services.assessment.workbooks import book_reader
from services.enrollment.commands import guards
from services.enrollment.commands import reveals as revealing
from services.enrollment.commands import rosters as staging
from services.enrollment.domain.roster.roster import Problem, Roster
from services.enrollment.domain.vocabulary import RosterState
from services.enrollment.graph.context import may_read_base, may_read_province, may_read_school
from services.enrollment.http import downloads, exports, reveals, rosters
from services.enrollment.workbooks import roster_reader, sheet_worker
from tests.contract.test_refusals import raised
from tests.unit.gateway.serving import Browser, served

METHODS = {"get", "post", "put", "delete", "patch"}
FILES_OF_PAGES = {route.path for name in ("ballot", "c", "check-in", "page") for route in page_routes(name)}
FRONT_ENDS = {*web.PAGES, web.ASSETS, web.ICON}
ELSEWHERE = {"/graphql", "/livez", "/readyz", *FRONT_ENDS, *FILES_OF_PAGES}
"""The graph, probes, the front ends, and files of pages."""
NOW = datetime(2024, 5, 20, 9, tzinfo=UTC)
UNUSED = cast("TokenVerifier", None)  # the routes are listed, none is called


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The committed document."""
    content: dict[str, Any] = yaml.safe_load(openapi.FILE.read_text(encoding="utf-8"))
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each method, path and operation of the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def operation(document: dict[str, Any], key: str) -> dict[str, Any]:
    """The operation of that `operationId`."""
    (found,) = (operation for _, _, operation in operations(document) if operation["operationId"] == key)
    return found


def codes(operation: dict[str, Any]) -> dict[str, int]:
    """The codes by which an operation is refused, each with its status."""
    found: dict[str, int] = {}
    for status, answer in operation["responses"].items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        for part in schema.get("allOf", [])[1:]:
            items = part["properties"]["errors"]["items"]
            found |= dict.fromkeys(items["properties"]["extensions"]["properties"]["code"]["enum"], int(status))
    return found


def validator(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator of a schema of the document, whose references lead into the document."""
    return jsonschema.Draft202012Validator(schema | {"components": document["components"]})


def valid(document: dict[str, Any], name: str, value: Any) -> None:
    """Fail unless a value is of that schema."""
    validator(document, {"$ref": f"#/components/schemas/{name}"}).validate(value)


def settings(folder: Path) -> GatewaySettings:
    """Settings of a gateway that reaches neither a database nor a subgraph."""
    keys = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    file = folder / "keys.json"
    file.write_text(orjson.dumps(keys.as_dict(private=True)).decode(), encoding="utf-8")
    nowhere = "http://127.0.0.1:1/graphql"
    urls = dict.fromkeys(SUBGRAPHS, nowhere)
    database = "mongodb://127.0.0.1:1"
    return GatewaySettings(
        mongodb_url=database,
        amqp_url=database,
        signing_key_file=file,
        supergraph_file=SUPERGRAPH,
        subgraph_urls=urls,
        second_factor_scopes=frozenset(),
    )


def in_document(path: str) -> str:
    """A path of Starlette as the document writes it: without converters."""
    return re.sub(r":\w+}", "}", path)


def methods(route: Route) -> set[str]:
    return {method.lower() for method in route.methods or ()} & METHODS


# What is in it


def test_every_route_of_the_gateway_is_in_the_document_and_no_other(document: dict[str, Any], tmp_path: Path) -> None:
    routes = [route for route in build(settings(tmp_path)).routes if isinstance(route, Route)]
    (wildcard,) = (route for route in routes if ":path}" in route.path and route.path not in FRONT_ENDS)
    behind = [route for route in exports.Exports().routes(UNUSED) if wildcard.path_regex.match(route.path)]
    assert len(behind) == 4
    served_paths = {
        (method, in_document(route.path))
        for route in [*routes, *behind]
        if route is not wildcard and route.path not in ELSEWHERE
        for method in methods(route)
    }
    assert {(method, path) for method, path, _ in operations(document)} == served_paths


def test_r22_r42_what_the_gateway_forwards_is_what_subgraphs_serve(document: dict[str, Any]) -> None:
    files = (exports.Exports(), reveals.RevealFiles(), rosters.RosterFiles(), year_files.YearFiles())
    behind = [route for endpoints in files for route in endpoints.routes(UNUSED)]
    forwarded = {
        (method, path) for method, path, _ in operations(document) if path.startswith(("/exports", "/rosters"))
    }
    assert forwarded == {(method, route.path) for route in behind for method in methods(route)}


def test_the_gateway_lets_every_export_of_the_document_through(document: dict[str, Any]) -> None:
    read = [path for method, path, _ in operations(document) if "/exports/" in path and method == "get"]
    read = [path for path in read if "{year}" not in path]
    names = [path.removeprefix("/exports/").removesuffix(".xlsx") for path in read]
    assert len(names) == 4
    assert all(proxied_routes._NAME.fullmatch(name.replace("{key}", "018f")) for name in names)
    assert f"^{proxied_routes._ROSTER_ID.pattern}$" == f"^{account_admin._ID.pattern}$" == ACCOUNT_ID


# It is a document of OpenAPI 3.1


def test_it_has_what_openapi_3_1_asks_for(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"].keys() >= {"title", "version", "license"}
    tags = {tag["name"] for tag in document["tags"]}
    found = list(operations(document))
    assert len(found) == len(OPERATIONS)
    assert len({operation["operationId"] for _, _, operation in found}) == len(found)
    for method, path, operation in found:
        assert method in METHODS, path
        assert set(operation["tags"]) <= tags, path
        assert ("requestBody" in operation) == (method == "post"), path
        assert any(re.fullmatch("2..", status) for status in operation["responses"]), path
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status), path
            assert answer["description"], path


def test_the_parameters_of_a_path_are_declared_and_required(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        own = [parameter for parameter in operation.get("parameters", []) if "$ref" not in parameter]
        assert {parameter["in"] for parameter in own} <= {"path", "query"}
        declared = [parameter["name"] for parameter in own if parameter["in"] == "path"]
        assert sorted(declared) == sorted(re.findall(r"{(\w+)}", path))
        assert all(parameter["required"] for parameter in own if parameter["in"] == "path")
        assert len({(parameter["in"], parameter["name"]) for parameter in own}) == len(own)


def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert len(found) > 20
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]
    components = document["components"]
    schemes = {name for _, _, operation in operations(document) for either in operation["security"] for name in either}
    assert schemes == set(components["securitySchemes"])
    kinds = ("schemas", "parameters", "headers")
    assert found == {f"#/components/{kind}/{name}" for kind in kinds for name in components[kind]}


def references(node: Any) -> Iterator[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for below in node.values():
            yield from references(below)
    elif isinstance(node, list):
        for below in node:
            yield from references(below)


def test_every_schema_is_json_schema(document: dict[str, Any]) -> None:
    found = list(schemas(document))
    assert len(found) > 100
    for schema in found:
        jsonschema.Draft202012Validator.check_schema(schema)


def schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of components, parameters, bodies and answers."""
    components = document["components"]
    yield from components["schemas"].values()
    yield from (shown["schema"] for kind in ("parameters", "headers") for shown in components[kind].values())
    for _, _, operation in operations(document):
        yield from (parameter["schema"] for parameter in operation.get("parameters", []) if "schema" in parameter)
        for message in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from (media["schema"] for media in message.get("content", {}).values() if "schema" in media)


def test_r32_what_the_gateway_forwards_of_certificates_is_what_assessment_serves(document: dict[str, Any]) -> None:
    """A file is checked under the path of every check; the gateway knows it by its type."""
    behind = certificate_files.CertificateEndpoints(Path()).routes(UNUSED)
    served_paths = {(method, in_document(route.path)) for route in behind for method in methods(route)}
    forwarded = {(method, path) for method, path, _ in operations(document) if path.startswith("/certificates")}
    assert forwarded == served_paths - {("post", "/certificates/check-file")}


def test_r29_what_the_gateway_forwards_of_classes_is_what_assessment_serves(document: dict[str, Any]) -> None:
    behind = class_files.ClassFiles(Path()).routes(UNUSED)
    served_paths = {(method, in_document(route.path)) for route in behind for method in methods(route)}
    assert {(method, path) for method, path, _ in operations(document) if path.startswith("/projects")} == served_paths


# Its codes are those of the code

_BODY: tuple[Any, ...] = (responses.json_body, responses.raw_body, responses.json_object)
_MANAGER: tuple[Any, ...] = (managing.manager, LoginThrottle.act)
_STEP: tuple[Any, ...] = (*_BODY, authentication.text_of)
_SECRETS: tuple[Any, ...] = (Passwords.matches, Passwords.hash, LoginThrottle.begin)
_READ: tuple[Any, ...] = (sheet_worker.read_in_worker, roster_reader.read_roster)
_SENT: tuple[Any, ...] = (proxied_routes.require_file, responses.raw_body)
_STAYING: tuple[Any, ...] = (session_cookie.stay_of, session_cookie._flag, sessions.require_may_stay)
_TOKEN: tuple[Any, ...] = (authentication.token_of,)
RAISING: dict[str, tuple[Any, ...]] = {
    "login": (*_BODY, authentication.scope_of, *_STAYING, signing_in.log_in, *_SECRETS),
    "refresh": (*_BODY, session_cookie.require_same_origin, sessions.Sessions.refresh),
    "setPassword": (*_BODY, *_TOKEN, *_STAYING, signing_in.set_password, *_SECRETS),
    "giveCode": (*_STEP, *_STAYING, second_step.give_code),
    "enrollSecondFactor": (*_STEP, second_step.start_enrollment),
    "confirmSecondFactor": (*_STEP, *_STAYING, second_step.confirm_enrollment),
    "replaceSecondFactor": (*_STEP, *_TOKEN, second_step.replace_device),
    "renewRecoveryCodes": (*_STEP, *_TOKEN, second_step.renew_recovery_codes),
    "startSignOn": (*_STEP, LoginThrottle.act, sign_on.start_sign_on),
    "finishSignOn": (*_STEP, *_STAYING, sign_on.finish_sign_on),
    "resetSecondFactor": (*_BODY, *_TOKEN, *_MANAGER, managing.reset_second_factor),
    "logout": (*_BODY, session_cookie.require_same_origin),
    "sessions": (*_TOKEN, signing_in.own_sessions),
    "revokeSession": (*_TOKEN, signing_in.revoke_sessions),
    "accounts": (
        *_TOKEN,
        *_MANAGER,
        account_admin._first,
        account_admin._after,
        account_admin._state,
        authentication.scope_of,
    ),
    "issueAccounts": (*_BODY, *_TOKEN, *_MANAGER, managing.issue),
    "reissueCode": (*_BODY, *_TOKEN, *_MANAGER, managing.reissue, provisioning.renew, Passwords.hash_code),
    "disableAccount": (*_BODY, *_TOKEN, *_MANAGER, managing.close_managed, provisioning.close),
    "sendBallot": (gateway_ballots.Ballots.send, Ballot.of, BallotBox.take),
    "ballotBox": (gateway_ballots.Ballots.window, BallotBox.find),
    "stageRoster": (*_READ, rosters.RosterFiles.stage, guards.own_school, staging.stage_roster),
    "rosterResult": (rosters.RosterFiles.result, staging.own_roster),
    "rosterTemplate": (guards.own_school,),
    "exportProject": (exports.Exports.project,),
    "exportSchool": (exports.Exports.school,),
    "exportProvince": (exports.Exports.province,),
    "exportProvinces": (exports.Exports.nation,),
    "exportAnnual": (year_files.YearFiles.annual,),
    "exportYear": (year_files.YearFiles.year,),
    "exportNumbers": (
        *_BODY,
        downloads.bounded_body,
        reveals.RevealFiles.project,
        revealing.reveal_teachers,
        guards.require_still_designated,
    ),
    "checkCertificate": (
        *_BODY,
        Spending.spend,
        certifying._asked,
        certificate_files._body,
        certificate_files.CertificateEndpoints.check,
        certificate_files.CertificateEndpoints.check_file,
        certificate_checks.check_certificate,
        certificate_checks.check_twin,
    ),
    "classWorkbook": (class_files.ClassFiles.workbook,),
    "enterClassWorkbook": (*_SENT, class_files.ClassFiles.enter, book_reader.read_class_workbook),
    "signInSheet": (class_files.ClassFiles.sign_in,),
    "classCertificates": (certificate_files.CertificateEndpoints.class_pages,),
    "certificateKeys": (certifying._public,),
    "certificateStatus": (certifying._public,),
    "certificatePage": (
        certificate_files.CertificateEndpoints.page,
        certificate_files.CertificateEndpoints.draw,
        certificates.certificate_of,
    ),
}
"""Operation to the functions whose docstrings name what may refuse it."""
FORWARDED = {"UNAUTHENTICATED", "PASSWORD_CHANGE_REQUIRED", "UNAVAILABLE"}
"""What `SubgraphProxy.send` raises."""


def named(functions: tuple[Callable[..., Any], ...]) -> set[str]:
    """The codes that the docstrings of functions name under `Raises:`."""
    return {code for function in functions for code in raised(inspect.getdoc(function) or "")}


@pytest.mark.parametrize("key", sorted(RAISING))
def test_an_operation_is_refused_by_the_codes_that_its_code_raises(key: str, document: dict[str, Any]) -> None:
    shown = operation(document, key)
    expected = named(RAISING[key]) | {"INTERNAL", "UNAVAILABLE"}  # `guarded` answers for the database
    if shown["tags"] in (["exports"], ["rosters"], ["projects"]):
        expected |= FORWARDED | ({"FORBIDDEN"} if shown["tags"] == ["rosters"] else set())
    if key in {"certificatePage", "classCertificates"}:
        expected |= FORWARDED
    if key == "stageRoster":
        expected |= {"UNSUPPORTED_MEDIA_TYPE"} | named((responses.raw_body,))
    assert set(codes(shown)) == expected


def test_every_other_operation_is_refused_by_fewer(document: dict[str, Any]) -> None:
    """To end all sessions needs no id that could be wrong; a page's refusals are pages; the rest is for everybody."""
    others = {operation["operationId"]: set(codes(operation)) for _, _, operation in operations(document)}
    assert {key: found for key, found in others.items() if key not in RAISING} == {
        "revokeSessions": others["revokeSession"],
        "jwks": set(),
        "evaluationKeys": {"NOT_FOUND", "UNAVAILABLE", "INTERNAL"},
        "evaluationReceipts": {"NOT_FOUND", "UNAVAILABLE", "INTERNAL"},
        "calendar": {"NOT_FOUND", "UNAVAILABLE", "INTERNAL"},
        "inspectionFile": {"NOT_FOUND", "UNAVAILABLE", "INTERNAL"},
        "certificateCheckPage": {"INTERNAL"},
    }


def test_the_codes_of_auth_are_in_the_tables_and_have_the_gateways_status(document: dict[str, Any]) -> None:
    table = {kind.code for _, kinds in refusals_page.tables() for kind in kinds}
    own = {kind.code for kind in refusals_page.kinds(refusals)}
    found: dict[str, int] = {}
    for _, path, operation in operations(document):
        assert set(codes(operation)) <= table
        if path.startswith("/auth/"):
            found |= codes(operation)
    assert found == {code: responses.status_of(code) for code in found}
    row_codes = {kind.code for kind in http_schemas.ROW_REFUSALS}
    of_identity = own & raised_in_identity()
    assert of_identity - set(found) - row_codes == {"INVALID_ACCOUNTS"}  # of the command line


def raised_in_identity() -> set[str]:
    """The kinds of refusal that identity calls."""
    folder = Path(inspect.getfile(provisioning)).parent
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in folder.glob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name) and call.func.id.isupper()}


def test_r3_a_row_is_refused_by_the_codes_that_issuing_it_raises(document: dict[str, Any]) -> None:
    functions = (
        provisioning.provision,
        provisioning.renew,
        provisioning.holder_name,
        managing._issue_to_designated,
        Passwords.hash_code,
    )
    called = ast.parse(
        textwrap.dedent(inspect.getsource(managing._issue) + inspect.getsource(managing._issue_by_school))
    )
    direct = {node.id for node in ast.walk(called) if isinstance(node, ast.Name) and node.id.isupper()}
    row = document["components"]["schemas"]["RefusedRow"]["properties"]["refusal"]["allOf"][1]
    shown = row["properties"]["extensions"]["properties"]["code"]["enum"]
    assert set(shown) == named(functions) | direct


# Its roles are those who may


def roles(operation: dict[str, Any]) -> set[str]:
    return {role for either in operation["security"] for named_roles in either.values() for role in named_roles}


def test_r3_accounts_are_managed_by_the_roles_that_the_document_names(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        if path.startswith("/auth/accounts"):
            assert roles(operation) == {scope.value for scope in managing._MANAGED}


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.PUBLIC])
def test_r42_exports_are_for_the_roles_that_may_read_them(scope: Scope, document: dict[str, Any]) -> None:
    principal = Principal("a", scope, bases=("b",), school="3144000011", province="44")
    may = {
        "exportProject": may_read_base(principal, "b"),
        "exportSchool": may_read_school(principal, "3144000011", "44"),
        "exportProvince": may_read_province(principal, "44"),
        "exportProvinces": may_read_province(principal, "00"),
    }
    assert may == {key: scope.value in roles(operation(document, key)) for key in may}


# Its schemas are what the code writes

HOLDER = Account(
    id="0" * 28,
    version=1,
    login="3144000011",
    scope=Scope.SCHOOL,
    secret="x",
    state=AccountState.INITIAL,
    code_expires_at=NOW,
    organization="3144000011",
    bases=("b",),
    school="3144000011",
    province="44",
    person="p",
    name="何敏",
    home="44",
)
BARE = Account(id="0" * 28, version=1, login="moe", scope=Scope.MINISTRY, secret="x", state=AccountState.ACTIVE)
ROSTER = Roster(
    id="0" * 28,
    version=1,
    school="3144000011",
    province="44",
    file_name="a.csv",
    by="何敏",
    total=2,
    good=1,
    warned=0,
    ignored=("备注",),
    created_at=NOW,
    expires_at=NOW,
    kept_until=NOW,
    state=RosterState.STAGED,
    warnings=(Problem("FOOTER", "合计", "total"),),
)
STEP = second_step.FurtherStep(NextStep.SECOND_FACTOR_REQUIRED, "c", BARE)
WRITTEN: list[tuple[str, dict[str, Any]]] = [
    ("Tokens", authentication.shown(sessions.Tokens("a", "r", BARE))),
    ("Tokens", authentication.shown(sessions.Tokens("a", None, HOLDER))),
    ("Tokens", authentication.shown(sessions.Tokens("a", "r", BARE, LastLogin(NOW, "Chrome, Windows")))),
    ("FurtherStep", authentication.shown_or_step(STEP)),
    ("DeviceEnrollment", second_factor._offered(second_step.DeviceOffer("c", "s", "otpauth://totp/x"))),
    (
        "DeviceEnrolled",
        second_factor._confirmed(second_step.DeviceConfirmed(sessions.Tokens("a", "r", BARE), ["c"] * 10)),
    ),
    ("Session", authentication._session(Session("f", "a", 0, NOW, NOW))),
    ("Session", authentication._session(Session("f", "a", 0, NOW, NOW, opened_at=NOW, client="Chrome, Windows"))),
    ("Account", account_admin._shown(HOLDER)),
    ("StagedRoster", rosters._summary(ROSTER, Language.EN)),
]


@pytest.mark.parametrize(("name", "written"), WRITTEN)
def test_what_the_code_writes_is_what_the_schema_says(
    name: str, written: dict[str, Any], document: dict[str, Any]
) -> None:
    valid(document, name, written)
    assert set(written) == set(document["components"]["schemas"][name]["properties"])


def test_an_account_without_more_has_the_required_attributes(document: dict[str, Any]) -> None:
    assert set(account_admin._shown(BARE)) == set(document["components"]["schemas"]["Account"]["required"])


def test_rows_that_were_issued_or_refused_are_as_the_schema_says(document: dict[str, Any]) -> None:
    request = Request({"type": "http", "headers": []})
    issued = account_admin._row(managing.Issued(HOLDER, "code"), request)
    refused = account_admin._row(managing.Issued(refusal=NOT_FOUND(kind="teacher", id="x")), request)
    valid(document, "IssuedAccounts", {"accounts": [issued, refused]})
    foreign = account_admin._row(managing.Issued(refusal=refusals.WEAK_PASSWORD(minimum=8)), request)
    with pytest.raises(jsonschema.ValidationError):
        valid(document, "IssuedAccounts", {"accounts": [foreign]})


@pytest.mark.parametrize(
    "refusal", [NOT_FOUND(kind="account", id="x"), UNAVAILABLE(retryAfter=2), STALE_VERSION(version=2), NOT_FOUND()]
)
def test_a_refusal_is_as_the_schema_says(refusal: Refusal, document: dict[str, Any]) -> None:
    request = Request({"type": "http", "headers": []})
    valid(document, "Refusal", responses.error_of(refusal, request))


@pytest.mark.parametrize(
    ("row", "good"),
    [
        ({"scope": "expert", "name": "何敏"}, True),
        ({"scope": "teacher", "person": "p", "name": None}, True),
        ({"name": "何敏"}, False),
        ({"scope": "school", "password": "x"}, False),
    ],
)
def test_r3_rows_are_those_that_the_code_reads(row: dict[str, Any], good: bool, document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/IssueRequest"}
    assert validator(document, schema).is_valid({"accounts": [row]}) is good
    assert not validator(document, schema).is_valid({"accounts": []})


# The gateway answers by it


@pytest.fixture
async def gateway(tmp_path: Path) -> Any:
    """The gateway's own routes on a port, and its settings; no database and no subgraph is there."""
    own = settings(tmp_path)
    routes = [route for route in build(own).routes if isinstance(route, Route)]
    async with served(Starlette(routes=routes)) as browser:
        yield browser, own


def bearer(own: GatewaySettings, scope: Scope, audience: str = sessions.GRAPH) -> dict[str, str]:
    token = TokenMinter(own.key_file().keys).mint(Principal("a.1", scope, school="3144000011"), audience)
    return {"Authorization": f"Bearer {token}"}


REQUESTS: list[tuple[str, dict[str, Any], int]] = [
    ("login", {"data": "a=b", "headers": {"Content-Type": "text/plain"}}, 415),
    ("login", {"json": []}, 400),
    ("login", {"json": {"login": "a", "password": "b", "scope": "king"}}, 400),
    ("login", {"json": {"login": "a" * 5000}}, 413),
    ("refresh", {"json": {"refreshToken": "a.0.b"}}, 401),
    ("logout", {"json": {"refreshToken": "a.0.b"}}, 200),
    ("setPassword", {"json": {"newPassword": "x"}}, 401),
    ("startSignOn", {"json": {}}, 404),
    ("finishSignOn", {"json": {"ticket": "t", "state": "s", "code": "c"}}, 404),
    ("giveCode", {"json": {"challenge": "c", "code": "123456"}}, 401),
    ("enrollSecondFactor", {"json": {"challenge": "c"}}, 401),
    ("confirmSecondFactor", {"json": {"challenge": "c", "code": "123456"}}, 401),
    ("replaceSecondFactor", {"json": {"code": "123456"}}, 401),
    ("renewRecoveryCodes", {"json": {"code": "123456"}}, 401),
    ("resetSecondFactor", {"json": {}}, 401),
    ("sessions", {}, 401),
    ("revokeSessions", {}, 401),
    ("revokeSession", {}, 401),
    ("jwks", {}, 200),
    ("accounts", {}, 401),
    ("issueAccounts", {"json": {"accounts": []}}, 401),
    ("reissueCode", {"json": {}}, 401),
    ("disableAccount", {"json": {}}, 401),
    ("stageRoster", {"data": b"x"}, 401),
    ("rosterTemplate", {}, 401),
    ("rosterResult", {}, 401),
    ("exportProject", {}, 401),
    ("exportSchool", {}, 401),
    ("exportProvince", {}, 401),
    ("exportProvinces", {}, 401),
    ("exportNumbers", {"json": {"purpose": "核对报到证件"}}, 401),
    ("calendar", {}, 503),
    ("inspectionFile", {}, 503),
    ("sendBallot", {"json": {}, "headers": {"Authorization": "Bearer x"}}, 400),
    ("sendBallot", {"data": b"x"}, 415),
    ("sendBallot", {"json": {}}, 404),
    ("ballotBox", {"headers": {"Cookie": "a=b"}}, 400),
    ("ballotBox", {}, 404),
    ("evaluationKeys", {}, 404),
    ("evaluationReceipts", {}, 404),
]


@pytest.mark.parametrize(("key", "sent", "status"), REQUESTS)
async def test_the_gateway_answers_as_the_document_says(
    key: str, sent: dict[str, Any], status: int, document: dict[str, Any], gateway: tuple[Browser, GatewaySettings]
) -> None:
    browser, _ = gateway
    assert await answered(browser, document, key, sent) == status


SIGNED_IN: list[tuple[str, Scope, dict[str, Any], int]] = [
    ("stageRoster", Scope.BASE, {"data": b"x"}, 403),
    ("stageRoster", Scope.SCHOOL, {"data": {"a": "b"}}, 415),
    ("stageRoster", Scope.SCHOOL, {"data": b"x"}, 503),
    ("rosterTemplate", Scope.TEACHER, {}, 403),
    ("rosterResult", Scope.SCHOOL, {}, 404),
    ("exportProject", Scope.MINISTRY, {}, 503),
    ("exportNumbers", Scope.MINISTRY, {"json": {"purpose": "核对报到证件"}}, 503),
    ("exportNumbers", Scope.MINISTRY, {"data": "purpose=x", "headers": {}}, 415),
    ("setPassword", Scope.SCHOOL, {"json": {"currentPassword": "x"}}, 400),
]


@pytest.mark.parametrize("case", SIGNED_IN, ids=lambda case: f"{case[0]}-{case[3]}")
async def test_a_signed_in_caller_is_answered_as_the_document_says(
    case: tuple[str, Scope, dict[str, Any], int], document: dict[str, Any], gateway: tuple[Browser, GatewaySettings]
) -> None:
    (browser, own), (key, scope, sent, status) = gateway, case
    assert await answered(browser, document, key, sent | {"headers": bearer(own, scope)}) == status


@pytest.mark.parametrize("key", ["sessions", "revokeSessions", "accounts", "rosterTemplate", "exportProvinces"])
async def test_r4_an_initial_accounts_token_is_refused_as_the_document_says(
    key: str, document: dict[str, Any], gateway: tuple[Browser, GatewaySettings]
) -> None:
    browser, own = gateway
    headers = bearer(own, Scope.SCHOOL, sessions.PASSWORD)
    assert await answered(browser, document, key, {"headers": headers}) == 403


REQUIRING = ["login", "setPassword", "giveCode", "enrollSecondFactor", "confirmSecondFactor"]
REQUIRING += ["finishSignOn"]


@pytest.mark.parametrize("key", [*REQUIRING, "replaceSecondFactor", "renewRecoveryCodes"])
async def test_a_field_that_the_document_requires_is_required(
    key: str, document: dict[str, Any], gateway: tuple[Browser, GatewaySettings]
) -> None:
    browser, own = gateway
    name = operation(document, key)["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = document["components"]["schemas"][name]
    assert schema["required"]
    for field in schema["required"]:
        body = {other: "x" for other in schema["required"] if other != field}
        answer = await browser.send("POST", path_of(document, key), json=body, headers=bearer(own, Scope.SCHOOL))
        assert (answer.status, answer.json["errors"][0]["extensions"]["field"]) == (400, field)


def path_of(document: dict[str, Any], key: str) -> str:
    """The path of an operation, with a value in the place of each parameter."""
    (path,) = (path for _, path, operation in operations(document) if operation["operationId"] == key)
    values = {"year": "2024", "inspection": "2024-1", "name": "draw.py"}
    return re.sub(r"{(\w+)}", lambda found: values.get(found[1], "018f"), path)


async def answered(browser: Browser, document: dict[str, Any], key: str, sent: dict[str, Any]) -> int:
    """Send a request and compare status, media type, headers and body with the document.

    Returns:
        The status.
    """
    (method,) = (method for method, _, operation in operations(document) if operation["operationId"] == key)
    answer = await browser.send(method.upper(), path_of(document, key), **sent)
    shown = operation(document, key)["responses"][str(answer.status)]
    always = {name.lower() for name in shown.get("headers", {})} - {"set-cookie"}
    assert always <= set(answer.headers)
    if "content" not in shown:
        assert answer.text == ""
        return answer.status
    schema = shown["content"][answer.headers["content-type"].partition(";")[0]]["schema"]
    validator(document, schema).validate(answer.json)
    return answer.status
