"""R4: what an account's state lets it do."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.principal import Scope
from gateway.identity.account import CODE_LIFETIME, Account, AccountState
from kernel.errors import Refusal

NOW = datetime(2024, 4, 1, tzinfo=UTC)
LOGIN = "3144000011"
BLANK = Account("a1", 1, LOGIN, Scope.SCHOOL, "hash")


def test_r4_an_activation_code_expires() -> None:
    account = BLANK.with_code("hash", NOW)
    account.admit(NOW + CODE_LIFETIME - timedelta(seconds=1))
    with pytest.raises(Refusal) as refused:
        account.admit(NOW + CODE_LIFETIME)
    assert refused.value.code == "CODE_EXPIRED"


def test_r4_setting_a_password_ends_the_initial_state() -> None:
    account = BLANK.with_code("hash", NOW).with_password("new")
    assert account.state is AccountState.ACTIVE
    account.admit(NOW + CODE_LIFETIME * 2)


def test_a_disabled_account_opens_to_nobody() -> None:
    with pytest.raises(Refusal) as refused:
        Account("a1", 1, LOGIN, Scope.SCHOOL, "hash", AccountState.DISABLED).admit(NOW)
    assert refused.value.code == "ACCOUNT_DISABLED"


def test_r5_the_principal_names_the_person() -> None:
    account = Account("a1", 1, LOGIN, Scope.SCHOOL, "hash", school=LOGIN, organization=LOGIN, name="何敏")
    assert account.principal().name == "何敏"
    assert account.principal().school == LOGIN
