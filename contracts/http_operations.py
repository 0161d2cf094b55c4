"""The registry of what is not graph at the gateway: each operation with what it takes, answers and refuses.

`contracts/http/openapi.yaml` is made from it; the contract tests compare it with the routes that are served.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.principal import Scope
from contracts.http_schemas import reference
from gateway.http.proxied_routes import MOST_BYTES
from gateway.identity.account_admin import MOST_ROWS
from gateway.refusals import (
    ACCOUNT_DISABLED,
    BATCHING_NOT_OFFERED,
    CODE_EXPIRED,
    DELEGATION_ENDED,
    INVALID_CREDENTIALS,
    PASSWORD_CHANGE_REQUIRED,
    RATE_LIMITED,
    REQUEST_TIMEOUT,
    SCOPE_REQUIRED,
    UNKNOWN_SCOPE,
    UNSUPPORTED_MEDIA_TYPE,
    WEAK_PASSWORD,
)
from kernel.refusals import (
    BAD_CURSOR,
    BAD_REQUEST,
    BODY_TOO_LARGE,
    DEADLINE_EXCEEDED,
    FORBIDDEN,
    INTERNAL,
    INVALID_TEXT,
    NOT_FOUND,
    STALE_VERSION,
    TOO_MANY_ROWS,
    UNAUTHENTICATED,
    UNAVAILABLE,
    RefusalKind,
)
from services.enrollment.domain.refusals import (
    DESIGNATED_PERSON_MISSING,
    EXPORT_TOO_LARGE,
    NO_LONGER_DESIGNATED,
    ROSTER_COLUMN_TWICE,
    ROSTER_EMPTY,
    ROSTER_HEADER_MISSING,
    ROSTER_TOO_LARGE,
    ROSTER_UNREADABLE,
)

JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CALENDAR = "text/calendar"
ACCESS = "accessToken"
INITIAL = "initialToken"
ANY_ROLE: tuple[Scope, ...] = ()
ACCOUNT_ID = "^[0-9a-f]{28}$"
Refusals = tuple[RefusalKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter in the path or the query.

    Attributes:
        name: Its name.
        place: `path` or `query`.
        description: What it says.
        schema: Its JSON Schema; a list may be given several times.
        required: Whether it must be given; one in the path always must.
    """

    name: str
    place: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is not a refusal.

    Attributes:
        description: What it means.
        status: The HTTP status.
        media: The media type of its body to the body's schema; empty for none.
        headers: Names of its headers, components of the document.
    """

    description: str
    status: int = 200
    media: Mapping[str, Mapping[str, Any]]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOperation:
    """A method of a path.

    Attributes:
        id: `operationId`, which code generators make names from.
        method: In lower case.
        path: As the document has it, parameters in braces.
        summary: In Chinese and English.
        answers: What it answers where it does what is asked.
        parameters: What it takes in the path and the query.
        headers: Request headers, components of the document.
        body: Media type of the body to the body's schema; empty for none.
        schemes: The tokens that it takes, any one of them; none for everybody.
        roles: Who may; all who are signed in where empty.
        refusals: What the gateway refuses.
        subgraph_refusals: What the subgraph behind it refuses.
    """

    id: str
    method: str
    path: str
    summary: str
    answers: tuple[Answer, ...]
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[str, ...] = ("AcceptLanguage", "Traceparent")
    body: Mapping[str, Mapping[str, Any]]
    schemes: tuple[str, ...] = (ACCESS,)
    roles: tuple[Scope, ...] = ANY_ROLE
    refusals: Refusals = ()
    subgraph_refusals: Refusals = ()


_NO_BODY: dict[str, dict[str, Any]] = {}
_POSTED: Refusals = (
    BAD_REQUEST,
    BATCHING_NOT_OFFERED,
    BODY_TOO_LARGE,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    INTERNAL,
)
"""Any POST of JSON may be refused with these."""
_PROVED: Refusals = (INVALID_CREDENTIALS, RATE_LIMITED, CODE_EXPIRED, ACCOUNT_DISABLED, UNAVAILABLE)
"""Where a secret is proved (R4)."""
_MANAGED: Refusals = (UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, FORBIDDEN, RATE_LIMITED)
"""Where accounts of others are managed (R3)."""
_FORWARDED: Refusals = (UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, UNAVAILABLE, INTERNAL)
"""Where a subgraph answers."""
_MANAGERS = (Scope.MINISTRY, Scope.SCHOOL)
_ACCOUNT = Parameter(
    name="id", place="path", description="账号编号 The account's id", schema={"type": "string"}, required=True
)
_SESSION = Parameter(
    name="id", place="path", description="会话编号 The session's id", schema={"type": "string"}, required=True
)
_YEAR = Parameter(
    name="year",
    place="query",
    description="年度 The year",
    schema={"type": "string", "pattern": "^20[0-9]{2}$"},
    required=True,
)
_STATUS = Parameter(
    name="status",
    place="query",
    description="只含这些状态，可重复 Only these states; may be given several times",
    schema={"type": "array", "items": reference("EnrollmentStatus")},
)


def _json(schema: str, description: str) -> tuple[Answer, ...]:
    return (Answer(description=description, media={JSON: reference(schema)}, headers=("CacheControl",)),)


def _workbook(description: str) -> tuple[Answer, ...]:
    headers = ("CacheControl", "ContentDisposition")
    return (Answer(description=description, media={XLSX: {}}, headers=headers),)


def _post(
    path: str,
    key: str,
    summary: str,
    shapes: tuple[str, str],
    refusals: Refusals,
    **more: Any,
) -> HttpOperation:
    """A POST of JSON: its body and its answer are the two shapes, schemas of the document."""
    asked, answered = shapes
    body = {JSON: reference(asked)}
    answers = _json(answered, "已完成 Done")
    return HttpOperation(
        id=key,
        method="post",
        path=path,
        summary=summary,
        body=body,
        answers=answers,
        refusals=(*_POSTED, *refusals),
        **more,
    )


def _get(path: str, key: str, summary: str, answers: tuple[Answer, ...], **more: Any) -> HttpOperation:
    return HttpOperation(id=key, method="get", path=path, summary=summary, body=_NO_BODY, answers=answers, **more)


def _revoke(path: str, key: str, summary: str, parameter: Parameter, *refusals: RefusalKind) -> HttpOperation:
    return HttpOperation(
        id=key,
        method="delete",
        path=path,
        summary=summary,
        body=_NO_BODY,
        answers=_json("Revoked", "已结束 Ended"),
        parameters=(parameter,),
        refusals=(UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, *refusals, INTERNAL),
    )


_AUTHENTICATION = (
    _post(
        "/auth/login",
        "login",
        "登录 Sign in (R3, R4)",
        ("LoginRequest", "Tokens"),
        (UNKNOWN_SCOPE, SCOPE_REQUIRED, *_PROVED),
        schemes=(),
    ),
    _post(
        "/auth/refresh",
        "refresh",
        "换取下一对令牌 The next tokens of a session",
        ("RefreshTokenRequest", "Tokens"),
        (UNAUTHENTICATED,),
        schemes=(),
    ),
    _post(
        "/auth/password",
        "setPassword",
        "设置密码，结束本人其他会话 Set the password; all other sessions end (R4)",
        ("PasswordRequest", "Tokens"),
        (UNAUTHENTICATED, *_PROVED, WEAK_PASSWORD, STALE_VERSION),
        schemes=(ACCESS, INITIAL),
    ),
    _post("/auth/logout", "logout", "退出 End the session", ("RefreshTokenRequest", "Nothing"), (), schemes=()),
    _get(
        "/auth/sessions",
        "sessions",
        "本人的登录会话 One's own sessions",
        _json("Sessions", "会话 The sessions"),
        headers=("AcceptLanguage",),
        refusals=(UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, INTERNAL),
    ),
    _revoke(
        "/auth/sessions",
        "revokeSessions",
        "结束本人的全部会话，或其余全部 End all of one's sessions, or all others",
        Parameter(
            name="except",
            place="query",
            description="保留的会话 The session to keep",
            schema={"type": "string"},
        ),
    ),
    _revoke("/auth/sessions/{id}", "revokeSession", "结束一个会话 End one session", _SESSION, NOT_FOUND),
    _get(
        "/auth/jwks.json",
        "jwks",
        "验证令牌的公钥 The public keys that verify tokens (RFC 7517)",
        _json("JwkSet", "公钥 The keys"),
        headers=(),
        schemes=(),
    ),
)


def _filter(name: str, description: str, schema: Mapping[str, Any]) -> Parameter:
    return Parameter(name=name, place="query", description=description, schema=schema)


_ACCOUNTS = (
    _get(
        "/auth/accounts",
        "accounts",
        "本单位管理的账号，按页 The accounts that one manages, in pages (R3)",
        _json("AccountPage", "一页账号 A page of accounts"),
        parameters=(
            _filter("first", "每页数量 Size of a page", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}),
            _filter(
                "after", "上一页的 endCursor The last page's `endCursor`", {"type": "string", "pattern": ACCOUNT_ID}
            ),
            _filter("scope", "角色 Role", reference("Scope")),
            _filter("state", "状态 State", reference("AccountState")),
            _filter("home", "省码 Code of a province", {"type": "string"}),
            _filter("login", "登录名 Login name", {"type": "string"}),
        ),
        headers=("AcceptLanguage",),
        roles=_MANAGERS,
        refusals=(*_MANAGED, BAD_REQUEST, BAD_CURSOR, UNKNOWN_SCOPE, INTERNAL),
    ),
    _post(
        "/auth/accounts",
        "issueAccounts",
        f"发放账号，最多{MOST_ROWS}行，逐行答复 Issue up to {MOST_ROWS} accounts, answered row by row (R3, R5)",
        ("IssueRequest", "IssuedAccounts"),
        (*_MANAGED, TOO_MANY_ROWS),
        roles=_MANAGERS,
    ),
    _post(
        "/auth/accounts/{id}/code",
        "reissueCode",
        "新激活码，原会话结束 A new code; the account's sessions end (R4)",
        ("NothingRequest", "IssuedAccount"),
        (*_MANAGED, NOT_FOUND, DELEGATION_ENDED, STALE_VERSION, UNAVAILABLE),
        parameters=(_ACCOUNT,),
        roles=_MANAGERS,
    ),
    _post(
        "/auth/accounts/{id}/disable",
        "disableAccount",
        "停用账号，直到再发激活码 Disable an account until a code is issued",
        ("NothingRequest", "ManagedAccount"),
        (*_MANAGED, NOT_FOUND, STALE_VERSION),
        parameters=(_ACCOUNT,),
        roles=_MANAGERS,
    ),
)


def _export(
    path: str, key: str, summary: str, roles: tuple[Scope, ...], *parameters: Parameter, bounded: bool = True
) -> HttpOperation:
    """A workbook of what its reader may read in the graph (R42); `bounded` where its rows are limited."""
    kinds = (NOT_FOUND, BAD_REQUEST, EXPORT_TOO_LARGE) if bounded else (NOT_FOUND, BAD_REQUEST)
    return _get(
        path,
        key,
        summary,
        _workbook("工作簿 The workbook"),
        parameters=parameters,
        roles=roles,
        refusals=(*_FORWARDED, NOT_FOUND),
        subgraph_refusals=kinds,
    )


def _key(description: str) -> Parameter:
    schema = {"type": "string", "pattern": "^[0-9A-Za-z]{1,40}$"}
    return Parameter(name="key", place="path", description=description, schema=schema, required=True)


_EXPORTS = (
    _export(
        "/exports/projects/{key}.xlsx",
        "exportProject",
        "项目的报名名单 A project's enrollments (R42)",
        (Scope.BASE, Scope.MINISTRY),
        _key("项目编号 The project's id"),
        _STATUS,
    ),
    _export(
        "/exports/schools/{key}.xlsx",
        "exportSchool",
        "学校一年的报名名单 A school's enrollments of a year (R42)",
        (Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY),
        _key("学校标识码 The school's code"),
        _YEAR,
        _STATUS,
    ),
    _export(
        "/exports/provinces/{key}.xlsx",
        "exportProvince",
        "省份一年的进展、经费和报名 A province's progress, funding and enrollments of a year (R42)",
        (Scope.PROVINCE, Scope.MINISTRY),
        _key("省码，00为部委所属院校 Code of the province; 00 for the schools of line ministries"),
        _YEAR,
        _STATUS,
    ),
    _export(
        "/exports/provinces.xlsx",
        "exportProvinces",
        "各省一年的培训进展 The progress of all provinces in a year (R42)",
        (Scope.MINISTRY,),
        _YEAR,
        bounded=False,
    ),
)

_ROSTERS = (
    HttpOperation(
        id="stageRoster",
        method="post",
        path="/rosters",
        summary=f"上传名单，只检查；请求体是文件本身，最大{MOST_BYTES}字节 "
        f"Upload a roster, to be checked only; the body is the file itself, "
        f"at most {MOST_BYTES} bytes, of any type but a form's (R22)",
        body={XLSX: {}, "text/csv": {}, "application/octet-stream": {}},
        answers=(
            Answer(
                description="已检查 Checked",
                status=201,
                media={JSON: reference("StagedRoster")},
                headers=("CacheControl",),
            ),
        ),
        parameters=(_filter("filename", "文件名 The file's name", {"type": "string", "maxLength": 200}),),
        roles=(Scope.SCHOOL,),
        refusals=(*_FORWARDED, FORBIDDEN, UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, REQUEST_TIMEOUT),
        subgraph_refusals=(
            FORBIDDEN,
            NOT_FOUND,
            NO_LONGER_DESIGNATED,
            DESIGNATED_PERSON_MISSING,
            INVALID_TEXT,
            BODY_TOO_LARGE,
            ROSTER_UNREADABLE,
            ROSTER_TOO_LARGE,
            ROSTER_HEADER_MISSING,
            ROSTER_COLUMN_TWICE,
            ROSTER_EMPTY,
            TOO_MANY_ROWS,
            DEADLINE_EXCEEDED,
        ),
    ),
    _get(
        "/rosters/template.xlsx",
        "rosterTemplate",
        "名单模板，含当前可报项目 An empty roster with the projects that are open (R22)",
        _workbook("模板 The template"),
        roles=(Scope.SCHOOL,),
        refusals=(*_FORWARDED, FORBIDDEN),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, NO_LONGER_DESIGNATED),
    ),
    _get(
        "/rosters/{roster}/result.xlsx",
        "rosterResult",
        "名单及各行的问题 A roster with the problems of each row (R22)",
        _workbook("检查结果 The result"),
        parameters=(
            Parameter(
                name="roster",
                place="path",
                description="名单编号 The roster's id",
                schema={"type": "string", "pattern": ACCOUNT_ID},
                required=True,
            ),
        ),
        roles=(Scope.SCHOOL,),
        refusals=(*_FORWARDED, FORBIDDEN, NOT_FOUND),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND),
    ),
)

_CALENDAR = _get(
    "/calendar/{year}.ics",
    "calendar",
    "一年的日程，供日历程序订阅 The steps of a year's round, for calendar programs (R1; RFC 5545)",
    (
        Answer(description="日程 The calendar", media={CALENDAR: {"type": "string"}}, headers=("ETag", "CacheControl")),
        Answer(description="未变 Not changed", status=304, media=_NO_BODY, headers=("ETag", "CacheControl")),
        Answer(description="该年度没有开放 No round of this year", status=404, media=_NO_BODY),
        Answer(description="暂时不可用 Temporarily unavailable", status=503, media=_NO_BODY, headers=("RetryAfter",)),
    ),
    parameters=(
        Parameter(
            name="year",
            place="path",
            description="年度 The year",
            schema={"type": "integer", "minimum": 0},
            required=True,
        ),
    ),
    headers=("AcceptLanguage", "IfNoneMatch"),
    schemes=(),
    refusals=(INTERNAL,),
)

OPERATIONS: tuple[HttpOperation, ...] = (*_AUTHENTICATION, *_ACCOUNTS, *_ROSTERS, *_EXPORTS, _CALENDAR)
"""Everything that the gateway serves besides the graph, its probes and metrics, and the explorer."""
