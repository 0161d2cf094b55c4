"""What GraphQL itself refuses: one code a kind, the field named, Chinese by default and English on request."""

from typing import Any

import orjson
import pytest
from graphql import build_schema, parse, validate

from chassis.graph import SubgraphContext
from chassis.graphql_errors import in_chinese, refused_requests
from chassis.principal import ANONYMOUS
from chassis.serving.asgi import error_json
from contracts.graph_files import SUBGRAPHS
from gateway.federation.engine import Call, Engine, Request
from gateway.http.error_texts import in_language
from kernel.language import Language
from tests.support.fixtures import supergraph
from tests.unit.federation.case import Canned

CUT_OFF = "mutation($input: InnerCutOffInput!) { setInnerCutOff(input: $input) { name } }"
FUNDING = "mutation($input: FundingInput!) { recordFunding(input: $input) { year } }"
GIVEN = {"amount": 100, "source": "CENTRAL", "item": "专项", "year": 2024}


async def at_subgraph(query: str, variables: dict[str, Any], language: Language = Language.ZH) -> list[dict[str, Any]]:
    """The errors of enrollment for a request."""
    context = SubgraphContext(None, ANONYMOUS, language)
    result = await SUBGRAPHS["enrollment"].execute(query, variable_values=variables, context_value=context)
    assert result.errors
    return [error_json(error, language) for error in result.errors]


async def at_gateway(query: str, variables: dict[str, Any], language: Language = Language.ZH) -> list[dict[str, Any]]:
    """The errors of the gateway for a request, before any fetch."""
    answer = await Engine(supergraph(), Canned([])).execute(Request(query, variables=variables))
    return in_language(answer.errors, language)


def told(errors: list[dict[str, Any]]) -> list[tuple[str, str | None, str]]:
    """Code, field and sentence of each error."""
    return [(error["extensions"]["code"], error["extensions"].get("field"), error["message"]) for error in errors]


@pytest.mark.parametrize(
    ("query", "variables", "field"),
    [
        (CUT_OFF, {"input": {"year": 2024, "closesOn": "2024-13-01"}}, "input.closesOn"),
        ('mutation { setInnerCutOff(input: {year: 2024, closesOn: "2024-13-01"}) { name } }', {}, "input.closesOn"),
        (
            "mutation($day: Date) { setInnerCutOff(input: {year: 2024, closesOn: $day}) { name } }",
            {"day": "5月"},
            "day",
        ),
    ],
)
async def test_a_bad_date_is_told_in_chinese_with_its_field(query: str, variables: dict[str, Any], field: str) -> None:
    ((code, named, message),) = told(await at_subgraph(query, variables))
    assert (code, named) == ("BAD_USER_INPUT", field)
    assert message.startswith(f"输入有误：{field} 应为日期，例如 2024-05-20，收到 ")
    ((_, _, english),) = told(await at_subgraph(query, variables, Language.EN))
    assert "Value cannot represent a Date" in english


@pytest.mark.parametrize("ask", [at_subgraph, at_gateway])
@pytest.mark.parametrize(
    ("query", "variables", "field", "message"),
    [
        (FUNDING, {"input": GIVEN | {"source": "TAX"}}, "input.source", "FundingSource 没有 TAX 这个取值"),
        (
            'mutation { recordFunding(input: {amount: 1, source: TAX, item: "", year: 2024}) { year } }',
            {}, "input.source", "FundingSource 没有 TAX 这个取值",
        ),
        (FUNDING, {"input": GIVEN | {"year": "soon"}}, "input.year", "应为整数，不超过32位，收到 'soon'"),
        (
            'mutation { recordFunding(input: {amount: 1, source: CENTRAL, item: "", year: "soon"}) { year } }',
            {}, "input.year", '应为整数，不超过32位，收到 "soon"',
        ),
        (FUNDING, {"input": {**GIVEN, "colour": 1}}, "input.colour", "FundingInput 没有该字段"),
        (FUNDING, {"input": {k: v for k, v in GIVEN.items() if k != "item"}}, "input.item", "必须填写"),
        (
            "mutation { recordFunding(input: {amount: 1, source: CENTRAL, year: 2024}) { year } }",
            {}, "input.item", "必须填写",
        ),
        (FUNDING, {}, "input", "必须填写，应为FundingInput"),
        (FUNDING, {"input": None}, "input", "不能为空，应为FundingInput"),
        ("mutation { recordFunding { year } }", {}, "input", "必须填写，应为FundingInput"),
    ],
)  # fmt: skip
async def test_a_bad_value_has_one_code_in_a_variable_and_in_a_literal_at_gateway_and_subgraph(
    ask: Any, query: str, variables: dict[str, Any], field: str, message: str
) -> None:
    assert ("BAD_USER_INPUT", field, f"输入有误：{field} {message}") in told(await ask(query, variables))


@pytest.mark.parametrize("amount", ["-3", '"x"', "1.5"])
async def test_a_bad_amount_in_a_literal_is_the_callers_fault_and_no_defect(amount: str) -> None:
    given = f'amount: {amount}, source: CENTRAL, item: "", year: 2024'
    ((code, field, message),) = told(
        await at_subgraph(f"mutation {{ recordFunding(input: {{{given}}}) {{ year }} }}", {})
    )
    assert (code, field) == ("BAD_USER_INPUT", "input.amount")
    assert message == f"输入有误：input.amount 应为金额，以分为单位的整数，从0到9007199254740991，收到 {amount}"


@pytest.mark.parametrize("ask", [at_subgraph, at_gateway])
@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("{ nowhere }", "GRAPHQL_VALIDATION_FAILED", "查询有误：Query 没有字段 nowhere"),
        (
            "{ myEnrollments }",
            "GRAPHQL_VALIDATION_FAILED",
            "查询有误：myEnrollments 的类型是 EnrollmentConnection，须选择其下级字段",
        ),
        (
            "{ myEnrollments(page: 1) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "查询有误：Query.myEnrollments 没有参数 page",
        ),
        ("query($a: Int) { __typename }", "GRAPHQL_VALIDATION_FAILED", "查询有误：变量 $a 没有用到"),
        ("{ ...F }", "GRAPHQL_VALIDATION_FAILED", "查询有误：没有片段 F"),
        ("{", "GRAPHQL_PARSE_FAILED", "查询语法有误：应为 Name，却是 <EOF>"),
        ('{ a(b: "', "GRAPHQL_PARSE_FAILED", "查询语法有误：字符串没有结束"),
    ],
)
async def test_a_bad_document_is_told_in_chinese(ask: Any, query: str, code: str, message: str) -> None:
    assert (code, None, message) in told(await ask(query, {}))


async def test_english_is_what_graphql_says() -> None:
    ((code, _, message),) = told(await at_gateway("{ nowhere }", {}, Language.EN))
    assert (code, message) == ("GRAPHQL_VALIDATION_FAILED", "Cannot query field 'nowhere' on type 'Query'.")


async def test_which_operation_is_meant_is_asked_in_chinese() -> None:
    ((code, _, message),) = told(await at_gateway("query a { __typename } query b { __typename }", {}))
    assert (code, message) == ("BAD_REQUEST", "请求无效：查询中不止一个操作，请用 operationName 指明")


def test_a_sentence_that_is_not_known_is_told_with_the_english_one() -> None:
    assert in_chinese("Something new.", "GRAPHQL_VALIDATION_FAILED") == "查询有误：Something new."
    assert in_chinese("Something new.", "OTHER") == "Something new."


async def test_r41_a_value_that_holds_a_personal_number_is_not_repeated() -> None:
    for query in (FUNDING, 'mutation { recordFunding(input: {year: "110101199003070011"}) { year } }'):
        errors = await at_subgraph(query, {"input": GIVEN | {"year": "110101199003070011"}})
        assert "110101199003070011" not in str(errors)


def test_an_error_repeats_a_long_value_in_part_only_and_is_still_told_in_chinese() -> None:
    schema = build_schema("input I { a: Int } type Query { f(i: I): Int }")
    text = "{ f(i: {" + " ".join(f"b{n}: 1" for n in range(1_000)) + "}) }"
    error, *_ = refused_requests(validate(schema, parse(text), max_errors=1))
    assert len(error["message"]) < 1_100
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "I 没有该字段" in in_chinese(error["message"], "BAD_USER_INPUT")


def test_an_error_that_stands_in_a_thousand_places_names_ten() -> None:
    schema = build_schema("type Query { f: Int }")
    errors = validate(schema, parse("query(" + "$v: Int " * 1_000 + ") { f }"))
    assert max(len(error.get("locations", ())) for error in refused_requests(errors)) == 10


class Always:
    """A transport that has one answer."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self._reply = orjson.dumps(reply)

    async def send(self, call: Call, context: Any) -> bytes:
        """The answer, whatever is asked."""
        del call, context
        return self._reply


@pytest.mark.parametrize("language", list(Language))
async def test_an_answer_that_does_not_fit_the_schema_is_an_error_with_rule_clause_and_unblock(
    language: Language,
) -> None:
    """docs/refusals.md promises them for every error."""
    query = "{ rounds { year } round(year: 2024) { year phases { name } } }"
    replies: list[dict[str, Any]] = [
        {"data": {"rounds": [{"year": None}], "round": {"year": 2024, "phases": [{"name": "NONE"}]}}},
        {"data": {"rounds": None}, "errors": [{"message": "of a subgraph without codes"}]},
    ]
    codes = set()
    for reply in replies:
        answer = await Engine(supergraph(), Always(reply)).execute(Request(query))
        for error in in_language(answer.errors, language):
            codes.add(error["extensions"]["code"])
            assert {"rule", "clause", "unblock"} <= error["extensions"].keys(), error
    assert {"NULL_NOT_ALLOWED", "SUBGRAPH_ERROR"} <= codes
