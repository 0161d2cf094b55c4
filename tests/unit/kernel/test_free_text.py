"""R41: what people say in their own words gets into events and mail, and holds nobody's number."""

import ast
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum.cn import ric

from kernel.errors import Refusal
from kernel.free_text import Name, Paragraph, PersonName, Reason, Title, person_spelled
from kernel.personal_numbers import holds_number, without_numbers
from kernel.reference import no_names

NUMBER = "110101198001010010"
DAYS = st.dates(date(1990, 1, 1), date(2039, 12, 31))


@given(
    st.integers(0, 999),
    DAYS,
    st.sampled_from(["", " ", "-", "—", "  ", ".", "/", "_", "·"]),
    st.sampled_from(["", "房间301 ", "号码"]),
)
def test_r41_a_personal_number_is_recognised_with_any_spacing(serial: int, born: date, apart: str, before: str) -> None:
    body = f"110101{born:%Y%m%d}{serial:03d}"
    whole = body + str(ric.calc_check_digit(f"{body}0"))
    old = f"110101{born:%y%m%d}{serial:03d}"
    mobile = f"138{serial:08d}"
    for parts in (
        (whole[:6], whole[6:14], whole[14:].lower()),
        (old[:6], old[6:12], old[12:]),
        (mobile[:3], mobile[3:7], mobile[7:]),
        ("+86", mobile),
    ):
        assert holds_number(f"{before}{apart.join(parts)}有误")


@given(
    st.lists(DAYS, min_size=1, max_size=3),
    st.sampled_from(["", "至", " 至 ", "、", " - ", "/", "-"]),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]),
)
@example([date(2023, 5, 18), date(2019, 5, 6), date(2024, 5, 1)], "/", "%Y-%m-%d")
def test_r41_dates_are_no_personal_numbers(days: list[date], between: str, form: str) -> None:
    assert not holds_number(between.join(day.strftime(form) for day in days[: 3 if between else 1]) + "报到")


@pytest.mark.parametrize(
    "text", ["学校4144100001已满", "项目2024-DT-0001", "0755-12345678", "1717200000000", "经费 1500000 元"]
)
def test_r41_codes_and_amounts_are_no_personal_numbers(text: str) -> None:
    assert not holds_number(text)


MARKS = [
    ",",
    "，",
    ", ",
    "、",
    ";",
    ":",
    "：",
    "*",
    "~",
    "|",
    " - ",
    "---",
    "・",
    "\u3000" * 3,
    "。",
    "'",
    "\u200b",
    ") (",
]
ZEROS = "0０٠०๐𝟎"
CHINESE = ["〇一二三四五六七八九", "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"]


@given(st.integers(0, 10**8 - 1), DAYS, st.sampled_from(MARKS), st.sampled_from(["", "房间301，", "号码("]))
def test_r41_marks_and_brackets_between_the_groups_do_not_hide_a_number(
    serial: int, born: date, mark: str, before: str
) -> None:
    mobile, digits = f"{serial:08d}", f"{serial:03d}"[-3:]
    written = [
        mark.join(("138", mobile[:4], mobile[4:])),
        mark.join(f"138{mobile}"),
        mark.join(("510101", f"{born:%Y%m%d}", f"{digits}1")),
        mark.join(("510101", f"{born:%Y}", f"{born:%m%d}", f"{digits}X")),
        mark.join(("510101", f"{born:%y%m%d}", digits)),
    ]
    for number in written:
        assert holds_number(f"{before}{number}有误"), number
        assert without_numbers(f"电话{number}。") == "电话…。"


@pytest.mark.parametrize(
    "written",
    [
        *("(138)00138000", "138 (0013) 8000", "[138][0013][8000]", "+86(138)0013-8000", "（138）0013—8000"),
        *("1三8零零1三8000", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "❶❸❽00❶❸❽000", "一三八、〇〇一三、八〇〇〇", "13800138000一律"),
        *("301，138,0013,8000、139,0013,8000", "138,0013,8000，2024-05-16"),
    ],
)
def test_r41_a_number_in_brackets_or_mixed_digits_is_recognised(written: str) -> None:
    assert holds_number(f"请联系{written}办理")


DIALLED = ["0", "86", "086", "0086", "00860", "+86", "+860", "17951", "179510", "12593"]
PEOPLE = st.dates(date(1950, 1, 1), date(2005, 12, 31))


def identity(region: str, born: date, serial: int) -> str:
    body = f"{region}0101{born:%Y%m%d}{serial:03d}"
    return body + str(ric.calc_check_digit(f"{body}0"))


@given(st.integers(0, 10**8 - 1), st.sampled_from(DIALLED), st.sampled_from(["", "房间301，", "李老师"]))
def test_r41_what_is_dialled_before_a_mobile_does_not_hide_it(serial: int, dialled: str, before: str) -> None:
    mobile = f"139{serial:08d}"
    for number in (mobile, f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}"):
        assert holds_number(f"{before}{dialled}{number}改期"), number
        assert "…" in without_numbers(f"电话{dialled}{number}。")
        assert number not in without_numbers(f"电话{dialled}{number}。")


@given(
    st.sampled_from(["44", "11", "65", "81"]),
    PEOPLE,
    st.integers(0, 999),
    st.tuples(st.text("0123456789", max_size=12), st.text("0123456789", max_size=12)),
)
def test_r41_digits_glued_to_an_identity_number_do_not_hide_it(
    region: str, born: date, serial: int, glued: tuple[str, str]
) -> None:
    right = identity(region, born, serial)
    mistyped = right[:-1] + str((int(right[-1].replace("X", "3")) + 1) % 10)
    for number in (right, mistyped):
        written = f"号码{glued[0]}{number}{glued[1]}有误"
        assert holds_number(written)
        assert number not in without_numbers(written)


@given(
    st.lists(
        st.one_of(
            st.builds(identity, st.just("44"), PEOPLE, st.integers(0, 999)),
            st.integers(0, 10**8 - 1).map(lambda serial: f"138{serial:08d}"),
        ),
        min_size=2,
        max_size=5,
    )
)
@example(["440100198503120013", "440100198503120021"])
def test_r41_numbers_in_a_row_do_not_hide_each_other(numbers: list[str]) -> None:
    written = "".join(numbers)
    assert holds_number(f"名单{written}。")
    assert not any(number in without_numbers(f"名单{written}。") for number in numbers)


@pytest.mark.parametrize("text", ["440100 19850312 0013440100 19850312 0021", "138 0013 8000139 0013 9000"])
def test_r41_groups_of_two_numbers_may_be_glued_to_each_other(text: str) -> None:
    assert holds_number(text)


@given(
    st.lists(st.integers(1, 30), min_size=5, max_size=12, unique=True).map(sorted),
    st.sampled_from(["-", " ", ".", "/"]),
)
def test_r41_weeks_in_ascending_order_are_no_number(weeks: list[int], between: str) -> None:
    assert not holds_number(f"第{between.join(map(str, weeks))}周")


@given(st.integers(130, 199), st.integers(2000, 2040), st.integers(2000, 2040), st.sampled_from([" ", "-", "、", "/"]))
def test_r41_people_before_two_years_are_no_number(people: int, year: int, following: int, between: str) -> None:
    assert not holds_number(f"名额{people}{between}{year}{between}{following}学年")


@given(
    st.lists(st.integers(1, 99_999), min_size=2, max_size=6),
    st.sampled_from([" ", "、", ", "]),
    st.sampled_from(["元", " 元", "万元", "人次", "学时"]),
)
def test_r41_amounts_before_their_unit_are_no_number(amounts: list[int], between: str, unit: str) -> None:
    assert not holds_number(f"经费{between.join(map(str, amounts))}{unit}")


@given(st.integers(2000, 2040), st.integers(130, 199), st.integers(0, 9999), st.integers(0, 9999))
def test_r41_a_code_that_begins_with_its_year_is_no_number(year: int, part: int, item: int, last: int) -> None:
    assert not holds_number(f"合同号 GZ-{year}-{part}-{item:04d}-{last:04d}")


@pytest.mark.parametrize(
    "text",
    [
        *("请联系138 1380 3001元老师", "元旦值班138 1380 3001 元旦", "+86 182 2024 2025", "1 3 9 12 5 8 13 90"),
        *("2024-05-16-138-0013-8000", "GZ-2024-13800138000", "2024-1-138-00138000", "经费139 0013 9000元"),
    ],
)
def test_r41_a_mobile_beside_an_amount_or_a_code_is_one_all_the_same(text: str) -> None:
    assert holds_number(text)


@given(st.integers(0, 10**8 - 1), st.lists(st.sampled_from(ZEROS), min_size=18, max_size=18))
def test_r41_digits_of_every_script_count(serial: int, zeros: list[str]) -> None:
    for number in (f"139{serial:08d}", f"11010119800101{serial:08d}"[:18]):
        written = "".join(chr(ord(zero) + int(digit)) for zero, digit in zip(zeros, number, strict=False))
        assert holds_number(f"请联系{written}办理")
        spelled = (number.translate(str.maketrans("0123456789", numerals)) for numerals in CHINESE)
        assert all(holds_number(f"请联系{written}办理") for written in spelled)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-05-16 2024-05-20", "2024-05-16 2024-05-20 3人", "2024-05-13（9:00-11:30，14:00-17:30）"),
        *("14:00-17:30；8:00-11:30", "第1、3、5、7、9、11、13、15周", "2019、2020、2021、2022、2023、2024"),
        *(
            "名额150（2024—2025学年）",
            "班额1500、1800、120",
            "经费1500000，2024年",
            "150，20240516开班",
            "2024-DQT-001-02",
        ),
        *("1,380,013元", "1,380,013、1,500", "010-66096194、66096195", "(010)66096194转8001", "4132000201、4132000202"),
        *(
            "80学时，10天，8学时/天，150人",
            "2024—2025学年第1—18周",
            "2024.5.13-5.17",
            "周一、三、五上午，二、四、六下午",
        ),
        *("1-3-5-7-9-11-13-15周", "150 1200 3000 元", "182 2024 2025", "合同号 GZ-2024-130-1234-5678"),
        *("订单20240516143000123456", "1500 120 3000 元", "1 4 7 10 13 16 19"),
        *(
            "一、二、三、四、五、六、七、八、九、十",
            "二〇二四年五月十六日至二〇二四年五月二十日",
            "一次一人一班",
            "三三两两、七七八八",
        ),
    ],
)
def test_r41_ordinary_numbers_are_no_personal_numbers(text: str) -> None:
    assert not holds_number(text)
    assert without_numbers(text) == text


def test_r41_no_sentence_of_the_seed_is_refused() -> None:
    """Titles, plans and reasons of this domain, besides the mobiles and identity numbers that the seed makes up."""
    root = Path(__file__).parents[3]
    files = [*(root / "deploy/seed").rglob("*.py"), *(root / "services").rglob("refusals.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert len(texts) > 500
    assert [text for text in texts if not text.isdigit() and holds_number(text)] == []


@pytest.mark.parametrize(
    "part",
    [
        *("1", "1,", "一", "一、", "13", "2024-05-16 ", "138,0013,", " ", "1:", "1,380,", "5101011980", "("),
        *("440100198503120013", "440100 19850312 001", "1 3 9 0 0 1 3 9 0 0 01", "1-3-", "2024-1-", "150 1200 ", "86"),
    ],
)
def test_r41_a_long_text_is_read_in_linear_time(part: str) -> None:
    """It completes: a pattern that backtracks would take hours."""
    holds_number(part * (50_000 // len(part)))


@pytest.mark.parametrize("why", [f"身份证{NUMBER}有误", "请联系 138 0000 0001", "长" * (Reason.longest + 1)])
def test_r41_a_reason_with_a_number_or_too_long_is_refused(why: str) -> None:
    with pytest.raises(Refusal) as refused:
        Reason.of(why, "R26")
    assert (refused.value.code, refused.value.rule) == ("INVALID_REASON", "R41")
    assert NUMBER not in str(refused.value.extensions()) + refused.value.zh
    with pytest.raises(Refusal):
        Reason.optional(why)


@pytest.mark.parametrize("reason", ["", "   ", None])
def test_a_reason_of_blanks_is_none(reason: str | None) -> None:
    assert Reason.optional(reason) is None
    with pytest.raises(Refusal) as refused:
        Reason.of(reason, "R21")
    assert (refused.value.code, refused.value.rule) == ("REASON_MISSING", "R21")


def test_r41_free_text_is_trimmed_composed_and_single_spaced() -> None:
    assert Paragraph.of("  e\u0301tude\u3000\u200b一\r\n二 ", "text").text == "étude 一\n二"
    assert Name.of(" 张\u3000 三 ", "name").text == "张三"


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a" * 201, "电话13800138000", NUMBER])
def test_r41_a_title_is_bounded_printable_one_line_and_without_numbers(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Title.of(text, "title")
    assert refused.value.code == "INVALID_TEXT"
    assert refused.value.extensions()["field"] == "title"
    assert NUMBER not in refused.value.zh


NO_NAMES = {
    "王1": "DIGIT",
    "王１": "DIGIT",
    "王①": "DIGIT",
    "张" * 51: "TOO_LONG",
    "张三、李四": "SEVERAL",
    "张三，李四": "SEVERAL",
    "张三/李四": "SEVERAL",
    "张三\n李四": "SEVERAL",
    "···": "NO_LETTER",
    "-": "NO_LETTER",
    "😀": "NO_LETTER",
    "张😀": "CHARACTER",
    "张\u202e三": "CHARACTER",
    "\u202e": "CHARACTER",
    "张\x00三": "CHARACTER",
    "=cmd": "CHARACTER",
    "<b>": "CHARACTER",
    "张三（女）": "CHARACTER",
    "张伟A": "CHARACTER",
    "張\ue000": "CHARACTER",
    "Иван": "CHARACTER",
    "O''Brien": "CHARACTER",
    "·张三": "CHARACTER",
    "张三·": "CHARACTER",
    "无": "PLACEHOLDER",
    " 暂 无 ": "PLACEHOLDER",
    "不详": "PLACEHOLDER",
    "测试": "PLACEHOLDER",
    "Test": "PLACEHOLDER",
}


@pytest.mark.parametrize(("typed", "problem"), NO_NAMES.items())
def test_r22_what_is_no_name_of_one_person_is_refused_by_the_check_that_failed(typed: str, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        PersonName.of(typed, "faculty.name", "R7")
    extensions = refused.value.extensions()
    assert (extensions["code"], extensions["rule"]) == ("INVALID_NAME", "R7")
    assert (extensions["field"], extensions["problem"]) == ("faculty.name", problem)


def test_r22_a_formula_and_its_pipe_are_no_name() -> None:
    with pytest.raises(Refusal) as refused:
        PersonName.of("=cmd|calc", "name")
    assert (refused.value.code, refused.value.rule) == ("INVALID_NAME", "R22")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("王", "王"),
        (" 张　三 ", "张三"),
        ("欧阳\u200b娜娜", "欧阳娜娜"),
        ("阿依古丽 • 买买提", "阿依古丽·买买提"),
        ("㛃\U0002b5af\U00020000", "㛃\U0002b5af\U00020000"),
        ("Ｊohn  Smith", "John Smith"),
        ("Seán O’Brien-Smith", "Seán O'Brien-Smith"),
        ("Lǐ Sì", "Lǐ Sì"),
        ("大卫·Smith", "大卫·Smith"),
        ("张" * 50, "张" * 50),
    ],
)
def test_r22_a_name_of_the_standards_characters_has_one_spelling(typed: str, name: str) -> None:
    assert PersonName.of(typed, "name").text == name
    assert person_spelled(name) == name


def test_a_name_of_nothing_is_empty_and_left_to_the_aggregate() -> None:
    assert PersonName.of(" \u200b\ufeff ", "name").text == ""


BLOCKS = [
    ("\u4e00", "\u9fa5"),
    ("\u3400", "\u4db5"),
    ("\U00020000", "\U0002a6d6"),
    ("\U0002a700", "\U0002b734"),
    ("\U0002b740", "\U0002b81d"),
    ("\U0002b820", "\U0002cea1"),
    ("\U0002ceb0", "\U0002ebe0"),
]
"""First and last of each block of GB 18030-2022."""
HAN = st.one_of([st.characters(min_codepoint=ord(first), max_codepoint=ord(last)) for first, last in BLOCKS])


@given(st.lists(st.text(HAN, min_size=1, max_size=8), min_size=1, max_size=4), st.sampled_from(["·", " ‧ ", "•"]))
def test_r22_every_name_of_chinese_characters_is_taken_and_kept(parts: list[str], point: str) -> None:
    expected = "·".join(parts)
    assume(expected not in no_names())
    assert PersonName.of(f"  {point.join(parts)} ", "name").text == expected


@given(st.text(max_size=60))
def test_r22_whatever_is_typed_a_name_holds_letters_and_joints_only(typed: str) -> None:
    try:
        name = PersonName.of(typed, "name").text
    except Refusal:
        return
    assert len(name) <= 50
    assert all(char.isalpha() or char in "· -'〇" for char in name)
    assert PersonName.of(name, "name").text == name


@pytest.mark.parametrize(
    "typed", ["示范学院😀", "<b>学院</b>", "＝HYPERLINK(1)", "=学院", "+学院", "-学院", "@学院", "···", "12"]
)
def test_r3_an_organisations_name_has_no_emoji_no_markup_and_is_no_formula(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        Name.of(typed, "organizationName")
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_ORGANIZATION_NAME", "organizationName")


@pytest.mark.parametrize("typed", ["示范大学（深圳）“双师型”教师培训基地", "第1职业学校", "A&B-公司·分部", "3M中国"])
def test_r3_an_organisations_name_may_have_digits_and_punctuation(typed: str) -> None:
    assert Name.of(typed, "name").text == typed


def test_the_words_for_no_name_are_folded_and_unspaced() -> None:
    assert all(word == person_spelled(word.casefold()) for word in no_names())
