"""The refusals of assessment: one kind a code (docs/refusals.md)."""

from kernel.errors import Unblock
from kernel.refusals import RefusalKind

NOT_RUNNING = RefusalKind(
    "NOT_RUNNING",
    "培训尚未开始，不能登记考勤和结果",
    "The training has not begun: no attendance and no results yet",
    rule="R29",
    unblock=Unblock.BASE,
)
UNKNOWN_SESSION = RefusalKind(
    "UNKNOWN_SESSION",
    "该课次不在项目课程表中",
    "The timetable has no such session",
    rule="R29",
    unblock=Unblock.SELF,
)
WRONG_MODE = RefusalKind(
    "WRONG_MODE",
    "考勤方式与课次的授课方式不符",
    "The session is not held in that mode",
    rule="R29",
    unblock=Unblock.SELF,
)
NOT_AN_ATTENDEE = RefusalKind(
    "NOT_AN_ATTENDEE",
    "该报名已不在学员名单中",
    "No longer among the attendees",
    rule="R29",
    unblock=Unblock.BASE,
)
ATTENDANCE_MISSING = RefusalKind(
    "ATTENDANCE_MISSING",
    "没有考勤记录，不能登记通过或未通过",
    "No attendance is on record",
    rule="R30",
    unblock=Unblock.BASE,
)
INVALID_SCORE = RefusalKind(
    "INVALID_SCORE", "成绩应为0至100分", "A score is from 0 to 100", rule="R30", unblock=Unblock.BASE
)
NOT_PASSED = RefusalKind(
    "NOT_PASSED", "未通过考核，没有学分", "Not passed: there is no credit", rule="R31", unblock=Unblock.BASE
)
CREDIT_SETTLED = RefusalKind(
    "CREDIT_SETTLED",
    "学分已确认或已撤销，结果不能再更正；学分有误由教师工作司撤销",
    "The credit is confirmed or revoked: the result stands; the ministry may revoke a wrong credit",
    rule="R31",
    unblock=Unblock.MINISTRY,
)
CREDIT_NOT_PENDING = RefusalKind(
    "CREDIT_NOT_PENDING",
    "学分不在待确认状态",
    "The credit is not waiting",
    rule="R31",
    unblock=Unblock.MINISTRY,
)
CREDIT_NOT_CONFIRMED = RefusalKind(
    "CREDIT_NOT_CONFIRMED",
    "学分尚未确认",
    "The credit is not confirmed",
    rule="R31",
    unblock=Unblock.MINISTRY,
)
CREDIT_NOT_REVOKED = RefusalKind(
    "CREDIT_NOT_REVOKED",
    "学分未被撤销，无须恢复",
    "The credit is not revoked: there is nothing to restore",
    rule="R31",
    unblock=Unblock.SELF,
)
