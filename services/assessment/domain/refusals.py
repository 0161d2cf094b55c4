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
SESSION_NOT_YET_HELD = RefusalKind(
    "SESSION_NOT_YET_HELD",
    "该课次于{date}举行，尚不能登记考勤",
    "The session is on {date}: no attendance yet",
    rule="R29",
    unblock=Unblock.SELF,
)
INVALID_HOURS = RefusalKind(
    "INVALID_HOURS",
    "实到学时应为1至{most}，缺勤为0",
    "Hours attended are 1 to {most}, and 0 of somebody absent",
    rule="R29",
    unblock=Unblock.SELF,
)
WORKBOOK_UNREADABLE = RefusalKind(
    "WORKBOOK_UNREADABLE",
    "无法读取该文件：请上传从本平台下载、未加密的 .xlsx 考勤成绩册",
    "The file cannot be read: send the .xlsx workbook of the class as it was downloaded here, without a password",
    rule="R29",
    unblock=Unblock.SELF,
)
WORKBOOK_TOO_LARGE = RefusalKind(
    "WORKBOOK_TOO_LARGE",
    "考勤成绩册过大：学员不超过{rows}人，课次不超过{sessions}个",
    "The workbook is too large: {rows} attendees and {sessions} sessions at most",
    rule="R29",
    unblock=Unblock.SELF,
)
WORKBOOK_UNKNOWN = RefusalKind(
    "WORKBOOK_UNKNOWN",
    "该文件不是本平台的考勤成绩册，或首行已被改动：请重新下载",
    "The file is no workbook of a class, or its first row was changed: download it again",
    rule="R29",
    unblock=Unblock.SELF,
)
WORKBOOK_OF_ANOTHER_CLASS = RefusalKind(
    "WORKBOOK_OF_ANOTHER_CLASS",
    "该考勤成绩册属于其他班级",
    "The workbook is another class's",
    rule="R29",
    unblock=Unblock.SELF,
)
WORKBOOK_OUTDATED = RefusalKind(
    "WORKBOOK_OUTDATED",
    "该学员的记录在下载之后已有变动，请重新下载后填写",
    "The attendee's record has changed since the workbook was downloaded: download it again",
    rule="R29",
    unblock=Unblock.SELF,
)
CELL_UNREADABLE = RefusalKind(
    "CELL_UNREADABLE",
    "单元格内容无法识别：{detail}",
    "The cell cannot be read: {detail}",
    rule="R29",
    unblock=Unblock.SELF,
)
CHECK_IN_CODE_INVALID = RefusalKind(
    "CHECK_IN_CODE_INVALID",
    "签到码无效，请扫描现场显示的二维码",
    "The check-in code is none of ours: scan the one that is shown in the session",
    rule="R29",
    unblock=Unblock.SELF,
)
CHECK_IN_CODE_EXPIRED = RefusalKind(
    "CHECK_IN_CODE_EXPIRED",
    "签到码已过期（有效{seconds}秒），请重新扫描现场显示的二维码",
    "The check-in code is over, it holds for {seconds} seconds: scan the one that is shown now",
    rule="R29",
    unblock=Unblock.SELF,
)
CHECK_IN_CLOSED = RefusalKind(
    "CHECK_IN_CLOSED",
    "该课次于{date}举行，只能在当日、培训进行中签到",
    "The session is on {date}: people check in on that day, while the training runs",
    rule="R29",
    unblock=Unblock.BASE,
)
CHECK_IN_NOT_OF_CLASS = RefusalKind(
    "CHECK_IN_NOT_OF_CLASS",
    "您不是该班学员，不能签到",
    "You do not attend that class",
    rule="R29",
    unblock=Unblock.BASE,
)
CHECKED_IN_ALREADY = RefusalKind(
    "CHECKED_IN_ALREADY",
    "您已签到，无须重复",
    "You have checked in already",
    rule="R29",
    unblock=Unblock.SELF,
)
CHECK_IN_OVERRULED = RefusalKind(
    "CHECK_IN_OVERRULED",
    "基地已登记您在该课次的考勤，以基地登记为准",
    "The base has recorded your attendance of the session, and that stands",
    rule="R29",
    unblock=Unblock.BASE,
)
NOT_FINISHED = RefusalKind(
    "NOT_FINISHED",
    "培训尚未结束，不能登记成绩或确认学分",
    "The training has not finished: no results and no credits yet",
    rule="R30",
    unblock=Unblock.BASE,
)
ATTENDANCE_INCOMPLETE = RefusalKind(
    "ATTENDANCE_INCOMPLETE",
    "还有{count}个课次未登记该学员考勤",
    "Attendance of {count} sessions is not on record",
    rule="R30",
    unblock=Unblock.BASE,
)
ATTENDANCE_BELOW_FLOOR = RefusalKind(
    "ATTENDANCE_BELOW_FLOOR",
    "出勤率（{rateBp}，万分比）低于{floorBp}，不得为合格",
    "Attendance ({rateBp} basis points) is below {floorBp}: this is no pass",
    rule="R30",
    unblock=Unblock.BASE,
)
SCORE_BELOW_PASS_MARK = RefusalKind(
    "SCORE_BELOW_PASS_MARK",
    "成绩{score}低于合格线{mark}，不能登记为合格",
    "Score {score} is below {mark}: this is no pass",
    rule="R30",
    unblock=Unblock.BASE,
)
RESULTS_INCOMPLETE = RefusalKind(
    "RESULTS_INCOMPLETE",
    "还有{count}名学员没有有效成绩，不能发布",
    "{count} attendees have no valid result: nothing is published yet",
    rule="R30",
    unblock=Unblock.BASE,
)
RECORDS_FINAL = RefusalKind(
    "RECORDS_FINAL",
    "成绩已发布，档案已锁定；确需更正，请教师工作司重新开放",
    "Results are published and locked; the ministry may reopen them",
    rule="R30",
    unblock=Unblock.MINISTRY,
)
REOPEN_INVALID = RefusalKind(
    "REOPEN_INVALID",
    "重新开放的截止日应为今日起{most}日之内",
    "Reopening ends between today and {most} days from now",
    rule="R30",
    unblock=Unblock.SELF,
)
NOT_PUBLISHED = RefusalKind(
    "NOT_PUBLISHED",
    "成绩尚未发布",
    "The results are not published",
    rule="R31",
    unblock=Unblock.BASE,
)
CREDIT_RULE_MISSING = RefusalKind(
    "CREDIT_RULE_MISSING",
    "没有适用于该省和该日期的学分规则",
    "No credit rule covers that province and day",
    rule="R31",
    unblock=Unblock.ADMINISTRATOR,
)
INVALID_SCORE = RefusalKind(
    "INVALID_SCORE",
    "成绩应为0至100分；未完成的不填",
    "A score is from 0 to 100; the incomplete have none",
    rule="R30",
    unblock=Unblock.BASE,
)
NOT_PASSED = RefusalKind(
    "NOT_PASSED", "未通过考核，没有学分", "Not passed: there is no credit", rule="R31", unblock=Unblock.BASE
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
SHARE_INVALID = RefusalKind(
    "SHARE_INVALID",
    "抽取比例应为1至10000（万分比）",
    "The share is 1 to 10000 basis points",
    rule="R37",
    unblock=Unblock.SELF,
)
TITLE_MISSING = RefusalKind(
    "TITLE_MISSING", "须填写抽检名称", "An inspection needs a title", rule="R37", unblock=Unblock.SELF
)
POPULATION_EMPTY = RefusalKind(
    "POPULATION_EMPTY",
    "没有正在实施或已结束的项目",
    "No project runs or has finished",
    rule="R37",
    unblock=Unblock.SELF,
)
INSPECTION_UNDER_WAY = RefusalKind(
    "INSPECTION_UNDER_WAY",
    "该年度的抽检{inspection}尚未抽取；抽取或作废后方可另行发起",
    "Inspection {inspection} of that year is not drawn yet: draw it or void it first",
    rule="R37",
    unblock=Unblock.SELF,
)
OBJECTION_PERIOD = RefusalKind(
    "OBJECTION_PERIOD",
    "总体公示未满3个工作日（至{until}）",
    "The population stands open to objection until {until}",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_MISSING = RefusalKind(
    "BEACON_MISSING",
    "须写明至少一个公开随机源的名称和公布时刻",
    "At least one beacon is needed, by name and instant",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_TOO_SOON = RefusalKind(
    "BEACON_TOO_SOON",
    "公开随机源“{source}”应在24小时之后公布",
    "{source} is to come out at least 24 hours from now",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_TOO_LATE = RefusalKind(
    "BEACON_TOO_LATE",
    "公开随机源“{source}”应在90日之内公布",
    "{source} is to come out within 90 days",
    rule="R37",
    unblock=Unblock.SELF,
)
INVALID_REVEAL_BY = RefusalKind(
    "INVALID_REVEAL_BY",
    "揭示期限应在{earliest}至{latest}之间",
    "The secret is to be revealed between {earliest} and {latest}",
    rule="R37",
    unblock=Unblock.SELF,
)
NOT_WITNESSED = RefusalKind(
    "NOT_WITNESSED",
    "抽取公告在首个随机源公布前未载入审计日志，本次抽检只能作废",
    "The audit log did not have the announcement before the first beacon was out: void this inspection",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_NOT_DUE = RefusalKind(
    "BEACON_NOT_DUE",
    "公开随机源“{source}”尚未公布",
    "{source} is not out yet",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_VALUES_MISSING = RefusalKind(
    "BEACON_VALUES_MISSING",
    "须登记全部公开随机源的数值",
    "All beacon values are needed",
    rule="R37",
    unblock=Unblock.SELF,
)
INVALID_BEACON_VALUE = RefusalKind(
    "INVALID_BEACON_VALUE",
    "随机源数值不超过{longest}个字符，只用半角数字（十六进制的用小写字母 a–f）、单个空格和 . , : + / % -",
    "A beacon value has {longest} characters at most: ASCII digits, a–f of hexadecimal ones, blanks and . , : + / % -",
    rule="R37",
    unblock=Unblock.SELF,
)
BEACON_OUT = RefusalKind(
    "BEACON_OUT",
    "随机源“{source}”已公布，不得作废；至{until}未揭示的，将以零密钥、双倍数量抽取",
    "{source} is out, so this is not given up: without a reveal until {until} the draw is withheld and doubled",
    rule="R37",
    unblock=Unblock.SELF,
)
REVEAL_TOO_EARLY = RefusalKind(
    "REVEAL_TOO_EARLY",
    "随机源数值登记后须公示24小时（至{until}）",
    "The values stand open until {until}",
    rule="R37",
    unblock=Unblock.SELF,
)
REVEAL_BY_PASSED = RefusalKind(
    "REVEAL_BY_PASSED",
    "揭示期限{until}已过，将以零密钥、双倍数量抽取",
    "The secret was to be revealed until {until}: the draw is made without it, and doubled",
    rule="R37",
    unblock=Unblock.SELF,
)
NOT_SAMPLED = RefusalKind(
    "NOT_SAMPLED",
    "该项目未被抽中，或已被替补",
    "That project is not in the sample, or was replaced",
    rule="R37",
    unblock=Unblock.SELF,
)
ALREADY_INSPECTED = RefusalKind(
    "ALREADY_INSPECTED",
    "该项目已有检查结论，不能替补",
    "That project has a finding: it is not replaced any more",
    rule="R37",
    unblock=Unblock.SELF,
)
UNKNOWN_STRATUM = RefusalKind(
    "UNKNOWN_STRATUM", "总体中没有该层", "The population has no such stratum", rule="R37", unblock=Unblock.SELF
)
STRATUM_EXHAUSTED = RefusalKind(
    "STRATUM_EXHAUSTED",
    "该层可替补或增补的项目不足",
    "Not enough projects are left in that stratum",
    rule="R37",
    unblock=Unblock.SELF,
)
FINDING_MISSING = RefusalKind(
    "FINDING_MISSING",
    "请写明检查结论或整改情况",
    "Say what was found, or what was rectified",
    rule="R37",
    unblock=Unblock.SELF,
)
DUE_DATE_MISSING = RefusalKind(
    "DUE_DATE_MISSING",
    "有问题的结论须定整改期限，自今日起算且不超过一年",
    "A finding needs a last day for the rectification, from today on and within a year",
    rule="R37",
    unblock=Unblock.SELF,
)
CONTRADICTS_FINDING = RefusalKind(
    "CONTRADICTS_FINDING",
    "该项目已有检查结论；“未发现问题”不能与其他结论并存，请先撤销有误的结论",
    "The project has a finding, and nothing else stands beside NONE: withdraw the wrong one first",
    rule="R37",
    unblock=Unblock.SELF,
)
NOT_INSPECTED = RefusalKind(
    "NOT_INSPECTED",
    "还有{count}个被抽项目没有检查结论",
    "{count} projects of the sample have no finding yet",
    rule="R37",
    unblock=Unblock.SELF,
)
FINDINGS_OPEN = RefusalKind(
    "FINDINGS_OPEN", "还有{count}项结论未关闭", "{count} findings are open", rule="R37", unblock=Unblock.BASE
)
CERTIFICATE_NEEDS_PASS = RefusalKind(
    "CERTIFICATE_NEEDS_PASS",
    "培训未结束、成绩未发布或未合格，不能签发证书",
    "No certificate without a published pass in a training that is over",
    rule="R32",
    unblock=Unblock.BASE,
)
TRAINING_NOT_ON_FILE = RefusalKind(
    "TRAINING_NOT_ON_FILE",
    "项目的名称、学时等信息未送达，不能签发证书；请平台管理员补发项目发布事件",
    "Title and hours of the project have not arrived: an operator replays the event of its publication",
    rule="R32",
    unblock=Unblock.MINISTRY,
)
NAME_NOT_ON_FILE = RefusalKind(
    "NAME_NOT_ON_FILE",
    "学员姓名尚未送达，请稍后再试",
    "The attendee's name has not arrived: try again soon",
    rule="R32",
    unblock=Unblock.SELF,
)
NAME_NOT_PRINTABLE = RefusalKind(
    "NAME_NOT_PRINTABLE",
    "姓名含证书字体没有的字符（{characters}），请学校核对更正",
    "The name has characters that no font here can print ({characters}): the school corrects it",
    rule="R32",
    unblock=Unblock.SCHOOL,
)
TITLE_NOT_PRINTABLE = RefusalKind(
    "TITLE_NOT_PRINTABLE",
    "项目名称、编号或基地名称含证书字体没有的字符（{characters}），请平台管理员安装字体或更正",
    "Title, code or base have characters that no font here can print ({characters}): an operator adds a font",
    rule="R32",
    unblock=Unblock.ADMINISTRATOR,
)
CERTIFICATE_NOT_VALID = RefusalKind(
    "CERTIFICATE_NOT_VALID",
    "该证书已撤销或已由新证书替代",
    "That certificate is revoked or replaced",
    rule="R32",
    unblock=Unblock.MINISTRY,
)
CERTIFICATE_REVOCATION_LATE = RefusalKind(
    "CERTIFICATE_REVOCATION_LATE",
    "签发超过{days}日，须由教师工作司撤销",
    "More than {days} days after the issue the ministry revokes",
    rule="R32",
    unblock=Unblock.MINISTRY,
)
REVOCATION_BY_SYSTEM_ONLY = RefusalKind(
    "REVOCATION_BY_SYSTEM_ONLY",
    "“{revocation}”类撤销由系统在成绩更正或换发证书时作出；人工撤销请选择弄虚作假或签发有误",
    "{revocation} is what the system says when a result or a certificate is corrected: by hand it is one of {allowed}",
    rule="R32",
    unblock=Unblock.SELF,
)
DRAWING_UNAVAILABLE = RefusalKind(
    "DRAWING_UNAVAILABLE",
    "证书暂时无法制作；证书本身有效，可凭编号核验",
    "The page cannot be drawn now; the certificate itself stands and can be checked by its number",
    rule="R32",
    unblock=Unblock.MINISTRY,
)
SIGN_IN_SHEET_UNAVAILABLE = RefusalKind(
    "SIGN_IN_SHEET_UNAVAILABLE",
    "签到表暂时无法制作，请稍后再试，或打印考勤成绩册",
    "The sign-in sheet cannot be drawn now: try again soon, or print the workbook of the class",
    rule="R29",
    unblock=Unblock.SELF,
)
NOTHING_TO_ISSUE = RefusalKind(
    "NOTHING_TO_ISSUE",
    "{year}年没有成绩已发布的合格学员",
    "Nobody of {year} has a published pass",
    rule="R32",
    unblock=Unblock.BASE,
)
TOO_MANY_CERTIFICATES = RefusalKind(
    "TOO_MANY_CERTIFICATES",
    "该班证书有{count}份，一次最多打包{limit}份，请逐份下载",
    "The class has {count} certificates; {limit} at most come in one file: download them one by one",
    rule="R32",
    unblock=Unblock.SELF,
)
NOT_A_CERTIFICATE = RefusalKind(
    "NOT_A_CERTIFICATE",
    "该文件不是本平台签发的证书，或已损坏",
    "The file is no certificate of this platform, or it is damaged",
    rule="R32",
    unblock=Unblock.SELF,
)
TOO_MANY_NAMES = RefusalKind(
    "TOO_MANY_NAMES",
    "该证书今日核对姓名已达{limit}次，请明日再试",
    "{limit} names were compared with this certificate today: try again tomorrow",
    rule="R32",
    unblock=Unblock.SELF,
)
INSTRUMENT_NOT_LISTED = RefusalKind(
    "INSTRUMENT_NOT_LISTED",
    "该问卷的密钥名单尚未公布",
    "The keys of this questionnaire are not listed yet",
    rule="R34",
    unblock=Unblock.SELF,
)
NOTHING_ATTENDED = RefusalKind(
    "NOTHING_ATTENDED",
    "没有您在该项目的到课记录，不能作答",
    "No attendance of yours is on record, so there is nothing to rate",
    rule="R34",
    unblock=Unblock.BASE,
)
TOKEN_ALREADY_ISSUED = RefusalKind(
    "TOKEN_ALREADY_ISSUED",
    "该问卷的凭证已领取；请用原设备，或凭备份码在其他设备继续",
    "Your token is issued: use that device, or its backup code",
    rule="R34",
    unblock=Unblock.SELF,
)
BLINDED_MALFORMED = RefusalKind(
    "BLINDED_MALFORMED", "盲化消息格式有误", "The blinded message is malformed", rule="R34", unblock=Unblock.SELF
)
EVALUATION_NOT_OPEN = RefusalKind(
    "EVALUATION_NOT_OPEN",
    "该项目目前没有开放作答的问卷：培训结束后由系统开放，截止后不再开放",
    "No questionnaire of the project is open now: they open by themselves after the training, and close once",
    rule="R35",
    unblock=Unblock.SELF,
)
REMINDED_LATELY = RefusalKind(
    "REMINDED_LATELY",
    "3日内已提醒过（{at}），{until}后可再提醒",
    "The attendees were reminded within three days ({at}); they may be again from {until} on",
    rule="R35",
    unblock=Unblock.SELF,
)
EVALUATION_CLOSED = RefusalKind(
    "EVALUATION_CLOSED", "评教已截止", "The evaluation is closed", rule="R34", unblock=Unblock.SELF
)
RUBRIC_UNKNOWN = RefusalKind(
    "RUBRIC_UNKNOWN", "没有该版指标", "No such rubric", rule="R38", unblock=Unblock.ADMINISTRATOR
)
ASSESSMENT_OUTDATED = RefusalKind(
    "ASSESSMENT_OUTDATED",
    "有{count}个基地的考核在上次计算之后又登记了投诉，请教师工作司重新计算",
    "Complaints about {count} bases were recorded after the last computation: the ministry computes again",
    rule="R38",
    unblock=Unblock.MINISTRY,
)
NOT_COMMENTING = RefusalKind(
    "NOT_COMMENTING", "不在意见期内", "Comments are not open", rule="R38", unblock=Unblock.MINISTRY
)
COMMENT_PERIOD_OPEN = RefusalKind(
    "COMMENT_PERIOD_OPEN",
    "意见期未满（至{until}），不能定级",
    "Comments are open until {until}: no grade yet",
    rule="R38",
    unblock=Unblock.SELF,
)
POINTS_OUT_OF_RANGE = RefusalKind(
    "POINTS_OUT_OF_RANGE",
    "得分（百分之一）应为{least}至{most}",
    "Points, in hundredths, are {least} to {most}",
    rule="R38",
    unblock=Unblock.SELF,
)
APPEAL_TOO_LATE = RefusalKind(
    "APPEAL_TOO_LATE", "复核申请期已过（{until}）", "Appeals ended {until}", rule="R38", unblock=Unblock.MINISTRY
)
