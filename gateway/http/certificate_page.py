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
_WHOLE: Mapping[str, _Words] = {
    "name": ("姓名", "Name"),
    "code": ("项目编号", "Project"),
    "attendedHours": ("实到学时", "Hours attended"),
}
_KEY_FITS: _Words = (
    "二维码与本证书相符。下列各项须与纸上逐字相同，否则纸上内容被改过。",
    "The QR code is this certificate's. What follows must be on the paper letter by letter, or the paper was altered.",
)
_KEY_WRONG: _Words = (
    "✗ 二维码中的密钥不属于本编号的证书，请谨防伪造。",
    "✗ The key in the QR code is not of the certificate with this number. Beware of forgeries.",
)
_KEY_UNCHECKED: _Words = (
    "二维码中的密钥暂时无法核对，请稍后刷新本页。",
    "The key in the QR code cannot be checked now: load this page again later.",
)
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
    "凭编号只显示最少的信息；扫描证书上的二维码，可见证书上的全部内容。PDF文件另有签章可查验。",
    "By number the least is shown; scanned from the certificate's QR code, all that is printed. A PDF file has a seal.",
)


def certificate_page_routes(proxy: SubgraphProxy, checks: Spending) -> list[Route]:
    """`GET /c/{number}`, its style sheet, and the script that asks by the key of the QR code.

    The key is a fragment, which no server is sent: the script posts it to `/certificates/check`, so no log has it.

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
        return _html(
            request, _certificate(answer, _language(request)) + _whole(number, _language(request)), script=True
        )

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


def _whole(number: str, language: Language) -> str:
    """What the script shows of it where the address has a key: all that is printed, or that the key is another's."""
    rows = "".join(
        f'<dt>{escape(language.choose(*label))}</dt><dd data-fact="{name}"></dd>' for name, label in _WHOLE.items()
    )
    said = "".join(
        f'<p class="{look}" data-key="{answer}" hidden>{escape(language.choose(*words))}</p>'
        for answer, look, words in (
            ("fits", "good", _KEY_FITS),
            ("wrong", "state bad", _KEY_WRONG),
            ("unchecked", "bad", _KEY_UNCHECKED),
        )
    )
    return f'<section id="whole" data-number="{number}" aria-live="polite">{said}<dl hidden>{rows}</dl></section>'


def _value(name: str, value: Any) -> str:
    text = escape(str(value))
    return f'<a href="{text}">{text}</a>' if name == "replacedBy" else text


def _language(request: Request) -> Language:
    """The language of `?lang=`, or that of the browser."""
    asked = request.query_params.get("lang")
    return Language(asked) if asked and asked in set(Language) else language_of(request)


def _html(request: Request, content: str, status: int = HTTPStatus.OK, *, script: bool = False) -> Response:
    language = _language(request)
    other, link = ("en", "English") if language is Language.ZH else ("zh-CN", "中文")
    title = escape(language.choose(*_TITLE))
    module = '<script type="module" src="/c/certificate.mjs"></script>' if script else ""
    text = (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="stylesheet" href="/c/certificate.css">{module}</head><body><header><h1>{title}</h1>'
        f'<a href="?lang={other}" lang="{other}">{link}</a></header><main>{content}</main></body></html>'
    )
    headers = {**HEADERS, "Cache-Control": "no-store", "Content-Language": language.value}
    return Response(text, status, headers, "text/html; charset=utf-8")
