"""The table of refusals: for each code one kind, with its sentences, its rule and who can unblock it.

Here are the kinds that several processes use and those that the chassis raises; a service's own are in its
`domain/refusals.py`, the gateway's in `gateway/refusals.py`. `docs/refusals.md` is generated from all of them.
"""

import re
from dataclasses import KW_ONLY, dataclass
from typing import Any

from kernel.errors import Refusal, Unblock
from kernel.personal_numbers import holds_number

_HIDDEN = "…"
_OUR_ID = re.compile(r"(?=.*[a-f])[0-9a-f]{24,32}")


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """A kind of refusal; calling it makes the `Refusal` to raise: `raise NOT_FOUND(kind="school", id=key)`.

    Attributes:
        code: Stable upper-case code, for programs.
        zh: The sentence in Chinese; `{name}` is replaced by the detail of that name.
        en: The same in English.
        rule: The rule that refuses, such as `"R11"`; a call may name another.
        unblock: Who can remove the cause; a call may name somebody else.
    """

    code: str
    zh: str
    en: str
    _: KW_ONLY
    rule: str | None = None
    unblock: Unblock | None = None

    def __call__(
        self,
        *,
        rule: str | None = None,
        unblock: Unblock | None = None,
        detail: tuple[str, str] = ("", ""),
        **details: Any,
    ) -> Refusal:
        """Make the refusal of one case.

        Args:
            rule: The rule of this case, where the kind serves several.
            unblock: Who can remove the cause of this case, where it is not always the same.
            detail: Chinese and English words for `{detail}` in the sentences; not among the `extensions`.
            details: Facts for the sentences and for the `extensions`, JSON-ready. A text with a personal number in it
                is replaced by `…` in both (R41).
        """
        shown = {name: _shown(value) for name, value in details.items()}
        zh, en = map(_shown, detail)
        return Refusal(
            self.code,
            self.zh.format_map(shown | {"detail": zh}),
            self.en.format_map(shown | {"detail": en}),
            rule=rule or self.rule,
            unblock=unblock or self.unblock,
            **shown,
        )


def _shown(value: Any) -> Any:
    """The detail, with `…` for each text that has a personal number in it. Our own ids may look so, and are shown."""
    match value:
        case str():
            return _HIDDEN if holds_number(value) and not _OUR_ID.fullmatch(value) else value
        case list() | tuple():
            return [_shown(part) for part in value]
        case dict():
            return {_shown(name): _shown(part) for name, part in value.items()}
        case _:
            return value


UNAUTHENTICATED = RefusalKind("UNAUTHENTICATED", "请先登录", "Sign in first", unblock=Unblock.SELF)
FORBIDDEN = RefusalKind("FORBIDDEN", "无权操作该数据", "This is not yours to act on", unblock=Unblock.MINISTRY)
NOT_FOUND = RefusalKind("NOT_FOUND", "未找到该数据", "Not found", unblock=Unblock.SELF)
STALE_VERSION = RefusalKind(
    "STALE_VERSION",
    "数据已被{detail}修改，现为第{version}版，请刷新后重试",
    "{detail} has changed it since you read it: read version {version} and retry",
    unblock=Unblock.SELF,
)
"""Raised by way of `chassis.storage.repository.Repository.stale`, which knows the version and who made it."""
IDEMPOTENCY_KEY_REUSED = RefusalKind(
    "IDEMPOTENCY_KEY_REUSED",
    "该 Idempotency-Key 已用于其他内容的请求，请换一个",
    "This Idempotency-Key was used with other input: use a new one",
    unblock=Unblock.SELF,
)
TOO_MANY_ROWS = RefusalKind(
    "TOO_MANY_ROWS", "一次最多处理{limit}行", "At most {limit} rows at once", unblock=Unblock.SELF
)
REPEATED_ROWS = RefusalKind("REPEATED_ROWS", "同一行出现了两次", "A row is named twice", unblock=Unblock.SELF)
BAD_PAGE_SIZE = RefusalKind(
    "BAD_PAGE_SIZE", "每页数量应为1至{limit}", "first must be between 1 and {limit}", unblock=Unblock.SELF
)
BAD_CURSOR = RefusalKind("BAD_CURSOR", "分页游标无效", "Not a cursor of this list", unblock=Unblock.SELF)
BAD_ENTITY_KEY = RefusalKind("BAD_ENTITY_KEY", "实体键无效", "Not an entity key of this type", unblock=Unblock.SELF)
TOO_MANY_ENTITIES = RefusalKind(
    "TOO_MANY_ENTITIES", "实体数量过多", "Too many entities: at most {limit}", unblock=Unblock.SELF
)
BAD_REQUEST = RefusalKind("BAD_REQUEST", "请求无效：{detail}", "Bad request: {detail}", unblock=Unblock.SELF)
# What GraphQL itself refuses: `{detail}` says what is wrong, in English as graphql-core says it
BAD_USER_INPUT = RefusalKind("BAD_USER_INPUT", "输入有误：{detail}", "{detail}", unblock=Unblock.SELF)
GRAPHQL_VALIDATION_FAILED = RefusalKind(
    "GRAPHQL_VALIDATION_FAILED", "查询有误：{detail}", "{detail}", unblock=Unblock.SELF
)
GRAPHQL_PARSE_FAILED = RefusalKind("GRAPHQL_PARSE_FAILED", "查询语法有误：{detail}", "{detail}", unblock=Unblock.SELF)

BODY_TOO_LARGE = RefusalKind(
    "BODY_TOO_LARGE",
    "请求内容过大，最多{limit}字节",
    "The body is too large: at most {limit} bytes",
    unblock=Unblock.SELF,
)
REQUEST_TIMEOUT = RefusalKind(
    "REQUEST_TIMEOUT", "请求传输过慢", "The request took too long to arrive", unblock=Unblock.SELF
)
HEADERS_TOO_LARGE = RefusalKind(
    "HEADERS_TOO_LARGE",
    "请求头过大：最多{headers}个、共{bytes}字节",
    "The request headers are too large: at most {headers} of them, {bytes} bytes in all",
    unblock=Unblock.SELF,
)
DEADLINE_EXCEEDED = RefusalKind("DEADLINE_EXCEEDED", "未能在时限内完成", "Not done in time", unblock=Unblock.SELF)
UNAVAILABLE = RefusalKind(
    "UNAVAILABLE", "服务暂时不可用，请稍后再试", "Temporarily unavailable: try again soon", unblock=Unblock.SELF
)
READ_ONLY = RefusalKind(
    "READ_ONLY",
    "系统维护中，目前只能查看，未作任何更改，请稍后再试",
    "Under maintenance, for reading only at present; nothing was changed: try again later",
    unblock=Unblock.SELF,
)
RETRY_AFTER_SECONDS = 1
"""The `retryAfter` of `BUSY`: when it is worth trying again."""
BUSY = RefusalKind(
    "BUSY",
    "系统繁忙，未作任何更改，请在{retryAfter}秒后重试",
    "Busy, nothing was changed: retry in {retryAfter} s",
    unblock=Unblock.SELF,
)
INTERNAL = RefusalKind("INTERNAL", "系统内部错误", "Internal error")
UNKNOWN_PROVINCE = RefusalKind(
    "UNKNOWN_PROVINCE", "省份代码无效", "Not a province code", rule="R2", unblock=Unblock.SELF
)
UNKNOWN_ROUND = RefusalKind(
    "UNKNOWN_ROUND", "该年度没有轮次", "No round in that year", rule="R1", unblock=Unblock.MINISTRY
)
REASON_MISSING = RefusalKind("REASON_MISSING", "须说明理由", "A reason is needed", unblock=Unblock.SELF)
INVALID_REASON = RefusalKind(
    "INVALID_REASON",
    "理由不超过{longest}字，须为可显示的文字，其中不得含有身份证号码或手机号码",
    "A reason has {longest} characters at most, all printable, and no ID number or mobile in it",
    rule="R41",
    unblock=Unblock.SELF,
)
INVALID_TEXT = RefusalKind(
    "INVALID_TEXT",
    "{field}不超过{longest}字，须为可显示的文字，其中不得含有身份证号码或手机号码",
    "{field} has {longest} characters at most, all printable, and no ID number or mobile in it",
    rule="R41",
    unblock=Unblock.SELF,
)
INVALID_NAME = RefusalKind(
    "INVALID_NAME",
    "{field}须为一个人的姓名：{detail}",
    "{field} must be the name of one person: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
INVALID_ORGANIZATION_NAME = RefusalKind(
    "INVALID_ORGANIZATION_NAME",
    "{field}须为单位名称：不用表情符号和尖括号，不以 = + - @ 开头，也不能只有符号",
    "{field} must be the name of an organisation: no emoji and no angle brackets, "
    "it does not begin with = + - @, and there is a letter in it",
    rule="R3",
    unblock=Unblock.SELF,
)
INVALID_SCHOOL_CODE = RefusalKind(
    "INVALID_SCHOOL_CODE",
    "学校标识码应为10位数字且省份代码有效",
    "Not a school code of 10 digits",
    rule="R3",
    unblock=Unblock.SELF,
)
INVALID_CREDIT_CODE = RefusalKind(
    "INVALID_CREDIT_CODE",
    "统一社会信用代码校验不通过",
    "Not a valid unified social credit code",
    rule="R3",
    unblock=Unblock.SELF,
)
INVALID_ID_NUMBER = RefusalKind(
    "INVALID_ID_NUMBER",
    "身份证号码有误：{detail}",
    "Not a resident identity number of a trainee: {detail}",
    rule="R41",
    unblock=Unblock.SELF,
)
INVALID_MOBILE = RefusalKind(
    "INVALID_MOBILE", "手机号码应为11位数字", "Not a mobile number of 11 digits", rule="R41", unblock=Unblock.SELF
)
INVALID_EMAIL = RefusalKind("INVALID_EMAIL", "电子邮箱地址无效", "Not a mail address", rule="R24", unblock=Unblock.SELF)
WRONG_STATE = RefusalKind(
    "WRONG_STATE", "{detail}，当前不允许此操作", "{detail}: this cannot be done now", unblock=Unblock.SELF
)
PHASE_CLOSED = RefusalKind(
    "PHASE_CLOSED", "当前不在{detail}的开放时间内", "{detail} is not open now", unblock=Unblock.MINISTRY
)
INVALID_CONTACT = RefusalKind(
    "INVALID_CONTACT", "{detail}须有姓名和电话", "{detail} needs a name and a phone number", unblock=Unblock.SELF
)
INVALID_PURPOSE = RefusalKind(
    "INVALID_PURPOSE",
    "请用4至200个字说明查看用途，其中不得含有身份证号码或手机号码",
    "State the purpose in 4 to 200 characters, and no ID number or mobile in it",
    rule="R41",
    unblock=Unblock.SELF,
)
TOO_MANY_REVEALS = RefusalKind(
    "TOO_MANY_REVEALS",
    "查看次数已达上限，请稍后再试",
    "This account has revealed as often as it may for now",
    rule="R41",
    unblock=Unblock.SELF,
)
CERTIFICATE_NUMBER_INVALID = RefusalKind(
    "CERTIFICATE_NUMBER_INVALID",
    "证书编号有误，请核对",
    "The number is mistyped",
    rule="R32",
    unblock=Unblock.SELF,
)
PROPOSAL_DECIDED = RefusalKind(
    "PROPOSAL_DECIDED", "该建议已处理", "That proposal is decided", rule="R39", unblock=Unblock.MINISTRY
)
