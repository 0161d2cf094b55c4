// The assessment of a base in a year: score and grade, points by item, what was said and adjusted (R38).
import type { ComponentChildren } from "preact";
import { count, day, instant } from "../../app/moment";
import { usePlace, withQuery } from "../../app/router";
import { general } from "../../app/words";
import { Bar, Card, Facts, Tag, Tiles, type Tone } from "../../parts/basic";
import { Table } from "../../parts/table";
import type { AssessmentOfBaseQuery } from "./documents";
import { ItemCard } from "./item";
import { counted, points } from "./numbers";
import { words } from "./words";

export type Grade = keyof ReturnType<typeof words>["grades"];
export type State = keyof ReturnType<typeof words>["states"];
export const GRADES: readonly Grade[] = ["EXCELLENT", "QUALIFIED", "BASIC", "UNQUALIFIED", "NOT_ASSESSED"];
export const STATES: readonly State[] = ["DRAFT", "COMMENTING", "APPEALED", "FINAL"];

export type Base = NonNullable<AssessmentOfBaseQuery["base"]>;
export type Assessment = NonNullable<Base["annualAssessments"]>[number];
export type Item = NonNullable<Assessment["items"]>[number];

const TONES: Record<Grade, Tone> = { EXCELLENT: "ok", QUALIFIED: "brand", BASIC: "warn", UNQUALIFIED: "bad", NOT_ASSESSED: "plain" };
const STATE_TONES: Record<State, Tone> = { DRAFT: "plain", COMMENTING: "brand", FINAL: "ok", APPEALED: "warn" };

/** A grade, and that it is provisional before it is final. */
export const GradeTag = ({ grade, state }: { grade: Grade; state: State }) => {
  const say = words();
  return <Tag tone={TONES[grade]}>{state === "FINAL" ? say.grades[grade] : say.provisional(say.grades[grade])}</Tag>;
};

/** How far an assessment is. */
export const StateTag = ({ state }: { state: State }) => <Tag tone={STATE_TONES[state]}>{words().states[state]}</Tag>;

/** The whole of it; `about` gives what can be done about an item, `project` where a project is shown. */
export function AssessmentView({ of, base, project, about, children }: {
  of: Assessment;
  base: Base;
  project: (id: string) => string;
  about: (item: Item) => ComponentChildren;
  children?: ComponentChildren;
}) {
  const say = words();
  const chosen = usePlace().query.get("item");
  const items = of.items ?? [];
  const open = items.find((each) => each.code === chosen);
  const named = (code: string): string => items.find((each) => each.code === code)?.name ?? code;
  const adjustments = of.adjustments ?? [];
  const complaints = of.complaints ?? [];
  return (
    <>
      <Tiles
        of={[
          [say.score, of.scoreHundredths === null ? "–" : points(of.scoreHundredths)],
          [say.grade, say.grades[of.grade], of.state === "FINAL" ? null : say.provisionally],
        ]}
      />
      {of.capped && <p class="note warn">{say.capped}</p>}
      {of.barred && <p class="note warn">{say.barred}</p>}
      <Card>
        <div class="stack">
          <Facts
            of={[
              [say.state, <StateTag state={of.state} />],
              [say.commentUntil, of.commentUntil && day(of.commentUntil, true)],
              [say.appealUntil, of.appealUntil && day(of.appealUntil, true)],
              [say.finalizedAt, of.finalizedAt && instant(of.finalizedAt)],
              [say.rubric, `${of.rubric} · ${say.computation(count(of.computation))}`],
            ]}
          />
          {children}
        </div>
      </Card>
      <Card><Items of={items} /></Card>
      {open && <ItemCard key={open.code} assessment={of} item={open} projects={new Map(base.projects?.nodes.map((each) => [each.id, each.title ?? each.code]))} project={project}>{about(open)}</ItemCard>}
      <Card>
        <Table
          caption={say.comments}
          rows={of.comments ?? []}
          name={(row) => row.at + row.text}
          empty={say.noComments}
          columns={[
            { head: say.about, cell: (row) => (row.appeal ? <Tag tone="warn">{say.appeal}</Tag> : row.item ? named(row.item) : say.whole) },
            { head: say.text, cell: (row) => <span class="pre">{row.text}</span> },
            { head: say.at, cell: (row) => instant(row.at) },
            {
              head: say.answer,
              cell: (row) => (!row.appeal ? "" : row.upheld === null ? say.undecided : <>{row.upheld ? say.upheld : say.notUpheld} <span class="quiet">{row.answer}</span></>),
            },
          ]}
        />
      </Card>
      {adjustments.length > 0 && (
        <Card>
          <Table
            caption={say.adjustments}
            rows={adjustments}
            name={(row) => row.at + row.code}
            empty=""
            columns={[
              { head: say.item, cell: (row) => named(row.code) },
              { head: say.before, cell: (row) => points(row.before), number: true },
              { head: say.after, cell: (row) => points(row.after), number: true },
              { head: say.reason, cell: (row) => row.reason },
              { head: say.at, cell: (row) => instant(row.at) },
            ]}
          />
        </Card>
      )}
      {complaints.length > 0 && (
        <Card title={say.complaints}>
          <ul class="list">
            {complaints.map((each) => <li key={each.id}><p class="pre">{each.text}</p><p class="quiet small">{instant(each.at)}</p></li>)}
          </ul>
        </Card>
      )}
    </>
  );
}

/** The points of an item, as a bar and in numbers; a deduction fills its bar from what it takes. */
function Points({ of: { name, hundredths, leastHundredths, mostHundredths } }: { of: Item }) {
  const say = words();
  if (hundredths === null) return <span class="quiet">{say.noPoints}</span>;
  const taken = leastHundredths < 0;
  const text = taken ? say.deducted(points(hundredths), points(-leastHundredths)) : say.pointsOf(points(hundredths), points(mostHundredths));
  return <span class="share">{text}<Bar part={Math.abs(hundredths)} whole={taken ? -leastHundredths : mostHundredths} label={`${name} ${text}`} /></span>;
}

function Items({ of }: { of: readonly Item[] }) {
  const say = words();
  return (
    <div class="stack tight">
      <Table
        caption={say.items}
        rows={of}
        name={(row) => row.code}
        empty={general().noData}
        columns={[
          { head: say.item, cell: (row) => <a href={withQuery({ item: row.code, after: null })}>{row.code} {row.name}</a> },
          { head: say.dimension, cell: (row) => row.dimension },
          { head: say.points, cell: (row) => <Points of={row} /> },
          { head: say.computed, cell: (row) => (row.computedHundredths === null || row.computedHundredths === row.hundredths ? "" : points(row.computedHundredths)), number: true },
          { head: say.inputs, cell: (row) => counted(row.inputs) },
          { head: say.facts, cell: (row) => say.factCount(count(row.evidence)), number: true },
        ]}
      />
      <p class="quiet small">{say.itemHint}</p>
    </div>
  );
}
