// What an evaluation has come to: how many answered, and after it is closed the marks, or why there are none (R34 to R36).
import type { ComponentChildren } from "preact";
import { language } from "../../app/language";
import { count, deadline, instant } from "../../app/moment";
import { useStore } from "../../app/store";
import { useQuery } from "../../graph/use";
import { Card, Empty, Facts, Tag, type Tone } from "../../parts/basic";
import { Table } from "../../parts/table";
import { Questionnaire } from "./documents";
import { words } from "./words";

export interface Item {
  text: string;
  answered: number | null;
  meanHundredths: number | null;
  distribution: readonly number[] | null;
}
/** What the graph has of a questionnaire, as its reader may see it. */
export interface InstrumentLike {
  id: string;
  kind: "TEACHING" | "SATISFACTION";
  state: keyof typeof TONES;
  form: string;
  opensAt: string | null;
  closesAt: string | null;
  eligible?: number | null;
  turnout?: number | null;
  result: {
    counted: number;
    invalid: number;
    meanHundredths: number | null;
    project: readonly Item[];
    faculty: readonly { key: string; name: string; items: readonly Item[] }[];
    texts?: readonly { text: string; answers: readonly string[] }[] | null;
  } | null;
}
interface Asked {
  zh: string;
  en: string;
}
type Form = Record<"project" | "faculty" | "texts", Asked[]>;
type Result = NonNullable<InstrumentLike["result"]>;

const TONES = { SCHEDULED: "plain", OPEN: "brand", CLOSED: "brand", PUBLISHED: "ok", SUPPRESSED: "warn", VOID: "plain" } satisfies Record<string, Tone>;
const HIGHEST = 24;

/** Hundredths, as `4.25`. */
export const mean = (hundredths: number): string => (hundredths / 100).toFixed(2);

/** How a questionnaire stands. */
export const StateTag = ({ state }: { state: InstrumentLike["state"] }) => <Tag tone={TONES[state]}>{words().states[state]}</Tag>;

/** How a questionnaire stands, in a line: its mean, or how many have answered as far as that may be said. */
export function Standing({ of: { state, result, turnout, eligible } }: {
  of: Pick<InstrumentLike, "state" | "turnout" | "eligible"> & { result: Pick<Result, "counted" | "meanHundredths"> | null };
}) {
  const say = words();
  if (state === "SUPPRESSED") return <Tag tone="warn">{say.suppressed}</Tag>;
  return (
    <>
      <StateTag state={state} />{" "}
      {result && result.meanHundredths !== null && say.meanAndSheets(mean(result.meanHundredths), count(result.counted))}
      {state === "OPEN" && turnout && eligible ? say.turnoutOf(count(turnout), count(eligible)) : ""}
    </>
  );
}

/** The questionnaires of a class, one card each. */
export function Instruments({ of, children }: { of: readonly InstrumentLike[]; children?: ComponentChildren }) {
  const say = words();
  if (!of.length) return <Card><Empty title={say.notBegun}><p>{say.notBegunHint}</p></Empty></Card>;
  return (
    <>
      {children}
      {[...of].sort((one, other) => other.kind.localeCompare(one.kind)).map((each) => <Whole key={each.id} of={each} />)}
    </>
  );
}

function Whole({ of }: { of: InstrumentLike }) {
  const say = words();
  const { state, result } = of;
  const answering = state === "OPEN" || state === "CLOSED";
  return (
    <Card title={say.kinds[of.kind]} end={<StateTag state={state} />}>
      <div class="stack">
        <Facts
          of={[
            [say.window, of.opensAt && of.closesAt ? say.windowOf(instant(of.opensAt), deadline(of.closesAt)) : say.windowLater],
            [say.eligible, state !== "SUPPRESSED" && of.eligible !== null && of.eligible !== undefined ? say.people(count(of.eligible)) : null],
            [say.turnout, of.turnout !== undefined && answering ? (of.turnout === null ? say.fewSheets : say.sheets(count(of.turnout))) : null],
            [say.counted, result && count(result.counted)],
            [say.invalid, result?.invalid ? count(result.invalid) : null],
            [say.mean, result && result.meanHundredths !== null ? say.meanOf(mean(result.meanHundredths)) : null],
            [say.receipts, state === "PUBLISHED" ? <a href={`/evaluations/receipts/${of.id}.txt`} target="_blank" rel="noopener">{say.receiptsOpen}</a> : null],
          ]}
        />
        {state === "SUPPRESSED" && <div class="note warn"><p class="strong">{say.suppressed}</p><p>{say.suppressedHint}</p></div>}
        {state === "VOID" && <p class="note">{say.voided}</p>}
        {(state === "SCHEDULED" || answering) && <p class="quiet">{say.awaited}</p>}
        {result && <Marks form={of.form} result={result} />}
      </div>
    </Card>
  );
}

function Marks({ form, result }: { form: string; result: Result }) {
  const say = words();
  const asked = useQuery(Questionnaire, { version: form });
  const questions = asked.data?.questionnaire as Form | null | undefined;
  const speaks = useStore(language);
  const named = (part: keyof Form) => (place: number, text: string): string => questions?.[part][place]?.[speaks] ?? text;
  return (
    <>
      <Items caption={say.ofProject} items={result.project} named={named("project")} />
      {result.faculty.map((each) => <Items key={each.key} caption={say.ofTeacher(each.name)} items={each.items} named={named("faculty")} />)}
      <p class="hint">{say.hiddenHint}</p>
      {result.texts && <Texts of={result.texts} named={named("texts")} />}
    </>
  );
}

function Items({ caption, items, named }: { caption: string; items: readonly Item[]; named: (place: number, text: string) => string }) {
  const say = words();
  return (
    <Table
      caption={caption}
      rows={items.map((item, place) => ({ ...item, place }))}
      name={(row) => String(row.place)}
      empty={say.noItems}
      columns={[
        { head: say.item, cell: (row) => named(row.place, row.text) },
        { head: say.answered, cell: (row) => (row.answered === null ? say.hidden : count(row.answered)), number: true },
        { head: say.meanShort, cell: (row) => (row.meanHundredths === null ? say.hidden : mean(row.meanHundredths)), number: true },
        { head: say.spread, cell: (row) => row.distribution && <Spread of={row.distribution} /> },
      ]}
    />
  );
}

/** How many gave each mark: a small histogram, and its numbers below it. */
function Spread({ of }: { of: readonly number[] }) {
  const say = words();
  const most = Math.max(1, ...of);
  return (
    <span class="spread">
      <svg viewBox={`0 0 ${of.length * 10} ${HIGHEST}`} preserveAspectRatio="none" aria-hidden="true">
        {of.map((many, place) => <rect key={place} x={place * 10 + 2} width="6" y={HIGHEST - (HIGHEST * many) / most} height={(HIGHEST * many) / most} />)}
      </svg>
      <span class="unseen">{say.spreadOf(of.map((many, place) => say.markCount(String(place + 1), count(many))).join(", "))}</span>
      {of.map((many, place) => <span key={place} aria-hidden="true"><b>{count(many)}</b><small>{say.mark(String(place + 1))}</small></span>)}
    </span>
  );
}

function Texts({ of, named }: { of: readonly { text: string; answers: readonly string[] }[]; named: (place: number, text: string) => string }) {
  const say = words();
  const listed = of.map((each, place) => ({ ...each, place })).filter((each) => each.answers.length);
  return (
    <div class="stack tight">
      <h3>{say.texts}</h3>
      <p class="hint">{say.textsHint}</p>
      {listed.length ? listed.map((each) => (
        <div key={each.place}>
          <p class="strong">{named(each.place, each.text)}</p>
          <ul class="list">{each.answers.map((answer, index) => <li key={index}>{answer}</li>)}</ul>
        </div>
      )) : <p class="quiet">{say.noTexts}</p>}
    </div>
  );
}
