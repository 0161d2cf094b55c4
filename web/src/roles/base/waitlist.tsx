// The waiting list of a project: its order, and to whom a seat is offered until when (R25).
import { useState } from "preact/hooks";
import { count, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useCommand, useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, RefusalNote } from "../../parts/basic";
import { Table } from "../../parts/table";
import { EnrollmentTag } from "../enrollment_tag";
import { words as shared } from "../words";
import { ProjectHead } from "./class_head";
import { RankWaitlist, Waitlist, type WaitlistQuery } from "./documents";
import { words } from "./words";

type Project = NonNullable<WaitlistQuery["project"]>;
type Row = NonNullable<Project["enrollments"]>["nodes"][number];

export function WaitlistPage({ id }: { id: string }) {
  const shown = useQuery(Waitlist, { id });
  return (
    <Answered of={shown}>
      {({ project }) => {
        if (!project) return <Heading title={shared().noProject}>{shared().noProject}</Heading>;
        const rows = project.enrollments?.nodes ?? [];
        const { seats } = project;
        return (
          <div class="stack">
            <ProjectHead project={project} at="waitlist" />
            {seats && <p>{shared().seatsOf(count(seats.accepted), count(seats.offered), count(seats.left))} · {shared().waitlisted} {count(seats.waitlisted)}</p>}
            <Order key={rows.map((row) => `${row.id}${row.status}${row.waitingRank}`).join()} project={project.id} given={rows} />
          </div>
        );
      }}
    </Answered>
  );
}

function Order({ project, given }: { project: string; given: readonly Row[] }) {
  const say = words();
  const [rows, setRows] = useState(given);
  const rank = useCommand(RankWaitlist);
  const waiting = rows.filter((row) => row.status === "WAITLISTED");
  const move = (row: Row, by: number): void => {
    const next = waiting.filter((each) => each !== row);
    next.splice(waiting.indexOf(row) + by, 0, row);
    setRows([...rows.filter((each) => each.status !== "WAITLISTED"), ...next]);
  };
  return (
    <Card>
      <div class="stack">
        {rank.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        <p class="hint">{say.waitlistHint}</p>
        {waiting.length > 1 && (
          <div class="row">
            <button type="button" class="button first" disabled={rows === given || rank.busy} onClick={() => void rank.run({ project, ids: waiting.map((row) => row.id) })}>{say.saveOrder}</button>
          </div>
        )}
        <Table
          caption={say.tabs.waitlist}
          rows={rows}
          name={(row) => row.id}
          empty={say.nobodyWaits}
          columns={[
            { head: shared().teacher, cell: (row) => <>{row.teacher?.name} <span class="quiet small">{row.teacher && general().audience[row.teacher.post]}</span></> },
            { head: shared().school, cell: (row) => row.school?.name },
            { head: shared().status, cell: (row) => <><EnrollmentTag status={row.status} /> {row.offerExpiresAt && say.offeredUntil(instant(row.offerExpiresAt))}</> },
            {
              head: say.order,
              cell: (row) => row.status === "WAITLISTED" && (
                <span class="rank">
                  {count(waiting.indexOf(row) + 1)}
                  <button type="button" class="button plain" aria-label={shared().up(row.teacher?.name ?? "")} disabled={waiting[0] === row} onClick={() => move(row, -1)}>↑</button>
                  <button type="button" class="button plain" aria-label={shared().down(row.teacher?.name ?? "")} disabled={waiting[waiting.length - 1] === row} onClick={() => move(row, 1)}>↓</button>
                </span>
              ),
            },
            { head: say.waitingSince, cell: (row) => row.submittedAt && instant(row.submittedAt) },
          ]}
        />
      </div>
    </Card>
  );
}
