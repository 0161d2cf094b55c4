"""R34: the page's part of the ballot protocol, run by Node, against vectors and against Python's register and box."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chassis import blindrsa, seal
from deploy.local import node
from gateway.http.pages import FOLDER
from kernel import ballots
from kernel.encoding import canonical, from_base64url, to_base64url
from services.assessment import voting
from services.assessment.ballots.box import Ballot
from tests.support.voters import Poll, sheet

VECTORS = json.loads((Path(__file__).parents[2] / "contract/vectors/ballot-vectors.json").read_text(encoding="utf-8"))
BALLOTS = {ballot["instrument"]: ballot for ballot in VECTORS["ballots"]}
SCRIPT = """
const [file, asked] = process.argv.slice(1);
const page = await import(file);
const [what, ...given] = JSON.parse(asked);
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const keysOf = ({ list, sha256, instrument, form }) => page.listedKeys(bytes(list), sha256, instrument, form);
const acts = {
  canonical: async (value) => page.canonical(value),
  code: async (seed) => page.backupCode(bytes(seed)),
  seed: async (code) => page.hex(page.seedOf(code)),
  short: async (hash) => page.shortCode(hash),
  async keys(listed) {
    const keys = await keysOf(listed);
    return { modulus: keys.modulus.toString(16), box: page.hex(keys.box), project: keys.project, hash: keys.hash };
  },
  async voter(seed, listed) {
    const { blinded, receipt } = await page.voterOf(bytes(seed), await keysOf(listed));
    return { blinded, receipt };
  },
  async token(seed, listed, reply) {
    return page.hex(await (await page.voterOf(bytes(seed), await keysOf(listed))).token(reply));
  },
  async ballot(seed, listed, reply, sheet) {
    return (await page.voterOf(bytes(seed), await keysOf(listed))).ballot(reply, sheet);
  },
};
try {
  console.log(JSON.stringify({ answer: await acts[what](...given) }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.constructor.name, why: error.message }));
}
"""


def ask(what: str, *given: Any) -> Any:
    """What the page's module answers, or the name of its refusal."""
    command = node.command("node")
    if command is None:
        pytest.skip("there is no Node")
    asked = json.dumps([what, *given], ensure_ascii=False)
    file = str(FOLDER / "ballot" / "protocol.mjs")
    done = subprocess.run(  # noqa: S603 - our own script
        [*command, "--input-type=module", "-e", SCRIPT, file, asked], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    return said["answer"] if "answer" in said else said["refused"]


def listed(*rows: dict[str, Any], sha256: str | None = None, form: str | None = None) -> dict[str, Any]:
    """A list of keys as the page gets it, with its hash; the first row's questionnaire is the one asked for."""
    text = canonical({"v": 1, "day": "2024-06-04", "instruments": list(rows)})
    found = {"list": _base64(text), "sha256": sha256 or hashlib.sha256(text).hexdigest(), "instrument": rows[0]["id"]}
    return found | ({"form": form} if form else {})


def row_of(poll: Poll) -> dict[str, Any]:
    """The row of a questionnaire; its box must have its key."""
    box, register = to_base64url(poll.box), to_base64url(seal.public_bytes(poll.register))
    keys = {"tokenKey": poll.n, "boxKey": box, "registerKey": register}
    return {"id": poll.id, "kind": "TEACHING", "project": "p1", "form": "f", "formSha256": "0" * 64} | keys


def row_of_vector(ballot: dict[str, Any]) -> dict[str, Any]:
    """The row of a vector's questionnaire."""
    n = to_base64url(bytes.fromhex(ballot["tokenKey"]["n"].zfill(512)))
    points = {name: to_base64url(bytes.fromhex(ballot[name]["public"])) for name in ("boxKey", "registerKey")}
    return {"id": ballot["instrument"], "project": "p1", "formSha256": "0" * 64, "tokenKey": n} | points


def _base64(raw: bytes) -> str:
    return to_base64url(raw).replace("-", "+").replace("_", "/")


@pytest.fixture
def poll() -> tuple[Poll, seal.PrivateKey]:
    """A questionnaire, and the key of its box."""
    box = seal.private_key(bytes(31) + b"\x07")
    return Poll(box=seal.public_bytes(box)), box


@pytest.mark.parametrize("instrument", BALLOTS)
def test_r34_the_page_blinds_unblinds_and_codes_as_the_vectors_have_it(instrument: str) -> None:
    ballot = BALLOTS[instrument]
    seed, keys = _base64(bytes.fromhex(ballot["seed"])), listed(row_of_vector(ballot))
    blinded = to_base64url(bytes.fromhex(ballot["blinded"]))
    reply = to_base64url(bytes.fromhex(ballot["reply"]))

    assert ask("seed", ballot["backupCode"]) == ballot["seed"]
    assert ask("code", seed) == ballot["backupCode"]
    assert ask("voter", seed, keys) == {"blinded": blinded, "receipt": ballot["receipt"]}
    assert to_base64url(bytes.fromhex(ask("token", seed, keys, reply))) == ballot["redeem"]["token"]
    assert ask("canonical", ballot["content"]) == canonical(ballot["content"]).decode()


def test_r34_a_sheet_of_the_page_is_taken_by_the_box_and_read_by_the_register(
    poll: tuple[Poll, seal.PrivateKey],
) -> None:
    asked, box = poll
    seed, content = voting.new_seed(), sheet(mark=5, text="老师讲得“好”\\ 😀")
    keys = listed(row_of(asked))
    voter = ask("voter", _base64(seed), keys)
    assert voter["receipt"] == asked.voter(seed).receipt
    reply = to_base64url(blindrsa.sign(asked.key, from_base64url(voter["blinded"])))
    body = ask("ballot", _base64(seed), keys, reply, content)

    assert set(body) == {"v", "instrument", "nonce", "prefix", "token", "sealed"}
    taken = Ballot.of(body)
    asked.key.public.verify(taken.message, taken.token)
    assert (taken.receipt, len(taken.sealed)) == (voter["receipt"], ballots.SEALED_BYTES)
    inner = seal.unseal(box, ballots.outer_info(asked.id, taken.receipt), taken.sealed)
    assert asked.read(to_base64url(inner)) == canonical(content)
    again = ask("ballot", _base64(seed), keys, reply, sheet(mark=1))
    assert len(from_base64url(again["sealed"])) == ballots.SEALED_BYTES
    assert again["sealed"] != body["sealed"]


def test_r34_a_list_that_is_another_one_or_names_bad_keys_is_not_trusted(poll: tuple[Poll, seal.PrivateKey]) -> None:
    row = row_of(poll[0])
    modulus = from_base64url(row["tokenKey"])
    even = to_base64url(modulus[:-1] + bytes([modulus[-1] & 0xFE]))
    short = to_base64url(b"\x00" + modulus[1:])
    point, shorter = to_base64url(b"\x04" + bytes(64)), to_base64url(bytes(64))
    for bad in (
        listed(row, sha256="0" * 64),
        listed(row, row),
        listed(row) | {"instrument": "ins0"},
        listed(row, form="1" * 64),
        *(listed(row | {"tokenKey": key}) for key in (even, short, row["tokenKey"] + "=", row["tokenKey"][:-2])),
        listed(row | {"boxKey": point}),
        listed(row | {"boxKey": shorter}),
        listed(row | {"registerKey": point}),
    ):
        assert ask("keys", bad) == "NotToBeTrusted", bad
    good = ask("keys", listed(row, form="0" * 64))
    assert (good["modulus"], good["project"]) == (f"{int.from_bytes(modulus, 'big'):x}", "p1")
    assert ask("short", good["hash"]).replace("-", "") == ballots.short_code(good["hash"])


def test_r34_a_reply_that_signs_something_else_is_not_used(poll: tuple[Poll, seal.PrivateKey]) -> None:
    asked, _ = poll
    seed, keys = _base64(voting.new_seed()), listed(row_of(asked))
    other = asked.voter()
    reply = to_base64url(blindrsa.sign(asked.key, other.blinded))
    assert ask("token", seed, keys, reply) == "NotToBeTrusted"
    assert ask("ballot", seed, keys, "AAAA", sheet()) == "NotToBeTrusted"


def test_r34_a_code_is_read_however_it_was_typed_and_a_slip_is_found() -> None:
    seed = voting.new_seed()
    code = voting.backup_code(seed)
    assert ask("code", _base64(seed)) == code
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert ask("seed", typed) == seed.hex()
    first = "3" if code[0] != "3" else "4"
    for bad in (first + code[1:], code[:-1], code + "0", "", "答卷", "Z" * 26 + "0"):
        assert ask("seed", bad) == "Mistyped", bad


def test_r34_a_sheet_longer_than_a_ballot_is_refused(poll: tuple[Poll, seal.PrivateKey]) -> None:
    asked, _ = poll
    seed, keys = voting.new_seed(), listed(row_of(asked))
    reply = to_base64url(blindrsa.sign(asked.key, asked.voter(seed).blinded))
    assert ask("ballot", _base64(seed), keys, reply, {"texts": ["课" * 1_400]}) == "RangeError"
