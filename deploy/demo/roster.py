"""The roster that a school uploads in the demo (R22)."""

from deploy.seed.world import id_number

PROJECT_CODE = "query($id: ID!) { project(id: $id) { code } }"
COMMIT = "mutation($id: ID!, $mode: RosterMode!) { commitRoster(jobId: $id, mode: $mode) { state } }"
JOB = "query($id: ID!) { rosterJob(id: $id) { state total done entered refused } }"
HEADER = "姓名,身份证号码,手机号码,岗位,专兼职,项目编号"
NEWCOMER = "高远", id_number("44010019860511002")
"""Name and ID number of the second person of the roster, whom another school requests later (R20)."""


def lines_for(code: str) -> list[str]:
    """The roster's rows: two people who are not on file yet, and a third whose ID number lacks a digit.

    Args:
        code: The project's code.
    """
    name, number = NEWCOMER
    first = id_number("44010019860511001")
    return [
        f"温馨,{first},13800138101,教师,专职,{code}",
        f"{name},{number},13800138102,中层干部,兼职,{code}",
        f"笔误,{first[:-1]},13800138103,教师,专职,{code}",
    ]
