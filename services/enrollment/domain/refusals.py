"""The refusals of enrollment: one kind a code (docs/refusals.md)."""

from kernel.errors import Unblock
from kernel.refusals import RefusalKind

# Sign-ups, decisions and seats
SECOND_SIGN_UP = RefusalKind(
    "SECOND_SIGN_UP",
    "已有该项目的有效报名，不能重复报名",
    "There is a live sign-up for this project already",
    rule="R19",
    unblock=Unblock.SELF,
)
LIST_TOO_WIDE = RefusalKind(
    "LIST_TOO_WIDE",
    "报名按此排序（{field}）须先按项目、学校或年度筛选",
    "To sort enrollments so ({field}), filter them by project, school or year",
    unblock=Unblock.SELF,
)
SEARCH_TOO_WIDE = RefusalKind(
    "SEARCH_TOO_WIDE",
    "姓名以此开头（{field}）的教师超过{most}人，请多输入几个字，或先按项目、学校筛选",
    "More than {most} teachers' names begin so ({field}): write more of the name, or filter by project or school",
    unblock=Unblock.SELF,
)
PROJECT_NOT_OPEN = RefusalKind(
    "PROJECT_NOT_OPEN",
    "该项目当前不接受此操作{detail}",
    "The project does not take this now{detail}",
    unblock=Unblock.SELF,
)
CUT_OFF_NOT_EARLIER = RefusalKind(
    "CUT_OFF_NOT_EARLIER",
    "校内截止日须早于全国报名截止日：自{earliest}起，至迟{latest}",
    "An inner cut-off lies before the national deadline: from {earliest} to {latest}",
    rule="R21",
    unblock=Unblock.SELF,
)
CUT_OFF_PAST = RefusalKind(
    "CUT_OFF_PAST",
    "校内截止日不得早于今日和报名开始之日：自{earliest}起，至迟{latest}",
    "An inner cut-off lies neither before today nor before enrollment opens: from {earliest} to {latest}",
    rule="R21",
    unblock=Unblock.SELF,
)
INNER_CUT_OFF_PASSED = RefusalKind(
    "INNER_CUT_OFF_PASSED",
    "已过本校的校内报名截止日，请联系学校",
    "The school's own deadline has passed: ask the school",
    rule="R21",
    unblock=Unblock.SCHOOL,
)
ELIGIBILITY_UNCONFIRMED = RefusalKind(
    "ELIGIBILITY_UNCONFIRMED",
    "学校须先完成参训资格审核，再提交报名",
    "The school confirms that the person is eligible before it submits",
    rule="R22",
    unblock=Unblock.SCHOOL,
)
CURSOR_OF_FORMER_EPOCH = RefusalKind(
    "CURSOR_OF_FORMER_EPOCH",
    "该游标之后的事件已随数据恢复作废：请把序号大于{base}的事件作废，从其后继续",
    "A restore has undone what this cursor follows: withdraw the events above number {base}, and go on from there",
    rule="R27",
    unblock=Unblock.SELF,
)
STEP_NOT_IN_ROUND = RefusalKind(
    "STEP_NOT_IN_ROUND",
    "本轮次的日程没有此步骤：{detail}",
    "The calendar of this round does not have this step: {detail}",
    unblock=Unblock.MINISTRY,
)
NOT_ESCALATED = RefusalKind(
    "NOT_ESCALATED",
    "核准期内由基地决定，逾期未决才由教师工作司决定",
    "The base decides until admission closes; the ministry decides what is left",
    rule="R23",
    unblock=Unblock.BASE,
)
CLASS_FULL = RefusalKind(
    "CLASS_FULL", "该班次名额已满{detail}", "No seat is left{detail}", rule="R23", unblock=Unblock.BASE
)
OVERLAPPING_ACCEPTANCE = RefusalKind(
    "OVERLAPPING_ACCEPTANCE",  # it does not name the other project: that stays between the school and the other base
    "该学员已被培训时间重叠的其他项目录取",
    "The person is accepted by another project at that time",
    rule="R19",
    unblock=Unblock.SCHOOL,
)
SEAT_GIVEN = RefusalKind(
    "SEAT_GIVEN",
    "该名额已按候补或替换给出，基地不能更正，请联系教师工作司",
    "The seat was given by an offer or a substitution: the base cannot correct that, ask the ministry",
    rule="R25",
    unblock=Unblock.MINISTRY,
)
DECIDED_BY_MINISTRY = RefusalKind(
    "DECIDED_BY_MINISTRY",
    "该决定由教师工作司作出，只能由教师工作司更正",
    "The ministry has decided this: only the ministry corrects it",
    rule="R23",
    unblock=Unblock.MINISTRY,
)
LEFT_BY_TEACHER = RefusalKind(
    "LEFT_BY_TEACHER",
    "该报名由教师本人退出，不能代为恢复；报名期内教师可重新报名",
    "The teacher has left: nobody takes that back for the person, who may sign up again while enrollment is open",
    rule="R26",
    unblock=Unblock.TEACHER,
)
RESTORED_BY_ANOTHER = RefusalKind(
    "RESTORED_BY_ANOTHER",
    "该报名目前只能由{detail}恢复",
    "At present it is for {detail} to restore this enrollment",
    rule="R26",
    unblock=Unblock.SCHOOL,
)
OFFER_EXPIRED = RefusalKind(
    "OFFER_EXPIRED", "递补名额已过确认时限", "The offer has expired", rule="R25", unblock=Unblock.SELF
)
NOT_A_COLLEAGUE = RefusalKind(
    "NOT_A_COLLEAGUE",
    "替换人员须为本校另一名教师",
    "A substitute is another teacher of the same school",
    rule="R26",
    unblock=Unblock.SELF,
)
WITHDRAWAL_REQUEST_OPEN = RefusalKind(
    "WITHDRAWAL_REQUEST_OPEN",
    "退出申请已提交，请等待学校处理",
    "A request to leave waits for the school's answer already",
    rule="R26",
    unblock=Unblock.SCHOOL,
)
NO_WITHDRAWAL_REQUEST = RefusalKind(
    "NO_WITHDRAWAL_REQUEST",
    "该报名没有待处理的退出申请",
    "No request to leave waits for an answer",
    rule="R26",
    unblock=Unblock.SELF,
)

# Schools and teachers
PROVINCE_MISSING = RefusalKind(
    "PROVINCE_MISSING",
    "须填写省份代码，部委所属学校填00",
    "A province code is needed: 00 for schools of line ministries",
    rule="R3",
    unblock=Unblock.SELF,
)
PROVINCE_MISMATCH = RefusalKind(
    "PROVINCE_MISMATCH",
    "学校标识码中的省份与所填省份不符",
    "The school's code says another province",
    rule="R3",
    unblock=Unblock.SELF,
)
INVALID_SCHOOL = RefusalKind(
    "INVALID_SCHOOL",
    "学校名称不能为空",
    "A school needs a name",
    rule="R3",
    unblock=Unblock.SELF,
)
SCHOOL_CLOSED = RefusalKind(
    "SCHOOL_CLOSED",
    "该学校已关闭或已并入其他学校",
    "The school is closed, or merged into another",
    rule="R3",
    unblock=Unblock.MINISTRY,
)
SCHOOL_IN_USE = RefusalKind(
    "SCHOOL_IN_USE",
    "该学校还有{count}人次的报名或学时未办结，须先办结，或并入其他学校",
    "The school has {count} enrollments or credits that have not ended: they end first, or the school is merged",
    rule="R3",
    unblock=Unblock.SCHOOL,
)
INVALID_SCHOOL_MERGER = RefusalKind(
    "INVALID_SCHOOL_MERGER",
    "学校只能并入另一所学校",
    "A school is merged into another one",
    rule="R3",
    unblock=Unblock.SELF,
)
SCHOOL_MERGER_UNDER_WAY = RefusalKind(
    "SCHOOL_MERGER_UNDER_WAY",
    "另有学校正在并入该校，请稍后再办",
    "Another school is being merged into this one: try again in a few minutes",
    rule="R3",
    unblock=Unblock.SELF,
)
SCHOOL_EXISTS = RefusalKind("SCHOOL_EXISTS", "该学校已登记", "The school is on file", rule="R3", unblock=Unblock.SELF)
DESIGNATED_PERSON_MISSING = RefusalKind(
    "DESIGNATED_PERSON_MISSING",
    "学校须先指定专人负责报名",
    "The school must first name its designated person",
    rule="R5",
    unblock=Unblock.SCHOOL,
)
NO_LONGER_DESIGNATED = RefusalKind(
    "NO_LONGER_DESIGNATED",
    "您已不是本校指定的专人",
    "The school has named another designated person",
    rule="R5",
    unblock=Unblock.SCHOOL,
)
INVALID_TEACHER = RefusalKind(
    "INVALID_TEACHER",
    "教师须有姓名，专业大类序号为1至19",
    "A teacher needs a name, and a major category from 1 to 19 if any",
    rule="R22",
    unblock=Unblock.SELF,
)
TEACHER_EXISTS = RefusalKind(
    "TEACHER_EXISTS",  # it names the field, never the number and never another school (R41)
    "该身份证号码已登记",
    "A person with this ID number is on file",
    rule="R41",
    unblock=Unblock.SCHOOL,
)
NOT_MAIN_SCHOOL = RefusalKind(
    "NOT_MAIN_SCHOOL",
    "该教师的登记信息由其主要任职学校更正，本校只能更正在本校的专兼职",
    "The person's main school corrects this: yours corrects its own employment of the person",
    rule="R20",
    unblock=Unblock.SCHOOL,
)
PERSON_UNKNOWN = RefusalKind(
    "PERSON_UNKNOWN",  # one answer for no such number and for another name, or the number could be tried out (R41)
    "未找到身份证号码与姓名均相符的教师",
    "No teacher with this ID number and this name is on file",
    rule="R20",
    unblock=Unblock.SELF,
)
TRANSFER_PENDING = RefusalKind(
    "TRANSFER_PENDING",
    "该教师有待答复的调动申请，请先办理",
    "A request for this teacher waits for an answer: see to it first",
    rule="R20",
    unblock=Unblock.SELF,
)
TEACHER_MOVED = RefusalKind(
    "TEACHER_MOVED",
    "该教师已离开被申请的学校，现任职学校尚未答复，须由申请学校重新申请",
    "The teacher has left the school that was asked: the school requests the teacher anew of where the teacher is now",
    rule="R20",
    unblock=Unblock.SCHOOL,
)
NOT_AT_SCHOOL = RefusalKind(
    "NOT_AT_SCHOOL",
    "您不在该校任职，只能以任职的学校报名",
    "You are not at that school; sign up within one that you are at",
    rule="R20",
    unblock=Unblock.SCHOOL,
)
TEACHER_LEFT = RefusalKind(
    "TEACHER_LEFT",
    "该教师已离校，须由任职学校先行调入",
    "The teacher has left: a school must first request the person",
    rule="R20",
    unblock=Unblock.SCHOOL,
)

# Seeing personal numbers
NOT_ACCEPTED = RefusalKind(
    "NOT_ACCEPTED",
    "仅可查看本基地已录取学员的号码",
    "Only of those whom the base has accepted",
    rule="R41",
    unblock=Unblock.SELF,
)

# Funding
INVALID_FUNDING = RefusalKind(
    "INVALID_FUNDING",
    "经费记录有误：金额须大于0且不超过100亿元（更正可为0），须写明计划项目，更正不改年度",
    "Funding needs an amount above 0 and of 10 billion yuan at most (a correction may be 0), an item of the plan, "
    "and the year it was recorded for",
    rule="R27",
    unblock=Unblock.SELF,
)
FUNDING_CORRECTED = RefusalKind(
    "FUNDING_CORRECTED",
    "该记录已被更正，请更正其最新一版",
    "This has been corrected: correct its latest revision",
    rule="R27",
    unblock=Unblock.SELF,
)

# Files
EXPORT_TOO_LARGE = RefusalKind(
    "EXPORT_TOO_LARGE",
    "一次最多导出{limit}行，请缩小范围",
    "At most {limit} rows at once: ask for fewer",
    rule="R42",
    unblock=Unblock.SELF,
)
ROSTER_UNREADABLE = RefusalKind(
    "ROSTER_UNREADABLE",
    "无法读取该文件：请另存为未加密的 .xlsx，或 UTF-8、GB18030 编码的 .csv",
    "The file cannot be read: save it as .xlsx without a password, or as .csv in UTF-8 or GB18030",
    rule="R22",
    unblock=Unblock.SELF,
)
ROSTER_TOO_LARGE = RefusalKind(
    "ROSTER_TOO_LARGE",
    "工作表过大：请删除名单以外的行、列和工作表后重试",
    "The workbook is too large: delete rows, columns and sheets that do not belong to the roster",
    rule="R22",
    unblock=Unblock.SELF,
)

# Rosters
ROSTER_HEADER_MISSING = RefusalKind(
    "ROSTER_HEADER_MISSING",
    "未找到表头，缺少列：{detail}",
    "No header was found; these columns are missing: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
ROSTER_COLUMN_TWICE = RefusalKind(
    "ROSTER_COLUMN_TWICE",
    "表头中有重复的列：{detail}",
    "These columns are there twice: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
ROSTER_EMPTY = RefusalKind(
    "ROSTER_EMPTY", "名单中没有数据行", "The roster has no rows", rule="R22", unblock=Unblock.SELF
)
ROSTER_EXPIRED = RefusalKind(
    "ROSTER_EXPIRED",
    "该名单已过期，请重新上传",
    "The roster has expired: upload it again",
    rule="R22",
    unblock=Unblock.SELF,
)
ROSTER_HAS_BAD_ROWS = RefusalKind(
    "ROSTER_HAS_BAD_ROWS",
    "名单中有{bad}行不合格：请改正后重新上传，或选择只提交合格的行",
    "{bad} rows are bad: mend and upload them again, or choose the valid rows only",
    rule="R22",
    unblock=Unblock.SELF,
)
ROSTER_HAS_NO_GOOD_ROW = RefusalKind(
    "ROSTER_HAS_NO_GOOD_ROW",
    "名单中没有合格的行",
    "No row of the roster is good",
    rule="R22",
    unblock=Unblock.SELF,
)

# Rows of a roster
FIELD_MISSING = RefusalKind("FIELD_MISSING", "未填写：{detail}", "Blank: {detail}", rule="R22", unblock=Unblock.SELF)
ID_NUMBER_ROUNDED = RefusalKind(
    "ID_NUMBER_ROUNDED",
    "身份证号码被表格软件当作数字，第15位以后的数字已丢失：请先将该列设为文本格式，再重新输入号码",
    "The office program took the ID number for a number and lost what follows its 15th digit: "
    "set the column's format to text, then type the number again",
    rule="R41",
    unblock=Unblock.SELF,
)
UNKNOWN_POST = RefusalKind(
    "UNKNOWN_POST", "岗位应为：{detail}", "post is one of: {detail}", rule="R20", unblock=Unblock.SELF
)
UNKNOWN_EMPLOYMENT = RefusalKind(
    "UNKNOWN_EMPLOYMENT",
    "专兼职应为：{detail}",
    "employment is one of: {detail}",
    rule="R20",
    unblock=Unblock.SELF,
)
UNKNOWN_MAJOR_CATEGORY = RefusalKind(
    "UNKNOWN_MAJOR_CATEGORY",
    "专业大类应为：{detail}",
    "majorCategory is one of: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
INVALID_RANK = RefusalKind(
    "INVALID_RANK",
    "校内排序应为1至9999的整数",
    "A rank is a number from 1 to 9999",
    rule="R21",
    unblock=Unblock.SELF,
)
UNKNOWN_PROJECT = RefusalKind(
    "UNKNOWN_PROJECT",
    "没有该编号的已发布项目",
    "No published project has this code",
    rule="R22",
    unblock=Unblock.SELF,
)
DUPLICATE_ROW = RefusalKind(
    "DUPLICATE_ROW",
    "与第{row}行重复（同一人、同一项目）",
    "The same person and project are in line {row}",
    rule="R19",
    unblock=Unblock.SELF,
)
CONFLICTING_ROWS = RefusalKind(
    "CONFLICTING_ROWS",
    "与第{row}行矛盾：身份证号码与{detail}对不上",
    "It contradicts line {row}: ID number and {detail} do not go together",
    rule="R22",
    unblock=Unblock.SELF,
)
NAME_MISMATCH = RefusalKind(
    "NAME_MISMATCH",  # the number is a colleague's of another name: who is meant is not certain
    "该身份证号码在本校登记的是另一姓名，请核对号码与姓名",
    "On file at your school this ID number has another name: check both",
    rule="R22",
    unblock=Unblock.SELF,
)
HIDDEN_ROWS = RefusalKind(
    "HIDDEN_ROWS",
    "该行在工作表中被隐藏或筛选掉：要报名请取消隐藏，不报名请删除该行",
    "This row is hidden or filtered out in the sheet: show it to enroll, delete it not to",
    rule="R22",
    unblock=Unblock.SELF,
)
MERGED_CELL = RefusalKind(
    "MERGED_CELL",
    "合并单元格只有第一行有内容，请取消合并并逐行填写：{detail}",
    "Only the first row of a merged cell holds its content: unmerge it and fill in every row: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
OTHER_SHEETS = RefusalKind(
    "OTHER_SHEETS",  # a warning of the whole file
    "只读取一个工作表，以下有内容的工作表未读取：{detail}",
    "Only one worksheet is read; these others have content and were not: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
FOOTER = RefusalKind(
    "FOOTER",  # a warning of the whole file
    "以下各行是合计、落款一类，不是人员，未计入：{detail}",
    "These lines are totals or signatures, not people, and are left out: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
AMBIGUOUS = RefusalKind(
    "AMBIGUOUS",
    "本校登记的教师中有多人姓名和身份证号码后四位相同，请填写完整身份证号码或教师编号",
    "Several teachers on file at your school have this name and these last four characters: "
    "give the whole ID number, or the teacher's id",
    rule="R22",
    unblock=Unblock.SELF,
)
UNKNOWN_TEACHER = RefusalKind(
    "UNKNOWN_TEACHER",
    "本校登记的教师中没有此人，请核对姓名、身份证号码后四位或教师编号；尚未登记的请填写完整身份证号码",
    "No such teacher is on file at your school: check name, last four characters or id; "
    "for somebody who is not on file give the whole ID number",
    rule="R22",
    unblock=Unblock.SELF,
)
AUDIENCE_MISMATCH = RefusalKind(
    "AUDIENCE_MISMATCH",  # a warning, it blocks nothing
    "该教师的岗位不在项目培训对象之内",
    "The project is not meant for a person of this post",
    rule="R20",
    unblock=Unblock.SELF,
)
DIFFERS_FROM_FILE = RefusalKind(
    "DIFFERS_FROM_FILE",  # a warning: what is on file stays; it is corrected by a command of its own (R41)
    "与本校登记的信息不一致，将沿用登记信息：{detail}",
    "Differs from what is on file, which stays: {detail}",
    rule="R22",
    unblock=Unblock.SELF,
)
