// Texts of a base's team, in Chinese. en.ts has the same in English.
export const zh = {
  title: "基地联系人",
  hint: "设计、申报、实施都有联系人，方案才能提交。号码在各处脱敏显示。",
  none: "尚未登记联系人，方案不能提交",
  set: "登记联系人",
  setAsk: "下表代替原有的全部联系人。号码不回显：须全部重新填写，或先查看完整号码，表格随即填好。",
  missing: "每一类至少一人，姓名和电话都要填写。",
  dutyMissing: "有联系人未选分工：设计、申报或实施",
  duties: { design: "设计", declaration: "申报", delivery: "实施" },
  duty: "职责",
  phone: "电话",
  base: "基地",
  unknown: "没有这个基地",
};
