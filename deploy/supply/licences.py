"""Which licences a part of the suite may have: `licences.json` beside this file, and nothing that it does not name."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from license_expression import ExpressionError, get_spdx_licensing

from deploy.supply.bills import Bill

FILE = Path(__file__).with_name("licences.json")
_SPDX = get_spdx_licensing()


@dataclass(frozen=True, slots=True)
class Policy:
    """The licences that are allowed.

    Attributes:
        allowed: SPDX identifiers.
        names: What packages call a licence that has an SPDX identifier; None for words that name no licence.
        packages: Packages that state no licence, or another than is true or allowed in general: package to
            `{"licence": SPDX expression, "reason": why}`.
    """

    allowed: frozenset[str]
    names: dict[str, str | None]
    packages: dict[str, dict[str, str]]

    @classmethod
    def load(cls, file: Path = FILE) -> Self:
        """Read the policy."""
        data = json.loads(file.read_text(encoding="utf-8"))
        return cls(frozenset(data["allowed"]), data["names"], data["packages"])

    def objections(self, bill: Bill) -> Iterator[str]:
        """What of a bill of materials the policy does not allow, a sentence each.

        Args:
            bill: A CycloneDX document.
        """
        for component in bill["components"]:
            name = "/".join(filter(None, (component.get("group"), component["name"])))
            if name in self.packages:
                continue
            stated = [self._spdx(entry) for entry in component.get("licenses", [])]
            known = [expression for expression in stated if expression is not None]
            if not known:
                yield f"{name}: states no licence"
            for expression in known:
                if not self._allows(expression):
                    yield f"{name}: {expression} is not allowed"

    def _spdx(self, entry: dict[str, Any]) -> str | None:
        if "expression" in entry:
            return str(entry["expression"])
        licence = entry["license"]
        return str(licence["id"]) if "id" in licence else self.names.get(licence["name"], licence["name"])

    def _allows(self, expression: str) -> bool:
        try:
            parsed = _SPDX.parse(expression, validate=True)
        except ExpressionError:
            return False
        return self._holds(parsed)

    def _holds(self, parsed: Any) -> bool:
        if isinstance(parsed, _SPDX.AND):
            return all(self._holds(part) for part in parsed.args)
        if isinstance(parsed, _SPDX.OR):
            return any(self._holds(part) for part in parsed.args)
        return parsed.render() in self.allowed
