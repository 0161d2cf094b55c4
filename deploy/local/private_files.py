"""Files that nobody else may read."""

import os
from pathlib import Path


def write_private(file: Path, content: str | bytes) -> None:
    """Write a file with mode 0600, in place of any that is there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content.encode() if isinstance(content, str) else content)
