"""Exchanging keys: one step at a time, and a step that would come too early is refused.

The last step is kept beside the files, in `rotation.json`, with its time and the key that takes over. It is written
before them, and forgotten after them: a step that was cut off is done again.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.local.private_files import write_private
from deploy.local.secrets import key_set

TOKENS_LIVE: Final = timedelta(minutes=15)
"""Longer than any token (access: 600 s), with room for clocks that differ."""
_STATE = "rotation.json"
SEQUENCES: Final = {
    "mongodb": (
        "每个服务有两个用户，轮流使用 each service has two users, such as catalog and catalog-b, in turn",
        "1. createUser catalog-b: roles of catalog, new password",
        "2. MONGODB_URL of Secret `catalog` names catalog-b; roll every process of the service",
        "3. db.currentOp() shows no connection of user catalog; dropUser catalog",
    ),
    "amqp": (
        "同上 likewise: a password that changes under a live user breaks the next reconnect of every pod",
        "1. add the user with a new password, and the permissions and topic permissions of the service",
        "   without a row of topic permissions a user may publish any key",
        "2. AMQP_URL of its Secret names it; roll relay and worker",
        "3. no connection of the former user is listed; delete it",
    ),
    "province": (
        "1. agree on the hour; the province stops its consumer",
        "2. a new password in the passwords file; hand it over on another way than its name",
        "   the running broker: python -m deploy.broker password PROVINCE FILE; its next start: the same, fill FILE",
        "3. close the connections that the old password opened; the province connects, and goes on from its queue",
    ),
}
"""Exchanges of which the files here know nothing: their steps, in words."""


class TooEarlyError(Exception):
    """The next step has to wait; the message says for what, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The exchange of keys in a folder.

    Attributes:
        folder: Holds the files, as `new --format env` wrote those of one holder.
        known: The operator's word that every process has read the files of the step before.
        now: The instant.
    """

    folder: Path
    known: bool
    now: datetime

    def signing(self, public: Path) -> str:
        """The next step of the gateway's signing key: publish the new one, sign with it, drop the old one.

        The last gateway may have signed with the old key until the operator says that all run with the new one. That
        time is recorded, and the tokens' age counts from it.

        Args:
            public: The subgraphs' copy, `internal-keys.json`.

        Raises:
            TooEarlyError: The subgraphs do not know the new key yet, or tokens of the old one still live.
        """
        file = self.folder / "signing-keys.json"
        keys = _read(file)["keys"]
        state = self._state("signing", keys)
        if not state or (state["step"] == "published" and (len(keys) == 1 or len(_read(public)["keys"]) == 1)):
            self._remember("signing", "published")
            if len(keys) == 1:
                keys = [*keys, *key_set().as_dict(private=True)["keys"]]
            self._write(file, {"keys": keys})
            self._write(public, {"keys": [_public(key) for key in keys]})
            return "1/3 新公钥已公布 the new key is public: apply internal-keys and Secret gateway"
        if state["step"] == "published":
            self._require_known()
            state = self._remember("signing", "signs", keys[1]["kid"])
        if state["step"] == "signs":
            if keys[0]["kid"] != state["key"]:
                self._write(file, {"keys": [keys[1], keys[0]]})
                return "2/3 改用新钥签名 the new key signs: apply Secret gateway"
            self._require_known()
            self._remember("signing", "signs everywhere", state["key"])
            free = _said(self.now + TOKENS_LIVE)
            return f"2/3 已记录 every gateway signs with the new key; the last step: not before {free}"
        self._require_age(state, TOKENS_LIVE)
        self._write(file, {"keys": keys[:1]})
        self._write(public, {"keys": [_public(keys[0])]})
        self._forget("signing")
        return "3/3 旧钥已删除 the old key is gone: apply both"

    def vault(self, count: Callable[[], Mapping[str, int]]) -> str:
        """The next step of a vault's key: make it known, seal with it, and drop the old one when nothing has its seal.

        Args:
            count: How many seals each key has in the service's database.

        Raises:
            TooEarlyError: Processes do not know the new key yet, or something is still sealed with the old one.
        """
        file = self.folder / "vault.json"
        vault = _read(file)
        others = [key for key in vault["keys"] if key != vault["active"]]
        state = self._state("vault", vault["keys"])
        if not state or (state["step"] == "known" and not others):
            self._remember("vault", "known")
            name, cipher = f"k{self.now:%Y%m%d%H%M}", len(b64decode(vault["keys"][vault["active"]]))
            vault["keys"][name] = b64encode(os.urandom(cipher)).decode()
            self._write(file, vault)
            return f"1/3 新密钥 {name} 已加入 is added: apply the Secret, roll every process of the service"
        if state["step"] == "known":
            self._require_known()
            state = self._remember("vault", "active", *others)
        if vault["active"] != state["key"]:
            vault["active"] = state["key"]
            self._write(file, vault)
            return "2/3 改用新密钥 the new key seals: apply, roll every process, then run `vault rotate`"
        self._require_known()
        left = {key: number for key, number in count().items() if key in others and number}
        if left:
            raise TooEarlyError(f"仍有数据以旧密钥加密 still sealed with the old key: {left}; run `vault rotate`")
        vault["keys"] = {vault["active"]: vault["keys"][vault["active"]]}
        self._write(file, vault)
        self._forget("vault")
        return "3/3 旧密钥已删除 the old key is gone: apply the Secret, roll every process"

    def _require_known(self) -> None:
        if not self.known:
            raise TooEarlyError("上一步尚未确认 every process must run with the step before: then add --known")

    def _require_age(self, state: Mapping[str, str], least: timedelta) -> None:
        free = datetime.fromisoformat(state["at"]) + least
        if self.now < free:
            raise TooEarlyError(f"请等到 not before {_said(free)}: tokens of the old key are still in use")

    def _state(self, name: str, keys: Sized) -> dict[str, str]:
        """The last step of an exchange; empty where none is under way."""
        found: dict[str, str] = self._states().get(name, {})
        if not found and len(keys) > 1:
            raise TooEarlyError("有两把密钥，但不知到了哪一步 two keys, and rotation.json says no step")
        return found

    def _states(self) -> dict[str, dict[str, str]]:
        file = self.folder / _STATE
        return _read(file) if file.exists() else {}

    def _remember(self, name: str, step: str, key: str = "") -> dict[str, str]:
        state = {"step": step, "at": self.now.isoformat(), "key": key}
        self._write(self.folder / _STATE, self._states() | {name: state})
        return state

    def _forget(self, name: str) -> None:
        self._write(self.folder / _STATE, {key: value for key, value in self._states().items() if key != name})

    @staticmethod
    def _write(file: Path, content: Any) -> None:
        """Put a file in the place of the one before, whole or not at all."""
        beside = file.with_suffix(".next")
        write_private(beside, json.dumps(content))
        beside.replace(file)


def at_once() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    """The public half of an elliptic key (RFC 7518)."""
    return {name: value for name, value in key.items() if name != "d"}
