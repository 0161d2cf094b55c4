"""R34: rights to answer between our register, both our clients, and a library that others have written.

The library is npm's `@cloudflare/blindrsa-ts`, an implementation of RFC 9474 that shares no line with ours; it is a
dependency of this test alone, installed below `.local/` by its lock. So three clients meet two issuers: what one has
blinded the other signs, and every token is good for our ballot box and for the library's check.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chassis import blindrsa, seal
from deploy.local import node
from deploy.local.suite import ROOT
from kernel import ballots
from kernel.encoding import from_base64url, to_base64url
from services.assessment import voting
from services.assessment.ballots.box import Ballot
from tests.support.voters import Poll, sheet
from tests.unit.gateway.test_ballot_protocol import ask, listed, row_of

LISTED = Path(__file__).parent / "blindrsa"
SCRIPT = """
import { RSABSSA } from "@cloudflare/blindrsa-ts";
const [what, ...given] = JSON.parse(process.argv[1]);
const suite = RSABSSA.SHA384.PSS.Randomized();
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));
const text = (raw) => Buffer.from(raw).toString("base64url");
const key = (jwk, use) => crypto.subtle.importKey("jwk", jwk, { name: "RSA-PSS", hash: "SHA-384" }, true, [use]);
const acts = {
  async blind(jwk, message) {
    const prepared = suite.prepare(bytes(message));
    const { blindedMsg, inv } = await suite.blind(await key(jwk, "verify"), prepared);
    return { prepared: text(prepared), blinded: text(blindedMsg), inverse: text(inv) };
  },
  async finalize(jwk, { prepared, inverse }, reply) {
    return text(await suite.finalize(await key(jwk, "verify"), bytes(prepared), bytes(reply), bytes(inverse)));
  },
  sign: async (jwk, blinded) => text(await suite.blindSign(await key(jwk, "sign"), bytes(blinded))),
  verify: async (jwk, token, message) => suite.verify(await key(jwk, "verify"), bytes(token), bytes(message)),
};
try {
  console.log(JSON.stringify({ answer: await acts[what](...given) }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message }));
}
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the library is installed, by its lock, once a change of it."""
    place, npm = ROOT / ".local" / "blindrsa", node.command("npm")
    if npm is None:
        pytest.skip("there is no Node")
    lock = (LISTED / "package-lock.json").read_bytes()
    installed = place / "installed.json"
    if not installed.exists() or installed.read_bytes() != lock:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(LISTED, place)
        command = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603 - our lock
        if done.returncode:
            pytest.skip(f"npm ci: {done.stderr[-300:]}")
        installed.write_bytes(lock)
    return place


class Library:
    """The library, asked by a script."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, what: str, *given: Any) -> Any:
        """What it answers; its refusal fails the test."""
        command = node.command("node")
        assert command
        done = subprocess.run(  # noqa: S603 - our own script
            [*command, "--input-type=module", "-e", SCRIPT, json.dumps([what, *given])],
            cwd=self._folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said = json.loads(done.stdout)
        assert "refused" not in said, said
        return said["answer"]


@pytest.fixture
def library(folder: Path) -> Library:
    return Library(folder)


@pytest.fixture
def poll() -> Poll:
    """A questionnaire whose box has a key."""
    return Poll(box=seal.public_bytes(seal.private_key(bytes(31) + b"\x07")))


def public(key: blindrsa.PrivateKey) -> dict[str, Any]:
    """The public half as a JWK (RFC 7518, 6.3)."""
    return {"kty": "RSA", "n": to_base64url(key.public.modulus), "e": "AQAB"}


def private(key: blindrsa.PrivateKey) -> dict[str, Any]:
    """The whole key as a JWK."""
    parts = {"d": key.d, "p": key.p, "q": key.q, "dp": key.d % (key.p - 1), "dq": key.d % (key.q - 1)}
    numbers = parts | {"qi": key.inverse}
    return public(key) | {
        name: to_base64url(number.to_bytes(256 if name == "d" else 128, "big")) for name, number in numbers.items()
    }


def test_r34_what_the_library_blinds_our_register_signs_and_our_box_takes(library: Library, poll: Poll) -> None:
    nonce = bytes(range(32))
    message = ballots.message_of(poll.id, nonce, b"")
    found = library.ask("blind", public(poll.key), to_base64url(message))
    prepared = from_base64url(found["prepared"], 32 + len(message))
    assert prepared[32:] == message
    reply = blindrsa.sign(poll.key, from_base64url(found["blinded"], ballots.KEY_BYTES))
    token = library.ask("finalize", public(poll.key), found, to_base64url(reply))
    body = {"v": 1, "instrument": poll.id, "nonce": to_base64url(nonce), "prefix": to_base64url(prepared[:32])}
    taken = Ballot.of(body | {"token": token, "sealed": to_base64url(bytes(ballots.SEALED_BYTES))})
    poll.key.public.verify(taken.message, taken.token)
    with pytest.raises(blindrsa.InvalidSignature):
        poll.key.public.verify(taken.message[:-1] + b"\x00", taken.token)


def test_r34_what_our_command_blinds_the_library_signs_as_we_do(library: Library, poll: Poll) -> None:
    voter = poll.voter()
    reply = from_base64url(library.ask("sign", private(poll.key), to_base64url(voter.blinded)), ballots.KEY_BYTES)
    assert reply == blindrsa.sign(poll.key, voter.blinded), "a blind signature is a function of what is signed"
    message = ballots.message_of(poll.id, voter.nonce, voter.prefix)
    token = to_base64url(voter.token(reply))
    assert library.ask("verify", public(poll.key), token, to_base64url(message)) is True
    assert library.ask("verify", public(poll.key), token, to_base64url(message + b"\x00")) is False


def test_r34_what_our_page_blinds_the_library_signs_and_the_page_and_our_box_take(library: Library, poll: Poll) -> None:
    seed, keys = to_base64url(voting.new_seed()).replace("-", "+").replace("_", "/"), listed(row_of(poll))
    voter = ask("voter", seed, keys)
    reply = library.ask("sign", private(poll.key), voter["blinded"])
    taken = Ballot.of(ask("ballot", seed, keys, reply, sheet(mark=5)))
    poll.key.public.verify(taken.message, taken.token)
    assert taken.receipt == voter["receipt"]
    assert library.ask("verify", public(poll.key), to_base64url(taken.token), to_base64url(taken.message)) is True
