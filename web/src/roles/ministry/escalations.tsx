// What bases have left undecided past the deadline: the ministry decides, and says why (R23).
import { useState } from "preact/hooks";
import { count, instant } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card } from "../../parts/basic";
import { type Done, Outcomes, useTicked } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words } from "../words";
import { DecideEscalated, type EnrollmentDecision, Escalations, type EscalationsQuery } from "./documents";

type Row = NonNullable<EscalationsQuery["escalations"]>["nodes"][number];
const DECISIONS: EnrollmentDecision[] = ["ACCEPT", "WAITLIST", "REJECT"];

export function EscalationsPage({ year }: { year: number }) {
  const say = words();
  const { query } = usePlace();
  const [done, setDone] = useState<Done | null>(null);
  const shown = useQuery(Escalations, { year, after: query.get("after") });
  return (
    <div class="stack">
      <Heading title={say.escalations}>{say.escalations}</Heading>
      {done && <Outcomes of={done.outcomes} done={say.decided} refused={say.refused} name={(id) => done.names.get(id) ?? id} />}
      <Answered of={shown}>
        {({ escalations: list }) => list && (
          <Card>
            <div class="stack">
              <Rows rows={list.nodes} tell={setDone} />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          </Card>
        )}
      </Answered>
    </div>
  );
}

function Rows({ rows, tell }: { rows: readonly Row[]; tell: (done: Done) => void }) {
  const say = words();
  const { ticked, tick, keep } = useTicked(rows);
  const labels: Record<EnrollmentDecision, string> = { ACCEPT: say.accept, WAITLIST: say.waitlist, REJECT: say.reject };
  const decide = async (decision: EnrollmentDecision, reason: string) => {
    const answer = await command(DecideEscalated, { decisions: [...ticked].map((id) => ({ id, decision, reason })) });
    const outcomes = answer.data?.decideEnrollments ?? [];
    if (answer.refusals.length) return answer.refusals;
    tell({ outcomes, names: new Map(rows.map((each) => [each.id, each.teacher?.name ?? each.id])) });
    keep(outcomes.filter((each) => !each.ok).map((each) => each.id));
    return [];
  };
  return (
    <>
      {rows.length > 0 && (
        <>
          <Acts>
            {DECISIONS.map((decision) => (
              <Act
                key={decision}
                kind={decision === "ACCEPT" ? "first" : decision === "REJECT" ? "danger" : ""}
                label={labels[decision]}
                ask={say.ministryDesk.escalatedAsk(count(ticked.size))}
                disabled={!ticked.size}
                told
                run={({ [decision]: reason = "" }) => decide(decision, reason)}
              >
                <Reason name={decision} />
              </Act>
            ))}
          </Acts>
          <p class="quiet" role="status">{say.selected(count(ticked.size))}</p>
        </>
      )}
      <Table
        caption={say.escalations}
        rows={rows}
        name={(row) => row.id}
        empty={say.noEscalations}
        columns={[
          {
            head: say.teacher,
            cell: (row) => (
              <label class="pick">
                <input type="checkbox" checked={ticked.has(row.id)} onChange={() => tick(row.id)} />
                <span>{row.teacher?.name}</span>
              </label>
            ),
          },
          { head: say.school, cell: (row) => row.school?.name },
          { head: say.project, cell: (row) => <>{row.project?.title} <span class="quiet small beneath">{row.project?.base.name}</span></> },
          { head: say.escalatedAt, cell: (row) => row.escalatedAt && instant(row.escalatedAt) },
          { head: say.rank, cell: (row) => row.rank ?? "", number: true },
          { head: say.seats, cell: (row) => row.project?.seats && general().seatsLeft(count(row.project.seats.left), count(row.project.seats.capacity)) },
        ]}
      />
    </>
  );
}
