// A plan as it is read: what a review asks of it, one after the other, and at each what is unusual and why (R7, R9, R10, R15).
import type { ComponentChildren } from "preact";
import { day, days, yuan } from "../app/moment";
import { general } from "../app/words";
import { Card, Facts } from "../parts/basic";
import { Table } from "../parts/table";
import { words } from "./words";

type Common = ReturnType<typeof general>;

/** What the graph has of a plan. */
export interface PlanLike {
  kind: keyof Common["kind"];
  mode?: keyof Common["mode"] | null;
  startsOn?: string | null;
  endsOn?: string | null;
  days?: number | null;
  classHours?: number | null;
  capacity?: number | null;
  audience: readonly (keyof Common["audience"])[];
  objectives?: string | null;
  contentDesign?: string | null;
  assessmentMethod?: string | null;
  needsEvidence?: string | null;
  feeIncludes?: string | null;
  fee?: { fen: number; yuan: string } | null;
  majorCategory?: { name: string } | null;
  themes: readonly { name: string }[];
  venue?: { address: string; province?: { name: string } | null } | null;
  timetable: readonly { id: string; title: string; teacher: string; date: string; hours: number }[];
  faculty: readonly { name: string; title?: string | null; organization?: string | null }[];
  justifications?: readonly { rule: string; text: string }[] | null;
  warnings?: readonly { code: string; message: string; rule?: string | null; fields: readonly string[] }[] | null;
}

/** The fields that each part shows; the parts are the dimensions of a review. */
const FIELDS = {
  OBJECTIVES: ["title", "kind", "themes", "objectives", "needsEvidence", "audience", "majorCategory"],
  CONTENT: ["contentDesign", "timetable", "faculty", "assessmentMethod"],
  ORGANIZATION: ["mode", "venue", "capacity"],
  DURATION: ["startsOn", "endsOn", "days", "classHours"],
  FEE: ["feeFen", "feeIncludes"],
} as const;
type Part = keyof typeof FIELDS;

const text = (value: string | null | undefined): ComponentChildren => value && <span class="pre">{value}</span>;

export function PlanView({ plan }: { plan: PlanLike }) {
  const say = words().plan;
  const common = general();
  const contents: Record<Part, ComponentChildren> = {
    OBJECTIVES: (
      <Facts
        of={[
          [say.fields.kind, common.kind[plan.kind]],
          [say.fields.objectives, text(plan.objectives)],
          [say.fields.needsEvidence, text(plan.needsEvidence)],
          [say.fields.themes, plan.themes.map((theme) => theme.name).join(common.listed)],
          [say.fields.audience, plan.audience.map((each) => common.audience[each]).join(common.listed)],
          [say.fields.majorCategory, plan.majorCategory?.name],
        ]}
      />
    ),
    CONTENT: (
      <>
        <Facts of={[[say.fields.contentDesign, text(plan.contentDesign)], [say.fields.assessmentMethod, text(plan.assessmentMethod)]]} />
        <Table
          caption={say.fields.timetable}
          rows={plan.timetable}
          name={(row) => row.id}
          empty={say.noTimetable}
          columns={[
            { head: say.session.title, cell: (row) => row.title },
            { head: say.session.date, cell: (row) => day(row.date, true) },
            { head: say.session.teacher, cell: (row) => row.teacher },
            { head: say.session.hours, cell: (row) => row.hours, number: true },
          ]}
        />
        <Facts of={[[say.fields.faculty, plan.faculty.map((each) => <p key={each.name}>{[each.name, each.title, each.organization].filter(Boolean).join(" · ")}</p>)]]} />
      </>
    ),
    ORGANIZATION: (
      <Facts
        of={[
          [say.fields.mode, plan.mode && common.mode[plan.mode]],
          [say.fields.venue, plan.venue && [plan.venue.province?.name, plan.venue.address].filter(Boolean).join(" ")],
          [say.fields.capacity, plan.capacity],
        ]}
      />
    ),
    DURATION: (
      <Facts
        of={[
          [say.dates, days(plan.startsOn, plan.endsOn)],
          [say.fields.days, plan.days && common.dayCount(String(plan.days))],
          [say.fields.classHours, plan.classHours && common.hourCount(String(plan.classHours))],
        ]}
      />
    ),
    FEE: <Facts of={[[say.fields.feeFen, plan.fee && (plan.fee.fen ? yuan(plan.fee.yuan) : common.free)], [say.fields.feeIncludes, plan.feeIncludes]]} />,
  };
  return (
    <div class="stack">
      {(Object.keys(FIELDS) as Part[]).map((part) => (
        <Card key={part} title={say.parts[part]}>
          <div class="stack tight">
            {contents[part]}
            <Unusual plan={plan} fields={FIELDS[part]} />
          </div>
        </Card>
      ))}
      <Further plan={plan} />
    </div>
  );
}

const warningsOf = (plan: PlanLike, fields: readonly string[]) =>
  (plan.warnings ?? []).filter((each) => each.fields.some((field) => fields.includes(field)));

/** What is unusual at no part, and reasons that no part shows: plans of earlier years say of no field that it is. */
function Further({ plan }: { plan: PlanLike }) {
  const say = words().plan;
  const shown = new Set(Object.values(FIELDS).flatMap((fields) => warningsOf(plan, fields)));
  const warnings = (plan.warnings ?? []).filter((each) => !shown.has(each));
  const reasons = (plan.justifications ?? []).filter((given) => ![...shown].some((each) => each.rule === given.rule));
  if (!warnings.length && !reasons.length) return null;
  return (
    <div class="note warn stack tight">
      {warnings.map((each) => <p key={each.code}>{each.message}{each.rule && ` (${each.rule})`}</p>)}
      {reasons.map((given) => <p key={given.rule}><span class="strong">{say.reason}</span> {given.text} ({given.rule})</p>)}
    </div>
  );
}

function Unusual({ plan, fields }: { plan: PlanLike; fields: readonly string[] }) {
  const say = words().plan;
  return (
    <>
      {warningsOf(plan, fields).map((each) => {
        const reason = plan.justifications?.find((given) => given.rule === each.rule);
        return (
          <div class="note warn" key={each.code}>
            <p>{each.message}{each.rule && ` (${each.rule})`}</p>
            {reason && <p><span class="strong">{say.reason}</span> {reason.text}</p>}
          </div>
        );
      })}
    </>
  );
}

/** What was said of a plan, by dimension. */
export function Verdicts({ of, dimensions }: {
  of: readonly { dimension: string; verdict: "PASS" | "REVISE" | "FAIL"; comment: string }[];
  dimensions: readonly { code: string; name: string }[];
}) {
  const say = words().plan;
  return (
    <Facts
      of={of.map((each): [string, ComponentChildren] => [
        dimensions.find((dimension) => dimension.code === each.dimension)?.name ?? each.dimension,
        <><span class="strong">{say.verdict[each.verdict]}</span> {each.comment}</>,
      ])}
    />
  );
}
