// Texts of the enrolments of a project, for the ministry, in Chinese. en.ts has the same in English.
export const zh = {
  title: "报名与学员",
  open: "查看报名与学员",
  empty: "没有报名",
  revise: "更正核准",
  reviseAsk: "代替基地的决定；结果和理由告知本人、学校和基地。",
  decision: "决定",
  decisions: { ACCEPT: "录取", WAITLIST: "候补", REJECT: "不予录取" },
  restore: "恢复报名",
  restoreAsk: "用于误撤回、误拒绝的报名和逾期的递补；原已录取的须有空余名额。",
  toWaitlist: "恢复到",
  places: { seat: "原来的状态", waitlist: "候补名单" },
};
