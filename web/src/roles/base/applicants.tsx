// The applicants of a project: tick, then accept, put on the waiting list or reject with a reason (R23).
import { useState } from "preact/hooks";
import { later } from "../../app/later";
import { count, deadline, instant } from "../../app/moment";
import { go, usePlace, withQuery } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useCommand, useQuery } from "../../graph/use";
import { Acts } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Bar, Card, RefusalNote, Tag } from "../../parts/basic";
import { Select, TextField } from "../../parts/form";
import { Countdown } from "../../parts/phases";
import { SearchBox } from "../../parts/search";
import { type Done, Outcomes, TickThese, useTicked } from "../../parts/selection";
import { Chips, Pager, Table } from "../../parts/table";
import { EnrollmentTag, enrollmentStatus } from "../enrollment_tag";
import { RevealClass, RevealContacts } from "../reveals";
import { words } from "../words";
import { Course, ProjectHead } from "./class_head";
import { Applicants, type ApplicantsQuery, type ApplicantsQueryVariables, DecideEnrollments, type EnrollmentDecision } from "./documents";
import { Revision } from "./revision";
import { words as own } from "./words";

type Order = NonNullable<ApplicantsQueryVariables["order"]>;
type Project = NonNullable<ApplicantsQuery["project"]>;
type Row = NonNullable<Project["enrollments"]>["nodes"][number];
/** The step of a calendar in which bases return sign-ups for correction, in rounds that have it. */
const RECHECK = "RECHECK";
interface Told extends Done {
  /** What was done to how many; nothing where it was a decision. */
  said?: ((count: string) => string) | undefined;
}
const STATUSES = ["SUBMITTED", "WAITLISTED", "OFFERED", "ACCEPTED", "REJECTED", "WITHDRAWN", "ATTENDING", "PASSED", "CREDITED"] as const;
const GivingBack = later(() => import("./course/acts").then((module) => module.GivingBack));
const UNDECIDED = new Set(["SUBMITTED", "WAITLISTED"]);

export function ApplicantsPage({ id }: { id: string }) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const [done, setDone] = useState<Told | null>(null);
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const order = query.get("order") as Order | null;
  const shown = useQuery(Applicants, { id, after: query.get("after"), search: query.get("q"), order, statuses: status ? [status] : null });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <ProjectHead project={project} at="applicants"><Course project={project} /></ProjectHead>
          <Facts project={project} />
          <div class="row apart">
            <SearchBox label={say.searchName} />
            <div class="order">
              <Select name="order" label={say.order} value={order ?? "SUBMITTED_AT"} of={Object.entries(say.orders)} onChoose={(value) => go(withQuery({ order: value, after: null }))} />
            </div>
          </div>
          <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, enrollmentStatus(each)])]} />
          {done && <Outcomes of={done.outcomes} done={done.said ?? say.decided} refused={say.refused} name={(row) => done.names.get(row) ?? row} />}
          {project.enrollments && (
            <Card>
              <div class="stack">
                <Rows rows={project.enrollments.nodes} left={project.seats?.left ?? 0} until={project.round.steps.find((each) => each.code === RECHECK && each.open)?.closesAt ?? null} tell={setDone} />
                <Pager total={project.enrollments.totalCount} end={project.enrollments.pageInfo.hasNextPage ? project.enrollments.pageInfo.endCursor : null} first={!query.get("after")} />
                <Phones id={id} seated={(project.seats?.accepted ?? 0) > 0} rows={project.enrollments.nodes} />
              </div>
            </Card>
          )}
        </div>
      ) : <Heading title={say.noProject}>{say.noProject}</Heading>}
    </Answered>
  );
}

/** The phones of who has a seat, and of the designated persons of the schools that are shown. */
function Phones({ id, seated, rows }: { id: string; seated: boolean; rows: readonly Row[] }) {
  const schools = new Map(rows.flatMap(({ submittedAt, school }): [string, string][] => (submittedAt && school ? [[school.code, school.name]] : [])));
  return (
    <Acts>
      {seated && <RevealClass projectId={id} />}
      {schools.size > 0 && <RevealContacts key={[...schools.keys()].join()} codes={[...schools.keys()]} names={schools} />}
    </Acts>
  );
}

function Facts({ project }: { project: Project }) {
  const say = words();
  const { seats } = project;
  const phase = project.round.phases.find((each) => each.name === "ADMIT");
  return (
    <Card>
      <div class="stack tight">
        {seats && (
          <>
            <p>{say.seatsOf(count(seats.accepted), count(seats.offered), count(seats.left))} · {say.waitlisted} {count(seats.waitlisted)}</p>
            <Bar part={seats.accepted + seats.offered} whole={seats.capacity} label={say.seats} limit />
          </>
        )}
        {phase?.open && <p>{say.decideUntil} <strong>{deadline(phase.closesAt)}</strong> · <Countdown seconds={phase.secondsToClosing} /></p>}
      </div>
    </Card>
  );
}

function Rows({ rows, left, until, tell }: { rows: readonly Row[]; left: number; until: string | null; tell: (done: Told) => void }) {
  const say = words();
  const { ticked, tick, keep } = useTicked(rows);
  const decide = useCommand(DecideEnrollments);
  const [reason, setReason] = useState("");
  const [rejecting, setRejecting] = useState(false);
  const send = async (decision: EnrollmentDecision): Promise<void> => {
    const decisions = [...ticked].map((id) => ({ id, decision, ...(decision === "REJECT" && { reason }) }));
    const answer = await decide.run({ decisions });
    if (answer.refusals.length) return;
    came(answer.data?.decideEnrollments ?? []);
    setRejecting(false);
  };
  const came = (outcomes: Done["outcomes"], said?: Told["said"]): void => {
    tell({ outcomes, names: new Map(rows.map((each) => [each.id, each.teacher?.name ?? each.id])), said });
    keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
  };
  const none = !ticked.size || decide.busy;
  const undecided = rows.filter((row) => UNDECIDED.has(row.status));
  return (
    <div class="stack">
      {decide.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      {undecided.length > 0 && (
        <div class="stack tight">
          <div class="row">
            <TickThese rows={undecided} ticked={ticked} keep={keep} label={say.ministryDesk.wholePage} />
            {left > 0 && left < undecided.length && <TickThese rows={undecided.slice(0, left)} ticked={ticked} keep={keep} label={own().firstOnes(count(left))} />}
            <button type="button" class="button first" disabled={none || ticked.size > left} onClick={() => void send("ACCEPT")}>{say.accept}</button>
            <button type="button" class="button" disabled={none} onClick={() => void send("WAITLIST")}>{say.waitlist}</button>
            <button type="button" class="button danger" disabled={none} aria-expanded={rejecting} onClick={() => setRejecting(!rejecting)}>{say.reject}</button>
            <span class="quiet" role="status">{ticked.size > left ? say.overCapacity(count(left)) : say.selected(count(ticked.size))}</span>
          </div>
          {until && <GivingBack ids={rows.filter((row) => ticked.has(row.id) && row.status === "SUBMITTED").map((row) => row.id)} until={until} tell={came} />}
          {rejecting && (
            <form class="stack tight" onInput={(event) => setReason((event.target as HTMLInputElement).value)} onSubmit={(event) => { event.preventDefault(); void send("REJECT"); }}>
              <TextField name="reason" label={say.rejectReason} required defaultValue={reason} />
              <div class="row"><button class="button danger" disabled={none}>{say.reject}</button></div>
            </form>
          )}
        </div>
      )}
      <Table
        caption={say.applicants}
        rows={rows}
        name={(row) => row.id}
        empty={say.noApplicants}
        columns={[
          {
            head: say.teacher,
            cell: (row) => (
              <label class="pick">
                {UNDECIDED.has(row.status) && <input type="checkbox" checked={ticked.has(row.id)} onChange={() => tick(row.id)} />}
                <span>{row.teacher?.name} <span class="quiet small">{row.teacher && general().audience[row.teacher.post]}</span></span>
              </label>
            ),
          },
          { head: say.school, cell: (row) => row.school?.name },
          { head: say.status, cell: (row) => <EnrollmentTag status={row.status} /> },
          { head: say.rank, cell: (row) => row.rank ?? "", number: true },
          { head: say.submittedAt, cell: (row) => row.submittedAt && instant(row.submittedAt) },
          { head: own().feedback, cell: (row) => row.decidedAt && (row.fedBackAt ? instant(row.fedBackAt) : own().notFedBack) },
          { head: own().revise, cell: (row) => <Revision key={row.status} row={row} /> },
          { head: say.warnings, cell: (row) => row.warnings.map((each) => <Tag key={each.code} tone="warn">{each.message}</Tag>) },
        ]}
      />
    </div>
  );
}
