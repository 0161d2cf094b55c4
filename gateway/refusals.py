"""The refusals of the gateway: one kind a code (docs/refusals.md)."""

from kernel.errors import Unblock
from kernel.refusals import RefusalKind

# Logging in, passwords and sessions: rule R4
INVALID_CREDENTIALS = RefusalKind("INVALID_CREDENTIALS", "{detail}", "Wrong {detail}", rule="R4", unblock=Unblock.SELF)
RATE_LIMITED = RefusalKind(
    "RATE_LIMITED",
    "请求过多，请在{retryAfter}秒后再试",
    "Too many requests: try again in {retryAfter} s",
    unblock=Unblock.SELF,
)
SCOPE_REQUIRED = RefusalKind(
    "SCOPE_REQUIRED",
    "该登录名对应多个角色，请选择",
    "This login name has several roles: choose one",
    rule="R3",
    unblock=Unblock.SELF,
)
UNKNOWN_SCOPE = RefusalKind("UNKNOWN_SCOPE", "未知角色", "No such scope", unblock=Unblock.SELF)
PASSWORD_CHANGE_REQUIRED = RefusalKind(
    "PASSWORD_CHANGE_REQUIRED",
    "初始账号须先修改密码",
    "An initial account must set its password first",
    rule="R4",
    unblock=Unblock.SELF,
)
WEAK_PASSWORD = RefusalKind(
    "WEAK_PASSWORD",
    "密码过于简单：至少{minimum}位，须含字母、数字、符号中的两种，不得为常见密码，不得包含登录名或单位代码，不得沿用原密码",
    "Too weak: {minimum} characters or more, two of letters, digits and symbols, nothing common, "
    "not your login name or code, not the old one",
    rule="R4",
    unblock=Unblock.SELF,
)
CODE_EXPIRED = RefusalKind(
    "CODE_EXPIRED",
    "激活码已过期，请联系发放单位重新发放",
    "The activation code has expired: ask who issued it for another",
    rule="R4",
    unblock=Unblock.ADMINISTRATOR,
)
ACCOUNT_DISABLED = RefusalKind(
    "ACCOUNT_DISABLED", "账号已停用", "The account is disabled", rule="R4", unblock=Unblock.ADMINISTRATOR
)
CHALLENGE_EXPIRED = RefusalKind(
    "CHALLENGE_EXPIRED",
    "登录的这一步已过期或已完成，请重新登录",
    "This step of the login has expired or was done: sign in again",
    rule="R4",
    unblock=Unblock.SELF,
)
SIGN_ON_NOT_OFFERED = RefusalKind(
    "SIGN_ON_NOT_OFFERED",
    "未启用统一身份认证登录，请用登录名和密码登录",
    "No other provider is used here: sign in with login name and password",
    rule="R3",
    unblock=Unblock.ADMINISTRATOR,
)
SIGN_ON_EXPIRED = RefusalKind(
    "SIGN_ON_EXPIRED",
    "统一身份认证登录已过期或已完成，请重新开始",
    "This sign-on has expired or was done: begin again",
    rule="R3",
    unblock=Unblock.SELF,
)
SIGN_ON_REFUSED = RefusalKind(
    "SIGN_ON_REFUSED",
    "统一身份认证未通过，请重新登录",
    "The identity provider has not confirmed who you are: begin again",
    rule="R3",
    unblock=Unblock.SELF,
)
SIGN_ON_UNKNOWN = RefusalKind(
    "SIGN_ON_UNKNOWN",
    "统一身份认证的用户在本系统没有对应账号，请联系账号发放人",
    "Nobody here has the account that the identity provider names: ask who issues accounts",
    rule="R3",
    unblock=Unblock.ADMINISTRATOR,
)
TOKEN_EXPIRED = RefusalKind(
    "TOKEN_EXPIRED",
    "登录已到期，请刷新后重新订阅",
    "Your session has expired: refresh it and subscribe again",
    unblock=Unblock.SELF,
)

# Accounts: rules R3, R5 and R41
ACCOUNT_EXISTS = RefusalKind(
    "ACCOUNT_EXISTS", "账号已存在", "The account exists", rule="R3", unblock=Unblock.ADMINISTRATOR
)
INCOMPLETE_ACCOUNT = RefusalKind(
    "INCOMPLETE_ACCOUNT",
    "账号资料不完整",
    "The account lacks what its role needs",
    rule="R3",
    unblock=Unblock.ADMINISTRATOR,
)
INVALID_ACCOUNTS = RefusalKind(
    "INVALID_ACCOUNTS",
    "账号清单有误，未创建任何账号",
    "The list of accounts has errors; none was created",
    rule="R3",
    unblock=Unblock.ADMINISTRATOR,
)
DELEGATION_ENDED = RefusalKind(
    "DELEGATION_ENDED",
    "该专人已被更换或停用，请由学校重新指定",
    "No longer the designated person: the school names one anew",
    rule="R5",
    unblock=Unblock.SCHOOL,
)
HOLDER_ENDED = RefusalKind(
    "HOLDER_ENDED",
    "{detail}，其账号不再发放激活码",
    "{detail}: its account gets no code any more",
    rule="R3",
    unblock=Unblock.MINISTRY,
)
NOT_DESIGNATED = RefusalKind(
    "NOT_DESIGNATED",
    "请先由学校指定专人（designatePerson），稍后再取其激活码",
    "The school first names the person (designatePerson); the code follows a moment later",
    rule="R5",
    unblock=Unblock.SELF,
)
PERSONAL_LOGIN = RefusalKind(
    "PERSONAL_LOGIN",
    "登录名不得为身份证号或手机号",
    "An identity or mobile number is no login name",
    rule="R41",
    unblock=Unblock.ADMINISTRATOR,
)

# HTTP
METHOD_NOT_ALLOWED = RefusalKind(
    "METHOD_NOT_ALLOWED", "不支持该请求方法{detail}", "Not with this method{detail}", unblock=Unblock.SELF
)
NOT_ACCEPTABLE = RefusalKind(
    "NOT_ACCEPTABLE",
    "仅提供 JSON 或 text/event-stream 响应",
    "Only JSON and text/event-stream are offered",
    unblock=Unblock.SELF,
)
UNSUPPORTED_MEDIA_TYPE = RefusalKind(
    "UNSUPPORTED_MEDIA_TYPE", "不支持该内容类型：{detail}", "Not this media type: {detail}", unblock=Unblock.SELF
)
BATCHING_NOT_OFFERED = RefusalKind(
    "BATCHING_NOT_OFFERED", "不支持批量请求", "Send one operation a request", unblock=Unblock.SELF
)
OVERLOADED = RefusalKind("OVERLOADED", "服务繁忙，请稍后再试", "Busy: try again later", unblock=Unblock.ADMINISTRATOR)
TOO_MANY_SUBSCRIPTIONS = RefusalKind(
    "TOO_MANY_SUBSCRIPTIONS",
    "同时打开的订阅过多，请先关闭其他订阅",
    "Too many subscriptions at a time: close another first",
    unblock=Unblock.SELF,
)

# What an operation may ask for (notes N1, N2, N7)
_TOO_COMPLEX = ("查询过于复杂，请拆分后重试", "The operation asks for too much: split it")
QUERY_TOO_DEEP = RefusalKind("QUERY_TOO_DEEP", *_TOO_COMPLEX, unblock=Unblock.SELF)
QUERY_TOO_LARGE = RefusalKind("QUERY_TOO_LARGE", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_ALIASES = RefusalKind("TOO_MANY_ALIASES", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_ROOT_FIELDS = RefusalKind("TOO_MANY_ROOT_FIELDS", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_DIRECTIVES = RefusalKind("TOO_MANY_DIRECTIVES", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_EQUAL_KEYS = RefusalKind("TOO_MANY_EQUAL_KEYS", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_OPERATIONS = RefusalKind("TOO_MANY_OPERATIONS", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_FRAGMENTS = RefusalKind("TOO_MANY_FRAGMENTS", *_TOO_COMPLEX, unblock=Unblock.SELF)
TOO_MANY_VALUES = RefusalKind(
    "TOO_MANY_VALUES",
    "查询中直接写的值过多，计{actual}，上限{limit}，请改用变量",
    "Too many values are written in the operation, {actual} of at most {limit}: pass them in variables",
    unblock=Unblock.SELF,
)
CIRCULAR_FRAGMENT = RefusalKind(
    "CIRCULAR_FRAGMENT", "片段循环引用", "Fragments must not be circular", unblock=Unblock.SELF
)
QUERY_TOO_COSTLY = RefusalKind(
    "QUERY_TOO_COSTLY",
    "该查询的开销为{cost}，超过上限{budget}，其中 {dearest} 占比最大，请减少其行数或层级",
    "The query costs {cost}, more than {budget}, most of it by {dearest}: ask for fewer rows or levels there",
    unblock=Unblock.SELF,
)
PERSISTED_QUERY_NOT_FOUND = RefusalKind(
    "PERSISTED_QUERY_NOT_FOUND", "没有这个文档编号", "No document has this id", unblock=Unblock.ADMINISTRATOR
)
DOCUMENT_NOT_TRUSTED = RefusalKind(
    "DOCUMENT_NOT_TRUSTED",
    "此处仅接受已登记的查询文档",
    "Only documents of the manifest are taken here",
    unblock=Unblock.ADMINISTRATOR,
)

NOT_SAME_ORIGIN = RefusalKind(
    "NOT_SAME_ORIGIN",
    "该请求须由本站页面发出",
    "This is for pages of this site to ask",
    rule="R4",
    unblock=Unblock.SELF,
)
KEEP_NOT_OFFERED = RefusalKind(
    "KEEP_NOT_OFFERED",
    "仅教师可在本机保持登录",
    "Only teachers stay signed in on a device",
    rule="R4",
    unblock=Unblock.SELF,
)

# What the federation engine answers (`gateway/federation/errors.py` has the codes)
UNAUTHORIZED_FIELD_OR_TYPE = RefusalKind(
    "UNAUTHORIZED_FIELD_OR_TYPE",
    "当前角色无权访问，可访问的角色：{detail}",
    "This role may not use it; roles that may: {detail}",
    rule="R3",
    unblock=Unblock.SELF,
)
SUBGRAPH_UNREACHABLE = RefusalKind(
    "SUBGRAPH_UNREACHABLE",
    "所需服务暂时没有应答，请稍后再试",
    "A service that is needed does not answer: try again later",
    unblock=Unblock.SELF,
)
OUTCOME_UNKNOWN = RefusalKind(
    "OUTCOME_UNKNOWN",
    "未能确认操作是否生效，可能已经生效；请用同一 Idempotency-Key 重发以确认",
    "It may have taken effect: send it again under the same Idempotency-Key to find out",
    unblock=Unblock.SELF,
)
SUBGRAPH_MALFORMED_RESPONSE = RefusalKind(
    "SUBGRAPH_MALFORMED_RESPONSE",
    "所需服务的应答有误",
    "A service did not answer as it should",
    unblock=Unblock.ADMINISTRATOR,
)
SUBGRAPHS_DISAGREE = RefusalKind(
    "SUBGRAPHS_DISAGREE",
    "两个服务给出的列表或对象不一致",
    "Two services that answer one field give different lists or objects",
    unblock=Unblock.ADMINISTRATOR,
)
SUBGRAPH_ERROR = RefusalKind(
    "SUBGRAPH_ERROR", "所需服务出错", "A service that is needed has failed", unblock=Unblock.ADMINISTRATOR
)
SUBGRAPH_OVERLOADED = RefusalKind(
    "SUBGRAPH_OVERLOADED",
    "所需服务繁忙，请稍后再试",
    "A service that is needed is busy: try again later",
    unblock=Unblock.SELF,
)
SUBSCRIPTION_INTERRUPTED = RefusalKind(
    "SUBSCRIPTION_INTERRUPTED",
    "事件流意外中断，请从最后的 cursor 之后重新订阅",
    "The stream of events has ended before its end: subscribe again after the last cursor",
    unblock=Unblock.SELF,
)
UNPLANNABLE_OPERATION = RefusalKind(
    "UNPLANNABLE_OPERATION",
    "无法完成该查询",
    "No service can answer this here",
    unblock=Unblock.ADMINISTRATOR,
)
OPERATION_NOT_OFFERED = RefusalKind(
    "OPERATION_NOT_OFFERED",
    "此处不提供该类操作",
    "Operations of this kind are not offered here",
    unblock=Unblock.SELF,
)
QUERY_TOO_COMPLEX = RefusalKind("QUERY_TOO_COMPLEX", *_TOO_COMPLEX, unblock=Unblock.SELF)

IDENTITY_NOT_WANTED = RefusalKind(
    "IDENTITY_NOT_WANTED",
    "提交答卷不得携带登录信息；请在匿名页面提交",
    "A ballot carries no login: send it without cookie and token",
    rule="R34",
    unblock=Unblock.SELF,
)
