"""The program of a helper process: `… documents.worker draw FOLDER|sheet FOLDER|examine PEM`.

It reads requests from its input and writes the replies to its output, each after its length as four bytes, big-endian.
The first reply is empty and says that it is ready; any other begins with `+`, or with `-` and says why there is
nothing else. `draw` takes pages as JSON and answers with sealed PDF files; `sheet` does so with sign-in sheets, which
have no seal; `examine` takes files that anybody may have made, and has no key.
"""

import json
import math
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from services.assessment.documents.drawing import DrawingError, draw
from services.assessment.documents.page import Page
from services.assessment.documents.seal import P12Seal, Seal, examine, seals_of
from services.assessment.documents.sign_in import SignInSheet, draw_sign_in

_EXAMINER_BYTES = 768 * 1024 * 1024
_EXAMINER_CPU_SECONDS = 2
"""Of CPU for a file, or a second more; ours take some twenty milliseconds, and others wait meanwhile."""
Answer = Callable[[bytes], bytes]


def main(role: str, place: str) -> None:
    """Answer until the input ends."""
    roles: dict[str, Callable[[Path], Answer]] = {"draw": drawing, "sheet": drawing_sheets, "examine": examining}
    answer = roles[role](Path(place))
    serve(answer, sys.stdin.buffer, sys.stdout.buffer)


def drawing(folder: Path) -> Answer:
    """Draws and seals, by the seal of that folder."""
    seal: Seal = P12Seal.load(folder / "seal.p12", folder / "seal.password")

    def answer(request: bytes) -> bytes:
        try:
            return b"+" + seal.seal(draw(Page.read(json.loads(request))))
        except DrawingError as reason:
            return b"-" + str(reason).encode()

    return answer


def drawing_sheets(folder: Path) -> Answer:
    """Draws sign-in sheets, which are not sealed; it reads no key of that folder."""
    del folder

    def answer(request: bytes) -> bytes:
        try:
            return b"+" + draw_sign_in(SignInSheet.read(json.loads(request)))
        except DrawingError as reason:
            return b"-" + str(reason).encode()

    return answer


def examining(seals: Path) -> Answer:
    """Examines by the certificates of that file; a hostile file exhausts this process and no other."""
    known = seals_of(seals.read_bytes())
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_AS, (_EXAMINER_BYTES, _EXAMINER_BYTES))
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(nothing, (0, 0))

    def answer(request: bytes) -> bytes:
        used = math.ceil(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + _EXAMINER_CPU_SECONDS, resource.RLIM_INFINITY))
        return b"+" + json.dumps(asdict(examine(request, known))).encode()

    return answer


def serve(answer: Answer, requests: BinaryIO, replies: BinaryIO) -> None:
    """Say that it is ready, and answer one request after the other."""
    _write(b"", replies)
    while len(head := requests.read(4)) == 4:  # noqa: PLR2004
        _write(answer(requests.read(int.from_bytes(head, "big"))), replies)


def _write(reply: bytes, replies: BinaryIO) -> None:
    replies.write(len(reply).to_bytes(4, "big") + reply)
    replies.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
