// Texts of findings, in English.
import type { zh } from "./zh";

export const en: typeof zh = {
  findings: "Findings",
  none: "There is no such finding",
  severity: { NONE: "Nothing found", MINOR: "Minor", MAJOR: "Major", GRAVE: "Grave" },
  state: { OPEN: "To be rectified", RECTIFYING: "Returned, to be rectified", REPORTED: "Rectification reported", CLOSED: "Closed", WITHDRAWN: "Withdrawn" },
  clause: "Clause",
  dueOn: (day: string) => `To be rectified by ${day}, that day included`,
  overdue: "Overdue",
  inTime: "Reported in time",
  late: "Reported late",
  steps: "What has happened",
  step: { OPEN: "Recorded", RECTIFYING: "Returned", REPORTED: "Rectification reported", CLOSED: "Closed", WITHDRAWN: "Withdrawn" },
  ofInspection: (key: string) => `Inspection ${key}`,
  typedHint: "What you type stays on this page until it is sent",
  report: "Report the rectification",
  reportAsk: "The ministry then accepts it, or returns it with a new last day. A report cannot be changed.",
  rectified: "What was rectified",
  toRectify: (count: string) => `Findings of inspections to be rectified: ${count}`,
  accept: "Accept",
  acceptAsk: "The finding is closed at once, and the base is told.",
  giveBack: "Return",
  giveBackAsk: "The base has to report again by the new last day.",
  newDue: "New last day",
  withdraw: "Withdraw the finding",
  withdrawAsk: "For a finding that was recorded wrongly: it counts in no annual assessment any more, but stays to be seen; until the inspection is closed, another may be recorded. This cannot be undone.",
};
