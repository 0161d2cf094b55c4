// The results of a class: drafted row by row, then published once for all (R30).
import { useState } from "preact/hooks";
import { useDraft, without } from "../../app/drafts";
import { count, day } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useCommand, useQuery } from "../../graph/use";
import { Act } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Facts, RefusalNote, Tag } from "../../parts/basic";
import { type Done, Outcomes } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words as shared } from "../words";
import { Course, ProjectHead } from "./class_head";
import { ClassResults, type ClassResultsQuery, PublishResults, RecordResults, type RecordResultsMutationVariables } from "./documents";
import { stepAmong } from "./keys";
import { words } from "./words";

type Project = NonNullable<ClassResultsQuery["project"]>;
type Row = NonNullable<Project["roster"]>["nodes"][number];
type Outcome = "PASSED" | "FAILED" | "INCOMPLETE";
type Sent = RecordResultsMutationVariables["rows"] extends readonly (infer Each)[] | infer Each ? Each : never;
interface Typed {
  outcome: Outcome | "";
  score: string;
  reason: string;
}
const MOST_ROWS = 200;

export function ResultsPage({ id }: { id: string }) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(ClassResults, { id, after: query.get("after") });
  const [done, setDone] = useState<Done | null>(null);
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <ProjectHead project={project} at="results"><Course project={project} /></ProjectHead>
          {done && <Outcomes of={done.outcomes} done={say.recorded} refused={shared().refused} name={(key) => done.names.get(key) ?? key} />}
          <Grid key={project.id} project={project} rows={project.roster?.nodes ?? []} tell={setDone} />
          {project.roster && <Pager total={project.roster.totalCount} end={project.roster.pageInfo.hasNextPage ? project.roster.pageInfo.endCursor : null} first={!query.get("after")} />}
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}

function Grid({ project, rows, tell }: { project: Project; rows: readonly Row[]; tell: (done: Done) => void }) {
  const say = words();
  const { book } = project;
  const [kept, keep] = useDraft<Record<string, Typed>>(`results:${project.id}`);
  const typed = kept ?? {};
  const send = useCommand(RecordResults);
  const pending = Object.keys(typed).length;
  const reopened = new Map((book?.reopened ?? []).map((each) => [each.enrollment.id, each.until]));
  const open = (row: Row): boolean => (project.status === "FINISHED" || project.status === "COMPLETED") && (book?.state === "CLOSING" || reopened.has(row.enrollment.id));
  const state = ({ enrollment: { id, result, draftResult } }: Row): Typed => {
    const stated = draftResult ?? result;
    return typed[id] ?? { outcome: stated?.outcome ?? "", score: stated?.score === null || stated?.score === undefined ? "" : String(stated.score), reason: draftResult?.reason ?? "" };
  };
  const change = (row: Row, part: Partial<Typed>): void => keep((now) => ({ ...now, [row.enrollment.id]: { ...state(row), ...now?.[row.enrollment.id], ...part } }));
  const save = async (): Promise<void> => {
    const all = Object.entries(typed).flatMap(([enrollmentId, { outcome, score, reason }]): Sent[] =>
      outcome ? [{ enrollmentId, outcome, score: score.trim() && outcome !== "INCOMPLETE" ? Number(score.normalize("NFKC")) : null, reason: reason.trim() || null }] : []);
    if (!all.length) return;
    const { data, refusals } = await send.run({ project: project.id, rows: all.slice(0, MOST_ROWS) });
    if (refusals.length) return;
    const outcomes = (data?.recordResults ?? []).map((each) => ({ ...each, id: each.enrollment.id }));
    const well = new Set(outcomes.filter((each) => each.ok).map((each) => each.id));
    keep((now) => without(now, well));
    tell({ outcomes, names: new Map(rows.map((row) => [row.enrollment.id, row.enrollment.teacher?.name ?? row.enrollment.id])) });
  };
  return (
    <Card>
      <div class="stack">
        {book && (
          <Facts
            of={[
              [shared().status, <Tag tone={book.state === "FINAL" ? "ok" : "warn"}>{say.bookState[book.state]}</Tag>],
              [say.resultsDue, book.resultsDueOn && book.state !== "FINAL" && day(book.resultsDueOn, true)],
              [say.results, [...(["passed", "failed", "incomplete"] as const).map((name) => `${say.outcomes[name.toUpperCase() as Outcome]} ${count(book[name])}`), book.unassessed > 0 && say.unassessed(count(book.unassessed)), book.noShows > 0 && say.noShows(count(book.noShows))].filter(Boolean).join(" · ")],
            ]}
          />
        )}
        {send.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        <p class="hint">{say.resultsHint} {say.reasonHint}</p>
        <div class="row">
          <button type="button" class="button first" disabled={!pending || send.busy} onClick={() => void save()}>{say.saveResults}</button>
          {pending > 0 && <button type="button" class="button plain" onClick={() => keep(() => null)}>{say.drop}</button>}
          <span class="quiet" role="status">{say.pending(count(pending))}</span>
        </div>
        <div onKeyDown={stepAmong("input.score")}>
          <Table
            caption={say.results}
            rows={rows}
            name={(row) => row.enrollment.id}
            empty={say.noRoster}
            columns={[
              {
                head: shared().teacher,
                cell: (row) => {
                  const until = reopened.get(row.enrollment.id);
                  return <>{row.enrollment.teacher?.name} <span class="quiet small">{row.enrollment.school?.name}</span> {until && <Tag tone="warn">{say.reopenedUntil(day(until))}</Tag>}</>;
                },
              },
              {
                head: say.attended,
                cell: ({ enrollment: { attendedHours, dueHours, attendanceRate } }) =>
                  attendedHours !== null && dueHours !== null && say.attendedOf(count(attendedHours), count(dueHours), count(Math.floor((attendanceRate ?? 0) * 100))),
              },
              {
                head: say.outcome,
                cell: (row) => {
                  const now = state(row);
                  if (!open(row)) return now.outcome ? say.outcomes[now.outcome] : general().none;
                  return (
                    <select aria-label={say.outcomeOf(row.enrollment.teacher?.name ?? "")} value={now.outcome} onChange={(event) => change(row, { outcome: event.currentTarget.value as Outcome })}>
                      {!now.outcome && <option value="">{say.choose}</option>}
                      {(Object.keys(say.outcomes) as Outcome[]).map((each) => <option key={each} value={each} selected={each === now.outcome}>{say.outcomes[each]}</option>)}
                    </select>
                  );
                },
              },
              {
                head: say.score,
                cell: (row) => {
                  const now = state(row);
                  if (!open(row)) return now.score;
                  return <input class="short score" type="text" inputMode="numeric" autocomplete="off" aria-label={say.scoreOf(row.enrollment.teacher?.name ?? "")} disabled={now.outcome === "INCOMPLETE"} value={now.outcome === "INCOMPLETE" ? "" : now.score} onInput={(event) => change(row, { score: event.currentTarget.value })} />;
                },
              },
              {
                head: say.resultReason,
                cell: (row) => {
                  const now = state(row);
                  if (!open(row) || !(now.outcome === "FAILED" || row.enrollment.result)) return now.reason;
                  return <input type="text" autocomplete="off" aria-label={say.resultReasonOf(row.enrollment.teacher?.name ?? "")} value={now.reason} onInput={(event) => change(row, { reason: event.currentTarget.value })} />;
                },
              },
            ]}
          />
        </div>
        {book?.state === "CLOSING" && (
          <Act
            label={say.publishResults}
            ask={say.publishAsk(count(book.passed), count(book.failed), count(book.incomplete))}
            kind="danger"
            disabled={pending > 0}
            run={async () => (await command(PublishResults, { project: project.id })).refusals}
          />
        )}
      </div>
    </Card>
  );
}
