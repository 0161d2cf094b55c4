// A school's sign-ups: filter, rank those of a project, and submit them to the base (R21, R22).
import { useState } from "preact/hooks";
import { count, instant } from "../../app/moment";
import { go, usePlace, withQuery } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useCommand, useQuery } from "../../graph/use";
import { Acts } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, RefusalNote, Tag } from "../../parts/basic";
import { Select } from "../../parts/form";
import { SearchBox } from "../../parts/search";
import { type Done, type Outcome, Outcomes, TickThese, useTicked } from "../../parts/selection";
import { Chips, Pager, Table } from "../../parts/table";
import { EnrollmentTag, enrollmentStatus } from "../enrollment_tag";
import { RevealClass } from "../reveals";
import { words } from "../words";
import { ConfirmCredits, ConfirmEligibility, RankSignUps, SchoolSignUps, type SchoolSignUpsQuery, type SchoolSignUpsQueryVariables, SubmitEnrollments } from "./documents";
import { checksEligibility } from "./eligibility";

type Order = NonNullable<SchoolSignUpsQueryVariables["order"]>;
type Row = NonNullable<NonNullable<SchoolSignUpsQuery["mySchool"]>["enrollments"]>["nodes"][number];
const STATUSES = ["SIGNED_UP", "SUBMITTED", "ACCEPTED", "WAITLISTED", "OFFERED", "REJECTED", "PASSED", "CREDITED"] as const;
const TICKABLE = new Set(["SIGNED_UP", "PASSED"]);
/** A school ranks whom it has not submitted yet, and whom the base has not decided on (R21). */
const RANKABLE = new Set<string>(["SIGNED_UP", "SUBMITTED"]);

/** What was done: rows that were submitted, or whose credit was confirmed. */
interface Told extends Done {
  submitted: boolean;
}

export function SignUpsPage({ year }: { year: number }) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const [done, setDone] = useState<Told | null>(null);
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const project = query.get("project");
  const order = (query.get("order") as Order | null) ?? (project ? "RANK" : null);
  const shown = useQuery(SchoolSignUps, {
    after: query.get("after"),
    search: query.get("q"),
    order,
    year,
    filter: { statuses: status ? [status] : null, project, year, withdrawalRequested: query.get("leaving") ? true : null },
  });
  const list = shown.data?.mySchool?.enrollments;
  // A ranking puts those it names before all others, so it is given for a list that lacks nobody.
  const whole = order === "RANK" && !status && !query.get("q") && !query.get("after") && !query.get("leaving") && !list?.pageInfo.hasNextPage;
  return (
    <div class="stack">
      <Heading title={say.signUps}>{say.signUps}</Heading>
      <div class="row apart">
        <SearchBox label={say.searchName} />
        <div class="order">
          <Select
            name="order"
            label={say.order}
            value={order ?? "SIGNED_UP_AT"}
            of={Object.entries(say.orders)}
            onChoose={(value) => go(withQuery({ order: value, after: null }))}
          />
        </div>
      </div>
      <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, enrollmentStatus(each)])]} />
      {project && (
        <p class="row">
          <span>{say.oneProject(list?.nodes[0]?.project?.title ?? "")}</span>
          <a class="button" href={withQuery({ project: null, after: null })}>{say.allProjects}</a>
        </p>
      )}
      {done && <Outcomes of={done.outcomes} done={done.submitted ? say.submitted : say.decided} refused={say.refused} name={(id) => done.names.get(id) ?? id} />}
      <Answered of={shown}>
        {() => list && (
          <Card>
            <div class="stack">
              <Rows key={`${project}${list.nodes.map((each) => each.id + each.rank + each.status).join()}`} rows={list.nodes} project={whole ? project : null} step={checksEligibility(shown.data?.round)} tell={setDone} />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
              {project && list.totalCount > 0 && <Acts><RevealClass key={project} projectId={project} /></Acts>}
            </div>
          </Card>
        )}
      </Answered>
    </div>
  );
}

function Rows({ rows: given, project, step, tell }: { rows: readonly Row[]; project: string | null; step: boolean; tell: (done: Told) => void }) {
  const say = words();
  const [rows, setRows] = useState(given);
  const { ticked, tick, keep } = useTicked(rows);
  const submit = useCommand(SubmitEnrollments);
  const rank = useCommand(RankSignUps);
  const open = rows.filter((each) => each.status === "SIGNED_UP");
  const ranked = rows.filter((each) => RANKABLE.has(each.status));
  const rankable = project !== null && ranked.length > 1;
  const move = (row: Row, by: number): void => {
    const passed = ranked[ranked.indexOf(row) + by]; // nobody moves past those who are seated already
    if (!passed) return;
    const next = rows.filter((each) => each !== row);
    next.splice(rows.indexOf(passed), 0, row);
    setRows(next);
  };
  const credits = useCommand(ConfirmCredits);
  const eligible = useCommand(ConfirmEligibility);
  const unconfirmed = rows.filter((each) => each.status === "SIGNED_UP" && !each.eligibility && ticked.has(each.id)).map((each) => each.id);
  const confirmThem = async (): Promise<void> => {
    const answer = await eligible.run({ ids: unconfirmed });
    if (!answer.refusals.length) report(answer.data?.confirmEligibility ?? [], false);
  };
  const idsOf = (status: Row["status"]): string[] => rows.filter((each) => each.status === status && ticked.has(each.id)).map((each) => each.id);
  const send = async (): Promise<void> => {
    const answer = await submit.run({ ids: idsOf("SIGNED_UP") });
    if (!answer.refusals.length) report(answer.data?.submitEnrollments ?? [], true);
  };
  const confirm = async (): Promise<void> => {
    const answer = await credits.run({ ids: idsOf("PASSED") });
    if (!answer.refusals.length) report((answer.data?.confirmCredits ?? []).map(({ enrollment, ...row }) => ({ ...row, id: enrollment.id })), false);
  };
  const report = (outcomes: readonly Outcome[], submitted: boolean): void => {
    tell({ outcomes, submitted, names: new Map(rows.map((each) => [each.id, each.teacher?.name ?? each.id])) });
    keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
  };
  return (
    <div class="stack">
      {[...submit.refusals, ...rank.refusals, ...credits.refusals, ...eligible.refusals].map((found) => <RefusalNote key={found.code} refusal={found} />)}
      {open.length > 0 && (
        <div class="row">
          <TickThese rows={open} ticked={ticked} keep={keep} label={say.ministryDesk.wholePage} />
          <button type="button" class="button first" disabled={!idsOf("SIGNED_UP").length || submit.busy} onClick={() => void send()}>{say.submitSelected}</button>
          {step && <button type="button" class="button" disabled={!unconfirmed.length || eligible.busy} onClick={() => void confirmThem()}>{say.schoolDesk.confirmEligible}</button>}
          {rankable ? (
            <button type="button" class="button" disabled={rows === given || rank.busy} onClick={() => void rank.run({ projectId: project, ids: ranked.map((each) => each.id) })}>
              {say.saveRank}
            </button>
          ) : <span class="quiet small">{say.rankHint}</span>}
          <span class="quiet" role="status">{say.selected(count(ticked.size))}</span>
        </div>
      )}
      {rows.some((each) => each.status === "PASSED") && (
        <div class="row">
          <TickThese rows={rows.filter((each) => each.status === "PASSED")} ticked={ticked} keep={keep} label={say.schoolDesk.passedPage} />
          <button type="button" class="button first" disabled={!idsOf("PASSED").length || credits.busy} onClick={() => void confirm()}>{say.schoolDesk.confirmCredit}</button>
          <span class="quiet small">{say.schoolDesk.confirmCreditAsk}</span>
        </div>
      )}
      <Table
        caption={say.signUps}
        rows={rows}
        name={(row) => row.id}
        empty={say.noSignUps}
        columns={[
          {
            head: say.teacher,
            cell: (row) => (
              <label class="pick">
                {TICKABLE.has(row.status) && <input type="checkbox" checked={ticked.has(row.id)} onChange={() => tick(row.id)} />}
                <span>{row.teacher?.name} <span class="quiet small">{row.teacher && general().audience[row.teacher.post]}</span></span>
              </label>
            ),
          },
          { head: say.project, cell: (row) => row.project && <a href={withQuery({ project: row.project.id, after: null })}>{row.project.title}</a> },
          { head: say.status, cell: (row) => <EnrollmentTag status={row.status} /> },
          {
            head: say.rank,
            number: true,
            cell: (row) => row.rank || (rankable && RANKABLE.has(row.status)) ? (
              <span class="rank">
                {row.rank ?? ""}
                {rankable && RANKABLE.has(row.status) && (
                  <>
                    <button type="button" class="button plain" aria-label={say.up(row.teacher?.name ?? "")} disabled={ranked[0] === row} onClick={() => move(row, -1)}>↑</button>
                    <button type="button" class="button plain" aria-label={say.down(row.teacher?.name ?? "")} disabled={ranked[ranked.length - 1] === row} onClick={() => move(row, 1)}>↓</button>
                  </>
                )}
              </span>
            ) : "",
          },
          { head: say.signedUpAt, cell: (row) => instant(row.signedUpAt) },
          { head: say.warnings, cell: (row) => row.warnings.map((each) => <Tag key={each.code} tone="warn">{each.message}</Tag>) },
          { head: say.schoolDesk.act, cell: (row) => <a href={`/console/enrollments/${row.id}`}>{say.open}<span class="unseen"> {row.teacher?.name} {row.project?.title}</span></a> },
        ]}
      />
    </div>
  );
}
