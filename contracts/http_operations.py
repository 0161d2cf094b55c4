"""The registry of what is not graph at the gateway: each operation with what it takes, answers and refuses.

`contracts/http/openapi.yaml` is made from it; the contract tests compare it with the routes that are served.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chassis.principal import Scope
from contracts.http_schemas import reference
from gateway.http.certificates import PDF
from gateway.http.proxied_routes import INSPECTION_FILES, MOST_BYTES
from gateway.identity.account_admin import MOST_ROWS
from gateway.refusals import (
    ACCOUNT_DISABLED,
    BATCHING_NOT_OFFERED,
    CHALLENGE_EXPIRED,
    CODE_EXPIRED,
    DELEGATION_ENDED,
    HOLDER_ENDED,
    IDENTITY_NOT_WANTED,
    INVALID_CREDENTIALS,
    KEEP_NOT_OFFERED,
    NOT_SAME_ORIGIN,
    PASSWORD_CHANGE_REQUIRED,
    RATE_LIMITED,
    SCOPE_REQUIRED,
    SIGN_ON_EXPIRED,
    SIGN_ON_NOT_OFFERED,
    SIGN_ON_REFUSED,
    SIGN_ON_UNKNOWN,
    UNKNOWN_SCOPE,
    UNSUPPORTED_MEDIA_TYPE,
    WEAK_PASSWORD,
)
from kernel.language import Language
from kernel.refusals import (
    BAD_CURSOR,
    BAD_REQUEST,
    BODY_TOO_LARGE,
    BUSY,
    CERTIFICATE_NUMBER_INVALID,
    DEADLINE_EXCEEDED,
    FORBIDDEN,
    INTERNAL,
    INVALID_PURPOSE,
    INVALID_TEXT,
    NOT_FOUND,
    REQUEST_TIMEOUT,
    STALE_VERSION,
    TOO_MANY_REVEALS,
    TOO_MANY_ROWS,
    UNAUTHENTICATED,
    UNAVAILABLE,
    RefusalKind,
)
from services.assessment.ballots.refusals import (
    BALLOT_BOX_CLOSED,
    BALLOT_BOX_NOT_OPEN,
    BALLOT_MALFORMED,
    NO_SUCH_BALLOT_BOX,
    TOKEN_INVALID,
)
from services.assessment.domain.refusals import (
    DRAWING_UNAVAILABLE,
    NOT_A_CERTIFICATE,
    SIGN_IN_SHEET_UNAVAILABLE,
    TOO_MANY_CERTIFICATES,
    TOO_MANY_NAMES,
    UNKNOWN_SESSION,
    WORKBOOK_OF_ANOTHER_CLASS,
    WORKBOOK_TOO_LARGE,
    WORKBOOK_UNKNOWN,
    WORKBOOK_UNREADABLE,
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
    SCHOOL_CLOSED,
)

JSON = "application/json"
ZIP = "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CALENDAR = "text/calendar"
STATUS_LIST = "application/vc+jwt"
TEXT = "text/plain"
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
    UNAVAILABLE,
    INTERNAL,
)
"""Any POST of JSON may be refused with these."""
_PROVED: Refusals = (INVALID_CREDENTIALS, RATE_LIMITED, CODE_EXPIRED, ACCOUNT_DISABLED)
"""Where a secret is proved (R4)."""
_CODE_GIVEN: Refusals = (CHALLENGE_EXPIRED, INVALID_CREDENTIALS, RATE_LIMITED, STALE_VERSION)
"""Where a challenge is answered with a code (R4)."""
_CODE_OF_HOLDER: Refusals = (
    UNAUTHENTICATED,
    PASSWORD_CHANGE_REQUIRED,
    NOT_FOUND,
    INVALID_CREDENTIALS,
    RATE_LIMITED,
    STALE_VERSION,
)
"""Where somebody who is signed in gives a code (R4)."""
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
    *,
    sets_cookie: bool = False,
    **more: Any,
) -> HttpOperation:
    """A POST of JSON: its body and its answer are the two shapes, schemas of the document."""
    asked, answered = shapes
    body = {JSON: reference(asked)}
    answers = _json(answered, "已完成 Done")
    if sets_cookie:
        answers = tuple(replace(answer, headers=(*answer.headers, "SetCookie")) for answer in answers)
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
        refusals=(UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, *refusals, UNAVAILABLE, INTERNAL),
    )


_AUTHENTICATION = (
    _post(
        "/auth/login",
        "login",
        "登录 Sign in (R3, R4)",
        ("LoginRequest", "TokensOrStep"),
        (UNKNOWN_SCOPE, SCOPE_REQUIRED, *_PROVED, KEEP_NOT_OFFERED),
        schemes=(),
        sets_cookie=True,
    ),
    _post(
        "/auth/refresh",
        "refresh",
        "换取下一对令牌 The next tokens of a session",
        ("RefreshTokenRequest", "Tokens"),
        (UNAUTHENTICATED, NOT_SAME_ORIGIN),
        schemes=(),
        sets_cookie=True,
    ),
    _post(
        "/auth/password",
        "setPassword",
        "设置密码，结束本人其他会话 Set the password; all other sessions end (R4)",
        ("PasswordRequest", "TokensOrStep"),
        (UNAUTHENTICATED, *_PROVED, WEAK_PASSWORD, STALE_VERSION, KEEP_NOT_OFFERED),
        schemes=(ACCESS, INITIAL),
        sets_cookie=True,
    ),
    _post(
        "/auth/second-factor",
        "giveCode",
        "以验证码完成登录 Finish a login with a code of the second factor (R4)",
        ("CodeRequest", "Tokens"),
        (*_CODE_GIVEN, KEEP_NOT_OFFERED),
        schemes=(),
        sets_cookie=True,
    ),
    _post(
        "/auth/second-factor/enrollment",
        "enrollSecondFactor",
        "首次登录时绑定验证器 Enrol a device at the first login (R4)",
        ("ChallengeRequest", "DeviceEnrollment"),
        (CHALLENGE_EXPIRED,),
        schemes=(),
    ),
    _post(
        "/auth/second-factor/enrollment/confirm",
        "confirmSecondFactor",
        "以新验证器的验证码确认绑定 Confirm the device with its first code (R4)",
        ("CodeRequest", "DeviceEnrolled"),
        (*_CODE_GIVEN, KEEP_NOT_OFFERED),
        schemes=(),
        sets_cookie=True,
    ),
    _post(
        "/auth/second-factor/replacement",
        "replaceSecondFactor",
        "以现有验证器换绑另一个 Enrol another device with a code of the present one (R4)",
        ("OwnCodeRequest", "DeviceEnrollment"),
        _CODE_OF_HOLDER,
    ),
    _post(
        "/auth/second-factor/recovery-codes",
        "renewRecoveryCodes",
        "换发恢复码 Other recovery codes; those before end (R4)",
        ("OwnCodeRequest", "RecoveryCodes"),
        _CODE_OF_HOLDER,
    ),
    _post(
        "/auth/oidc/start",
        "startSignOn",
        "开始统一身份认证登录 Begin to sign in by another identity provider (R3)",
        ("SignOnRequest", "SignOnStarted"),
        (SIGN_ON_NOT_OFFERED, RATE_LIMITED, UNAVAILABLE),
        schemes=(),
    ),
    _post(
        "/auth/oidc/callback",
        "finishSignOn",
        "以统一身份认证的答复登录 Sign in with what the provider has sent back (R3)",
        ("SignOnAnswer", "TokensOrStep"),
        (
            SIGN_ON_NOT_OFFERED,
            SIGN_ON_EXPIRED,
            SIGN_ON_REFUSED,
            SIGN_ON_UNKNOWN,
            ACCOUNT_DISABLED,
            PASSWORD_CHANGE_REQUIRED,
            UNAVAILABLE,
            KEEP_NOT_OFFERED,
        ),
        schemes=(),
        sets_cookie=True,
    ),
    _post(
        "/auth/logout",
        "logout",
        "退出 End the session",
        ("RefreshTokenRequest", "Nothing"),
        (NOT_SAME_ORIGIN,),
        schemes=(),
        sets_cookie=True,
    ),
    _get(
        "/auth/sessions",
        "sessions",
        "本人的登录会话 One's own sessions",
        _json("Sessions", "会话 The sessions"),
        headers=("AcceptLanguage",),
        refusals=(UNAUTHENTICATED, PASSWORD_CHANGE_REQUIRED, UNAVAILABLE, INTERNAL),
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
        NOT_FOUND,
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
        refusals=(*_MANAGED, BAD_REQUEST, BAD_CURSOR, UNKNOWN_SCOPE, UNAVAILABLE, INTERNAL),
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
        (*_MANAGED, NOT_FOUND, DELEGATION_ENDED, HOLDER_ENDED, STALE_VERSION),
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
    _post(
        "/auth/accounts/{id}/second-factor/reset",
        "resetSecondFactor",
        "解除验证器，下次登录重新绑定 Remove the second factor; the next login enrols a device (R4)",
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
    kinds = (NOT_FOUND, BAD_REQUEST, EXPORT_TOO_LARGE) if bounded else (FORBIDDEN, BAD_REQUEST)
    return _get(
        path,
        key,
        summary,
        _workbook("工作簿 The workbook"),
        parameters=parameters,
        roles=roles,
        refusals=(*_FORWARDED, NOT_FOUND) if bounded else _FORWARDED,
        subgraph_refusals=kinds,
    )


def _key(description: str) -> Parameter:
    schema = {"type": "string", "pattern": "^[0-9A-Za-z]{1,40}$"}
    return Parameter(name="key", place="path", description=description, schema=schema, required=True)


_ROUND = Parameter(
    name="year",
    place="path",
    description="年度 The year of the round",
    schema={"type": "string", "pattern": "^20[0-9]{2}$"},
    required=True,
)
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
    *(
        _get(
            f"/exports/{kind}/{{year}}.xlsx",
            key,
            summary,
            _workbook("工作簿 The workbook"),
            parameters=(_ROUND,),
            roles=roles,
            refusals=(*_FORWARDED, NOT_FOUND),
            subgraph_refusals=(FORBIDDEN, NOT_FOUND),
        )
        for kind, key, summary, roles in (
            (
                "annual",
                "exportAnnual",
                (
                    "各基地年度考核；省级仅有本省已定级的等次 "
                    "The annual assessments of bases; a province gets the final grades of its own (R38, R42)"
                ),
                (Scope.PROVINCE, Scope.MINISTRY),
            ),
            (
                "years",
                "exportYear",
                "年度总表，按类别与省份 The ministry's table of a year by category and province (R42)",
                (Scope.MINISTRY,),
            ),
        )
    ),
    HttpOperation(
        id="exportNumbers",
        method="post",
        path="/exports/projects/{key}/numbers.xlsx",
        summary="项目学员的完整号码，须说明用途，逐人记入审计日志，同 revealTeachers "
        "The numbers of a class in plain, for a purpose, each person recorded; as `revealTeachers` (R41, R42)",
        body={JSON: reference("RevealRequest")},
        answers=_workbook("工作簿 The workbook"),
        parameters=(_key("项目编号 The project's id"),),
        roles=(Scope.BASE, Scope.SCHOOL, Scope.MINISTRY),
        refusals=(*_POSTED, *_FORWARDED, NOT_FOUND),
        subgraph_refusals=(
            BAD_REQUEST,
            BODY_TOO_LARGE,
            FORBIDDEN,
            NOT_FOUND,
            NO_LONGER_DESIGNATED,
            SCHOOL_CLOSED,
            INVALID_PURPOSE,
            TOO_MANY_ROWS,
            TOO_MANY_REVEALS,
        ),
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
            SCHOOL_CLOSED,
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
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, SCHOOL_CLOSED, NO_LONGER_DESIGNATED),
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
    ),
    parameters=(
        Parameter(
            name="year",
            place="path",
            description="年度 The year",
            schema={"type": "integer", "minimum": 0, "maximum": 9999},
            required=True,
        ),
    ),
    headers=("AcceptLanguage", "IfNoneMatch"),
    schemes=(),
    refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
)

_INSPECTION = _get(
    "/public/inspections/{inspection}/{name}",
    "inspectionFile",
    "随机抽检的公开文件，任何人可据以复算 The public files of an inspection, from which anybody recomputes it (R37)",
    (
        Answer(
            description="文件或程序 The file, or a program that recomputes the draw",
            media={
                JSON: {"type": "object"},
                "application/jsonl": {"type": "string"},
                "text/x-python": {"type": "string"},
                "text/javascript": {"type": "string"},
            },
            headers=("ETag", "CacheControl"),
        ),
        Answer(description="未变 Not changed", status=304, media=_NO_BODY, headers=("ETag", "CacheControl")),
    ),
    parameters=(
        Parameter(
            name="inspection",
            place="path",
            description="抽检编号 The inspection's id",
            schema={"type": "string", "pattern": "^[0-9]{1,4}-[0-9]{1,4}$"},
            required=True,
        ),
        Parameter(
            name="name",
            place="path",
            description="文件名 The file's name; the ceremony is there once announced, the sample once drawn",
            schema={"type": "string", "enum": list(INSPECTION_FILES)},
            required=True,
        ),
    ),
    headers=("AcceptLanguage", "IfNoneMatch"),
    schemes=(),
    refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
)
_NUMBER = Parameter(
    name="number",
    place="path",
    description="证书编号 The certificate's number",
    schema={"type": "string"},
    required=True,
)
_LISTED_YEAR = Parameter(
    name="year",
    place="path",
    description="签发年度 The year of issue",
    schema={"type": "integer", "minimum": 2024},
    required=True,
)
_CERTIFICATES = (
    HttpOperation(
        id="checkCertificate",
        method="post",
        path="/certificates/check",
        summary="核验结业证书：按编号（可加二维码密钥或姓名），或上传PDF文件 "
        "Check a certificate by its number, with the QR code's key or a name if at hand, or by its file (R32)",
        body={JSON: reference("CertificateCheckRequest"), PDF: {}},
        answers=_json("CertificateCheck", "证书在册 The certificate is on file"),
        schemes=(),
        refusals=(*_POSTED, RATE_LIMITED, CERTIFICATE_NUMBER_INVALID),
        subgraph_refusals=(
            BAD_REQUEST,
            BODY_TOO_LARGE,
            CERTIFICATE_NUMBER_INVALID,
            NOT_FOUND,
            TOO_MANY_NAMES,
            NOT_A_CERTIFICATE,
        ),
    ),
    _get(
        "/certificates/keys.json",
        "certificateKeys",
        "验证证书签名的公钥，历年的都在 The public keys that certificates are signed with, of all years (R32)",
        (Answer(description="公钥 The keys", media={JSON: reference("JwkSet")}, headers=("CacheControl",)),),
        schemes=(),
        refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
    ),
    _get(
        "/certificates/status/{year}.jwt",
        "certificateStatus",
        "已失效证书的签名清单 The signed list of the certificates that are valid no more (R32, Bitstring Status List)",
        (Answer(description="清单 The list", media={STATUS_LIST: {}}, headers=("CacheControl",)),),
        parameters=(_LISTED_YEAR,),
        schemes=(),
        refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
    ),
    _get(
        "/certificates/{number}.pdf",
        "certificatePage",
        "结业证书，即时制作并加盖印章 The page of a certificate, drawn and sealed now (R32)",
        (
            Answer(
                description="PDF/A-3b",
                media={PDF: {}},
                headers=("CacheControl", "ContentDisposition"),
            ),
        ),
        parameters=(_NUMBER,),
        roles=(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
        refusals=(*_FORWARDED, CERTIFICATE_NUMBER_INVALID),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, CERTIFICATE_NUMBER_INVALID, DRAWING_UNAVAILABLE),
    ),
)
HTML = "text/html"
_PAGE: dict[str, dict[str, Any]] = {HTML: {"type": "string"}}
_LANGUAGE = Parameter(
    name="lang",
    place="query",
    description="语言 The language",
    schema={"type": "string", "enum": [language.value for language in Language]},
)
_CERTIFICATE_PAGE = _get(
    "/c/{number}",
    "certificateCheckPage",
    "证书二维码所指的页面：按编号核验，只显示最少的信息；密钥由脚本另行核验；拒绝也是页面 "
    "Where a certificate's QR code leads: the check by number alone; a script checks the key; refusals are pages (R32)",
    (
        Answer(description="有效、已撤销或已替代 Valid, revoked or replaced", media=_PAGE, headers=("CacheControl",)),
        Answer(description="编号有误，未查询 Mistyped, and looked up nowhere", status=400, media=_PAGE),
        Answer(description="查无此证 There is none of that number", status=404, media=_PAGE),
        Answer(description="过于频繁 Too many", status=429, media=_PAGE, headers=("RetryAfter",)),
        Answer(description="没有应答 No answer", status=503, media=_PAGE, headers=("RetryAfter",)),
    ),
    parameters=(_NUMBER, _LANGUAGE),
    schemes=(),
    refusals=(INTERNAL,),
)
_CLASSES = (
    _get(
        "/projects/{key}/workbook.xlsx",
        "classWorkbook",
        "本班考勤成绩册，可填写后上传；有姓名，没有证件号码 "
        "A class's attendance and results, to be filled in and sent back; names, and no numbers of persons (R29, R30)",
        _workbook("考勤成绩册 The workbook"),
        parameters=(_key("项目编号 The project's id"),),
        roles=(Scope.BASE,),
        refusals=(*_FORWARDED, FORBIDDEN, NOT_FOUND),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, WORKBOOK_TOO_LARGE),
    ),
    HttpOperation(
        id="enterClassWorkbook",
        method="post",
        path="/projects/{key}/workbook.xlsx",
        summary=f"上传填写后的考勤成绩册，逐行登记；请求体是文件本身，最大{MOST_BYTES}字节 "
        f"Enter a class's workbook row by row; the body is the file itself, "
        f"at most {MOST_BYTES} bytes, of any type but a form's (R29, R30)",
        body={XLSX: {}, "application/octet-stream": {}},
        answers=_json("EnteredWorkbook", "已逐行登记；有问题的行未登记 Entered; a row with a problem is not"),
        parameters=(_key("项目编号 The project's id"),),
        roles=(Scope.BASE,),
        refusals=(*_FORWARDED, FORBIDDEN, NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, REQUEST_TIMEOUT),
        subgraph_refusals=(
            FORBIDDEN,
            NOT_FOUND,
            BODY_TOO_LARGE,
            WORKBOOK_UNREADABLE,
            WORKBOOK_TOO_LARGE,
            WORKBOOK_UNKNOWN,
            WORKBOOK_OF_ANOTHER_CLASS,
            DEADLINE_EXCEEDED,
        ),
    ),
    _get(
        "/projects/{key}/sign-in.pdf",
        "signInSheet",
        "一个课次的签到表，供打印签名 The sign-in sheet of a session, to be printed and signed (R29)",
        (Answer(description="PDF/A-3b", media={PDF: {}}, headers=("CacheControl", "ContentDisposition")),),
        parameters=(
            _key("项目编号 The project's id"),
            Parameter(
                name="session",
                place="query",
                description="课次编号 The session's id",
                schema={"type": "string", "maxLength": 200},
                required=True,
            ),
        ),
        roles=(Scope.BASE,),
        refusals=(*_FORWARDED, FORBIDDEN, NOT_FOUND),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, UNKNOWN_SESSION, SIGN_IN_SHEET_UNAVAILABLE),
    ),
    _get(
        "/certificates/projects/{key}.zip",
        "classCertificates",
        "本班全部有效结业证书 The pages of a class's valid certificates, each under its number (R32)",
        (Answer(description="ZIP", media={ZIP: {}}, headers=("CacheControl", "ContentDisposition")),),
        parameters=(_key("项目编号 The project's id"),),
        roles=(Scope.BASE,),
        refusals=(*_FORWARDED, FORBIDDEN, NOT_FOUND),
        subgraph_refusals=(FORBIDDEN, NOT_FOUND, TOO_MANY_CERTIFICATES, DRAWING_UNAVAILABLE),
    ),
)
_INSTRUMENT = Parameter(
    name="instrument",
    place="path",
    description="问卷编号 The questionnaire's id",
    schema={"type": "string", "pattern": "^ins[0-9a-f]{25}$"},
    required=True,
)
_BALLOTS = (
    HttpOperation(
        id="sendBallot",
        method="post",
        path="/ballots",
        summary="匿名提交答卷，不得携带登录信息 Send a ballot, without any login (R34; ADR 54)",
        body={JSON: reference("Ballot")},
        answers=_json("BallotReceipt", "已收到 Taken; the first ballot of a token stays"),
        headers=("AcceptLanguage",),
        schemes=(),
        refusals=(
            IDENTITY_NOT_WANTED,
            UNSUPPORTED_MEDIA_TYPE,
            BODY_TOO_LARGE,
            REQUEST_TIMEOUT,
            NOT_FOUND,
            BALLOT_MALFORMED,
            NO_SUCH_BALLOT_BOX,
            BALLOT_BOX_NOT_OPEN,
            BALLOT_BOX_CLOSED,
            TOKEN_INVALID,
            BUSY,
            UNAVAILABLE,
            INTERNAL,
        ),
    ),
    _get(
        "/ballots/{instrument}",
        "ballotBox",
        "问卷的开放时间 When a questionnaire is answered (R34)",
        _json("BallotBox", "状态与时间 State and window"),
        parameters=(_INSTRUMENT,),
        headers=("AcceptLanguage",),
        schemes=(),
        refusals=(IDENTITY_NOT_WANTED, NOT_FOUND, NO_SUCH_BALLOT_BOX, UNAVAILABLE, INTERNAL),
    ),
)
_EVALUATIONS = (
    _get(
        "/evaluations/keys/{day}.json",
        "evaluationKeys",
        "一日的密钥名单，与审计链中的哈希逐字节相符 The key list of a day, byte for byte what was hashed (R34)",
        (Answer(description="名单 The list", media={JSON: reference("EvaluationKeys")}, headers=("CacheControl",)),),
        parameters=(
            Parameter(
                name="day",
                place="path",
                description="日期 The day",
                schema={"type": "string", "format": "date"},
                required=True,
            ),
        ),
        headers=("AcceptLanguage",),
        schemes=(),
        refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
    ),
    _get(
        "/evaluations/receipts/{instrument}.txt",
        "evaluationReceipts",
        "公布后的回执清单，每行一份 The receipts of a published questionnaire, a line each (R36)",
        (Answer(description="回执 The receipts", media={TEXT: {"type": "string"}}, headers=("CacheControl",)),),
        parameters=(_INSTRUMENT,),
        headers=("AcceptLanguage",),
        schemes=(),
        refusals=(NOT_FOUND, UNAVAILABLE, INTERNAL),
    ),
)

OPERATIONS: tuple[HttpOperation, ...] = (
    *_AUTHENTICATION,
    *_ACCOUNTS,
    *_ROSTERS,
    *_EXPORTS,
    *_CERTIFICATES,
    _CERTIFICATE_PAGE,
    *_CLASSES,
    *_BALLOTS,
    *_EVALUATIONS,
    _CALENDAR,
    _INSPECTION,
)
"""Everything that the gateway serves besides the graph, its probes, front ends, the explorer, and files of pages."""
