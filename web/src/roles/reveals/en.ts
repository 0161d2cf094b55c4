// Texts of looking at masked numbers, in English; zh.ts has the same in Chinese.
import type { zh } from "./zh";

export const en: typeof zh = {
  purpose: "Purpose",
  purposeHint: "4 to 200 characters, without any number",
  recorded: "This goes into the audit log with its purpose, the time and who you are. The teacher can see it.",
  recordedContacts: "This goes into the audit log with its purpose, the time and who you are.",
  teacher: "Show full numbers",
  own: "Show my full numbers",
  ownRecorded: "This goes into the audit log and into the list of who has looked.",
  ofClass: "Show attendees’ phones",
  contacts: (count) => `Show phones of designated persons (${count})`,
  contact: "Show the designated person’s phone",
  team: "Show contacts’ phones",
  numbers: "Full numbers",
  phones: "Attendees’ phones",
  hide: "Hide the numbers",
  shownOnce: "The numbers stand on this page only and go when you leave it. Do not pass them on.",
  nobody: "There is nobody whose numbers you may see",
  partly: (count) => `${count} could not be shown:`,
  design: "Design",
  declaration: "Declaration",
  delivery: "Delivery",
};
