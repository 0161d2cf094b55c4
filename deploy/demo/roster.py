"""A school puts people in by a roster, as its designated person does on deadline day (R22)."""

from deploy.seed.world import id_number

HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,项目编号"


def lines_for(code: str) -> list[str]:
    """Two people who are not on file yet, and one whose number is wrong."""
    numbers = [id_number(f"4401001986051{serial:04d}") for serial in (1001, 1002)]
    return [
        f"温馨,{numbers[0]},13800138101,教师,专职,{code}",
        f"高远,{numbers[1]},13800138102,中层干部,兼职,{code}",
        f"笔误,{numbers[0][:-1]},13800138103,教师,专职,{code}",
    ]
