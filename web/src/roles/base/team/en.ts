// Texts of a base's team, in English; zh.ts has the same in Chinese.
import type { zh } from "./zh";

export const en: typeof zh = {
  title: "Contacts of the base",
  hint: "A plan can be submitted once design, declaration and delivery each have a contact. Numbers are masked everywhere.",
  none: "No contacts on file: no plan can be submitted",
  set: "Set the contacts",
  setAsk: "This table replaces all contacts. Numbers are not shown: type them all anew, or show the full numbers first, which fills the table.",
  missing: "At least one person of each kind, with name and phone.",
  dutyMissing: "A contact has no duty: design, declaration or delivery",
  duties: { design: "Design", declaration: "Declaration", delivery: "Delivery" },
  duty: "Duty",
  phone: "Phone",
  base: "Base",
  unknown: "There is no such base",
};
