"""`contracts/http/openapi.yaml`: what is not graph at the gateway as an OpenAPI 3.1 document, from the registry."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from chassis.serving.asgi import status_of as subgraph_status_of
from contracts import registry
from contracts.http_operations import ACCESS, INITIAL, JSON, OPERATIONS, Answer, HttpOperation, Parameter
from contracts.http_schemas import of_codes, reference, schemas
from gateway.http.responses import status_of
from kernel.refusals import RefusalKind

FILE = Path(__file__).resolve().parent / "http" / "openapi.yaml"
_TAGS = {
    "auth": "登录、密码、会话和账号 Login, passwords, sessions and accounts (docs/accounts.md)",
    "rosters": "名单批量报名 Sign-ups by roster (docs/rosters.md)",
    "exports": "导出工作簿 Workbooks",
    "certificates": "结业证书 Certificates (R32)",
    "c": "证书核验页面 The page of a certificate's check (R32)",
    "projects": "班级的考勤成绩册和签到表 Workbooks and sign-in sheets of a class (R29, R30)",
    "ballots": "匿名答卷 Anonymous ballots (ADR 54)",
    "evaluations": "评价的密钥与回执 Keys and receipts of evaluations (ADR 54)",
    "calendar": "日程 The calendar",
    "public": "公开文件，任何人可复算 Public files, to be recomputed by anybody (docs/trust.md)",
}
_RETRY_STATUS = {429, 503}
_TEXT = {"type": "string"}


def files() -> Iterator[tuple[Path, str]]:
    """The document's file and its text."""
    plain = json.loads(json.dumps(document()))  # objects that are used twice would be written as YAML anchors
    yield FILE, yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def document() -> dict[str, Any]:
    """The document as an object, ready for YAML."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Guopei Graph beside the graph",
            "version": registry.VERSION.removeprefix("v"),
            "description": (
                "网关上图接口以外的接口 What the gateway serves besides `/graphql`. 拒绝的格式与图接口相同，见 "
                "docs/refusals.md; refusals have the form of the graph's. 未知路径答404，其他方法答405 An unknown path "
                "is answered 404, another method 405, both as refusals."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "网关 The gateway"}],
        "tags": [{"name": name, "description": said} for name, said in _TAGS.items()],
        "paths": dict(paths),
        "components": {
            "schemas": schemas(),
            "parameters": _request_headers(),
            "headers": _response_headers(),
            "securitySchemes": {
                ACCESS: _bearer("accessToken 登录答复中的访问令牌 The access token of a login"),
                INITIAL: _bearer(
                    "初始账号的令牌，只能设置密码 An initial account's token; it can only set the password (R4)"
                ),
            },
        },
    }


def _operation(operation: HttpOperation) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in operation.parameters]
    headers = [reference(name, "parameters") for name in operation.headers]
    taken: dict[str, Any] = {"parameters": [*parameters, *headers]} if parameters or headers else {}
    if operation.body:
        taken["requestBody"] = {"required": True, "content": _content(operation.body)}
    return {
        "operationId": operation.id,
        "tags": [operation.path.split("/")[1]],
        "summary": operation.summary,
        "security": _security(operation),
        **taken,
        "responses": _responses(operation),
    }


def _security(operation: HttpOperation) -> list[dict[str, list[str]]]:
    """The tokens that an operation takes, any one of them, each with one role that may; all where none is named."""
    roles = [[role.value] for role in operation.roles] or [[]]
    return [{scheme: list(role)} for scheme in operation.schemes for role in roles]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _responses(operation: HttpOperation) -> dict[str, Any]:
    """The answers by their status: those that do what is asked, then those that refuse, by the code's own status."""
    kinds: dict[int, dict[str, RefusalKind]] = defaultdict(dict)
    for kind in operation.refusals:
        kinds[int(status_of(kind.code))][kind.code] = kind
    for kind in operation.subgraph_refusals:
        kinds[int(subgraph_status_of(kind.code))][kind.code] = kind
    done = {str(answer.status): _answer(answer) for answer in operation.answers}
    return done | {str(status): _refused(status, kinds[status].values()) for status in sorted(kinds)}


def _answer(answer: Answer) -> dict[str, Any]:
    headers = {"headers": _headers(answer.headers)} if answer.headers else {}
    content = {"content": _content(answer.media)} if answer.media else {}
    return {"description": answer.description, **headers, **content}


def _refused(status: int, kinds: Iterable[RefusalKind]) -> dict[str, Any]:
    said = sorted(kinds, key=lambda kind: kind.code)
    items = of_codes([kind.code for kind in said])
    schema = {"allOf": [reference("Refused"), {"properties": {"errors": {"items": items}}}]}
    return {
        "description": "\n".join(f"- `{kind.code}` {kind.zh} {kind.en}" for kind in said),
        **({"headers": _headers(("RetryAfter",))} if status in _RETRY_STATUS else {}),
        "content": _content({JSON: schema}),
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    shown = {"CacheControl": "Cache-Control", "ContentDisposition": "Content-Disposition", "RetryAfter": "Retry-After"}
    shown |= {"SetCookie": "Set-Cookie"}
    return {shown.get(name, name): reference(name, "headers") for name in names}


def _content(media: Any) -> dict[str, Any]:
    """The bodies by media type; what is no text of ours, such as a workbook, has no schema (OpenAPI 3.1, 4.8.14.3)."""
    return {kind: {"schema": dict(schema)} if schema else {} for kind, schema in media.items()}


def _request_headers() -> dict[str, Any]:
    said = {
        "AcceptLanguage": ("Accept-Language", "zh-CN 或 en，默认中文 `zh-CN` or `en`; Chinese by default"),
        "Traceparent": ("traceparent", "W3C Trace Context"),
        "IfNoneMatch": ("If-None-Match", "上次答复的 ETag The `ETag` of the last answer"),
    }
    return {
        key: {"name": name, "in": "header", "description": description, "required": False, "schema": dict(_TEXT)}
        for key, (name, description) in said.items()
    }


def _response_headers() -> dict[str, Any]:
    return {
        "CacheControl": {
            "description": "除日程和公开文件外均为 no-store `no-store`, but for the calendar and public files",
            "schema": dict(_TEXT),
        },
        "ContentDisposition": {"description": "文件名 The file's name (RFC 6266)", "schema": dict(_TEXT)},
        "ETag": {"description": "内容的摘要 Digest of the content", "schema": dict(_TEXT)},
        "SetCookie": {
            "description": "以 cookie 登录时的刷新令牌 The refresh token, of who signs in with `cookie` (ADR 76)",
            "schema": dict(_TEXT),
        },
        "RetryAfter": {"description": "多少秒后可重试 Seconds to wait", "schema": {"type": "integer", "minimum": 0}},
    }


def _bearer(description: str) -> dict[str, str]:
    return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}
