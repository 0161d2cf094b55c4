// Texts of the pages of one school on file, in English; zh.ts has the same in Chinese.
import type { zh } from "./zh";

export const en: typeof zh = {
  register: "Register one school",
  registerHint: "You issue its activation code afterwards; the school then names its designated person.",
  code: "School code",
  codeHint: "10 digits",
  name: "Name of the school",
  belongs: "Province",
  send: "Register",
  unknown: "There is no such school",
  noPerson: "No designated person yet",
  mergedInto: "Merged into",
  closedSince: "Closed",
  rename: "Rename",
  renameAsk: "Its code stays. Sign-ups, rosters and certificates show the new name from now on.",
  newName: "New name",
  close: "Close the school",
  closeAsk: "Its teachers leave it and its accounts are disabled. It cannot be closed while sign-ups are in progress.",
  reopen: "Reopen the school",
  reopenAsk: "For a school closed by mistake: its account starts with a new activation code, it names its person anew and requests its teachers again.",
  merge: "Merge into another",
  mergeAsk: "Teachers and sign-ups in progress move to the other school. This one is closed for good.",
  into: "Code of the other school",
};
