"""The roster that a school uploads in the demo (R22)."""

from deploy.seed.world import id_number

PROJECT_CODE = "query($id: ID!) { project(id: $id) { code } }"
COMMIT = "mutation($id: ID!, $mode: RosterMode!) { commitRoster(jobId: $id, mode: $mode) { state } }"
JOB = "query($id: ID!) { rosterJob(id: $id) { state total done entered refused } }"
HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,项目编号"


def lines_for(code: str) -> list[str]:
    """The roster's rows: two people who are not on file yet, and a third whose ID number lacks a digit.

    Args:
        code: The project's code.
    """
    numbers = [id_number(f"4401001986051{serial:04d}") for serial in (1001, 1002)]
    return [
        f"温馨,{numbers[0]},13800138101,教师,专职,{code}",
        f"高远,{numbers[1]},13800138102,中层干部,兼职,{code}",
        f"笔误,{numbers[0][:-1]},13800138103,教师,专职,{code}",
    ]
