// Dates and times as people here read them: always of Asia/Shanghai, whatever the computer's clock says.
import { tag } from "./language";
import { general } from "./words";

const ZONE = "Asia/Shanghai";
const OFFSET_MS = 8 * 3_600_000;
const DAY = 86_400;

const shown = (at: Date, options: Intl.DateTimeFormatOptions, zone = ZONE): string =>
  new Intl.DateTimeFormat(tag(), { timeZone: zone, ...options }).format(at);

const utc = (date: string): Date => new Date(`${date}T00:00:00Z`);

/** A date, `2024-05-20`, in words, with the day of the week if wanted. */
export function day(date: string, weekday = false): string {
  const text = shown(utc(date), { year: "numeric", month: "long", day: "numeric" }, "UTC");
  return weekday ? general().bracketed(text, shown(utc(date), { weekday: "short" }, "UTC")) : text;
}

/** A month and day. */
export const shortDay = (date: string): string =>
  shown(utc(date), { month: "short", day: "numeric" }, "UTC");

/** Two dates, as one span. */
export function days(from?: string | null, to?: string | null): string {
  if (!from) return "";
  return to && to !== from ? `${day(from)} – ${from.slice(0, 4) === to.slice(0, 4) ? shortDay(to) : day(to)}` : day(from);
}

/** An instant, to the minute. */
export const instant = (at: string): string =>
  shown(new Date(at), { year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The last day on which something that ends at an instant can be done: 00:00 is 24:00 of the day before. */
const lastDate = (closesAt: string): string =>
  new Date(new Date(closesAt).getTime() - 1 + OFFSET_MS).toISOString().slice(0, 10);

/** Until when something can be done: to the end of a day where it ends at 00:00, else to the minute. */
export const deadline = (closesAt: string): string =>
  (new Date(closesAt).getTime() + OFFSET_MS) % (DAY * 1_000) ? general().before(instant(closesAt)) : general().until(day(lastDate(closesAt), true));

/** The last day until an instant at 00:00, without its year. */
export const shortLastDay = (closesAt: string): string =>
  general().bracketed(shortDay(lastDate(closesAt)), shown(utc(lastDate(closesAt)), { weekday: "short" }, "UTC"));

/** How much is left of so many seconds: days and hours, or hours and minutes. */
export function left(seconds: number): { days: number; hours: number; minutes: number } {
  const rest = Math.max(0, seconds);
  return { days: Math.floor(rest / DAY), hours: Math.floor((rest % DAY) / 3_600), minutes: Math.floor((rest % 3_600) / 60) };
}

/** An amount in yuan, such as `28000000.00`, with its thousands apart and no needless pence. */
export const yuan = (amount: string): string => general().yuan(count(Number(amount)));

/** A number with its thousands apart. */
export const count = (value: number): string => new Intl.NumberFormat(tag()).format(value);
