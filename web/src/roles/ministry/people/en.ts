// Texts of the enrolments of a project, for the ministry, in English; zh.ts has the same in Chinese.
import type { zh } from "./zh";

export const en: typeof zh = {
  title: "Enrolments",
  open: "Show the enrolments",
  empty: "No enrolments",
  revise: "Revise",
  reviseAsk: "Takes the place of the base’s decision. The person, the school and the base are told with the reason.",
  decision: "Decision",
  decisions: { ACCEPT: "Accept", WAITLIST: "Waiting list", REJECT: "Reject" },
  restore: "Restore",
  restoreAsk: "For what was withdrawn or declined by mistake, and for expired offers. Who had a seat needs a free one.",
  toWaitlist: "To",
  places: { seat: "how it stood", waitlist: "the waiting list" },
};
