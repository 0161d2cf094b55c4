"""`/c/{number}`, where a certificate's QR code leads: to people what the check by number tells programs (R32)."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.pages import HEADERS, page_routes
from gateway.http.proxy import SubgraphProxy
from gateway.http.responses import Endpoint, address_of, guarded, language_of, status_of
from gateway.protection.spending import Spending
from kernel.errors import Refusal
from kernel.identifiers import certificate_number
from kernel.language import Language
from kernel.refusals import CERTIFICATE_NUMBER_INVALID, NOT_FOUND, UNAVAILABLE

_RETRY_SECONDS = 5
_Words = tuple[str, str]
_TITLE: _Words = ("结业证书核验", "Certificate check")
_STATES: Mapping[str, tuple[str, _Words]] = {
    "VALID": ("good", ("✓ 有效", "✓ Valid")),
    "REVOKED": ("bad", ("✗ 已撤销，不再有效", "✗ Revoked: it is valid no more")),
    "REPLACED": ("bad", ("✗ 已由更正后的新证书替代，不再有效", "✗ Replaced by a corrected one: it is valid no more")),
}
_UNKNOWN: tuple[str, _Words] = ("bad", ("✗ 状态不明，请致电帮助热线", "✗ Its state is unknown: call the help line"))
_REVOCATIONS: Mapping[str, _Words] = {
    "CORRECTION": ("证书内容更正", "corrected"),
    "RESULT_CHANGED": ("考核结果变更", "the result has changed"),
    "FRAUD": ("弄虚作假", "fraud"),
    "ISSUED_IN_ERROR": ("签发有误", "issued in error"),
}
_LABELS: Mapping[str, _Words] = {
    "number": ("证书编号", "Number"),
    "name": ("姓名（仅显示首字）", "Name (its first character)"),
    "title": ("培训项目", "Training"),
    "base": ("培训基地", "Base"),
    "dates": ("培训时间", "From and to"),
    "classHours": ("学时", "Class hours"),
    "issuedOn": ("签发日期", "Issued on"),
    "endedOn": ("失效日期", "Ended on"),
    "revocation": ("失效类别", "Kind of end"),
    "replacedBy": ("新证书", "The new one"),
}
_REFUSALS: Mapping[str, _Words] = {
    CERTIFICATE_NUMBER_INVALID.code: (
        "编号有误：校验不通过，请对照证书逐字核对。",
        "The number is mistyped: compare it letter by letter with the certificate.",
    ),
    NOT_FOUND.code: ("查无此证。请谨防伪造。", "There is no such certificate. Beware of forgeries."),
    "RATE_LIMITED": ("查询过于频繁，请稍后再试。", "Too many checks: try again later."),
    UNAVAILABLE.code: ("暂时没有应答，请稍后再试。", "There is no answer now: try again later."),
}
_NOTE: _Words = (
    "本页只显示最少的信息。要核对姓名或证书上的全部内容，请使用证书核验接口或查验PDF文件的签章。",
    "This page shows the least. To compare all that is printed, use the check of certificates, or the PDF file's seal.",
)


def certificate_page_routes(proxy: SubgraphProxy, checks: Spending) -> list[Route]:
    """`GET /c/{number}` and its style sheet.

    Args:
        proxy: Forwards to assessment.
        checks: What an address may check; the same as of `POST /certificates/check`.
    """

    async def page(request: Request) -> Response:
        checks.bill(proxy.nobody(request).principal, address_of(request))(1)
        number = certificate_number(request.path_params["number"])
        status, answer = await proxy.posted(request, "/certificates/check", orjson.dumps({"number": number}))
        if status == HTTPStatus.NOT_FOUND:
            raise NOT_FOUND(kind="certificate", rule="R32")
        if status != HTTPStatus.OK:
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)
        return _html(request, _certificate(answer, _language(request)))

    return [*page_routes("c"), Route("/c/{number}", guarded(_readable(page)), methods=["GET"])]


def _readable(endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose refusals are pages as well; none repeats what was asked."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            words = _REFUSALS.get(refusal.code, _REFUSALS[UNAVAILABLE.code])
            said = f'<p class="state bad">{escape(_language(request).choose(*words))}</p>'
            response = _html(request, said, status_of(refusal.code))
            if "retryAfter" in refusal.details:
                response.headers["Retry-After"] = str(refusal.details["retryAfter"])
            return response

    return answered


def _certificate(shown: Mapping[str, Any], language: Language) -> str:
    look, state = _STATES.get(str(shown.get("state")), _UNKNOWN)
    facts = dict(shown)
    facts["dates"] = f"{shown.get('startsOn')} — {shown.get('endsOn')}"
    if kind := shown.get("revocation"):
        facts["revocation"] = language.choose(*_REVOCATIONS.get(str(kind), (str(kind), str(kind))))
    rows = [
        f"<dt>{escape(language.choose(*label))}</dt><dd>{_value(name, facts[name])}</dd>"
        for name, label in _LABELS.items()
        if facts.get(name) is not None
    ]
    return "".join(
        (
            f'<p class="state {look}">{escape(language.choose(*state))}</p><dl>',
            *rows,
            f'</dl><p class="quiet">{escape(language.choose(*_NOTE))}</p>',
        )
    )


def _value(name: str, value: Any) -> str:
    text = escape(str(value))
    return f'<a href="{text}">{text}</a>' if name == "replacedBy" else text


def _language(request: Request) -> Language:
    """The language of `?lang=`, or that of the browser."""
    asked = request.query_params.get("lang")
    return Language(asked) if asked and asked in set(Language) else language_of(request)


def _html(request: Request, content: str, status: int = HTTPStatus.OK) -> Response:
    language = _language(request)
    other, link = ("en", "English") if language is Language.ZH else ("zh-CN", "中文")
    title = escape(language.choose(*_TITLE))
    text = (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="stylesheet" href="/c/certificate.css"></head><body><header><h1>{title}</h1>'
        f'<a href="?lang={other}" lang="{other}">{link}</a></header><main>{content}</main></body></html>'
    )
    headers = {**HEADERS, "Cache-Control": "no-store", "Content-Language": language.value}
    return Response(text, status, headers, "text/html; charset=utf-8")
