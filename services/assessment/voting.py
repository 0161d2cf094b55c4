"""A voter's part of the ballot protocol `guopei-ballot/1`, for those who rather trust a command than a page (R34).

Everything follows from sixteen random bytes, which a backup code writes down: whoever has the code can go on elsewhere.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from stdnum.iso7064 import mod_37_36

from chassis import blindrsa, seal
from chassis.serving.bodies import bounded
from kernel import ballots
from kernel.encoding import canonical, from_base64url, to_base64url

_READ_AS = str.maketrans("OIL", "011", "- ")
_SEED_BYTES = 16
_LETTERS = 26
_GROUP = 5
_STREAM_BYTES = 384
_MOST_BYTES = 16 * 1024 * 1024
"""Of an answer: the key list of thousands of questionnaires."""


class NotToBeTrusted(ValueError):  # noqa: N818 - an answer to whoever checks
    """What the register or the box has said is not what it ought to be; nothing is sent to it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one questionnaire, as the list of its day has them.

    Attributes:
        instrument: The questionnaire's id.
        token: The key that signs rights to answer.
        box: The ballot box's key.
        register: The register's key.
    """

    instrument: str
    token: blindrsa.PublicKey
    box: seal.PublicKey
    register: seal.PublicKey

    @classmethod
    def listed(cls, raw: bytes, sha256: str, instrument: str) -> Self:
        """Read the keys of a questionnaire from a key list.

        Args:
            raw: The list, byte for byte.
            sha256: Its hash, as the audit log and the provincial feeds have it.
            instrument: The questionnaire's id.

        Raises:
            NotToBeTrusted: The list is another one, or does not name the questionnaire exactly once with good keys.
        """
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise NotToBeTrusted("the list is not the one that was published")
        rows = [row for row in json.loads(raw)["instruments"] if row["id"] == instrument]
        if len(rows) != 1:
            raise NotToBeTrusted(f"the list names the questionnaire {len(rows)} times")
        try:
            token = blindrsa.PublicKey.of(from_base64url(rows[0]["tokenKey"], ballots.KEY_BYTES))
            points = [from_base64url(rows[0][name], seal.POINT_BYTES) for name in ("boxKey", "registerKey")]
            box, register = map(seal.public_key, points)
        except ValueError as error:
            raise NotToBeTrusted("the list has a key that is none") from error
        return cls(instrument, token, box, register)


@dataclass(frozen=True, slots=True, repr=False)
class Voter:
    """One voter's secrets for one questionnaire.

    Attributes:
        keys: The questionnaire's keys.
        nonce: What makes the ballot unique; its hash is the receipt.
        prefix: The random prefix of the signed message.
        blinded: What is sent to the register, with the voter's name.
        inverse: What takes the blinding off the reply.
    """

    keys: Keys
    nonce: bytes
    prefix: bytes
    blinded: bytes
    inverse: int

    @classmethod
    def of(cls, seed: bytes, keys: Keys) -> Self:
        """Derive the secrets from a seed; the same seed leads to the same right to answer on any device."""
        info = ballots.derivation_info(keys.instrument, keys.token.modulus)
        stream = HKDF(hashes.SHA256(), _STREAM_BYTES, None, info).derive(seed)
        nonce, prefix, salt = stream[:32], stream[32:64], stream[64:112]
        r = 1 + int.from_bytes(stream[112:], "big") % (keys.token.n - 1)
        message = ballots.message_of(keys.instrument, nonce, prefix)
        return cls(keys, nonce, prefix, *blindrsa.blind(keys.token, message, salt, r))

    @property
    def receipt(self) -> str:
        """By which the own ballot is found after the result."""
        return ballots.receipt_of(self.nonce)

    def token(self, reply: bytes) -> bytes:
        """The token from the register's reply.

        Raises:
            NotToBeTrusted: The register has signed something else.
        """
        message = ballots.message_of(self.keys.instrument, self.nonce, self.prefix)
        try:
            return blindrsa.unblind(self.keys.token, message, reply, self.inverse)
        except blindrsa.InvalidSignature as error:
            raise NotToBeTrusted("the reply is no signature of what was sent") from error

    def ballot(self, reply: bytes, sheet: Mapping[str, Any]) -> dict[str, Any]:
        """The body of `POST /ballots`, which is sent without any login.

        Args:
            reply: The register's reply.
            sheet: The answers.

        Raises:
            NotToBeTrusted: As `token`.
            ValueError: The sheet is longer than a ballot may be.
        """
        token, instrument = self.token(reply), self.keys.instrument
        padded = seal.pad(canonical(sheet), ballots.CONTENT_BYTES)
        inner = seal.seal(self.keys.register, ballots.inner_info(instrument), padded)
        sealed = seal.seal(self.keys.box, ballots.outer_info(instrument, self.receipt), inner)
        secret = {"nonce": self.nonce, "prefix": self.prefix, "token": token, "sealed": sealed}
        return {"v": 1, "instrument": instrument} | {name: to_base64url(raw) for name, raw in secret.items()}


_ISSUE = """mutation($instrument: ID!, $blinded: String!) {
    issueBallotToken(instrumentId: $instrument, blinded: $blinded) { reply }
}"""
_MINE = "{ myInstruments { id keyListDay } }"
_LIST = "query($before: Date!) { keyLists(first: 1, before: $before) { day sha256 auditSequence } }"


class Election:
    """A voter's two conversations: with the register by name, and with the box without any.

    Args:
        url: The gateway's root.
        access_token: The voter's login, which the box never gets.
    """

    def __init__(self, url: str, access_token: str) -> None:
        self._url = url.rstrip("/")
        self._access_token = access_token

    async def vote(self, instrument: str, sheet: Mapping[str, Any], seed: bytes, sha256: str | None = None) -> str:
        """Get the token and send the sheet.

        Args:
            instrument: The questionnaire's id.
            sheet: The answers.
            seed: What the voter's secrets come from.
            sha256: The key list's hash as noted elsewhere; None to take the gateway's word for it.

        Returns:
            The receipt.

        Raises:
            NotToBeTrusted: Keys or reply are not what they ought to be.
            LookupError: There is no such questionnaire to answer, or the gateway refused; the text is its answer.
        """
        keys = await self._keys(instrument, sha256)
        voter = Voter.of(seed, keys)
        blinded = to_base64url(voter.blinded)
        data = await self._ask(_ISSUE, {"instrument": instrument, "blinded": blinded})
        reply = from_base64url(data["issueBallotToken"]["reply"], ballots.KEY_BYTES)
        body = voter.ballot(reply, sheet)
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as nobody,
            nobody.post(f"{self._url}/ballots", json=body) as answer,
        ):
            content = json.loads(await _whole(answer))
        if content.get("receipt") != voter.receipt:
            raise LookupError(json.dumps(content, ensure_ascii=False))
        return voter.receipt

    async def _keys(self, instrument: str, sha256: str | None) -> Keys:
        data = await self._ask(_MINE, {})
        days = [each["keyListDay"] for each in data["myInstruments"] if each["id"] == instrument and each["keyListDay"]]
        before = {"before": (date.fromisoformat(days[0]) + timedelta(days=1)).isoformat()} if days else {}
        lists = (await self._ask(_LIST, before))["keyLists"] if days else []
        listed = [each for each in lists if each["day"] in days and each["auditSequence"]]
        if not listed:
            raise LookupError(f"no list names {instrument}, or it stands in no audit chain")
        async with (
            aiohttp.ClientSession() as public,
            public.get(f"{self._url}/evaluations/keys/{listed[0]['day']}.json") as answer,
        ):
            return Keys.listed(await _whole(answer), sha256 or listed[0]["sha256"], instrument)

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._access_token}"}
        body = {"query": query, "variables": dict(variables)}
        async with (
            aiohttp.ClientSession(headers=headers) as known,
            known.post(f"{self._url}/graphql", json=body) as answer,
        ):
            content: dict[str, Any] = json.loads(await _whole(answer))
        if content.get("errors"):
            raise LookupError(json.dumps(content["errors"], ensure_ascii=False))
        data: dict[str, Any] = content["data"]
        return data


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    return await bounded(answer.content.iter_any(), _MOST_BYTES)


def new_seed() -> bytes:
    """A seed of 16 random bytes."""
    return secrets.token_bytes(_SEED_BYTES)


def backup_code(seed: bytes) -> str:
    """The seed as 26 letters of Crockford's alphabet and a check character, in groups of five."""
    letters = ballots.letters(int.from_bytes(seed, "big"), _LETTERS)
    letters += str(mod_37_36.calc_check_digit(letters, ballots.ALPHABET))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def seed_of(code: str) -> bytes:
    """The seed of a backup code, however it was typed.

    Raises:
        ValueError: It is mistyped.
    """
    letters = code.upper().translate(_READ_AS)
    if len(letters) != _LETTERS + 1 or not mod_37_36.is_valid(letters, ballots.ALPHABET):
        raise ValueError("the code is mistyped")
    number = 0
    for letter in letters[:-1]:
        number = number * 32 + ballots.ALPHABET.index(letter)
    return number.to_bytes(_SEED_BYTES, "big")
