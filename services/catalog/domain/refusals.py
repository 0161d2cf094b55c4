"""The refusals of the catalog: one kind a code (docs/refusals.md)."""

from kernel.errors import Unblock
from kernel.refusals import RefusalKind

ROUND_EXISTS = RefusalKind(
    "ROUND_EXISTS", "该年度轮次已开启", "That year's round is open", rule="R1", unblock=Unblock.SELF
)
ROUND_INCOMPLETE = RefusalKind(
    "ROUND_INCOMPLETE", "年度轮次缺少：{detail}", "The round lacks: {detail}", rule="R1", unblock=Unblock.MINISTRY
)
INVALID_ROUND = RefusalKind(
    "INVALID_ROUND", "年度轮次数据有误：{detail}", "Wrong in the round: {detail}", rule="R1", unblock=Unblock.SELF
)
ROUND_IN_USE = RefusalKind(
    "ROUND_IN_USE",
    "年度轮次的这些内容已在使用：{detail}",
    "These parts of the round are in use: {detail}",
    rule="R1",
    unblock=Unblock.SELF,
)
CALENDAR_NOT_MONOTONIC = RefusalKind(
    "CALENDAR_NOT_MONOTONIC",
    "阶段日期顺序有误：{detail}",
    "The dates of the phases are out of order: {detail}",
    rule="R1",
    unblock=Unblock.MINISTRY,
)
CALENDAR_OUTSIDE_YEAR = RefusalKind(
    "CALENDAR_OUTSIDE_YEAR",
    "培训须在{detail}内结束",
    "Training ends in {detail}",
    rule="R1",
    unblock=Unblock.SELF,
)
INVALID_EXTENSION = RefusalKind(
    "INVALID_EXTENSION",
    "延期后的截止日期有误：{detail}",
    "Not a day to extend to: {detail}",
    rule="R28",
    unblock=Unblock.SELF,
)

INVALID_BASE = RefusalKind(
    "INVALID_BASE", "基地信息有误：{detail}", "Wrong fields: {detail}", rule="R2", unblock=Unblock.MINISTRY
)
BASE_EXISTS = RefusalKind(
    "BASE_EXISTS", "该单位已有同名基地", "The organisation has a base of that name", rule="R2", unblock=Unblock.SELF
)
ORGANIZATION_NAME_DIFFERS = RefusalKind(
    "ORGANIZATION_NAME_DIFFERS",
    "该单位代码已登记为“{registered}”，一个代码只有一个名称；更名请用单位更名",
    "The code is on file as {registered}, and has one name: rename the organisation where it has a new one",
    rule="R3",
    unblock=Unblock.SELF,
)
PROVINCE_DIFFERS = RefusalKind(
    "PROVINCE_DIFFERS",
    "单位代码属于省份{registered}，与所填省份{province}不一致，须说明理由",
    "The organisation's code is of province {registered}, not of {province}: say why",
    rule="R2",
    unblock=Unblock.SELF,
)
BASE_CLOSED = RefusalKind(
    "BASE_CLOSED",
    "该基地已关闭或已并入其他基地",
    "The base is closed, or merged into another",
    rule="R2",
    unblock=Unblock.MINISTRY,
)
BASE_IN_USE = RefusalKind(
    "BASE_IN_USE",
    "该基地还有{count}个项目未办结",
    "The base has {count} projects that have not ended",
    rule="R2",
    unblock=Unblock.BASE,
)
BASE_FORWARD_ONLY = RefusalKind(
    "BASE_FORWARD_ONLY",
    "该基地已有发布过的项目：专业大类只增不减，有效期起始日期只能提前",
    "The base has published projects: its major categories may only grow, and its first day only be earlier",
    rule="R2",
    unblock=Unblock.SELF,
)
CATEGORY_FIXED = RefusalKind(
    "CATEGORY_FIXED",
    "该基地已有项目或项目数量，类别不能变更；请关闭后另行登记",
    "The base has projects or a quota, so its category stays: close it and register another",
    rule="R2",
    unblock=Unblock.MINISTRY,
)
INVALID_MERGER = RefusalKind(
    "INVALID_MERGER",
    "只能并入同类别的另一个基地",
    "A base is merged into another of its category",
    rule="R2",
    unblock=Unblock.SELF,
)
BASE_NOT_VALID = RefusalKind(
    "BASE_NOT_VALID",
    "基地不在有效期内（{detail}），须由教师工作司延长有效期",
    "The base is valid {detail}: the ministry may extend that",
    rule="R2",
    unblock=Unblock.MINISTRY,
)
TEAM_MISSING = RefusalKind(
    "TEAM_MISSING",
    "请先登记项目设计、申报和实施团队的联系人",
    "Name the contacts for design, declaration and delivery first",
    rule="R6",
    unblock=Unblock.BASE,
)
NOT_SUBMITTED_TO = RefusalKind(
    "NOT_SUBMITTED_TO",
    "向该基地的项目提交报名后，方可查看其联系人电话",
    "Phones of a base's team are for schools that have submitted enrollments to its projects",
    rule="R41",
    unblock=Unblock.SELF,
)
QUOTA_EXCEEDED = RefusalKind(
    "QUOTA_EXCEEDED",
    "本轮次项目数量已达上限（{used}/{limit}）",
    "The quota of this round is used up ({used} of {limit})",
    rule="R11",
    unblock=Unblock.MINISTRY,
)
INVALID_QUOTA = RefusalKind(
    "INVALID_QUOTA",
    "数量须为0至200，生效日期不得早于今日",
    "A quota is 0 to 200, and counts from today at the earliest",
    rule="R39",
    unblock=Unblock.SELF,
)
QUOTA_ABOVE_ROUND = RefusalKind(
    "QUOTA_ABOVE_ROUND",
    "超过通知所定上限{limit}，须写明 aboveRound",
    "Above the round's {limit}: say aboveRound",
    rule="R39",
    unblock=Unblock.SELF,
)
PROPOSAL_MISMATCH = RefusalKind(
    "PROPOSAL_MISMATCH",
    "建议与所调整的基地或年度不符",
    "The proposal is of another base or year",
    rule="R39",
    unblock=Unblock.SELF,
)

INVALID_KIND = RefusalKind(
    "INVALID_KIND",
    "项目类型与基地类别不符",
    "This kind of project does not belong to the base's category",
    rule="R2",
    unblock=Unblock.BASE,
)
UNKNOWN_THEME = RefusalKind(
    "UNKNOWN_THEME",
    "主题不在本类基地的主题范围内：{detail}",
    "Not a theme of this category: {detail}",
    rule="R8",
    unblock=Unblock.BASE,
)
INVALID_PLAN = RefusalKind(
    "INVALID_PLAN", "培训方案有误：{detail}", "Wrong fields: {detail}", rule="R7", unblock=Unblock.BASE
)
PLAN_INCOMPLETE = RefusalKind(
    "PLAN_INCOMPLETE",
    "培训方案不完整，缺少：{detail}",
    "The plan is incomplete, it lacks: {detail}",
    rule="R7",
    unblock=Unblock.BASE,
)
JUSTIFICATION_MISSING = RefusalKind(
    "JUSTIFICATION_MISSING",
    "缺少特殊情况说明：{detail}",
    "A justification is missing: {detail}",
    rule="R9",
    unblock=Unblock.BASE,
)
YEAR_FIXED = RefusalKind(
    "YEAR_FIXED",
    "项目属于{year}年度，不能变更",
    "The project is of {year}, which stays",
    rule="R7",
    unblock=Unblock.SELF,
)

INVALID_EXPERT = RefusalKind(
    "INVALID_EXPERT", "专家信息有误：{detail}", "Wrong fields: {detail}", rule="R14", unblock=Unblock.MINISTRY
)
EXPERT_EXISTS = RefusalKind("EXPERT_EXISTS", "该专家已登记", "That expert is on file", rule="R14", unblock=Unblock.SELF)
EXPERT_WITHDRAWN = RefusalKind(
    "EXPERT_WITHDRAWN", "该专家已退出", "That expert has withdrawn", rule="R14", unblock=Unblock.MINISTRY
)
EXPERTS_TOO_FEW = RefusalKind(
    "EXPERTS_TOO_FEW",
    "每个项目至少须有{least}名专家",
    "A project needs at least {least} experts",
    rule="R14",
    unblock=Unblock.MINISTRY,
)
EXPERT_CONFLICT = RefusalKind(
    "EXPERT_CONFLICT",
    "专家不得来自基地所属单位",
    "No expert may come from the base's own organisation",
    rule="R14",
    unblock=Unblock.MINISTRY,
)
NOT_ASSIGNED = RefusalKind(
    "NOT_ASSIGNED", "该项目未分配给您评审", "You are not assigned to it", rule="R15", unblock=Unblock.MINISTRY
)
REVIEW_SUBMITTED = RefusalKind(
    "REVIEW_SUBMITTED", "评审意见已提交", "Already submitted", rule="R15", unblock=Unblock.MINISTRY
)
REVIEW_INCOMPLETE = RefusalKind(
    "REVIEW_INCOMPLETE",
    "每个评审维度须有一个结论和一条意见",
    "Every dimension needs one verdict and one comment",
    rule="R15",
    unblock=Unblock.EXPERT,
)
REVIEWS_MISSING = RefusalKind(
    "REVIEWS_MISSING",
    "专家评审意见不足（{submitted}/{least}）",
    "Only {submitted} of {least} reviews are in",
    rule="R14",
    unblock=Unblock.EXPERT,
)
PUBLICATION_LATE = RefusalKind(
    "PUBLICATION_LATE",
    "已过发布截止日期，须说明理由方可补发",
    "The publication date has passed: publish by an override with a reason",
    rule="R17",
    unblock=Unblock.MINISTRY,
)
PLAN_OVER = RefusalKind(
    "PLAN_OVER",
    "方案的培训日期（{startsOn}至{endsOn}）已开始或已过，无人可以报名，不能发布；可改为不予通过，或由基地撤回",
    "Its training ({startsOn} to {endsOn}) should have begun: nobody could sign up. Reject it, or have it withdrawn",
    rule="R17",
    unblock=Unblock.MINISTRY,
)
SEARCH_TOO_LONG = RefusalKind(
    "SEARCH_TOO_LONG",
    "搜索内容最多{limit}个字符",
    "A search has at most {limit} characters",
    rule="R17",
    unblock=Unblock.SELF,
)

NOTHING_CHANGED = RefusalKind("NOTHING_CHANGED", "没有变更内容", "Nothing changes", rule="R18", unblock=Unblock.SELF)
OUTSIDE_WINDOW = RefusalKind(
    "OUTSIDE_WINDOW",
    "培训须在{opens}至{closes}之间进行，超期须经教师工作司同意延期",
    "Training runs from {opens} to {closes}; longer only by an extension of the ministry",
    rule="R28",
    unblock=Unblock.MINISTRY,
)
TOO_EARLY = RefusalKind("TOO_EARLY", "须在{day}或之后进行", "Not before {day}", rule="R28", unblock=Unblock.SELF)
TOO_LATE = RefusalKind(
    "TOO_LATE",
    "培训最后一日（{day}）已过，不能再开班；请如实登记为已举办或未举办",
    "The last day ({day}) is over: record whether the training was held",
    rule="R28",
    unblock=Unblock.BASE,
)
NOBODY_ACCEPTED = RefusalKind(
    "NOBODY_ACCEPTED",
    "该项目没有录取任何人，不能登记为已举办；请登记为未举办",
    "Nobody was accepted, so it was not held: record it as not held",
    rule="R28",
    unblock=Unblock.BASE,
)
