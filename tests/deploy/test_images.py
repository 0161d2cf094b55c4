"""The images, as far as they can be proven without a container engine: what is copied runs, and nothing is missing."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from deploy.processes import SUBGRAPHS

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "images" / "Dockerfile"
PROCESSES = (*(f"services/{name}" for name in SUBGRAPHS), "gateway")
OPERATIONS = "operations"
"""The image of operators' commands."""
BROUGHT = {"asn1crypto": "pyhanko", "pydantic": "pydantic-settings", "pyhanko_certvalidator": "pyhanko"}
"""Modules that come with a declared dependency whose whole point they are."""
LATER = {"compression"}
"""Modules of the standard library of a later Python than the one that tests, imported there only."""
OURS = {"chassis", "contracts", "deploy", "gateway", "kernel", "services"}


def stages() -> dict[str, str]:
    """The text of each stage by its name, in their order."""
    parts = re.split(r"^FROM \S+ AS (\w+)$", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def copies(process: str) -> list[tuple[str, str]]:
    """What the image of a process, or that of operators' commands, copies from the tree: source and target."""
    stage = stages()["operations" if process == OPERATIONS else "process"]
    lines = [line.split() for line in stage.splitlines() if line.startswith("COPY ") and "--from" not in line]
    named = [[part.replace("${PROCESS}", process) for part in line[1:]] for line in lines]
    return [(source, target) for *sources, target in named for source in sources]


def laid_out(process: str, folder: Path) -> Path:
    """A folder with the tree of an image."""
    for source, target in copies(process):
        here, there = ROOT / source, folder / target
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            there.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here, there / here.name)
    return folder


def third_party(folder: Path) -> set[str]:
    """Top-level modules that the files of a folder import and that are not Python's own."""
    imported: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            imported |= {name.partition(".")[0] for name in names}
    return imported - set(sys.stdlib_module_names) - LATER - OURS


@pytest.fixture(params=PROCESSES)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The tree of one image."""
    return request.param, laid_out(request.param, tmp_path)


def test_an_image_holds_all_that_its_process_imports(image: tuple[str, Path]) -> None:
    process, folder = image
    package = process.replace("/", ".")
    code = f"import {package}.app, {package}.settings, kernel.reference as r; r.clause_of('R11'); r.provinces()"
    subprocess.run([sys.executable, "-c", code], cwd=folder, env={"PYTHONWARNINGS": "error"}, check=True)  # noqa: S603 - our own code
    assert (folder / process / "__main__.py").exists()
    assert (folder / "contracts" / "graph" / "supergraph.graphql").exists()


def test_an_image_holds_no_other_process(image: tuple[str, Path]) -> None:
    process, folder = image
    others = [other for other in PROCESSES if other != process]
    assert not [other for other in others if (folder / other).exists()]


def test_the_gateways_image_alone_has_the_front_ends_where_a_cluster_looks_for_them() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    (copied,) = re.findall(r"^RUN --mount=type=bind,from=web,source=(\S+),target=(\S+) \\\n(.+)$", text, re.MULTILINE)
    source, target, script = copied
    assert f"node build.mjs {source} /build/api.graphql" in text
    assert script == f'    if [ "${{PROCESS}}" = gateway ]; then cp -r {target} web; fi'
    (patch,) = yaml.safe_load_all((ROOT / "deploy/k8s/base/gateway-keys/patch.yaml").read_text(encoding="utf-8"))
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    settings = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert settings["WEB_DIR"] == "web"
    assert settings["TRUSTED_DOCUMENTS_FILE"].split(",")[0] == "web/trusted-documents.json"
    ignored = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"!web", "!contracts/graph", "**/node_modules"} <= set(ignored)


def test_the_image_of_operators_commands_holds_all_that_they_import(tmp_path: Path) -> None:
    """Backups, and the broker's definitions (ADR 77)."""
    folder = laid_out(OPERATIONS, tmp_path)
    for program, said in (("deploy.backup", "take"), ("deploy.broker", "members"), ("services.catalog", "migrate")):
        command = [sys.executable, "-m", program, "--help"]
        done = subprocess.run(  # noqa: S603 - our own code
            command, cwd=folder, env={"PYTHONWARNINGS": "error"}, check=True, capture_output=True, text=True
        )
        assert said in done.stdout


def test_the_image_of_operators_commands_is_sent_to_the_builder_whole() -> None:
    ignored = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    for process in (*PROCESSES, OPERATIONS):
        for source, _ in copies(process):
            assert any(source == path or source.startswith(f"{path}/") for path in sent), source


def test_what_runs_is_declared_as_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["fast"]]
    declared = {re.split("[;=<>]", line)[0].strip() for line in lines}
    distributions = packages_distributions()
    for folder in ("kernel", "chassis", "gateway", "services", "deploy/backup", "deploy/broker"):
        for module in third_party(ROOT / folder):
            owners = {re.sub(r"[-_.]+", "-", name).lower() for name in distributions[module]}
            assert (owners | {BROUGHT.get(module)}) & declared, module


def test_the_images_run_on_the_newest_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [line.rpartition(" ")[2] for line in project["classifiers"]]
    assert project["requires-python"] == f">={supported[0]}"
    images = re.findall(r"^FROM python:([\d.]+)-slim-\w+", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert images == [supported[-1]] * 3
    running = "{}.{}".format(*sys.version_info)
    assert running in supported
    assert running == supported[-1] or "DEBIAN" not in os.environ, "it is to prove what the images run on"


def test_this_python_has_all_that_is_locked() -> None:
    """On each Python that runs the tests, the images' included (`make test BROKER=4`); there is no compiler there."""
    lines = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    locked = [one for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate()]
    assert len(locked) > 100
    assert [str(one) for one in locked if version(one.name) not in one.specifier] == []


def test_no_image_runs_as_root() -> None:
    for name in ("operations", "process"):
        text = stages()[name]
        assert "\nUSER 10001:10001\n" in text
        assert text.index("\nUSER ") > text.rfind("\nRUN ")
    assert [*stages()][-1] == "process", "what is built where no stage is named"
