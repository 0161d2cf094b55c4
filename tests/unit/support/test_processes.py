"""Command lines that tests run in a thread of their own process."""

from pathlib import Path

import pytest

from tests.support.processes import command


async def test_a_socket_that_a_command_leaves_is_no_warning_of_its_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is collected: a process would have taken it along."""
    (tmp_path / "leaves_a_socket.py").write_text("import socket\nsocket.socket()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert (await command("leaves_a_socket")).code == 0
