"""How the workbook of a class is laid out: two sheets, a hidden row of keys, a row of headings, a row a person.

What the sheets and their columns are called is data: a workbook that was downloaded before is read after an upgrade.
"""

from enum import StrEnum

from services.assessment.domain.vocabulary import ResultOutcome

FORMAT = "guopei-class/1"
ATTENDANCE = "考勤"
RESULTS = "成绩"
HELP = "填写说明"
HEADER_ROWS = 2
"""The row of keys, which is hidden, and the row of headings."""
MOST_ATTENDEES = 5_000
MOST_SESSIONS = 240
SESSION = "session:"
"""What the key of a session's column begins with; the session's id follows."""


class Key(StrEnum):
    """The keys of the columns that are read."""

    ENROLLMENT = "enrollment"
    REVISION = "revision"
    REASON = "reason"
    OUTCOME = "outcome"
    SCORE = "score"


OUTCOMES = {ResultOutcome.PASSED: "合格", ResultOutcome.FAILED: "不合格", ResultOutcome.INCOMPLETE: "未完成"}
"""How outcomes are written."""


def owner(project: str) -> str:
    """What the first cell of both sheets says: the format, and whose workbook it is."""
    return f"{FORMAT} {project}"
