"""The JSON bodies of what is not graph at the gateway, as JSON Schemas (2020-12) for `contracts/http/openapi.yaml`.

What the code reads into a type is made from that type; what it reads or writes by hand is written here, and the
contract tests compare it with what the code writes.
"""

from enum import StrEnum
from typing import Any

import msgspec

from chassis.principal import Scope
from gateway.identity.account import AccountState
from gateway.identity.account_admin import MOST_ROWS, SchoolRow
from gateway.identity.provisioning import AccountRow
from gateway.identity.second_factor import NextStep
from gateway.refusals import (
    ACCOUNT_EXISTS,
    DELEGATION_ENDED,
    HOLDER_ENDED,
    INCOMPLETE_ACCOUNT,
    NOT_DESIGNATED,
    PERSONAL_LOGIN,
)
from kernel import ballots
from kernel.errors import Unblock
from kernel.refusals import (
    BAD_REQUEST,
    FORBIDDEN,
    INVALID_CREDIT_CODE,
    INVALID_NAME,
    INVALID_SCHOOL_CODE,
    INVALID_TEXT,
    NOT_FOUND,
    STALE_VERSION,
    UNAVAILABLE,
    UNKNOWN_PROVINCE,
)
from services.assessment.ballots.box import BoxState
from services.assessment.domain.vocabulary import (
    CertificateState,
    CreditStatus,
    InstrumentKind,
    RevocationClass,
    SealState,
)
from services.enrollment.domain.vocabulary import EnrollmentStatus, RosterState
from services.enrollment.http.reveals import RevealRequest

ROW_REFUSALS = (
    BAD_REQUEST,
    FORBIDDEN,
    NOT_FOUND,
    INCOMPLETE_ACCOUNT,
    INVALID_SCHOOL_CODE,
    INVALID_CREDIT_CODE,
    UNKNOWN_PROVINCE,
    PERSONAL_LOGIN,
    INVALID_TEXT,
    INVALID_NAME,
    ACCOUNT_EXISTS,
    NOT_DESIGNATED,
    DELEGATION_ENDED,
    HOLDER_ENDED,
    STALE_VERSION,
    UNAVAILABLE,
)
"""The refusals of one row, where accounts are issued row by row (R3)."""
_ROWS = (AccountRow, SchoolRow)
_WORDS = (
    Scope,
    NextStep,
    AccountState,
    EnrollmentStatus,
    RosterState,
    CertificateState,
    RevocationClass,
    CreditStatus,
)
_TEXT: dict[str, Any] = {"type": "string"}
_FILLED: dict[str, Any] = {"type": "string", "minLength": 1}
_YES_OR_NO: dict[str, Any] = {"type": "boolean"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}


def reference(name: str, kind: str = "schemas") -> dict[str, str]:
    """A reference to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema of the document by its name."""
    _, rows = msgspec.json.schema_components((*_ROWS, RevealRequest), ref_template="#/components/schemas/{name}")
    words = {kind.__name__: _enumeration(kind) for kind in _WORDS}
    return rows | words | _requests() | _answers() | _evaluations() | _refusals()


def _base64url(size: int) -> dict[str, Any]:
    """So many bytes in base64url without padding."""
    letters = -(-size * 8 // 6)
    return {"type": "string", "minLength": letters, "maxLength": letters, "pattern": "^[-_0-9A-Za-z]*$"}


def _evaluations() -> dict[str, dict[str, Any]]:
    instrument = {"type": "string", "pattern": "^ins[0-9a-f]{25}$"}
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    point, modulus = _base64url(65), _base64url(ballots.KEY_BYTES)
    kinds = [kind.value for kind in InstrumentKind]
    return {
        "Ballot": _object(
            "答卷，双重加密，长度固定 A sealed answer sheet under two seals; all have one length (ADR 54)",
            {
                "v": {"const": 1},
                "instrument": instrument,
                "nonce": _base64url(ballots.NONCE_BYTES),
                "prefix": _base64url(ballots.NONCE_BYTES),
                "token": modulus,
                "sealed": _base64url(ballots.SEALED_BYTES),
            },
        )
        | {"additionalProperties": False},
        "BallotReceipt": _object("回执 Is found in the list after the publication", {"receipt": digest}),
        "BallotBox": _object(
            "作答时间 When answers are taken; null before that is known",
            {
                "instrument": instrument,
                "state": {"type": "string", "enum": [state.value for state in BoxState]},
                "opensAt": _or_null(_TIME),
                "closesAt": _or_null(_TIME),
            },
        ),
        "EvaluationKeys": _object(
            "密钥名单 The keys of the questionnaires that a day has listed",
            {
                "v": {"const": 1},
                "day": {"type": "string", "format": "date"},
                "instruments": {"type": "array", "items": reference("EvaluationKey")},
            },
        ),
        "EvaluationKey": _object(
            "一份问卷的密钥 The keys of a questionnaire",
            {
                "id": instrument,
                "kind": {"type": "string", "enum": kinds},
                "project": _FILLED,
                "form": _FILLED,
                "formSha256": digest,
                "tokenKey": modulus,
                "boxKey": point,
                "registerKey": point,
            },
        ),
    }


def _enumeration(kind: type[StrEnum]) -> dict[str, Any]:
    summary = (kind.__doc__ or "").splitlines()[0]
    return {"type": "string", "description": summary, "enum": [word.value for word in kind]}


def _requests() -> dict[str, dict[str, Any]]:
    flag = _or_null(_YES_OR_NO)
    staying = {
        "cookie": flag | {"description": "刷新令牌放入 Cookie The refresh token as a cookie, for no script (ADR 76)"},
        "keep": flag | {"description": "浏览器关闭后仍保持登录，仅限教师 Over the browser's end; for teachers only"},
    }
    return {
        "LoginRequest": _object(
            "密码处可填激活码；一个登录名有多个角色时加 scope "
            "The password may be a one-time code; `scope` where a login name has several roles",
            {"login": _FILLED, "password": _FILLED, "scope": _or_null(reference("Scope")), **staying},
            optional={"scope", *staying},
        ),
        "PasswordRequest": _object(
            "初始账号可不写 currentPassword An initial account may leave `currentPassword` out",
            {"currentPassword": _or_null(_TEXT), "newPassword": _FILLED, **staying},
            optional={"currentPassword", *staying},
        ),
        "ChallengeRequest": _object("登录答复中的 challenge From the reply to a login", {"challenge": _FILLED}),
        "CodeRequest": _object(
            "六位验证码，或一个恢复码 Six digits of the device, or a recovery code",
            {"challenge": _FILLED, "code": _FILLED, **staying},
            optional=set(staying),
        ),
        "OwnCodeRequest": _object("现有验证器的验证码，或一个恢复码 Of the present device", {"code": _FILLED}),
        "SignOnRequest": _object(
            "不写 redirectUri 即设置中的第一个 Without `redirectUri` the first of the settings",
            {"redirectUri": _or_null(_TEXT)},
            optional={"redirectUri"},
        ),
        "SignOnAnswer": _object(
            "state 和 code 来自回调地址的参数 `state` and `code` have come to the redirect address",
            {"ticket": _FILLED, "state": _FILLED, "code": _FILLED, **staying},
            optional=set(staying),
        ),
        "RefreshTokenRequest": _object(
            "登录答复中的刷新令牌；不写则为 Cookie 中的 From the reply to a login; without it that of the cookie",
            {"refreshToken": _or_null(_FILLED)},
            optional={"refreshToken"},
        ),
        "CertificateCheckRequest": _object(
            "key 来自二维码；name 每日有次数限制 `key` is in the QR code; few names a day are compared (R32)",
            {"number": _FILLED, "key": _or_null(_TEXT), "name": _or_null(_TEXT)},
            optional={"key", "name"},
        ),
        "NothingRequest": _object("空对象 An empty object", {}),
        "IssueRequest": _object(
            "教育部用 AccountRow，学校用 SchoolRow The ministry sends `AccountRow`, a school `SchoolRow`",
            {
                "accounts": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_ROWS,
                    "items": {"anyOf": [reference(row.__name__) for row in _ROWS]},
                }
            },
        ),
    }


def _answers() -> dict[str, dict[str, Any]]:
    return (
        _authentication_answers()
        | _account_answers()
        | {"StagedRoster": _staged_roster(), "CertificateCheck": _certificate_check()}
        | {"EnteredWorkbook": _entered_workbook()}
    )


def _authentication_answers() -> dict[str, dict[str, Any]]:
    tokens = {
        "accessToken": _FILLED,
        "refreshToken": _or_null(_TEXT),
        "tokenType": {"const": "Bearer"},
        "expiresIn": _COUNT | {"description": "秒 seconds"},
        "idleSeconds": _or_null({"type": "integer", "minimum": 0})
        | {
            "description": "浏览器会话（cookie）多少秒不刷新即结束；其他会话为 null "
            "A session by cookie ends after so many seconds without a refresh; null for any other"
        },
        "scope": reference("Scope"),
        "mustChangePassword": _YES_OR_NO,
        "lastLogin": _or_null(reference("LastLogin")),
    }
    seconds = _COUNT | {"description": "秒 seconds"}
    codes = {"type": "array", "items": _FILLED, "description": "每个只能用一次，只显示这一次 Good once, shown once"}
    return {
        "Tokens": _object(
            "mustChangePassword 时令牌只能设置密码，且没有刷新令牌 "
            "With `mustChangePassword` the token can only set the password, and there is no refresh token",
            tokens,
        ),
        "LastLogin": _object(
            "上一次登录；不存地址 The login before this one; no address is stored",
            {"at": _TIME, "client": _or_null(_TEXT)},
        ),
        "FurtherStep": _object(
            "该角色还须验证码，或先绑定验证器 The role needs a code too, or first a device (docs/accounts.md)",
            {
                "nextStep": reference("NextStep"),
                "challenge": _FILLED,
                "expiresIn": dict(seconds),
                "scope": reference("Scope"),
            },
        ),
        "TokensOrStep": {"oneOf": [reference("Tokens"), reference("FurtherStep")]},
        "SignOnStarted": _object(
            "客户端保存 ticket，再打开 authorizationUrl The client keeps `ticket` and opens `authorizationUrl`",
            {"authorizationUrl": _FILLED, "ticket": _FILLED, "expiresIn": dict(seconds)},
        ),
        "DeviceEnrollment": _object(
            "客户端以 otpauthUri 画二维码 The client draws `otpauthUri` as a QR code",
            {"challenge": _FILLED, "expiresIn": dict(seconds), "secret": _FILLED, "otpauthUri": _FILLED},
        ),
        "DeviceEnrolled": _object("", {**tokens, "recoveryCodes": codes}),
        "RecoveryCodes": _object("", {"recoveryCodes": codes}),
        "Nothing": _object("空对象 An empty object", {}),
        "Session": _object(
            "不存地址 No address is stored",
            {
                "id": _FILLED | {"description": "刷新令牌第一个点之前的部分 Its refresh tokens, up to the first dot"},
                "client": _or_null(_TEXT),
                "openedAt": _or_null(_TIME),
                "lastUsedAt": _TIME,
                "expiresAt": _TIME,
            },
        ),
        "Sessions": _object("最近使用的在前 The one used last first", {"sessions": _list("Session")}),
        "Revoked": _object("结束了几个会话 How many sessions were ended", {"revoked": _COUNT}),
        "JwkSet": _object("RFC 7517", {"keys": {"type": "array", "items": {"type": "object", "required": ["kty"]}}}),
    }


def _account_answers() -> dict[str, dict[str, Any]]:
    fields = {
        "id": _TEXT,
        "login": _TEXT,
        "scope": reference("Scope"),
        "state": reference("AccountState"),
        "awaitsCode": _YES_OR_NO | {"description": "尚未发放激活码 No code has been issued yet"},
        "codeExpiresAt": dict(_TIME),
        "organization": _TEXT,
        "bases": {"type": "array", "items": _TEXT},
        "school": _TEXT,
        "province": _TEXT,
        "home": _TEXT | {"description": "所在省份，00为无 The province that it is counted in, 00 for none"},
        "person": _TEXT,
        "name": _TEXT,
    }
    always = {"id", "login", "scope", "state", "awaitsCode", "home"}
    return {
        "Account": _object("没有值的属性省去 Attributes without a value are left out", fields, set(fields) - always),
        "PageInfo": _object("", {"hasNextPage": _YES_OR_NO, "endCursor": _or_null(_TEXT)}),
        "AccountPage": _object("按编号排列 By id", {"accounts": _list("Account"), "pageInfo": reference("PageInfo")}),
        "ManagedAccount": _object("", {"account": reference("Account")}),
        "IssuedAccount": _object(
            "激活码只显示这一次 The code is shown this once",
            {"account": reference("Account"), "code": _FILLED},
        ),
        "RefusedRow": _object(
            "该行未作任何更改 Nothing was changed for this row",
            {"refusal": {"allOf": [reference("Refusal"), of_codes([kind.code for kind in ROW_REFUSALS])]}},
        ),
        "IssuedAccounts": _object(
            "逐行答复，次序同请求 A row each, in the order of the request",
            {"accounts": {"type": "array", "items": {"oneOf": [reference("IssuedAccount"), reference("RefusedRow")]}}},
        ),
    }


def _staged_roster() -> dict[str, Any]:
    warning = _object("", {"code": _TEXT, "message": _TEXT})
    return _object(
        "名单及检查结果的行数 The roster, and how many rows are good, bad or warned of",
        {
            "id": _TEXT,
            "state": reference("RosterState"),
            **{name: dict(_COUNT) for name in ("total", "good", "bad", "warned")},
            "warnings": {"type": "array", "items": warning},
            "ignoredColumns": {"type": "array", "items": _TEXT},
            "expiresAt": _TIME,
        },
    )


def _entered_workbook() -> dict[str, Any]:
    problem = _object(
        "该行未作任何更改 Nothing was changed for this row",
        {
            "sheet": _FILLED,
            "row": _COUNT | {"description": "工作表中的行号 Its number in the sheet"},
            "column": _or_null(_FILLED) | {"description": "列，如 E；整行的问题为空 Letters; null of the whole row"},
            "enrollmentId": _or_null(_FILLED),
            "refusal": reference("Refusal"),
        },
    )
    return _object(
        "已登记、无变化和未登记的行数 How many rows were written, said nothing new, and were refused (R29, R30)",
        {
            **{name: dict(_COUNT) for name in ("written", "unchanged", "refused")},
            "problems": {"type": "array", "items": problem},
        },
    )


def _certificate_check() -> dict[str, Any]:
    always = {
        "number": _FILLED,
        "state": reference("CertificateState"),
        "issuedOn": _DAY,
        "title": _FILLED,
        "base": _FILLED,
        "startsOn": _DAY,
        "endsOn": _DAY,
        "classHours": _COUNT,
        "name": _FILLED | {"description": "只凭编号时为首字加星号 A star after the first character, by number alone"},
    }
    where_known = {
        "revocation": reference("RevocationClass"),
        "endedOn": _DAY,
        "replacedBy": _FILLED,
        "credit": reference("CreditStatus"),
        "code": _FILLED,
        "attendedHours": _COUNT,
        "keyMatches": _YES_OR_NO,
        "nameMatches": _YES_OR_NO,
        "seal": {"enum": [state.value for state in SealState], "description": "上传文件的印章 Of a file"},
    }
    return _object(
        "知道得越少，显示得越少 The less is known, the less is shown (R32)",
        {**always, **where_known},
        optional=set(where_known),
    )


def _refusals() -> dict[str, dict[str, Any]]:
    extensions = _object(
        "另有该拒绝的细节，如 field、limit、retryAfter "
        "Besides the details of the refusal, such as `field`, `limit` and `retryAfter` (docs/refusals.md)",
        {
            "code": {"type": "string", "pattern": "^[A-Z][A-Z_]*$"},
            "rule": _or_null({"type": "string", "pattern": "^R[0-9]+$"}),
            "clause": _or_null(_TEXT) | {"description": "通知条款 Clause of the notice"},
            "unblock": {"enum": [*(who.value for who in Unblock), None], "description": "谁能解除 Who can unblock it"},
        },
    )
    return {
        "Refusal": _object(
            "与图接口的错误格式相同；文字随 Accept-Language "
            "As an error of the graph; the message follows Accept-Language",
            {"message": _FILLED, "extensions": extensions},
        ),
        "Refused": _object(
            "被拒绝的请求未作任何更改 A refused request has changed nothing",
            {"errors": {"type": "array", "minItems": 1, "items": reference("Refusal")}},
        ),
    }


def of_codes(codes: list[str]) -> dict[str, Any]:
    """What a refusal of one of these codes has beyond the schema `Refusal`."""
    return {"properties": {"extensions": {"properties": {"code": {"enum": codes}}}}}


def _object(description: str, fields: dict[str, Any], optional: set[str] | None = None) -> dict[str, Any]:
    required = [name for name in fields if name not in (optional or set())]
    said = {"description": description} if description else {}
    return {"type": "object", **said, **({"required": required} if required else {}), "properties": fields}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": reference(name)}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
