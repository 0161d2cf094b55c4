// A round as it is typed: text in fields and rows, and what is sent of it (R1).
import { isoDate, wholeNumber } from "../../../parts/act";
import type { AmendRoundMutationVariables, RoundContentFragment } from "./documents";

export type Row = Record<string, string>;
type Input = AmendRoundMutationVariables["input"];
export type Part = keyof Input;

export const LIMITS = ["mostSeats", "usualSeats", "mostHoursADay", "usualHoursADay", "usualIdleDays", "usualGapPercent", "mostFee"] as const;

/** What is typed, by the graph's names of the parts. */
export interface Values {
  title: string;
  phases: Row[];
  steps: Row[];
  quotas: Row[];
  durationNorms: Row[];
  themes: Row[];
  reviewDimensions: Row[];
  expertsPerProject: string;
  contacts: Row[];
  completionDays: string;
  planLimits: Row;
}

const PARTS = ["title", "phases", "steps", "quotas", "durationNorms", "themes", "reviewDimensions", "expertsPerProject", "contacts", "completionDays", "planLimits"] as const;

const texts = <Given extends object>(row: Given): Row => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null || value === undefined ? "" : String(value)]));

/** A round as it stands. The calendar of one without steps of its own is that of its phases. */
export function valuesOf(round: RoundContentFragment): Values {
  const { mostFee, ...limits } = round.planLimits;
  const own = round.steps.some((step) => step.code !== step.guard);
  return {
    title: round.title,
    phases: round.phases.map(texts),
    steps: own ? round.steps.map(({ nameZh, ...step }) => texts({ ...step, name: nameZh })) : [],
    quotas: round.quotas.map(texts),
    durationNorms: round.durationNorms.map(texts),
    themes: [...round.principal, ...round.dualQualified, ...round.enterprise].map(texts),
    reviewDimensions: round.reviewDimensions.map(texts),
    expertsPerProject: String(round.expertsPerProject),
    contacts: round.contacts.map((each) => texts({ ...each, phones: each.phones.join(" ") })),
    completionDays: String(round.completionDays),
    planLimits: { ...texts(limits), mostFee: String(mostFee.fen / 100) },
  };
}

/** The same a year later: its dates, and the year in its title. */
export function nextYear(values: Values, year: number): Values {
  const dated = (row: Row): Row => ({ ...row, opens: later(row.opens), closes: later(row.closes) });
  return {
    ...values,
    title: values.title.split(String(year)).join(String(year + 1)),
    phases: values.phases.map(dated),
    steps: values.steps.map(dated),
  };
}

function later(date = ""): string {
  const [year, ...rest] = date.split("-");
  const moved = `${Number(year) + 1}-${rest.join("-")}`;
  return moved.endsWith("-02-29") ? `${Number(year) + 1}-02-28` : moved;
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** The parts that differ. */
export const changedParts = (before: Values, now: Values): Part[] => PARTS.filter((part) => !same(before[part], now[part]));

/** What one has changed of an earlier state, on top of what others have made of it. */
export function merged(before: Values, mine: Values, theirs: Values): Values {
  const own = changedParts(before, mine).map((part) => [part, mine[part as keyof Values]]);
  return { ...theirs, ...Object.fromEntries(own) } as Values;
}

/** Some parts as the graph takes them; what is no number is -1, and is refused in words. */
export function inputOf(values: Values, parts: readonly Part[]): Input {
  const all = whole(values);
  return Object.fromEntries(parts.map((part) => [part, all[part]])) as Input;
}

function whole(values: Values): Input {
  const days = (row: Row) => ({ opens: isoDate(row.opens ?? ""), closes: isoDate(row.closes ?? "") });
  const phases = values.phases.map((row) => ({ name: row.name, ...days(row) }));
  const number = (text = ""): number => wholeNumber(text);
  return {
    title: values.title,
    phases,
    steps: values.steps.map((row) => ({ code: row.code, name: row.name, nameEn: row.nameEn, guard: row.guard || null, ...days(values.phases.find((phase) => phase.name === row.guard) ?? row) })),
    quotas: values.quotas.map((row) => ({ category: row.category, limit: number(row.limit) })),
    durationNorms: values.durationNorms.map((row) => ({ category: row.category, kind: row.kind, days: number(row.days), least: number(row.least), most: number(row.most) })),
    themes: values.themes.map(({ category, code, name }) => ({ category, code, name })),
    reviewDimensions: values.reviewDimensions.map(({ code, name }) => ({ code, name })),
    expertsPerProject: number(values.expertsPerProject),
    contacts: values.contacts.map((row) => ({ department: row.department, phones: (row.phones ?? "").split(/[\s,;\u3001\uff0c\uff1b]+/).filter(Boolean), note: row.note || null })),
    completionDays: number(values.completionDays),
    planLimits: { ...Object.fromEntries(LIMITS.filter((name) => name !== "mostFee").map((name) => [name, number(values.planLimits[name])])), mostFeeFen: fen(values.planLimits.mostFee) },
  } as Input;
}

/** Yuan as they are typed, in fen. */
function fen(text = ""): number {
  const found = /^(\d{1,8})(?:\.(\d{1,2}))?$/.exec(text.normalize("NFKC").trim());
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : -1;
}
