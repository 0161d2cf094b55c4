"""The people and places that a local suite is seeded with: invented names, valid codes."""

from dataclasses import dataclass

from kernel.identifiers import credit_check_character

YEAR = 2024
BEGIN = "2024-04-01T09:00"
"""Where the domain clock of a fresh suite starts: declaration and enrollment are open."""


def credit_code(body: str) -> str:
    """A unified social credit code (GB 32100): the 17 characters of `body` and their check character."""
    return body + credit_check_character(body)


def id_number(body: str) -> str:
    """An ID number (GB 11643): the 17 digits of `body` and their check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, body, strict=True))
    return body + "10X98765432"[total % 11]


@dataclass(frozen=True, slots=True)
class BaseSeed:
    """A training base and its organisation.

    Attributes:
        name: The base's name.
        category: Its `BaseCategory`.
        organization_code: The school's or the company's own code; also the base's login name.
        organization_name: The organisation's name.
        province: Two-digit code.
        majors: Major categories, ordinals 1–19; empty for a base that trains principals.
    """

    name: str
    category: str
    organization_code: str
    organization_name: str
    province: str
    majors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SchoolSeed:
    """A school.

    Attributes:
        code: Its ten-digit code; also its login name.
        name: Its name.
        province: Two-digit code.
        designated: The name of the designated person (R5).
        teachers: The names of its teachers.
    """

    code: str
    name: str
    province: str
    designated: str
    teachers: tuple[str, ...]


BASES = (
    BaseSeed("岭南教育学院国家级职业学校校长培训基地", "PRINCIPAL", "4144000101", "岭南教育学院", "44", ()),
    BaseSeed(
        "蜀江职业技术大学“双师型”教师培训基地",
        "DUAL_QUALIFIED_TEACHER",
        "4151000102",
        "蜀江职业技术大学",
        "51",
        (6, 11),
    ),
    BaseSeed(
        "粤海智能装备有限公司教师企业实践基地",
        "ENTERPRISE_PRACTICE",
        credit_code("91440000MA5GP0001"),
        "粤海智能装备有限公司",
        "44",
        (6,),
    ),
)

EXPERTS = (  # name, organisation's code and name, fields
    ("陈明远", credit_code("12110000400000001"), "中央职业教育研究院", (6, 11)),
    ("李若兰", credit_code("12310000400000002"), "东海职业教育研究所", (6, 17)),
    ("赵启航", credit_code("12420000400000003"), "江城教育评估中心", (11, 17)),
)

SCHOOLS = (
    SchoolSeed("3144000011", "羊城机电中等职业学校", "44", "何敏", ("林志强", "黄秀英", "梁伟")),
    SchoolSeed("3144000012", "鹏湾信息职业学校", "44", "郑凯", ("吴晓燕", "谢文斌", "潘丽")),
    SchoolSeed("3151000021", "锦官装备职业学校", "51", "唐静", ("罗建国", "邓洁", "曾勇")),
    SchoolSeed("3151000022", "嘉州数字职业学校", "51", "蒋涛", ("彭玲", "苏航", "卢丹")),
)
POSTS = ("MIDDLE_MANAGER", "TEACHER", "LEADER")


def teacher_rows(school: SchoolSeed) -> list[dict[str, object]]:
    """The teachers of a school as `addTeachers` takes them."""
    serial = SCHOOLS.index(school) * 10
    return [
        {
            "name": name,
            "idNumber": id_number(f"{school.province}010019850{3 + number}12{serial + number:03d}"),
            "mobile": f"1380013{serial + number:04d}",
            "post": POSTS[number],
            "employment": "FULL_TIME",
            "title": "讲师",
            "majorCategory": 6,
        }
        for number, name in enumerate(school.teachers)
    ]


def base_input(base: BaseSeed) -> dict[str, object]:
    """A base as `registerBase` takes it."""
    return {
        "name": base.name,
        "category": base.category,
        "organizationCode": base.organization_code,
        "organizationName": base.organization_name,
        "province": base.province,
        "majorCategories": list(base.majors),
    }


def contact(name: str) -> dict[str, str]:
    """A contact as `setBaseTeam` takes it."""
    return {"name": name, "phone": "13900139000"}
