// The review board: assign experts, decide many plans with a reason, publish what was approved (R14, R16, R17).
import { useState } from "preact/hooks";
import { count, days } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, ProjectTag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { SearchBox } from "../../parts/search";
import { type Done, type Outcome, Outcomes, useTicked } from "../../parts/selection";
import { Chips, Pager, Table } from "../../parts/table";
import { words } from "../words";
import { AutoAssignExperts, DecideProjects, type DecisionOutcome, Plans, type PlansQuery, PublishProjects } from "./documents";

type Row = NonNullable<PlansQuery["projects"]>["nodes"][number];
type Review = NonNullable<Row["reviews"]>[number];
const STATUSES = ["SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED", "PUBLISHED", "RUNNING", "FINISHED", "COMPLETED", "SUSPENDED", "CANCELLED", "REJECTED"] as const;
const OUTCOMES: DecisionOutcome[] = ["APPROVE", "RETURN", "REJECT"];
const LATE = "PUBLICATION_LATE";
const WORKED = new Set(["SUBMITTED", "UNDER_REVIEW", "APPROVED"]);

/** How the reviews of the present submission stand: those in, and whether all are in and pass everything. */
export function tally<Each extends Pick<Review, "cycle" | "submittedAt"> & { verdicts: readonly { verdict: string }[] }>(reviews: readonly Each[] | null | undefined) {
  const last = Math.max(0, ...(reviews ?? []).map((each) => each.cycle));
  const current = (reviews ?? []).filter((each) => each.cycle === last);
  const given = current.filter((each) => each.submittedAt);
  const verdicts = given.flatMap((each) => each.verdicts.map(({ verdict }) => verdict));
  const unanimous = given.length > 0 && given.length === current.length && verdicts.every((verdict) => verdict === "PASS");
  return { current, assigned: current.length, given: given.length, objections: verdicts.filter((verdict) => verdict !== "PASS").length, unanimous };
}

export function PlansPage({ year }: { year: number }) {
  const say = words();
  const own = say.ministryDesk;
  const common = general();
  const { query } = usePlace();
  const [done, setDone] = useState<Done | null>(null);
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const agreed = query.get("agreed") === "yes";
  const shown = useQuery(Plans, { year, after: query.get("after"), search: query.get("q"), statuses: status ? [status] : null });
  return (
    <div class="stack">
      <Heading title={say.plans}>{say.plans}</Heading>
      <SearchBox label={say.searchPlan} />
      <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, common.project[each]])]} />
      {status === "UNDER_REVIEW" && <Chips label={own.agreed} name="agreed" chosen={agreed ? "yes" : null} of={[[null, common.all], ["yes", own.agreed]]} />}
      {done && <Outcomes of={done.outcomes} done={own.plansDone} refused={own.plansRefused} name={(id) => done.names.get(id) ?? id} />}
      <Answered of={shown}>
        {({ projects: list }) => list && (
          <Card>
            <div class="stack">
              <Rows
                key={`${status}${query.get("after")}`}
                rows={agreed ? list.nodes.filter((each) => tally(each.reviews).unanimous) : list.nodes}
                late={done?.outcomes.some((each) => each.refusal?.code === LATE) ?? false}
                tell={setDone}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          </Card>
        )}
      </Answered>
    </div>
  );
}

function Rows({ rows, late, tell }: { rows: readonly Row[]; late: boolean; tell: (done: Done) => void }) {
  const say = words();
  const own = say.ministryDesk;
  const common = general();
  const { ticked, tick, keep } = useTicked(rows);
  const chosen = (...statuses: Row["status"][]): Row[] => rows.filter((each) => ticked.has(each.id) && statuses.includes(each.status));
  const report = (outcomes: readonly Outcome[]): void => {
    tell({ outcomes, names: new Map(rows.map((each) => [each.id, each.title ?? each.code])) });
    keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
  };
  const assign = async () => {
    const answer = await command(AutoAssignExperts, { projectIds: toAssign.map((each) => each.id) });
    if (!answer.refusals.length) report(answer.data?.autoAssignExperts ?? []);
    return answer.refusals;
  };
  const decide = async (outcome: DecisionOutcome, reason: string) => {
    const answer = await command(DecideProjects, { decisions: toDecide.map(({ id }) => ({ id, outcome, reason })) });
    if (!answer.refusals.length) report(answer.data?.decideProjects ?? []);
    return answer.refusals;
  };
  const publish = async (reason: string | undefined) => {
    const answer = await command(PublishProjects, { ids: toPublish.map((each) => each.id), override: reason ? { reason } : null });
    if (!answer.refusals.length) report(answer.data?.publishProjects ?? []);
    return answer.refusals;
  };
  const toAssign = chosen("SUBMITTED", "UNDER_REVIEW");
  const toDecide = chosen("UNDER_REVIEW");
  const toPublish = chosen("APPROVED");
  const has = (...statuses: Row["status"][]): boolean => rows.some((each) => statuses.includes(each.status));
  const workable = rows.filter((each) => WORKED.has(each.status));
  return (
    <>
      {workable.length > 0 && (
        <>
          <p class="row">
            <button type="button" class="button" onClick={() => keep(ticked.size === workable.length ? [] : workable.map((each) => each.id))}>{own.wholePage}</button>
            <span class="quiet" role="status">{own.selected(count(ticked.size))}</span>
          </p>
          <Acts>
            {has("SUBMITTED", "UNDER_REVIEW") && <Act kind="first" label={own.autoAssign} ask={own.autoAssignAsk(count(toAssign.length))} disabled={!toAssign.length} told run={assign} />}
            {has("UNDER_REVIEW") && OUTCOMES.map((outcome) => (
              <Act
                key={outcome}
                kind={outcome === "APPROVE" ? "first" : outcome === "REJECT" ? "danger" : ""}
                label={own.outcomes[outcome]}
                ask={own.outcomeAsk[outcome](count(toDecide.length))}
                disabled={!toDecide.length}
                told
                run={({ [outcome]: reason = "" }) => decide(outcome, reason)}
              >
                <Reason name={outcome} />
              </Act>
            ))}
            {has("APPROVED") && (
              <Act kind="first" label={own.publish} ask={own.publishAsk(count(toPublish.length))} disabled={!toPublish.length} told run={({ late: reason }) => publish(reason)}>
                {late && <TextField name="late" label={own.lateReason} hint={own.lateHint} required autocomplete="off" />}
              </Act>
            )}
          </Acts>
        </>
      )}
      <Table
        caption={say.plans}
        rows={rows}
        name={(row) => row.id}
        empty={say.noPlans}
        columns={[
          {
            head: say.project,
            cell: (row) => (
              <span class="pick">
                {WORKED.has(row.status) && <input type="checkbox" aria-label={say.select(row.title ?? row.code)} checked={ticked.has(row.id)} onChange={() => tick(row.id)} />}
                <span><a href={`/console/plans/${row.id}`}>{row.title ?? row.code}</a> <span class="quiet small beneath">{row.code}</span></span>
              </span>
            ),
          },
          { head: say.base, cell: (row) => row.base.name },
          { head: say.status, cell: (row) => <ProjectTag status={row.status} /> },
          { head: say.dates, cell: (row) => days(row.startsOn, row.endsOn) },
          { head: say.experts, cell: (row) => (row.experts ?? []).map((each) => each.name).join(common.listed) || <span class="quiet">{say.unassigned}</span> },
          {
            head: own.verdicts,
            cell: (row) => {
              const stand = tally(row.reviews);
              return stand.assigned > 0 && <>{own.reviewsIn(count(stand.given), count(stand.assigned))} {stand.given > 0 && <span class="small beneath">{stand.unanimous ? own.agreed : own.objections(count(stand.objections))}</span>}</>;
            },
          },
          { head: say.warnings, cell: (row) => (row.warnings ?? []).map((each) => <p key={each.code + each.message} class="small">{each.message}</p>) },
        ]}
      />
    </>
  );
}
