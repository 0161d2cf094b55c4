"""Operations on a subgraph's schema in this process, as a principal who has passed the gateway."""

from typing import Any

from strawberry.types import ExecutionResult

from chassis.context import Act, acting
from chassis.graph import SubgraphContext, SubgraphSchema
from chassis.serving.asgi import error_json
from kernel.language import Language


class Refused(Exception):  # noqa: N818 - an answer, as in the product
    """The first error of an answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.extensions: dict[str, Any] = error["extensions"]

    @property
    def code(self) -> str:
        """The refusal's code."""
        return str(self.extensions["code"])


async def execute(schema: SubgraphSchema, deps: Any, act: Act, query: str, /, **variables: Any) -> ExecutionResult:
    """Execute an operation.

    Args:
        schema: The subgraph's.
        deps: What its commands need.
        act: Who asks, and under which idempotency key.
        query: The document.
        variables: Its variables.
    """
    assert act.principal
    with acting(act):
        result = await schema.execute(
            query, variable_values=variables, context_value=SubgraphContext(deps, act.principal)
        )
    assert isinstance(result, ExecutionResult)
    return result


async def ask(schema: SubgraphSchema, deps: Any, act: Act, query: str, /, **variables: Any) -> Any:
    """The data of an answer; the arguments are those of `execute`.

    Raises:
        Refused: The answer has errors.
    """
    result = await execute(schema, deps, act, query, **variables)
    if result.errors:
        raise Refused(error_json(result.errors[0], Language.ZH))
    return result.data
