// What is typed on the pages of inspections: an instant, a share, and what a stratum is called.
import { general } from "../../../app/words";
import { TextField } from "../../../parts/form";
import { words } from "./words";

/** An instant as people type it: 2024-06-05 21:15, of Beijing. */
export const TimeField = ({ name, label, hint }: { name: string; label: string; hint: string }) => (
  <TextField name={name} label={label} hint={hint} required inputMode="numeric" autocomplete="off" />
);

/** The instant of what was typed, without a zone; what is none stays as it is, and is refused. */
export function isoInstant(text: string): string {
  const [, year, month, date, hour, minute] = /^(\d{4})\D(\d{1,2})\D(\d{1,2})\D+(\d{1,2}):(\d{1,2})$/.exec(text.normalize("NFKC").trim()) ?? [];
  const two = (part = ""): string => part.padStart(2, "0");
  return year ? `${year}-${two(month)}-${two(date)}T${two(hour)}:${two(minute)}:00+08:00` : text;
}

/** Hundredths of a per cent of a typed percentage; what is none is 0, which is refused in words. */
export function sharePoints(text: string): number {
  const typed = text.normalize("NFKC").replace("%", "").trim();
  return /^\d{1,3}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : 0;
}

/** A share as a percentage, without needless zeros. */
export const percentOf = (shareBp: number): string => general().percent(String(shareBp / 100));

/** What a stratum is called: the category of its bases, and whether its projects run. */
export function stratumName(name: string): string {
  const say = words();
  const [category = "", state = ""] = name.split("/");
  const known: Record<string, string> = { ...general().category, UNCLASSIFIED: say.unclassified };
  const running: Record<string, string> = say.running;
  return `${known[category] ?? category} · ${running[state] ?? state}`;
}
