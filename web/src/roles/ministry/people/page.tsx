// The enrolments of a project: revising a decision, restoring what was ended by mistake, and phones (R23, R25, R26, R41).
import { instant } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Choice, Reason } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, EnrollmentTag } from "../../../parts/basic";
import { SearchBox } from "../../../parts/search";
import { Chips, Pager, Table } from "../../../parts/table";
import { RevealClass, RevealTeacher } from "../../reveals";
import { words as shared } from "../../words";
import { EnrollmentsOfProject, type EnrollmentsOfProjectQuery, RestoreByMinistry, ReviseByMinistry, type EnrollmentDecision } from "./documents";
import { words } from "./words";

type Row = NonNullable<NonNullable<EnrollmentsOfProjectQuery["project"]>["enrollments"]>["nodes"][number];
const STATUSES = ["SUBMITTED", "ACCEPTED", "WAITLISTED", "OFFERED", "REJECTED", "WITHDRAWN", "DECLINED", "EXPIRED", "ATTENDING", "PASSED", "CREDITED"] as const;
const DECISIONS: Partial<Record<Row["status"], EnrollmentDecision[]>> = {
  ACCEPTED: ["REJECT", "WAITLIST"],
  REJECTED: ["ACCEPT", "WAITLIST"],
  WAITLISTED: ["ACCEPT", "REJECT"],
  OFFERED: ["REJECT"],
};
const RESTORABLE = new Set<Row["status"]>(["WITHDRAWN", "DECLINED", "EXPIRED"]);

export function PeoplePage({ id }: { id: string }) {
  const say = words();
  const common = shared();
  const { query } = usePlace();
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const shown = useQuery(EnrollmentsOfProject, { id, after: query.get("after"), search: query.get("q"), statuses: status ? [status] : null });
  return (
    <Answered of={shown}>
      {({ project }) => project?.enrollments ? (
        <div class="stack">
          <Heading title={`${say.title} ${project.title ?? project.code}`}>{say.title}</Heading>
          <p><a href={`/console/plans/${id}`}>{project.title ?? project.code}</a> <span class="quiet">{project.code}</span></p>
          <SearchBox label={common.searchName} />
          <Chips label={common.status} name="status" chosen={status} of={[[null, general().all], ...STATUSES.map((each): [string, string] => [each, general().enrollment[each]])]} />
          <Card>
            <div class="stack">
              <Table
                caption={say.title}
                rows={project.enrollments.nodes}
                name={(row) => row.id}
                empty={say.empty}
                columns={[
                  { head: common.teacher, cell: (row) => <>{row.teacher?.name} <span class="quiet small">{row.teacher && general().audience[row.teacher.post]}</span></> },
                  { head: common.school, cell: (row) => row.school?.name },
                  { head: common.status, cell: (row) => <EnrollmentTag status={row.status} /> },
                  { head: common.submittedAt, cell: (row) => row.submittedAt && instant(row.submittedAt) },
                  { head: common.reason, cell: (row) => row.reason },
                  { head: common.ministryDesk.act, cell: (row) => <Choices key={row.status} of={row} /> },
                ]}
              />
              <Pager total={project.enrollments.totalCount} end={project.enrollments.pageInfo.hasNextPage ? project.enrollments.pageInfo.endCursor : null} first={!query.get("after")} />
              <Acts><RevealClass projectId={id} /></Acts>
            </div>
          </Card>
        </div>
      ) : <Heading title={common.noProject}>{common.noProject}</Heading>}
    </Answered>
  );
}

function Choices({ of: { id, status, teacher } }: { of: Row }) {
  const say = words();
  const decisions = DECISIONS[status];
  const revise = async ({ [`${id}-decision`]: decision, [`${id}-why`]: reason = "" }: Record<string, string>) =>
    (await command(ReviseByMinistry, { id, decision: decision as EnrollmentDecision, reason })).refusals;
  const restore = async ({ [`${id}-place`]: place, [`${id}-reason`]: reason = "" }: Record<string, string>) =>
    (await command(RestoreByMinistry, { id, reason, waitlist: place === "waitlist" })).refusals;
  return (
    <Acts>
      {decisions?.[0] && (
        <Act label={say.revise} ask={say.reviseAsk} run={revise}>
          <Choice name={`${id}-decision`} label={say.decision} initial={decisions[0]} of={decisions.map((each) => [each, say.decisions[each]])} />
          <Reason name={`${id}-why`} />
        </Act>
      )}
      {RESTORABLE.has(status) && (
        <Act label={say.restore} ask={say.restoreAsk} run={restore}>
          <Choice name={`${id}-place`} label={say.toWaitlist} initial={status === "EXPIRED" ? "waitlist" : "seat"} of={Object.entries(say.places)} />
          <Reason name={`${id}-reason`} />
        </Act>
      )}
      {teacher && <RevealTeacher id={teacher.id} />}
    </Acts>
  );
}
