"""Writes `supergraphs/*.graphql`: python -m tests.unit.federation.differential.compose [name …].

Needs Node and the composer: npm ci --prefix deploy/schema.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.unit.federation.differential.feature import SUPERGRAPHS, Feature
from tests.unit.federation.differential.features import FEATURES

_SCRIPT = Path("deploy/schema/compose.mjs")


def compose(feature: Feature) -> None:
    """Compose one feature's subgraphs."""
    with tempfile.TemporaryDirectory() as folder:
        given = []
        for name, sdl in feature.subgraphs.items():
            file = Path(folder) / f"{name}.graphql"
            file.write_text(sdl, encoding="utf-8")
            given.append(f"{name}=http://{name}/graphql={file}")
        command = ["node", str(_SCRIPT), *given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        raise SystemExit(f"{feature.name}: {done.stderr}")
    (SUPERGRAPHS / f"{feature.name}.graphql").write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    for one in FEATURES:
        if len(sys.argv) == 1 or one.name in sys.argv[1:]:
            compose(one)
