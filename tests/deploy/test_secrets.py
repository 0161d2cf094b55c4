"""Secrets of a cluster: what is made is what manifests and settings want, and nothing is lost or printed."""

import base64
import json
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc.jwk import KeySet
from pydantic import SecretStr

from chassis.principal import TokenMinter, TokenVerifier
from chassis.storage.vault import Vault
from deploy.processes import PRODUCERS
from deploy.secrets.inventory import INVENTORY, OF_OPERATORS, PLACES, SYSTEM_USERS, Kind
from deploy.secrets.rotating import Rotation, TooEarlyError
from tests.deploy.test_k8s import OF_SERVICE, documents
from tests.deploy.test_manifests import K8S, OVERLAYS, of_kind, rendered, rendering
from tests.support.principals import MINISTRY
from tests.support.processes import command

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
_NAMED = ("USER", "PASSWORD")
KINDS = {
    "secretKeyRef": Kind.SECRET,
    "passwordSecretRef": Kind.SECRET,
    "secret": Kind.SECRET,
    "configMapKeyRef": Kind.CONFIG,
    "configMap": Kind.CONFIG,
}


OF_COMPONENTS = {"mongodb-users", "mongodb-system", "rabbitmq-users", "backup"}
"""Secrets that no process of the base reads."""


def references(value: Any) -> Iterator[tuple[Kind, str, str]]:
    """Every key of a Secret or ConfigMap that pods refer to."""
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in {"secretKeyRef", "configMapKeyRef", "passwordSecretRef"}:
            yield KINDS[name], inner["name"], inner["key"]
        elif name in {"secret", "configMap"} and "items" in inner:
            holder = inner.get("name") or inner["secretName"]
            yield from ((KINDS[name], holder, item["key"]) for item in inner["items"])
        else:
            yield from references(inner)


def known() -> set[tuple[Kind, str, str]]:
    made = {(entry.kind, entry.holder, entry.key) for entry in INVENTORY}
    made |= {(Kind.SECRET, name, key) for name, keys in OF_OPERATORS.items() for key in keys}
    return made | {(Kind.CONFIG, name, key) for name, keys in PLACES.items() for key in keys}


def test_what_the_base_refers_to_is_the_inventory() -> None:
    """But for what only components read: the database's operator its users' passwords, the nightly backup its key."""
    referred = set(references(documents()))
    of_places = {each for each in known() if each[1] in PLACES}
    ours = {(entry.kind, entry.holder, entry.key) for entry in INVENTORY if entry.holder not in OF_COMPONENTS}
    assert referred - of_places == ours


@rendering
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_an_overlay_refers_to_is_the_inventory_and_its_own_places(overlay: str) -> None:
    referred = set(references(list(rendered(overlay))))
    (cluster,) = of_kind(overlay, "PerconaServerMongoDB").values()
    assert cluster["spec"]["secrets"] == {"users": "mongodb-system"}
    referred |= {(Kind.SECRET, "mongodb-system", f"MONGODB_{u}_{part}") for u in SYSTEM_USERS for part in _NAMED}
    assert referred <= known()
    assert {(entry.kind, entry.holder, entry.key) for entry in INVENTORY} <= referred
    written = {
        name: tuple(sorted(doc["data"])) for name, doc in of_kind(overlay, "ConfigMap").items() if name in PLACES
    }
    assert written == PLACES
    external = of_kind(overlay, "ExternalSecret")
    if external:
        fetched = {(name, each["secretKey"]) for name, doc in external.items() for each in doc["spec"]["data"]}
        assert fetched == {(e.holder, e.key) for e in INVENTORY if e.kind is Kind.SECRET and not e.optional}


@pytest.mark.parametrize("service", OF_SERVICE)
def test_each_secret_field_of_the_settings_is_in_the_inventory(service: str) -> None:
    fields = OF_SERVICE[service].model_fields.items()
    secret = {name.upper() for name, field in fields if field.annotation in {SecretStr, SecretStr | None}}
    variables = {entry.key for entry in INVENTORY if entry.holder == service and entry.key.isupper()}
    assert secret == variables


async def test_new_makes_everything_once_privately_and_prints_no_value(tmp_path: Path) -> None:
    out = tmp_path / "made"
    arguments = ("new", "--overlay", "prod", "--out", str(out), "--format", "k8s")
    done = await command("deploy.secrets", *arguments)
    assert done.code == 0, done.error
    made = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in out.iterdir()}
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in out.iterdir())
    there = {(Kind(doc["kind"]), doc["metadata"]["name"], key) for doc in made.values() for key in doc["data"]}
    assert there == {(entry.kind, entry.holder, entry.key) for entry in INVENTORY if not entry.optional}
    for document in made.values():
        for key, value in document["data"].items():
            assert f"{document['metadata']['name']}/{key}" in done.out
            plain = base64.b64decode(value).decode(errors="replace") if document["kind"] == "Secret" else value
            assert not [line for line in plain.splitlines() if len(line) > 8 and line in done.out + done.error]
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    (out / "ballots.secret.yaml").unlink()
    again = await command("deploy.secrets", *arguments)
    assert again.code == 1
    assert "catalog.secret.yaml" in again.error
    assert {file.name: file.read_bytes() for file in out.iterdir()} == {
        name: content for name, content in before.items() if name != "ballots.secret.yaml"
    }, "nothing was written"


async def test_what_is_made_fits_together(tmp_path: Path) -> None:
    out = tmp_path / "made"
    hosts = ("--mongodb", "m1:27017,m2:27017", "--rabbitmq", "r1,r2")
    done = await command("deploy.secrets", "new", "--overlay", "prod", "--out", str(out), "--format", "env", *hosts)
    assert done.code == 0, done.error
    read = {str(file.relative_to(out)): file.read_text(errors="replace") for file in out.rglob("*") if file.is_file()}
    minter = TokenMinter(KeySet.import_key_set(json.loads(read["gateway/signing-keys.json"])))
    public = KeySet.import_key_set(json.loads(read["internal-keys/internal-keys.json"]))
    assert TokenVerifier(public, "catalog").verify(minter.mint(MINISTRY, "catalog")).scope is MINISTRY.scope
    assert '"d"' not in read["internal-keys/internal-keys.json"] + read["names-keys/names-public.json"]
    assert read["ballots/ballots-secret"] == read["assessment/ballots-secret"]
    vaults = [read[f"{name}/vault.json"] for name in PRODUCERS]
    assert len(set(vaults)) == len(vaults)
    variables = dict(line.split("=", 1) for line in read["catalog.env"].splitlines())
    assert variables["MONGODB_URL"].endswith("@m1:27017,m2:27017/?replicaSet=rs0&authSource=catalog&tls=true")
    assert [url.partition("@")[2] for url in variables["AMQP_URL"].split(",")] == ["r1:5671/%2F", "r2:5671/%2F"]
    assert f"catalog:{read['mongodb-users/catalog']}@" in variables["MONGODB_URL"]
    assert "AMQP_URL" not in read["ballots.env"], "the box knows no broker (R34)"


async def test_a_store_gets_each_value_under_the_name_by_which_the_overlays_ask_for_it(tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = await command("deploy.secrets", "new", "--overlay", "prod", "--out", str(out), "--format", "external")
    assert done.code == 0, done.error
    asked = list(yaml.safe_load_all((K8S / "components/external-secrets/secrets.yaml").read_text(encoding="utf-8")))
    names = {data["remoteRef"]["key"] for document in asked for data in document["spec"]["data"]}
    files = {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()}
    assert files - names == {"internal-keys.configmap.yaml", "names-keys.configmap.yaml"}
    assert names <= files
    assert {f"rabbitmq-users/{name}" for name in ("catalog", "admin", "province.44")} <= names
    url = (out / "catalog" / "AMQP_URL").read_text(encoding="utf-8")
    assert f"catalog:{(out / 'rabbitmq-users' / 'catalog').read_text(encoding='utf-8')}@" in url


async def test_an_overlay_that_is_none_is_refused(tmp_path: Path) -> None:
    done = await command("deploy.secrets", "new", "--overlay", "moon", "--out", str(tmp_path / "x"))
    assert done.code == 2
    assert not (tmp_path / "x").exists()


@pytest.fixture
async def made(tmp_path: Path) -> Path:
    """What `new --format env` wrote."""
    await command("deploy.secrets", "new", "--overlay", "dev", "--out", str(tmp_path / "m"), "--format", "env")
    return tmp_path / "m"


def test_a_signing_key_is_known_before_it_signs_and_stays_while_tokens_live(made: Path) -> None:
    folder, public = made / "gateway", made / "internal-keys" / "internal-keys.json"

    def step(at: datetime, *, known: bool = False) -> str:
        return Rotation(folder, known, at).signing(public)

    def kids(file: Path) -> list[str]:
        return [key["kid"] for key in json.loads(file.read_text(encoding="utf-8"))["keys"]]

    private = folder / "signing-keys.json"
    (old,) = kids(private)
    assert step(NOW).startswith("1/3")
    assert kids(private)[0] == old, "the old one signs"
    assert kids(public) == kids(private)
    assert '"d"' not in public.read_text(encoding="utf-8")
    (_, new) = kids(private)
    with pytest.raises(TooEarlyError, match="--known"):
        step(NOW + timedelta(days=1))
    assert kids(private) == [old, new]
    assert step(NOW, known=True).startswith("2/3")
    assert kids(private) == [new, old]
    late = NOW + timedelta(hours=3)
    with pytest.raises(TooEarlyError, match="--known"):
        step(late)
    assert "2026-05-01 11:15:00Z" in step(late, known=True), (
        "the last gateway may have signed with the old one until now"
    )
    assert kids(private) == [new, old]
    with pytest.raises(TooEarlyError, match="not before 2026-05-01 11:15:00Z"):
        step(late + timedelta(minutes=14), known=True)
    assert step(late + timedelta(minutes=15), known=True).startswith("3/3")
    assert kids(private) == kids(public) == [new]
    assert step(NOW + timedelta(days=90)).startswith("1/3"), "and so on"


def test_a_vault_key_goes_when_nothing_has_its_seal(made: Path) -> None:
    folder = made / "catalog"
    seals = {"k1": 3}

    def step(*, known: bool = True) -> str:
        return Rotation(folder, known, NOW).vault(lambda: seals)

    sealed = Vault.load(folder / "vault.json").seal("13800000000")
    assert step().startswith("1/3")
    vault = Vault.load(folder / "vault.json")
    assert (vault.active, len(vault.keys)) == ("k1", 2)
    with pytest.raises(TooEarlyError, match="--known"):
        step(known=False)
    assert step().startswith("2/3")
    vault = Vault.load(folder / "vault.json")
    assert vault.active != "k1"
    assert vault.open(sealed) == "13800000000"
    with pytest.raises(TooEarlyError, match="still sealed"):
        step()
    assert "k1" in Vault.load(folder / "vault.json").keys
    seals.clear()
    assert step().startswith("3/3")
    assert set(Vault.load(folder / "vault.json").keys) == {vault.active}


def test_a_new_vault_key_has_the_active_ones_cipher(made: Path) -> None:
    file = made / "catalog" / "vault.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["keys"]["k1"] = base64.b64encode(bytes(16)).decode()
    file.write_text(json.dumps(content), encoding="utf-8")
    Rotation(file.parent, known=False, now=NOW).vault(dict)
    assert [len(key) for key in Vault.load(file).keys.values()] == [16, 16]


class Cut(BaseException):
    """The process ends."""


@pytest.mark.parametrize("what", ["signing", "vault"])
def test_a_step_that_was_cut_off_is_done_again(made: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Each step is cut off before each of its files in turn, as by a full disk or a kill, and repeated."""
    folder = made / {"signing": "gateway", "vault": "catalog"}[what]
    public = made / "internal-keys" / "internal-keys.json"
    replace, left = Path.replace, 0

    def replacing(file: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise Cut
        left -= 1
        return replace(file, target)

    monkeypatch.setattr(Path, "replace", replacing)

    def step(at: datetime) -> str:
        rotation = Rotation(folder, known=True, now=at)
        return rotation.signing(public) if what == "signing" else rotation.vault(dict)

    def kids(file: Path) -> list[str]:
        return [key["kid"] for key in json.loads(file.read_text(encoding="utf-8"))["keys"]]

    said: list[str] = []
    for number in range(4 if what == "signing" else 3):
        for writes in count():
            left = writes
            with suppress(Cut):
                said.append(step(NOW + timedelta(hours=number)))
                break
            if what == "signing":
                assert kids(folder / "signing-keys.json")[0] in kids(public)
    steps = {"signing": ["1/3", "2/3", "2/3", "3/3"], "vault": ["1/3", "2/3", "3/3"]}[what]
    assert [line[:3] for line in said] == steps
    assert not json.loads((folder / "rotation.json").read_text(encoding="utf-8"))
    if what == "signing":
        assert len(kids(public)) == 1
        assert kids(public) == kids(folder / "signing-keys.json")
    else:
        assert len(Vault.load(folder / "vault.json").keys) == 1


def test_a_key_file_of_unknown_history_is_left_alone(made: Path) -> None:
    folder = made / "gateway"
    Rotation(folder, known=False, now=NOW).signing(made / "internal-keys" / "internal-keys.json")
    (folder / "rotation.json").unlink()
    before = (folder / "signing-keys.json").read_bytes()
    with pytest.raises(TooEarlyError, match=r"rotation\.json"):
        Rotation(folder, known=True, now=NOW).signing(made / "internal-keys" / "internal-keys.json")
    assert (folder / "signing-keys.json").read_bytes() == before


async def test_sequences_of_other_systems_are_said() -> None:
    for what in ("mongodb", "amqp", "province"):
        done = await command("deploy.secrets", "rotate", what)
        assert done.code == 0
        assert "3. " in done.out
        assert what != "amqp" or "topic permissions" in done.out
        assert what != "province" or "deploy.broker password PROVINCE FILE" in done.out
