"""R4: which new passwords are refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.password_hashing import new_code
from gateway.identity.password_policy import MINIMUM_LENGTH, check_new_password
from kernel.errors import Refusal
from kernel.reference import weak_passwords

LOGIN, ORGANIZATION = "t31440000111", "3144000011"
SHORT_OR_PLAIN = ["123456", "1234567", "12345678", "abcdefgh", "a1b2c3", "        ", "3144000011", "密码密码密码密码"]
LISTED = [
    "Passw0rd",
    "P@ssw0rd!",
    "password1",
    "Guopei2024!",
    "Admin@123",
    "woaini1314",
    "5201314a",
    "mima12345",
]
TYPED = ["abc12345", "qwer1234", "1qaz2wsx", "aaaa1111", "abcd1234!", "qwe!@#123", "abab1212", "zaq12wsx", "a1234567"]
STRONG = ["培训2024-春", "Guopei-0af3", "correct horse 9", "mima-of-81-trees", "x8kq2vnd"]


@pytest.mark.parametrize("password", [*SHORT_OR_PLAIN, *LISTED, *TYPED, f"x{LOGIN}", f"School-{ORGANIZATION}"])
def test_r4_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_new_password(password, LOGIN, ORGANIZATION, None)
    assert refused.value.extensions()["code"] == "WEAK_PASSWORD"
    assert refused.value.rule == "R4"


@pytest.mark.parametrize("password", STRONG)
def test_r4_a_strong_password_passes(password: str) -> None:
    check_new_password(password, LOGIN, ORGANIZATION, None)


@given(st.sampled_from(sorted(weak_passwords())), st.integers(0, 9999), st.booleans())
def test_r4_a_listed_word_is_weak_with_a_year_before_or_behind_it(word: str, number: int, before: bool) -> None:
    password = f"{number:04}{word}" if before else f"{word.upper()}{number:04}"
    with pytest.raises(Refusal):
        check_new_password(password)


@given(st.text(max_size=60))
def test_r4_what_passes_is_long_enough_and_of_two_kinds(password: str) -> None:
    with suppress(Refusal):
        check_new_password(password)
        assert len(password) >= MINIMUM_LENGTH
        assert not password.isdigit()
        assert not password.isalpha()


def test_r4_the_list_is_in_lower_case_and_of_words_or_numbers() -> None:
    assert len(weak_passwords()) > 100
    assert all(word == word.lower() and (word.isalpha() or word.isdigit()) for word in weak_passwords())


def test_r4_a_fresh_code_is_practically_never_a_weak_password() -> None:
    for _ in range(200):
        check_new_password(new_code() + "-7")
