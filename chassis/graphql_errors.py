"""What GraphQL itself refuses, as refusals: a code for each kind, the field at fault, and the sentence in Chinese.

graphql-core speaks English. Its sentences are known here by their patterns, with their slots; one that is not known is
told by a general Chinese sentence with the English one inside. The gateway and the subgraphs use the same table, so a
bad value has the same code and the same words wherever it is found, in a variable or in a literal.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    ListValueNode,
    Node,
    ObjectFieldNode,
    VariableDefinitionNode,
    parse,
)

from kernel.personal_numbers import without_numbers
from kernel.refusals import BAD_REQUEST, BAD_USER_INPUT, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, RefusalKind

_KINDS = {kind.code: kind for kind in (BAD_USER_INPUT, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED)}
_TYPES = {
    "Boolean": "true 或 false",
    "Date": "日期，例如 2024-05-20",
    "DateTime": "日期时间，例如 2024-05-20T09:00:00+08:00",
    "Fen": "金额，以分为单位的整数，从0到9007199254740991",
    "Float": "数字",
    "ID": "编号（字符串）",
    "Int": "整数，不超过32位",
    "String": "文字",
}
_Table = tuple[tuple[re.Pattern[str], str], ...]


def _table(*rows: tuple[str, str]) -> _Table:
    return tuple((re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in rows)


_PLACE = re.compile(
    r"(?:Variable '\$|Argument ')(?P<name>\w+)' has invalid (?:default )?value(?: at )?(?P<path>[^\s:]*): (?P<rest>.*)",
    re.DOTALL,
)
_REQUIRED = re.compile(r"(?:.*\()?(?P<below>\w+):?\)?")
_VALUES = _table(
    (r"Expected a value of non-null type '(?P<type>[^']+)' to be provided\.", "必须填写，应为{type}"),
    (r"Expected value of non-null type '(?P<type>[^']+)' not to be None\.", "不能为空，应为{type}"),
    (
        r"Expected value of type '(?P<type>[^']+)' to be an object, found: (?P<value>.*)\.",
        "应为{type}对象，收到 {value}",
    ),
    (r"Expected value of type '(?P<type>[^']+)' to include required field '(?P<below>\w+)', found: .*", "必须填写"),
    (r"Expected value of type '(?P<type>[^']+)' not to include unknown field '(?P<below>\w+)'.*", "{type} 没有该字段"),
    (
        r"Expected value of type '(?P<type>[^']+)', (?:but encountered error .*; )?found: (?P<value>.*)\.",
        "应为{type}，收到 {value}",
    ),
    (r"Value '(?P<value>[^']*)' does not exist in '(?P<type>\w+)' enum\..*", "{type} 没有 {value} 这个取值"),
    (
        r"Enum '(?P<type>\w+)' cannot represent (?:non-\w+ )?value: (?P<value>.*?)\.(?: Did you mean .*)?",
        "应为 {type} 的取值之一，收到 {value}",
    ),
    (
        r"(?P<type>Int|Float|String|Boolean|ID) cannot represent (?:an? )?(?:non[- ][\w -]+)?value: (?P<value>.*)",
        "应为{type}，收到 {value}",
    ),
    (r"Value cannot represent an? (?P<type>\w+): (?P<value>\"[^\"]*\").*", "应为{type}，收到 {value}"),
    (
        r"Expected variable '\$(?P<value>\w+)' provided to .*type '(?P<type>[^']+)'.*",
        "应为{type}，变量 ${value} 没有这样的值",
    ),
    (
        r"Within OneOf Input Object type '(?P<type>[^']+)', exactly one field must be specified.*",
        "须且只须填写{type}的一项",
    ),
    (
        r"Argument '(?P<below>[^']+)' of type '(?P<type>[^']+)' is required, but it was not provided\.",
        "必须填写，应为{type}",
    ),
    (r"Argument '(?P<below>\w+)' of (?:required|non-null) type '(?P<type>[^']+)' .*", "必须填写，应为{type}"),
    (r"Too many errors processing variables, error limit reached\. Execution aborted\.", "错误过多，其余未列出"),
    (r"Variable values are nested too deeply\.", "变量的值嵌套过深"),
    (r"A condition must not be null\.", "@skip 和 @include 的条件不能为空"),
)
"""What is wrong with a value, in a variable or in the document; each is `BAD_USER_INPUT`."""

_DOCUMENTS = _table(
    (r"Cannot query field '(?P<a>\w+)' on type '(?P<b>\w+)'\..*", "{b} 没有字段 {a}"),
    (r"Unknown argument '(?P<a>\w+)' on field '(?P<b>[\w.]+)'\..*", "{b} 没有参数 {a}"),
    (r"Unknown argument '(?P<a>\w+)' on (?:directive|fragment) '(?P<b>@?\w+)'\..*", "{b} 没有参数 {a}"),
    (r"Unknown type '(?P<a>\w+)'\..*", "没有类型 {a}"),
    (r"Unknown fragment '(?P<a>\w+)'\.", "没有片段 {a}"),
    (r"Unknown directive '(?P<a>@\w+)'\.", "没有指令 {a}"),
    (r"Directive '(?P<a>@\w+)' may not be used on (?P<b>\w+)\.", "指令 {a} 不能用在 {b} 上"),
    (r"The directive '(?P<a>@\w+)' can only be used once at this location\.", "指令 {a} 在一处只能用一次"),
    (
        r"Field '(?P<a>\w+)' must not have a selection since type '(?P<b>[^']+)' has no subfields\.",
        "{a} 的类型 {b} 没有下级字段，不能再选择",
    ),
    (r"Field '(?P<a>\w+)' of type '(?P<b>[^']+)' must have .*", "{a} 的类型是 {b}，须选择其下级字段"),
    (
        r"Fields '(?P<a>.+)' conflict because (?P<b>.*)\. Use different aliases on the fields .*",
        "多处 {a} 的字段或参数不同，请用不同的别名",
    ),
    (r"Variable '\$(?P<a>\w+)' is not defined(?: by operation '(?P<b>\w+)')?\.", "变量 ${a} 没有声明"),
    (r"Variable '\$(?P<a>\w+)' is never used(?: in (?:operation|fragment) '(?P<b>\w+)')?\.", "变量 ${a} 没有用到"),
    (
        r"Variable '\$(?P<a>\w+)' of type '(?P<b>[^']+)' used in position expecting type '(?P<c>[^']+)'\.",
        "变量 ${a} 的类型是 {b}，此处须为 {c}",
    ),
    (
        r"Variable '\$(?P<a>\w+)' is of type '(?P<b>[^']+)' but must be non-nullable .*",
        "变量 ${a} 的类型 {b} 须为不可空，才能用在只取一项的输入对象中",
    ),
    (r"Variable '\$(?P<a>\w+)' cannot be non-input type '(?P<b>[^']+)'\.", "变量 ${a} 的类型 {b} 不是输入类型"),
    (r"There can be only one variable named '\$(?P<a>\w+)'\.", "变量 ${a} 声明了两次"),
    (r"There can be only one argument named '(?P<a>\w+)'\.", "参数 {a} 写了两次"),
    (r"There can be only one input field named '(?P<a>\w+)'\.", "输入字段 {a} 写了两次"),
    (r"There can be only one operation named '(?P<a>\w+)'\.", "有两个操作都名为 {a}"),
    (r"There can be only one fragment named '(?P<a>\w+)'\.", "有两个片段都名为 {a}"),
    (r"This anonymous operation must be the only defined operation\.", "未命名的操作只能单独出现"),
    (r"Fragment '(?P<a>\w+)' is never used\.", "片段 {a} 没有用到"),
    (r"Cannot spread fragment '(?P<a>\w+)' within itself.*", "片段 {a} 引用了自己"),
    (
        r"Fragment (?:'\w+' )?cannot be spread here as objects of type '(?P<b>\w+)' can never be .* '(?P<c>\w+)'\.",
        "此处的对象是 {b}，不可能是 {c}，片段不适用",
    ),
    (r"Fragment (?:'(?P<a>\w+)' )?cannot condition on non composite type '(?P<b>\w+)'\.", "片段不能以 {b} 为条件"),
    (r"The (?P<a>.+) definition is not executable\.", "{a} 的定义不能在查询中出现"),
    (r"The (?P<a>\w+) operation is not supported by the schema\.", "此处不提供 {a} 操作"),
    (
        r"(?:Anonymous Subscription|Subscription '\w+') must select (?:only )?one top level field\.",
        "订阅须且只须选择一个顶层字段",
    ),
    (
        r"(?:Anonymous Subscription|Subscription '\w+') must not .*",
        "订阅的顶层字段不能是内省字段，也不能带 @skip 或 @include",
    ),
    (
        r"GraphQL introspection has been disabled, but the requested query contained the field '(?P<a>\w+)'\.",
        "此处不提供内省，不能查询 {a}",
    ),
    (r"Maximum introspection depth exceeded", "内省查询嵌套过深"),
    (r"Too many validation errors, error limit reached\. Validation aborted\.", "错误过多，其余未列出"),
)
"""What is wrong with a document on this schema: `GRAPHQL_VALIDATION_FAILED`."""

_SYNTAX = _table(
    (r"Syntax Error: Expected (?P<a>.+), found (?P<b>.+)\.", "应为 {a}，却是 {b}"),
    (r"Syntax Error: Unexpected '\.\.', did you mean '\.\.\.'\?", "意外的 '..'，是否应为 '...'"),
    (r"Syntax Error: Unexpected single quote character.*", "不能用单引号，请用双引号"),
    (r"Syntax Error: Unexpected variable '(?P<a>[^']+)' in constant value\.", "常量中不能有变量 {a}"),
    (r"Syntax Error: Unexpected description.*", "查询中不能有此处的说明文字"),
    (r"Syntax Error: Unexpected (?:character: )?(?P<a>.+)\.", "意外的 {a}"),
    (r"Syntax Error: Invalid number, .*", "数字写法有误"),
    (r"Syntax Error: Invalid character: (?P<a>.+)\.", "意外的字符 {a}"),
    (r"Syntax Error: Invalid character within String: (?P<a>.+)\.", "字符串中有不允许的字符 {a}"),
    (r"Syntax Error: Invalid (?:Unicode|character) escape sequence: (?P<a>.+)\.", "转义写法有误 {a}"),
    (r"Syntax Error: Unterminated string\.", "字符串没有结束"),
    (r"Syntax Error: (?:Document|Source) contains more than (?P<a>\d+) .*", "内容过长，超过 {a} 个词"),
    (r"Syntax Error: .* is reserved.*", "用了保留的名称"),
    (r"(?:Syntax Error: )?Document is nested too deeply\. Parsing aborted\.", "嵌套过深"),
)
"""What is wrong with a text that is no document: `GRAPHQL_PARSE_FAILED`."""

_REQUESTS = _table(
    (r"Unknown operation named '(?P<a>[^']*)'\.", "请求无效：没有名为 {a} 的操作"),
    (
        r"Must provide operation name if query contains multiple operations\.",
        "请求无效：查询中不止一个操作，请用 operationName 指明",
    ),
)
"""What is wrong with the request around a document: `BAD_REQUEST`."""
_TABLES = {BAD_USER_INPUT.code: _VALUES, GRAPHQL_VALIDATION_FAILED.code: _DOCUMENTS, GRAPHQL_PARSE_FAILED.code: _SYNTAX}
_LONGEST = 300
_LONGEST_MESSAGE = 1_000
_MOST_LOCATIONS = 10


def is_bad_value(error: GraphQLError) -> bool:
    """Whether the error is one of those that a bad value has, wherever it was found."""
    _, rest = _split(error.message)
    return any(pattern.fullmatch(rest) for pattern, _ in _VALUES)


def code_of(error: GraphQLError) -> str:
    """The code of an error by which GraphQL refuses a request."""
    if isinstance(error, GraphQLSyntaxError):
        return GRAPHQL_PARSE_FAILED.code
    return (BAD_USER_INPUT if is_bad_value(error) else GRAPHQL_VALIDATION_FAILED).code


def refused_requests(errors: Sequence[GraphQLError], code: str | None = None) -> Iterator[dict[str, Any]]:
    """The errors by which GraphQL refuses a request, as an answer has them, in English.

    Args:
        errors: As graphql-core has raised or collected them.
        code: The code of all of them; None to tell it by each error.

    Yields:
        `message` (a long one without its middle), at most ten `locations`, and `extensions` with `code`, `unblock`
        and, of a bad value, the `field` at fault as `input.faculty[2].name`, from the name of the variable or of the
        argument.
    """
    documents: dict[str, DocumentNode] = {}
    for error in errors:
        own = code or code_of(error)
        extensions = {"code": own}
        if kind := BAD_REQUEST if own == BAD_REQUEST.code else _KINDS.get(own):
            extensions = kind(detail=("", "")).extensions()
        if own == BAD_USER_INPUT.code and (field := _field(error, documents)):
            extensions["field"] = without_numbers(field)
        formatted = dict(error.formatted) | {"message": _cut(without_numbers(error.message))}  # it repeats values (R41)
        if error.locations:
            formatted["locations"] = [place.formatted for place in error.locations[:_MOST_LOCATIONS]]
        yield formatted | {"extensions": extensions | dict(error.extensions or {})}


def in_chinese(message: str, code: str, field: str | None = None) -> str:
    """The Chinese sentence for one of graphql-core's.

    Args:
        message: The English sentence.
        code: The code of its kind; of another code it comes back as it is, unless it is known.
        field: The field at fault, where there is one.
    """
    kind: RefusalKind | None = _KINDS.get(code)
    _, rest = _split(message)
    sentence = _say(_TABLES.get(code, _REQUESTS), rest)
    if kind is None:
        return sentence or message
    said = sentence or message
    return kind(detail=(f"{field} {said}" if field and sentence else said, "")).zh


def _say(table: _Table, message: str) -> str | None:
    for pattern, sentence in table:
        if found := pattern.fullmatch(message):
            slots = {name: _short(value or "") for name, value in found.groupdict().items()}
            if "type" in slots:
                bare = slots["type"].rstrip("!")
                slots["type"] = _TYPES.get(bare, bare)
            return sentence.format_map(slots)
    return None


def _cut(message: str) -> str:
    """A message without what is in the middle of a long one; its ends tell what kind it is."""
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 100] + "…" + message[-100:]


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"


def _split(message: str) -> tuple[str | None, str]:
    """The field that a message begins with, such as `input.year`, and the rest of it."""
    if found := _PLACE.fullmatch(message):
        return found["name"] + found["path"], found["rest"]
    return None, message


def _field(error: GraphQLError, documents: dict[str, DocumentNode]) -> str | None:
    """The field at fault; None where the error is of no single one."""
    field, rest = _split(error.message)
    if field is None:
        field = _written_at(error, documents)
    for pattern, _ in _VALUES:
        if (found := pattern.fullmatch(rest)) and "below" in pattern.groupindex:
            named = _REQUIRED.fullmatch(found["below"])
            below = named["below"] if named else found["below"]
            last = field.rpartition(".")[2] if field else None
            return below if field is None else field if last == below else f"{field}.{below}"
    return field


def _written_at(error: GraphQLError, documents: dict[str, DocumentNode]) -> str | None:
    """Where in the document a literal stands, from its argument's or variable's name; None outside of both.

    Args:
        error: With the node at fault.
        documents: Parsed documents by their text; it gains the error's.
    """
    node = error.nodes[0] if error.nodes else None
    if node is None or node.loc is None or node.loc.source is None:
        return None
    text = node.loc.source.body
    if text not in documents:
        documents[text] = parse(text)
    return _trail(documents[text], node, "")


def _trail(node: Node, wanted: Node, trail: str) -> str | None:
    match node:
        case VariableDefinitionNode():
            trail = node.variable.name.value
        case ArgumentNode():
            trail = node.name.value
        case ObjectFieldNode():
            trail = f"{trail}.{node.name.value}"
        case _:
            pass
    if node.kind == wanted.kind and node.loc == wanted.loc:
        return trail or None
    for key in node.keys:
        child = getattr(node, key, None)
        for place, below in enumerate(child if isinstance(child, tuple | list) else [child]):
            if isinstance(below, Node):
                inside = f"{trail}[{place}]" if isinstance(node, ListValueNode) else trail
                if (found := _trail(below, wanted, inside)) is not None:
                    return found
    return None
