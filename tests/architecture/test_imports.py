"""The import contracts hold, and each of them catches what it is there to catch."""

import configparser
import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

from deploy.processes import SUBGRAPHS

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ".importlinter"
PACKAGES = ("chassis", "contracts", "deploy", "gateway", "kernel", "services")
configure()

# contract, the module that misbehaves, what it says
VIOLATIONS = [
    ("processes", "chassis/storage/mongo.py", "import services.catalog.settings"),
    ("processes", "chassis/storage/mongo.py", "import gateway.settings"),
    ("processes", "services/assessment/app.py", "import gateway.settings"),
    ("processes", "gateway/app.py", "import services.catalog.settings"),
    ("processes", "services/catalog/app.py", "import deploy.local.ports"),
    ("processes", "kernel/errors.py", "import chassis.ids"),
    ("deploy", "deploy/local/suite.py", "import deploy.seed.load"),
    ("deploy", "deploy/seed/load.py", "import deploy.demo.story"),
    ("deploy", "deploy/broker/definitions.py", "import deploy.local.ports"),
    ("deploy", "deploy/processes.py", "import deploy.broker.definitions"),
    ("rooms", "chassis/storage/mongo.py", "import chassis.messaging.outbox"),
    ("rooms", "chassis/commands/guards.py", "import chassis.graph.trust"),
    ("rooms", "chassis/messaging/inbox.py", "import chassis.serving.sse"),
    ("rooms", "chassis/ids.py", "import chassis.runtime.settings"),
    ("rooms", "chassis/extra.py", "X = 1"),
    ("strawberry", "chassis/storage/cursor.py", "import strawberry"),
    ("strawberry", "services/catalog/app.py", "from strawberry import Schema"),
    ("services", "services/catalog/commands/rounds.py", "import services.enrollment.domain.seats"),
    ("services", "services/enrollment/messaging/from_catalog.py", "from services.catalog.domain import events"),
    ("services", "services/assessment/store/store.py", "import services.enrollment.domain.events"),
    ("shape", "services/catalog/store/visibility.py", "import services.catalog.commands.rounds"),
    ("shape", "services/enrollment/commands/deps.py", "import services.enrollment.graph.enums"),
    ("shape", "services/enrollment/commands/rosters.py", "import services.enrollment.workbooks.roster_reader"),
    ("shape", "services/assessment/graph/types.py", "import services.assessment.messaging.inbound"),
    ("shape", "services/assessment/commands/bulk.py", "import services.assessment.app"),
    ("shape", "services/assessment/extra.py", "X = 1"),
    ("ballots", "services/assessment/ballots/box.py", "import services.assessment.domain.record"),
    ("ballots", "services/assessment/ballots/http.py", "import chassis.principal"),
    ("ballots", "services/assessment/ballots/__main__.py", "from chassis.runtime.telemetry import configure_traces"),
    ("ballots", "services/assessment/ballots/store.py", "import services.assessment.store"),
    ("shape", "services/assessment/commands/bulk.py", "import services.assessment.ballots.store"),
    *(
        ("domain", "services/catalog/domain/quota.py", f"import {name}")
        for name in ("strawberry", "chassis.storage.mongo", "kernel.identifiers", "xlsxwriter")
    ),
    *(("domain", "services/enrollment/domain/seats.py", f"import {name}") for name in ("starlette", "chassis.clock")),
    *(("domain", "services/assessment/domain/record.py", f"import {name}") for name in ("pymongo", "aio_pika")),
    ("kernel", "kernel/free_text.py", "import msgspec"),
    ("kernel", "kernel/refusals.py", "from stdnum.cn import ric"),
    ("kernel", "kernel/identifiers.py", "import pymongo"),
    ("driver", "services/catalog/graph/queries.py", "import pymongo"),
    ("driver", "services/enrollment/messaging/feed_publisher.py", "from pymongo import ASCENDING"),
    ("driver", "services/assessment/commands/bulk.py", "import pymongo.errors"),
    ("driver", "gateway/app.py", "import pymongo"),
    ("transport", "services/catalog/commands/rounds.py", "import chassis.graph"),
    ("transport", "services/enrollment/store/store.py", "import chassis.messaging.amqp"),
    ("transport", "services/assessment/commands/bulk.py", "import strawberry"),
    ("engine", "gateway/federation/engine.py", "import gateway.identity.authentication"),
    ("engine", "gateway/federation/model.py", "import chassis.storage.mongo"),
]


def complaints(root: Path, *contracts: str) -> str:
    """What import-linter reports of the packages in a folder; empty when the contracts hold.

    Args:
        root: The folder, which holds the configuration too.
        contracts: Ids of the contracts to check; all without any.
    """
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as report:
        for name in PACKAGES:
            patch.delitem(sys.modules, name, raising=False)  # else Python finds the tree that is being tested
        patch.syspath_prepend(root)
        holds = lint_imports(str(root / CONFIG), contracts, cache_dir=None, no_logo=True)
    return "" if holds else report.getvalue()


def contracts() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / CONFIG, encoding="utf-8")
    return {name.rpartition(":")[2] for name in config.sections() if ":contract:" in name}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, to be spoilt and put right again; the contracts hold in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in PACKAGES:
        for file in (ROOT / name).rglob("*.py"):
            target = root / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    shutil.copyfile(ROOT / CONFIG, root / CONFIG)
    assert not complaints(root)
    return root


@contextlib.contextmanager
def planted(file: Path, line: str) -> Iterator[None]:
    """The block runs while the file ends with that line."""
    before = file.read_bytes() if file.exists() else None
    with file.open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    try:
        yield
    finally:
        file.unlink() if before is None else file.write_bytes(before)


def test_the_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own tool
    assert done.returncode == 0, done.stdout


def test_every_contract_has_a_violation_to_catch() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == contracts()


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_planted_violation_is_caught(copy: Path, contract: str, module: str, line: str) -> None:
    with planted(copy / module, line):
        report = complaints(copy, contract)
    assert module.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in report, report


@pytest.mark.parametrize("service", SUBGRAPHS)
def test_a_domain_imports_the_standard_library_itself_and_the_kernel_only(service: str) -> None:
    graph = grimp.build_graph("kernel", "chassis", "services", include_external_packages=True, cache_dir=None)
    domain = f"services.{service}.domain"
    modules = {domain, *graph.find_descendants(domain)}
    found = {imported for module in modules for imported in graph.find_modules_directly_imported_by(module)}
    foreign = {name for name in found - modules if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in foreign} <= {"kernel"}


def test_the_kernel_imports_the_standard_library_and_itself_and_stdnum_where_codes_are_checked() -> None:
    graph = grimp.build_graph("kernel", include_external_packages=True, cache_dir=None)
    kernel = {"kernel", *graph.find_descendants("kernel")}
    foreign = {
        (module, imported)
        for module in kernel
        for imported in graph.find_modules_directly_imported_by(module) - kernel
        if imported.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == {("kernel.identifiers", "stdnum")}
