"""Workbooks of a year: the annual assessments of bases, and the ministry's table (R38, R39, R42)."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope, TokenVerifier
from chassis.serving.asgi import internal
from chassis.serving.attachments import XLSX, attachment
from chassis.workbooks.writer import Sheet, read, write
from kernel.dates import today
from kernel.language import Language
from kernel.refusals import NOT_FOUND
from services.assessment.commands.deps import Deps
from services.assessment.commands.quota_proposals import quota_proposals
from services.assessment.commands.rubrics import require_rubric
from services.assessment.domain.vocabulary import ProposalState
from services.assessment.domain.year_table import table_of
from services.assessment.store import year_facts
from services.assessment.workbooks.year_sheets import annual_sheet, year_sheet

_RULE = "R42"
_YEAR = re.compile(r"20\d\d", re.ASCII)
_MOST_AT_ONCE = 2


class YearFiles:
    """The endpoints; they show what their reader may read in the graph.

    Attributes:
        deps: The service's dependencies, set when the process has connected.
    """

    deps: Deps

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        return [
            Route("/exports/annual/{year}.xlsx", internal(verifier, self.annual)),
            Route("/exports/years/{year}.xlsx", internal(verifier, self.year)),
        ]

    async def annual(self, request: Request, principal: Principal, language: Language) -> Response:
        """The annual assessments of a year, for the ministry; of its own bases the final grades, for a province.

        Raises:
            Refusal: `FORBIDDEN` or `NOT_FOUND`.
        """
        require_scope(principal, Scope.MINISTRY, Scope.PROVINCE, rule=_RULE)
        year, whole = _year(request), principal.scope is Scope.MINISTRY
        assessments = await self.deps.store.annual.visible_of_year(year, principal)
        proposed = await quota_proposals(self.deps, principal, year=year + 1) if whole else []
        declined = ProposalState.DECLINED
        proposals = {each.base: each for each in proposed if each.state is not declined}
        rubrics = {version: require_rubric(version) for version in {each.rubric for each in assessments}}
        sheet = annual_sheet(assessments, rubrics, proposals, language, whole=whole)
        return await self._answer(sheet, f"{year}-{language.choose('年度考核', 'annual assessment')}", "annual")

    async def year(self, request: Request, principal: Principal, language: Language) -> Response:
        """The table of a year by category and province, for the ministry.

        Raises:
            Refusal: `FORBIDDEN` or `NOT_FOUND`.
        """
        require_scope(principal, Scope.MINISTRY, rule=_RULE)
        year = _year(request)
        facts = await year_facts(self.deps.store, year, today(self.deps.clock.now()))
        sheet = year_sheet(table_of(facts), language)
        return await self._answer(sheet, f"{year}-{language.choose('年度总表', 'year')}", "year")

    async def _answer(self, sheet: Sheet, name: str, ascii_name: str) -> Response:
        async with self._slots:
            file = await write([sheet])
        return attachment(read(file), XLSX, name, ascii_name)


def _year(request: Request) -> int:
    text = request.path_params["year"]
    if not _YEAR.fullmatch(text):
        raise NOT_FOUND(rule=_RULE, kind="year", id=text[:80])
    return int(text)
