// The assessments of a year: computed, opened to comments, made final row by row, published (R38).
import { useState } from "preact/hooks";
import { count, day, instant } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Empty, Facts, Tag } from "../../../parts/basic";
import { TextField } from "../../../parts/form";
import { type Done, Outcomes, TickThese, useTicked } from "../../../parts/selection";
import { Chips, Pager, Table } from "../../../parts/table";
import { points } from "../../assessment/numbers";
import { GRADES, type Grade, GradeTag, STATES, type State, StateTag } from "../../assessment/view";
import { words as shared } from "../../assessment/words";
import { words as common } from "../../words";
import { Assessments, type AssessmentsQuery, BasesToAssess, ComputeAssessments, FinalizeAssessments, OpenComments, PublishGrades } from "./documents";
import { SaveAs } from "./save_as";
import { words } from "./words";

type Year = NonNullable<AssessmentsQuery["assessmentYear"]>;
type Row = NonNullable<AssessmentsQuery["annualAssessments"]>["nodes"][number];
const RUBRIC = "2024.1";

export function AssessmentsPage({ year }: { year: number }) {
  const say = shared();
  const own = words();
  const { query } = usePlace();
  const [done, setDone] = useState<Done | null>(null);
  const [state, grade] = [query.get("state") as State | null, query.get("grade") as Grade | null];
  const shown = useQuery(Assessments, { year, after: query.get("after"), state, grade });
  return (
    <div class="stack">
      <Heading title={say.titleOf(year)}>{say.titleOf(year)}</Heading>
      <Acts>
        <a class="button" href={`/console/assessments/table?year=${year}`}>{own.table}</a>
        <a class="button" href={`/console/assessments/proposals?year=${year}`}>{own.proposals}</a>
        <SaveAs path={`/exports/annual/${year}.xlsx`} label={own.exportAnnual} />
      </Acts>
      {done && <Outcomes of={done.outcomes} done={own.finalized} refused={own.refused} name={(id) => done.names.get(id) ?? id} />}
      <Answered of={shown}>
        {({ assessmentYear: of, annualAssessments: list }) => (
          <>
            <Progress year={year} of={of} />
            {of && list && (
              <>
                <Chips label={say.state} name="state" chosen={state} of={[[null, general().all], ...STATES.map((each): [string, string] => [each, say.states[each]])]} />
                <Chips label={say.grade} name="grade" chosen={grade} of={[[null, general().all], ...GRADES.map((each): [string, string] => [each, say.grades[each]])]} />
                <Card>
                  <div class="stack">
                    <Rows year={year} rows={list.nodes} tell={setDone} />
                    <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
                  </div>
                </Card>
              </>
            )}
            {!of && <Uncomputed year={year} />}
          </>
        )}
      </Answered>
    </div>
  );
}

/** How far the year is, and what moves it on. */
function Progress({ year, of }: { year: number; of: Year | null }) {
  const say = shared();
  const own = words();
  const compute = async ({ rubric = "" }: Record<string, string>) => (await command(ComputeAssessments, { year, rubric })).refusals;
  return (
    <Card>
      <div class="stack">
        {of && (
          <Facts
            of={[
              [own.bases, count(of.bases)],
              [say.rubric, of.rubric],
              [own.computedAt, instant(of.computedAt)],
              [say.commentUntil, of.commentUntil && day(of.commentUntil, true)],
              [own.publishedAt, of.publishedAt && instant(of.publishedAt)],
            ]}
          />
        )}
        <Acts>
          {!of?.commentUntil && (
            <Act key="compute" kind={of ? "" : "first"} label={of ? own.computeAgain : own.compute} ask={own.computeAsk(year)} run={compute}>
              <TextField name="rubric" label={say.rubric} hint={own.rubricHint} required autocomplete="off" defaultValue={of?.rubric ?? RUBRIC} />
            </Act>
          )}
          {of && !of.commentUntil && <Act key="open" kind="first" label={own.openComments} ask={own.openAsk} run={async () => (await command(OpenComments, { year })).refusals} />}
          {of?.commentUntil && !of.publishedAt && <Act key="publish" label={own.publish} ask={own.publishAsk} run={async () => (await command(PublishGrades, { year })).refusals} />}
        </Acts>
      </div>
    </Card>
  );
}

function Rows({ year, rows, tell }: { year: number; rows: readonly Row[]; tell: (done: Done) => void }) {
  const say = shared();
  const own = words();
  const open = rows.filter(({ state, comments }) => state === "COMMENTING" || (state === "APPEALED" && comments?.some((each) => each.upheld)));
  const { ticked, tick, keep } = useTicked(open);
  const finalize = async () => {
    const answer = await command(FinalizeAssessments, { ids: [...ticked] });
    if (answer.refusals.length) return answer.refusals;
    const outcomes = answer.data?.finalizeAssessments ?? [];
    tell({ outcomes, names: new Map(rows.map((each) => [each.id, each.base.name])) });
    keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
    return [];
  };
  const said = ({ comments }: Row) => {
    const plain = (comments ?? []).filter((each) => !each.appeal).length;
    return <>{plain > 0 && count(plain)} {(comments ?? []).some((each) => each.appeal) && <Tag tone="warn">{own.appealed}</Tag>}</>;
  };
  return (
    <>
      {open.length > 0 && (
        <>
          <Acts><TickThese rows={open} ticked={ticked} keep={keep} label={common().ministryDesk.wholePage} /><Act kind="first" label={own.finalize} ask={own.finalizeAsk(count(ticked.size))} disabled={!ticked.size} told run={finalize} /></Acts>
          <p class="quiet" role="status">{own.selected(count(ticked.size))}</p>
        </>
      )}
      <Table
        caption={say.title}
        rows={rows}
        name={(row) => row.id}
        empty={own.noAssessments}
        columns={[
          {
            head: say.base,
            cell: (row) => (
              <span class="pick">
                {open.includes(row) && <input type="checkbox" aria-label={row.base.name} checked={ticked.has(row.id)} onChange={() => tick(row.id)} />}
                <a href={`/console/assessments/${year}/${row.base.id}`}>{row.base.name}</a>
              </span>
            ),
          },
          { head: own.category, cell: (row) => general().category[row.base.category] },
          { head: own.province, cell: (row) => row.base.province?.name ?? own.ministryUnits },
          { head: say.score, cell: (row) => (row.scoreHundredths === null ? "" : points(row.scoreHundredths)), number: true },
          { head: say.grade, cell: (row) => <><GradeTag grade={row.grade} state={row.state} />{(row.capped || row.barred) && <span class="quiet small"> {row.capped ? say.capped : say.barred}</span>}</> },
          { head: say.state, cell: (row) => <StateTag state={row.state} /> },
          { head: own.comments, cell: (row) => (row.comments?.length ? said(row) : "") },
        ]}
      />
    </>
  );
}

/** Before anything is computed: the bases, whose complaints can be recorded. */
function Uncomputed({ year }: { year: number }) {
  const own = words();
  const { query } = usePlace();
  const shown = useQuery(BasesToAssess, { after: query.get("after") });
  return (
    <Card>
      <div class="stack">
        <Empty title={own.notComputed}><p>{own.notComputedHint}</p></Empty>
        <Answered of={shown}>
          {({ bases: list }) => list && (
            <div class="stack">
              <Table
                caption={shared().base}
                rows={list.nodes}
                name={(row) => row.id}
                empty={general().noData}
                columns={[
                  { head: shared().base, cell: (row) => <a href={`/console/assessments/${year}/${row.id}`}>{row.name}</a> },
                  { head: own.category, cell: (row) => general().category[row.category] },
                  { head: own.province, cell: (row) => row.province?.name ?? own.ministryUnits },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </div>
    </Card>
  );
}
