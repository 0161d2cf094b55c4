// The numbers of an assessment in words: points from hundredths, and what an item was computed from.
import { count } from "../../app/moment";
import { general } from "../../app/words";
import { words } from "./words";

const HUNDRED = 100;
const NATIONAL = "national_mean_hundredths";

/** Points or a mean, from its hundredths. */
export const points = (hundredths: number): string => (hundredths / HUNDRED).toFixed(2);

/** Hundredths of the points that were typed; what are none is more than any item has, which is refused in words. */
export function hundredthsOf(text: string): number {
  const typed = text.normalize("NFKC").trim().replace("\u2212", "-");
  return /^-?\d{1,3}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * HUNDRED) : 999_999;
}

/** What an item or a fact counts, in words. */
export function counted(inputs: unknown): string {
  const say = words();
  const { done, of, count: answers, total_hundredths: total, [NATIONAL]: national, ...more } = (inputs ?? {}) as Record<string, number>;
  const parts: string[] = [];
  if (done !== undefined && of !== undefined) parts.push(say.ratio(count(done), count(of)) + (of > 1 ? ` · ${general().percent((HUNDRED * done / of).toFixed(1))}` : ""));
  if (answers) parts.push(say.mean(count(answers), points((total ?? 0) / answers)));
  if (answers && national) parts.push(say.national(points(national)));
  for (const [name, number] of Object.entries(more)) parts.push(say.times(say.names[name] ?? name, count(number)));
  return parts.join(general().semicolon);
}
