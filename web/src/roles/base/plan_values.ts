// The values of a plan as they are typed, and the input that their changes make (R7).
import { uuid } from "../../graph/client";
import { isoDate } from "../../parts/act";
import type { BasePlanQuery, UpdateProjectMutationVariables } from "./documents";

export type Plan = NonNullable<BasePlanQuery["project"]>;
export type PlanInput = UpdateProjectMutationVariables["input"];
export type SessionRow = { id: string; title: string; teacher: string; date: string; hours: string; mode: string };
export type MemberRow = { name: string; title: string; organization: string };

/** A plan as its fields show it; named as in `ProjectInput`, the fee in yuan. */
export interface Values {
  title: string;
  kind: string;
  themes: readonly string[];
  majorCategory: string;
  audience: readonly string[];
  capacity: string;
  objectives: string;
  contentDesign: string;
  assessmentMethod: string;
  mode: string;
  startsOn: string;
  endsOn: string;
  days: string;
  classHours: string;
  timetable: readonly SessionRow[];
  faculty: readonly MemberRow[];
  feeFen: string;
  feeIncludes: string;
  venue: { province: string; address: string };
  needsEvidence: string;
  justifications: Readonly<Record<string, string>>;
}
export type Name = keyof Values;
export type TextName = { [Each in Name]: Values[Each] extends string ? Each : never }[Name];
export type Wrong = "number" | "date" | "amount" | "venue" | "rows";

/** The steps of the editor, and the fields of each. */
export const STEPS = {
  basic: ["title", "kind", "themes", "majorCategory", "audience", "capacity"],
  content: ["objectives", "contentDesign", "assessmentMethod"],
  form: ["mode", "startsOn", "endsOn", "days", "classHours"],
  timetable: ["timetable"],
  faculty: ["faculty"],
  place: ["feeFen", "feeIncludes", "venue"],
  reasons: ["needsEvidence", "justifications"],
} as const satisfies Record<string, readonly Name[]>;
export type Step = keyof typeof STEPS;

/** The step that has a field. */
export const stepOf = (name: Name): Step =>
  (Object.keys(STEPS) as Step[]).find((step) => (STEPS[step] as readonly Name[]).includes(name)) ?? "basic";

/** Whether a name is that of a field. */
export const isName = (name: string): name is Name => Object.values(STEPS).some((names) => (names as readonly string[]).includes(name));

export const newSession = (): SessionRow => ({ id: uuid().slice(0, 8), title: "", teacher: "", date: "", hours: "", mode: "" });
export const newMember = (): MemberRow => ({ name: "", title: "", organization: "" });

/** A plan as it is typed. */
export const valuesOf = (project: Plan): Values => ({
  title: project.title ?? "",
  kind: project.kind,
  themes: project.themes.map((theme) => theme.code),
  majorCategory: String(project.majorCategory?.ordinal ?? ""),
  audience: project.audience,
  capacity: String(project.capacity ?? ""),
  objectives: project.objectives ?? "",
  contentDesign: project.contentDesign ?? "",
  assessmentMethod: project.assessmentMethod ?? "",
  mode: project.mode ?? "",
  startsOn: project.startsOn ?? "",
  endsOn: project.endsOn ?? "",
  days: String(project.days ?? ""),
  classHours: String(project.classHours ?? ""),
  timetable: project.timetable.map((row) => ({ ...row, hours: String(row.hours), mode: row.mode ?? "" })),
  faculty: project.faculty.map((row) => ({ name: row.name, title: row.title ?? "", organization: row.organization ?? "" })),
  feeFen: project.fee ? String(project.fee.fen / 100) : "",
  feeIncludes: project.feeIncludes ?? "",
  venue: { province: project.venue?.province?.code ?? "", address: project.venue?.address ?? "" },
  needsEvidence: project.needsEvidence ?? "",
  justifications: Object.fromEntries((project.justifications ?? []).map((each) => [each.rule, each.text])),
});

type Converted = { value: unknown } | { wrong: Wrong };

const plain = (text: string): string => text.normalize("NFKC").trim();

function matched(text: string, pattern: RegExp, wrong: Wrong, value: (text: string) => unknown): Converted {
  const typed = plain(text);
  if (!typed) return { value: null };
  return pattern.test(typed) ? { value: value(typed) } : { wrong };
}

const whole = (text: string): Converted => matched(text, /^\d{1,9}$/, "number", Number);
const date = (text: string): Converted => matched(isoDate(text.trim()), /^\d{4}-\d{2}-\d{2}$/, "date", (typed) => typed);
const fen = (text: string): Converted => matched(text, /^\d{1,9}(\.\d{1,2})?$/, "amount", (typed) => Math.round(Number(typed) * 100));

function venue({ province, address }: Values["venue"]): Converted {
  if (!province && !address.trim()) return { value: null };
  return province && address.trim() ? { value: { province, address: address.trim() } } : { wrong: "venue" };
}

function timetable(rows: readonly SessionRow[]): Converted {
  const filled = rows.filter((row) => row.title || row.teacher || row.date || row.hours);
  const sessions = filled.map((row) => ({ row, on: date(row.date), long: whole(row.hours) }));
  const complete = sessions.every(({ row, on, long }) => row.title.trim() && row.teacher.trim() && "value" in on && on.value && "value" in long && long.value);
  if (!complete) return { wrong: "rows" };
  const value = sessions.map(({ row, on, long }) => ({
    id: row.id,
    title: row.title.trim(),
    teacher: row.teacher.trim(),
    date: "value" in on ? on.value : null,
    hours: "value" in long ? long.value : null,
    mode: row.mode || null,
  }));
  return { value };
}

function faculty(rows: readonly MemberRow[]): Converted {
  const filled = rows.filter((row) => row.name || row.title || row.organization);
  if (!filled.every((row) => row.name.trim())) return { wrong: "rows" };
  return { value: filled.map((row) => ({ name: row.name.trim(), title: row.title.trim() || null, organization: row.organization.trim() || null })) };
}

function converted(values: Values, name: Name): Converted {
  switch (name) {
    case "capacity":
    case "days":
    case "classHours":
    case "majorCategory":
      return whole(values[name]);
    case "startsOn":
    case "endsOn":
      return date(values[name]);
    case "feeFen":
      return fen(values.feeFen);
    case "venue":
      return venue(values.venue);
    case "timetable":
      return timetable(values.timetable);
    case "faculty":
      return faculty(values.faculty);
    case "themes":
    case "audience":
      return { value: values[name] };
    case "justifications":
      return { value: Object.entries(values.justifications).filter(([, text]) => text.trim()).map(([rule, text]) => ({ rule, text: text.trim() })) };
    default:
      return { value: values[name].trim() || null };
  }
}

/** What an input of some fields says, and which of them are not such as could be sent. */
export function inputOf(values: Values, names: Iterable<Name>): { input: PlanInput; sent: Name[]; wrong: Partial<Record<Name, Wrong>> } {
  const input: Record<string, unknown> = {};
  const wrong: Partial<Record<Name, Wrong>> = {};
  for (const name of names) {
    const found = converted(values, name);
    if ("wrong" in found) wrong[name] = found.wrong;
    else input[name] = found.value;
  }
  return { input: input as PlanInput, sent: Object.keys(input) as Name[], wrong };
}

/** The fields in which two plans differ. */
export const differing = (left: Values, right: Values): Name[] =>
  (Object.keys(left) as Name[]).filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
