// The rounds: opening the next one from the last, and correcting one that is open (R1).
import { useState } from "preact/hooks";
import { useDraft } from "../../../app/drafts";
import { count, days, instant } from "../../../app/moment";
import { go } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Reason } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Empty } from "../../../parts/basic";
import { Table } from "../../../parts/table";
import { words as shared } from "../../words";
import { AllRounds, AmendRound, OpenRound, WholeRound, type WholeRoundQuery } from "./documents";
import { RoundFields } from "./form";
import { type Part, type Values, changedParts, inputOf, merged, nextYear, valuesOf } from "./values";
import { words } from "./words";

type Round = NonNullable<WholeRoundQuery["round"]>;
type Listed = NonNullable<NonNullable<ReturnType<typeof useRounds>["data"]>["rounds"]>[number];

/** What is typed, the state that it started from, and that state's version. */
interface Typed {
  values: Values;
  before: Values;
  version: number;
}

const useRounds = () => useQuery(AllRounds, {});
const newest = (rounds: readonly Listed[]): Listed | undefined => [...rounds].sort((left, right) => right.year - left.year)[0];
const named = (part: string): string => words().parts[part as Part] ?? part;

export function RoundsPage() {
  const say = words();
  const shown = useRounds();
  const span = (round: Listed, name: "DECLARE" | "TRAIN"): string => {
    const phase = round.phases.find((each) => each.name === name);
    return phase ? days(phase.opens, phase.closes) : "";
  };
  return (
    <div class="stack">
      <Heading title={say.rounds}>{say.rounds}</Heading>
      <Answered of={shown}>
        {({ rounds }) => {
          const last = newest(rounds ?? []);
          return (
            <>
              {last && <p><a class="button first" href="/console/rounds/new">{say.openNext(String(last.year + 1))}</a></p>}
              <Card>
                <Table
                  caption={say.rounds}
                  rows={[...(rounds ?? [])].sort((left, right) => right.year - left.year)}
                  name={(row) => String(row.year)}
                  empty={say.noRounds}
                  columns={[
                    { head: say.year, cell: (row) => <a href={`/console/rounds/${row.year}`}>{row.year}</a> },
                    { head: say.title, cell: (row) => row.title },
                    { head: say.declared, cell: (row) => span(row, "DECLARE") },
                    { head: say.trained, cell: (row) => span(row, "TRAIN") },
                    { head: say.amended, cell: (row) => count(row.amendments?.length ?? 0), number: true },
                  ]}
                />
              </Card>
            </>
          );
        }}
      </Answered>
    </div>
  );
}

export function OpenRoundPage() {
  const say = words();
  const [year, setYear] = useState<number | null>(null); // the one that is opened is the newest at once
  const shown = useRounds();
  const last = year ?? newest(shown.data?.rounds ?? [])?.year;
  if (last && !year) setYear(last);
  return (
    <Answered of={shown}>
      {() => last ? <FromLast year={last} /> : <Empty title={say.noLast} />}
    </Answered>
  );
}

function FromLast({ year }: { year: number }) {
  const say = words();
  const next = year + 1;
  const shown = useQuery(WholeRound, { year });
  const [kept, keep] = useDraft<{ values: Values }>(`round-${next}`);
  return (
    <div class="stack">
      <Heading title={say.openTitle(String(next))}>{say.openTitle(String(next))}</Heading>
      <p class="quiet">{say.openHint(String(year))}</p>
      <Answered of={shown}>
        {({ round }) => {
          if (!round) return <Empty title={say.unknown} />;
          const values = kept?.values ?? nextYear(valuesOf(round), year);
          const open = async () => {
            const parts = (Object.keys(say.parts) as Part[]).filter((part) => part !== "steps" || values.steps.length > 0);
            const answer = await command(OpenRound, { input: { year: next, ...inputOf(values, parts) } });
            if (!answer.refusals.length) {
              keep(() => null);
              go(`/console/rounds/${next}`);
            }
            return answer.refusals;
          };
          return (
            <>
              <RoundFields values={values} change={(changed) => keep(() => ({ values: changed }))} />
              <Acts>
                <Act kind="first" label={say.open} ask={say.openAsk} run={open} />
                {kept && <button type="button" class="button" onClick={() => keep(() => null)}>{say.drop}</button>}
              </Acts>
            </>
          );
        }}
      </Answered>
    </div>
  );
}

export function AmendRoundPage({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(WholeRound, { year });
  return (
    <Answered of={shown}>
      {({ round }) => round ? <Amend key={year} round={round} /> : <Heading title={say.unknown}>{say.unknown}</Heading>}
    </Answered>
  );
}

function Amend({ round }: { round: Round }) {
  const say = words();
  const { year } = round;
  const theirs = valuesOf(round);
  const [kept, keep] = useDraft<Typed>(`round-of-${year}`);
  const typed = kept ?? { values: theirs, before: theirs, version: round.version };
  const parts = changedParts(typed.before, typed.values);
  const stale = typed.version !== round.version;
  const amend = async ({ reason = "" }: Record<string, string>) => {
    const answer = await command(AmendRound, { year, version: typed.version, input: inputOf(typed.values, parts), reason });
    if (!answer.refusals.length) keep(() => null);
    return answer.refusals;
  };
  return (
    <div class="stack">
      <Heading title={say.amendTitle(String(year))}>{say.amendTitle(String(year))}</Heading>
      <p class="quiet">{say.amendHint}</p>
      <RoundFields values={typed.values} change={(values) => keep(() => ({ ...typed, values }))} />
      {stale && <Stale round={round} keepMine={() => keep(() => ({ values: merged(typed.before, typed.values, theirs), before: theirs, version: round.version }))} takeTheirs={() => keep(() => null)} />}
      <Acts>
        <Act kind="first" label={say.amend} ask={parts.length ? say.amendAsk(parts.map(named).join(general().listed)) : say.nothing} disabled={!parts.length} run={amend}><Reason /></Act>
        {parts.length > 0 && <button type="button" class="button" onClick={() => keep(() => null)}>{say.drop}</button>}
      </Acts>
      <Card>
        <Table
          caption={say.amendments}
          rows={round.amendments ?? []}
          name={(row) => row.at}
          empty={say.noAmendments}
          columns={[
            { head: shared().when, cell: (row) => instant(row.at) },
            { head: shared().who, cell: (row) => row.by },
            { head: say.changed, cell: (row) => row.changed.map(named).join(general().listed) },
            { head: shared().reason, cell: (row) => row.reason },
          ]}
        />
      </Card>
    </div>
  );
}

/** Somebody else has corrected the round meanwhile: what, why, and whose is kept. */
function Stale({ round, keepMine, takeTheirs }: { round: Round; keepMine: () => void; takeTheirs: () => void }) {
  const say = words();
  const last = (round.amendments ?? []).slice(-1)[0];
  return (
    <div class="note warn stack tight" role="alert">
      <p class="strong">{say.stale}</p>
      {last && <p>{[last.by, last.changed.map(named).join(general().listed), last.reason].filter(Boolean).join(" · ")}</p>}
      <div class="row">
        <button type="button" class="button first" onClick={keepMine}>{say.keepMine}</button>
        <button type="button" class="button" onClick={takeTheirs}>{say.takeTheirs}</button>
      </div>
    </div>
  );
}
