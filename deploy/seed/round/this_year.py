"""This year's round as data: forty projects in every state between a draft and a full class."""

from datetime import date

from deploy.seed.round.plans import Demand, Fate, PlanSeed

YEAR = 2024

FULL = PlanSeed(
    "蜀江",
    "智能制造专业教学能力提升",
    "TEACHING",
    date(2024, 6, 3),
    7,
    10,
    demand=Demand(14, accept=10, waitlist=3, reject=1),
    classes=(date(2024, 7, 1), date(2024, 8, 5)),
)
"""A series of three classes; the first one is full, with a waiting list and an open offer."""

NEARLY_FULL = PlanSeed(
    "粤海", "工业机器人岗位实践", "JOB_PRACTICE", date(2024, 6, 3), 15, 20, demand=Demand(21, accept=19)
)
AMENDED = PlanSeed(
    "钱塘",
    "电子信息专业数字化教学能力提升",
    "TEACHING",
    date(2024, 6, 17),
    7,
    20,
    demand=Demand(10, accept=4, reject=1),
)
"""Its venue was changed after the publication (R18)."""
CANCELLED = PlanSeed(
    "三秦", "交通运输专业课程思政", "TEACHING", date(2024, 6, 24), 6, 20, major=10, demand=Demand(6, accept=4)
)
SUSPENDED = PlanSeed("荆楚", "焊接技术教学创新团队", "TEACHING", date(2024, 7, 15), 7, 16, demand=Demand(6, accept=2))
REWRITTEN = PlanSeed("荆楚", "机电一体化教材开发", "TEACHING", date(2024, 9, 9), 7, 20, Fate.RETURNED)
"""Returned, and handed in again after its base rewrote a part of it (R13); its two versions show what changed."""
BLOCKED_BY_QUOTA = PlanSeed(
    "岭南", "教育家精神与师德建设", "LEADERSHIP", date(2024, 10, 14), 5, 30, Fate.DRAFT, mode="BLENDED"
)
"""Complete, but the base's quota of three is used up (R11)."""
HALF_WRITTEN = PlanSeed(
    "江淮",
    "中层干部执行力提升",
    "LEADERSHIP",
    date(2024, 9, 9),
    5,
    30,
    Fate.DRAFT,
    lacks=(
        *("objectives", "contentDesign", "feeFen", "feeIncludes", "venue"),
        *("timetable", "faculty", "assessmentMethod", "needsEvidence"),
    ),
)
"""A draft that lacks nine things (R7)."""
UNUSUAL = PlanSeed("三秦", "智慧物流实训教学", "TEACHING", date(2024, 9, 2), 12, 20, Fate.DRAFT, major=13)
"""A draft that is warned of: too long, and in a major category that the base does not have (R9, R10)."""

PLANS = (
    PlanSeed(
        "岭南",
        "职业学校校长办学治校能力提升",
        "LEADERSHIP",
        date(2024, 6, 17),
        5,
        12,
        demand=Demand(12, accept=8, waitlist=1),
    ),
    PlanSeed(
        "岭南", "数字化校园治理", "LEADERSHIP", date(2024, 7, 8), 5, 40, mode="ONLINE", demand=Demand(10, accept=3)
    ),
    PlanSeed("岭南", "学校发展规划编制", "LEADERSHIP", date(2024, 9, 23), 5, 30, Fate.SPLIT),
    BLOCKED_BY_QUOTA,
    FULL,
    PlanSeed("蜀江", "工业互联网课程开发", "TEACHING", date(2024, 8, 19), 7, 20, Fate.APPROVED, major=11),
    PlanSeed("蜀江", "数字化教学资源建设", "TEACHING", date(2024, 9, 9), 7, 20, Fate.RETURNED, major=11),
    NEARLY_FULL,
    PlanSeed("粤海", "智能产线装调技能提升", "SKILL_TRAINING", date(2024, 7, 8), 10, 16, demand=Demand(10, accept=6)),
    PlanSeed("粤海", "协作机器人工艺改进", "RESEARCH_DEVELOPMENT", date(2024, 8, 5), 20, 8, demand=Demand(5, accept=3)),
    PlanSeed("粤海", "机器视觉应用技能提升", "SKILL_TRAINING", date(2024, 10, 14), 10, 16, Fate.SUBMITTED),
    PlanSeed(
        "江淮",
        "新任校长任职能力提升",
        "LEADERSHIP",
        date(2024, 6, 24),
        5,
        20,
        mode="BLENDED",
        demand=Demand(8, accept=5),
    ),
    PlanSeed("江淮", "校长海外办学研修", "LEADERSHIP", date(2024, 10, 21), 5, 30, Fate.REJECTED),
    HALF_WRITTEN,
    PlanSeed("三秦", "数控技术教学能力提升", "TEACHING", date(2024, 7, 8), 7, 20, demand=Demand(10, accept=5)),
    CANCELLED,
    PlanSeed("三秦", "增材制造课程开发", "TEACHING", date(2024, 9, 16), 7, 20, Fate.AWAITED),
    UNUSUAL,
    AMENDED,
    PlanSeed(
        "钱塘",
        "大数据与会计专业实践教学",
        "TEACHING",
        date(2024, 7, 22),
        7,
        20,
        mode="BLENDED",
        major=13,
        demand=Demand(6, accept=3),
    ),
    PlanSeed("钱塘", "直播电商课程开发", "TEACHING", date(2024, 10, 14), 7, 20, Fate.SUBMITTED, major=13),
    PlanSeed("荆楚", "智能网联汽车教学能力提升", "TEACHING", date(2024, 6, 17), 7, 20, demand=Demand(8, accept=5)),
    SUSPENDED,
    REWRITTEN,
    PlanSeed("金陵", "人工智能通识教学能力提升", "TEACHING", date(2024, 6, 24), 7, 20, demand=Demand(8, accept=4)),
    PlanSeed("金陵", "软件技术实训教学", "TEACHING", date(2024, 8, 12), 7, 20, Fate.APPROVED),
    PlanSeed("金陵", "数字媒体作品创作", "TEACHING", date(2024, 9, 16), 7, 20, Fate.WITHDRAWN, major=15),
    PlanSeed("西湖", "云计算平台运维技能提升", "SKILL_TRAINING", date(2024, 7, 15), 10, 16, demand=Demand(8, accept=4)),
    PlanSeed("西湖", "数据标注与治理岗位实践", "JOB_PRACTICE", date(2024, 9, 2), 15, 12, Fate.SPLIT),
    PlanSeed("天府", "设施园艺岗位实践", "JOB_PRACTICE", date(2024, 7, 1), 15, 16, demand=Demand(8, accept=4)),
    PlanSeed("天府", "农产品检测技能提升", "SKILL_TRAINING", date(2024, 10, 14), 10, 16, Fate.REJECTED),
    PlanSeed(
        "天府", "种业研发跟岗", "RESEARCH_DEVELOPMENT", date(2024, 9, 2), 20, 8, Fate.DRAFT, lacks=("needsEvidence",)
    ),
    PlanSeed("汉江", "动力电池装配技能提升", "SKILL_TRAINING", date(2024, 7, 8), 10, 16, demand=Demand(8, accept=4)),
    PlanSeed("汉江", "整车试验岗位实践", "JOB_PRACTICE", date(2024, 9, 9), 15, 12, Fate.AWAITED),
    PlanSeed(
        "汉江",
        "汽车电控技能强化",
        "SKILL_TRAINING",
        date(2024, 8, 5),
        15,
        12,
        justified={"R9": "含五天整车厂跟岗实训，技能鉴定要求连续十五天"},
        demand=Demand(5, accept=2),
    ),
    PlanSeed("珠江", "护理专业教学能力提升", "TEACHING", date(2024, 7, 1), 7, 20, demand=Demand(10, accept=6)),
    PlanSeed("珠江", "老年照护课程开发", "TEACHING", date(2024, 8, 19), 7, 20, Fate.APPROVED),
    PlanSeed("珠江", "中药制剂实训教学", "TEACHING", date(2024, 10, 14), 7, 20, Fate.SUBMITTED),
)
"""In the order in which they were drafted; the two further classes of `FULL` make them forty."""
