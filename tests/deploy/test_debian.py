"""Another Debian beside this one, for newer servers and Pythons (`BROKER=4`)."""

import os
import re
import subprocess
from pathlib import Path

from deploy.local.suite import ROOT

SCRIPT = ROOT / "deploy" / "local" / "debian.sh"


def test_who_is_not_root_is_told_and_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DEBIAN": "forky"}
    done = subprocess.run([SCRIPT, "false"], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stdout) == (0, "")
    assert "needs root on Debian" in done.stderr


def test_its_packages_come_from_the_mirror_of_this_machine() -> None:
    assert not re.search(r"https?://", SCRIPT.read_text(encoding="utf-8"))
