"""Bills of materials in CycloneDX 1.6: of the Python packages that images install, and of each npm lock.

The files are made on demand and not kept in the tree: the locks are the truth, and a bill follows from them.
"""

import base64
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import requires
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
Bill = dict[str, Any]
"""A CycloneDX document as JSON."""
_ALGORITHMS = {"sha256": HashAlgorithm.SHA_256, "sha384": HashAlgorithm.SHA_384, "sha512": HashAlgorithm.SHA_512}


def python_environment() -> Bill:
    """The bill of everything installed beside this interpreter, by the tool of the standard's makers.

    Raises:
        subprocess.CalledProcessError: The tool failed; what it said is in `stderr`.
    """
    tool = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--sv", "1.6"]
    told = subprocess.run([*tool, "--pyproject", str(ROOT / "pyproject.toml")], capture_output=True, check=True)
    bill: Bill = json.loads(told.stdout)
    return bill


def python_run(environment: Bill) -> Bill:
    """What of an environment's bill the images install: `dependencies` of pyproject.toml, and what these need.

    Args:
        environment: The bill of `python_environment`.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = _needed(project["dependencies"]) | {canonicalize_name(project["name"])}
    components = [component for component in environment["components"] if canonicalize_name(component["name"]) in names]
    kept = {component["bom-ref"] for component in components} | {environment["metadata"]["component"]["bom-ref"]}
    dependencies = [
        {"ref": entry["ref"], "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in kept]}
        for entry in environment["dependencies"]
        if entry["ref"] in kept
    ]
    return {**environment, "components": components, "dependencies": dependencies}


def npm_locks() -> list[Path]:
    """Every npm lock of the tree."""
    told = subprocess.run(["git", "ls-files", "*package-lock.json"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / line for line in told.stdout.decode().splitlines()]


def npm(lock: Path) -> Bill:
    """The bill of an npm lock (version 3), with each package's licence and digest as the lock states them.

    Args:
        lock: The file `package-lock.json`.
    """
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    own = packages.pop("")
    bom = Bom(components=[_npm_component(path, package) for path, package in packages.items()])
    root = Component(name=own["name"], type=ComponentType.APPLICATION, bom_ref="root-component")
    bom.metadata.component = root
    direct = own.get("dependencies", {}) | own.get("devDependencies", {})
    paths = {f"node_modules/{name}" for name in direct}
    bom.register_dependency(root, [found for found in bom.components if found.bom_ref.value in paths])
    bill: Bill = json.loads(JsonV1Dot6(bom).output_as_string())
    bill.pop("serialNumber", None)  # a random one and a time would make two bills of one lock differ
    bill["metadata"].pop("timestamp", None)
    return bill


def write(folder: Path, environment: Bill) -> Iterator[tuple[Path, int]]:
    """Write all bills.

    Args:
        folder: Where to; it is made when it is missing.
        environment: The bill of `python_environment`.

    Yields:
        Each file, and how many components it names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bills = {"python": python_run(environment)}
    bills |= {"npm-" + "-".join(lock.parent.relative_to(ROOT).parts): npm(lock) for lock in npm_locks()}
    for name, bill in bills.items():
        file = folder / f"{name}.cdx.json"
        file.write_text(json.dumps(bill, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        yield file, len(bill["components"])


def _npm_component(path: str, package: dict[str, Any]) -> Component:
    scope, _, name = path.rpartition("node_modules/")[2].rpartition("/")
    algorithm, _, digest = package.get("integrity", "").partition("-")
    return Component(
        name=name,
        group=scope or None,
        version=package["version"],
        type=ComponentType.LIBRARY,
        bom_ref=path,
        scope=ComponentScope.OPTIONAL if package.get("optional") else None,
        licenses=[LicenseExpression(package["license"])] if "license" in package else None,
        hashes=[HashType(alg=_ALGORITHMS[algorithm], content=base64.b64decode(digest).hex())] if digest else None,
        purl=PackageURL("npm", scope or None, name, package["version"]),
    )


def _needed(requirements: Sequence[str]) -> set[str]:
    """The names of what an installer takes for the requirements on this machine, without what only extras bring."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        requirement, asking = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": asking}):
            continue
        name = canonicalize_name(requirement.name)
        new = {(name, extra) for extra in ("", *requirement.extras)} - found
        found |= new
        waiting += [(Requirement(line), extra) for _, extra in new for line in requires(name) or ()]
    return {name for name, _ in found}
