"""Who takes part in the round in progress: twelve bases, 24 schools in six provinces, 240 teachers, six experts."""

from dataclasses import dataclass
from itertools import cycle, islice

from deploy.seed.world import BASES as FIRST_BASES
from deploy.seed.world import EXPERTS as FIRST_EXPERTS
from deploy.seed.world import BaseSeed, SchoolSeed, credit_code, id_number

PRINCIPAL, TEACHING, ENTERPRISE = "PRINCIPAL", "DUAL_QUALIFIED_TEACHER", "ENTERPRISE_PRACTICE"

BASES: dict[str, BaseSeed] = dict(
    zip(("岭南", "蜀江", "粤海"), FIRST_BASES, strict=True),
    江淮=BaseSeed("江淮教育学院国家级职业学校校长培训基地", PRINCIPAL, "4132000103", "江淮教育学院", "32", ()),
    三秦=BaseSeed("三秦职业技术学院“双师型”教师培训基地", TEACHING, "4161000104", "三秦职业技术学院", "61", (6, 10)),
    钱塘=BaseSeed("钱塘职业技术学院“双师型”教师培训基地", TEACHING, "4133000105", "钱塘职业技术学院", "33", (11, 13)),
    荆楚=BaseSeed(
        "荆楚工业职业技术学院“双师型”教师培训基地", TEACHING, "4142000106", "荆楚工业职业技术学院", "42", (6, 10)
    ),
    金陵=BaseSeed(
        "金陵信息职业技术学院“双师型”教师培训基地", TEACHING, "4132000107", "金陵信息职业技术学院", "32", (11, 15)
    ),
    珠江=BaseSeed("珠江卫生职业学院“双师型”教师培训基地", TEACHING, "4144000108", "珠江卫生职业学院", "44", (12,)),
    西湖=BaseSeed(
        "西湖数字科技有限公司教师企业实践基地",
        ENTERPRISE,
        credit_code("91330000MA5GP0002"),
        "西湖数字科技有限公司",
        "33",
        (11,),
    ),
    天府=BaseSeed(
        "天府现代农业有限公司教师企业实践基地",
        ENTERPRISE,
        credit_code("91510000MA5GP0003"),
        "天府现代农业有限公司",
        "51",
        (1,),
    ),
    汉江=BaseSeed(
        "汉江汽车制造有限公司教师企业实践基地",
        ENTERPRISE,
        credit_code("91420000MA5GP0004"),
        "汉江汽车制造有限公司",
        "42",
        (6, 10),
    ),
)
"""The bases by the word that the plans call them."""

EXPERTS = (
    *FIRST_EXPERTS,
    ("孙文博", credit_code("12330000400000004"), "之江教育发展研究院", (11, 13)),
    ("周立群", credit_code("12610000400000005"), "长安职业教育评价中心", (6, 10)),
    ("吴清源", credit_code("12510000400000006"), "锦江产教融合研究所", (1, 12)),
)

_SCHOOLS = (  # province, first serial, and the schools' names with their designated persons
    (
        "44",
        11,
        (
            ("羊城机电中等职业学校", "何敏"),
            ("鹏湾信息职业学校", "郑凯"),
            ("韶石技工学校", "谭丽华"),
            ("潮汕职业技术学校", "方志远"),
        ),
    ),
    (
        "51",
        21,
        (
            ("锦官装备职业学校", "唐静"),
            ("嘉州数字职业学校", "蒋涛"),
            ("绵州机电职业学校", "邓小兰"),
            ("巴山农业职业学校", "冉建军"),
        ),
    ),
    (
        "32",
        31,
        (
            ("吴门职业技术学校", "陆雅琴"),
            ("淮水工业学校", "戴明"),
            ("彭城机电职业学校", "孟凡"),
            ("广陵旅游职业学校", "尹秋月"),
        ),
    ),
    (
        "33",
        41,
        (
            ("甬江职业学校", "沈国强"),
            ("会稽信息职业学校", "俞晓"),
            ("婺州工程职业学校", "金海燕"),
            ("瓯江职业技术学校", "叶知秋"),
        ),
    ),
    (
        "42",
        51,
        (
            ("江夏交通职业学校", "石磊"),
            ("荆门农业职业学校", "熊伟"),
            ("襄水汽车职业学校", "龚洁"),
            ("夷陵卫生职业学校", "向红梅"),
        ),
    ),
    (
        "61",
        61,
        (
            ("雁塔职业技术学校", "白雪"),
            ("渭水装备职业学校", "贺志刚"),
            ("汉中航空职业学校", "雷鸣"),
            ("陈仓电子职业学校", "康永红"),
        ),
    ),
)
_TEACHERS_PER_SCHOOL = 10
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN_NAMES = (
    *("志强", "秀英", "伟", "晓燕", "文斌", "丽", "建国", "洁", "勇", "玲", "航", "丹"),
    *("明辉", "雪梅", "浩然", "思远", "海燕", "国栋", "春华", "佳宁", "子轩", "若曦", "振华", "丽娜"),
    *("宇", "静怡", "德胜", "红霞", "家豪", "雨桐", "永强", "慧敏", "嘉怡", "世杰", "艳", "鹏飞"),
)
_POSTS = ("LEADER", "MIDDLE_MANAGER", "MIDDLE_MANAGER", *["TEACHER"] * 7)
_TITLES = ("高级讲师", "讲师", "高级讲师", "讲师", "助理讲师", "讲师", "高级工程师", "讲师", "助理讲师", "技师")
_MAJORS = (6, 11, 10, 12, 1, 13)


@dataclass(frozen=True, slots=True)
class TeacherSeed:
    """A teacher of the round in progress.

    Attributes:
        school: The school's code.
        name: 2 or 3 characters; no two teachers have one name.
        id_number: With region, birthday (1970 to 1995) and check character as of a real one.
        mobile: Eleven digits.
        post: An `Audience`.
        employment: An `Employment`.
        title: The professional title.
        major: The major category, an ordinal 1–19.
    """

    school: str
    name: str
    id_number: str
    mobile: str
    post: str
    employment: str
    title: str
    major: int

    def row(self) -> dict[str, object]:
        """The teacher as `addTeachers` takes one."""
        return {
            "name": self.name,
            "idNumber": self.id_number,
            "mobile": self.mobile,
            "post": self.post,
            "employment": self.employment,
            "title": self.title,
            "majorCategory": self.major,
        }


def _schools() -> tuple[SchoolSeed, ...]:
    names = iter(_names())
    return tuple(
        SchoolSeed(f"31{province}{serial:06d}", name, province, designated, tuple(islice(names, _TEACHERS_PER_SCHOOL)))
        for province, first, schools in _SCHOOLS
        for serial, (name, designated) in enumerate(schools, first)
    )


def _names() -> list[str]:
    """Names for everybody, each once: with every round of the surnames the given names move on by one place."""
    count = sum(len(schools) for _, _, schools in _SCHOOLS) * _TEACHERS_PER_SCHOOL
    return [
        surname + _GIVEN_NAMES[(number // len(_SURNAMES) + 5 * (number % len(_SURNAMES))) % len(_GIVEN_NAMES)]
        for number, surname in enumerate(islice(cycle(_SURNAMES), count))
    ]


def _teacher(school: SchoolSeed, position: int, number: int) -> TeacherSeed:
    """The teacher at a position of a school; `number` counts all teachers."""
    birthday = f"{1970 + number * 7 % 26}{1 + number % 12:02d}{1 + number % 28:02d}"
    return TeacherSeed(
        school.code,
        school.teachers[position],
        id_number(f"{school.province}0100{birthday}{number:03d}"),
        f"1390100{number:04d}",
        _POSTS[position],
        "PART_TIME" if position in {6, 9} else "FULL_TIME",
        _TITLES[position],
        _MAJORS[number % len(_MAJORS)],
    )


SCHOOLS = _schools()
TEACHERS = tuple(
    _teacher(school, position, place * _TEACHERS_PER_SCHOOL + position)
    for position in range(_TEACHERS_PER_SCHOOL)
    for place, school in enumerate(SCHOOLS)
)
"""Everybody, schools in turn: the first of each school, then the second of each."""
PROVINCES = tuple(province for province, _, _ in _SCHOOLS)
