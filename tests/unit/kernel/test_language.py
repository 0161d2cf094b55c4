"""The language of an answer: Chinese by default, English where it is preferred."""

import pytest

from kernel.language import Language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.ZH),
        ("", Language.ZH),
        ("fr", Language.ZH),
        ("en", Language.EN),
        ("en-GB,en;q=0.9", Language.EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("zh;q=0.5,en;q=0.8", Language.EN),
        ("en;q=x", Language.ZH),
    ],
)
def test_the_preferred_language_is_chosen(header: str | None, language: Language) -> None:
    assert Language.of(header) is language
