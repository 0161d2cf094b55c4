// The attendance of a session: marked by keys or by mouse, kept until it is sent (R28, R29).
import { useState } from "preact/hooks";
import { useDraft, without } from "../../app/drafts";
import { count, day } from "../../app/moment";
import type { Refusal } from "../../app/refusals";
import { go, usePlace, withQuery } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useCommand, useQuery } from "../../graph/use";
import { download } from "../../graph/http";
import { wholeNumber } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Empty, RefusalNote } from "../../parts/basic";
import { Select } from "../../parts/form";
import { type Done, Outcomes } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words as shared } from "../words";
import { CheckInPanel } from "./check_in";
import { Course, ProjectHead } from "./class_head";
import { ClassAttendance, type ClassAttendanceQuery, RecordAttendance, type RecordAttendanceMutationVariables } from "./documents";
import { stepAmong } from "./keys";
import { words } from "./words";

type Project = NonNullable<ClassAttendanceQuery["project"]>;
type Session = Project["timetable"][number];
type Row = NonNullable<Project["roster"]>["nodes"][number];
type Sent = RecordAttendanceMutationVariables["rows"] extends readonly (infer Each)[] | infer Each ? Each : never;
interface Mark {
  present: boolean;
  hours?: string;
}
const MOST_ROWS = 200;
const OVER = new Set(["FINISHED", "COMPLETED"]);

/** What is on record of somebody for a session. */
const recorded = (row: Row, session: Session) => row.sessions.find((each) => each.sessionId === session.id);

export function AttendancePage({ id }: { id: string }) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(ClassAttendance, { id, after: query.get("after") });
  const [done, setDone] = useState<Done | null>(null);
  return (
    <Answered of={shown}>
      {({ project }) => {
        if (!project) return <Heading title={shared().noProject}>{shared().noProject}</Heading>;
        const rows = project.roster?.nodes ?? [];
        const sessions = project.timetable;
        const open = sessions.find((each) => rows.some((row) => !recorded(row, each)));
        const session = sessions.find((each) => each.id === query.get("session")) ?? open ?? sessions[sessions.length - 1];
        return (
          <div class="stack">
            <ProjectHead project={project} at="attendance"><Course project={project} /></ProjectHead>
            {done && <Outcomes of={done.outcomes} done={say.recorded} refused={shared().refused} name={(key) => done.names.get(key) ?? key} />}
            {session ? (
              <>
                <Sessions project={project} session={session} rows={rows} />
                {rows.length ? <Grid key={session.id} project={project} session={session} rows={rows} tell={setDone} /> : <Empty title={say.noRoster} />}
                {project.roster && <Pager total={project.roster.totalCount} end={project.roster.pageInfo.hasNextPage ? project.roster.pageInfo.endCursor : null} first={!query.get("after")} />}
              </>
            ) : <Empty title={say.noSessions} />}
          </div>
        );
      }}
    </Answered>
  );
}

function Sessions({ project, session, rows }: { project: Project; session: Session; rows: readonly Row[] }) {
  const say = words();
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const take = (place: string): void => void download(`/projects/${project.id}/${place}`).then(setRefusals);
  const marked = rows.filter((row) => recorded(row, session)).length;
  return (
    <Card>
      <div class="stack">
        {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        <div class="row">
          <Select
            name="session"
            label={say.sessions}
            value={session.id}
            of={project.timetable.map((each) => [each.id, `${day(each.date, true)} ${each.title}`])}
            onChoose={(value) => go(withQuery({ session: value }), true)}
          />
          <span class="quiet">{say.marked(count(marked), count(rows.length))}</span>
        </div>
        <div class="row">
          <button type="button" class="button" onClick={() => take(`sign-in.pdf?session=${encodeURIComponent(session.id)}`)}>{say.signInSheet}</button>
          <button type="button" class="button" onClick={() => take("workbook.xlsx")}>{say.workbook}</button>
        </div>
        {project.status === "RUNNING" && <CheckInPanel key={session.id} project={project.id} session={session.id} />}
      </div>
    </Card>
  );
}

function Grid({ project, session, rows, tell }: { project: Project; session: Session; rows: readonly Row[]; tell: (done: Done) => void }) {
  const say = words();
  const [kept, keep] = useDraft<Record<string, Mark>>(`attendance:${project.id}:${session.id}`);
  const marks = kept ?? {};
  const send = useCommand(RecordAttendance);
  const [reason, setReason] = useState("");
  const [mode, setMode] = useState<"OFFLINE" | "ONLINE">("OFFLINE");
  const blended = (session.mode ?? project.mode) === "BLENDED";
  const pending = Object.keys(marks).length;
  const state = (row: Row): Mark | null => {
    const found = recorded(row, session);
    return marks[row.enrollment.id] ?? (found ? { present: found.present, hours: found.hours === null || !found.present ? "" : String(found.hours) } : null);
  };
  const mark = (row: Row, next: Mark): void => keep((now) => ({ ...now, [row.enrollment.id]: next }));
  const rest = rows.filter((row) => !state(row));
  const save = async (): Promise<void> => {
    const all = Object.entries(marks).map(([enrollmentId, { present, hours }]): Sent => ({
      enrollmentId,
      sessionId: session.id,
      present,
      ...(present && hours?.trim() && wholeNumber(hours) !== session.hours && { hours: wholeNumber(hours) }),
      ...(blended && { mode }),
      ...(reason.trim() && { reason: reason.trim() }),
    }));
    const { data, refusals } = await send.run({ project: project.id, rows: all.slice(0, MOST_ROWS) });
    const outcomes = (data?.recordAttendance ?? []).map((each) => ({ ...each, id: each.enrollment.id }));
    if (refusals.length) return;
    go(withQuery({ session: session.id }), true); // what is shown stays, though another session waits now
    const well = new Set(outcomes.filter((each) => each.ok).map((each) => each.id));
    keep((now) => without(now, well));
    tell({ outcomes, names: new Map(rows.map((row) => [row.enrollment.id, row.enrollment.teacher?.name ?? row.enrollment.id])) });
  };
  const closed = project.status !== "RUNNING" && !OVER.has(project.status);
  return (
    <Card>
      <div class="stack">
        {send.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        <p class="hint">{say.attendanceHint}</p>
        {blended && (
          <Select name="participation" label={say.participation} value={mode} of={[["OFFLINE", general().mode.OFFLINE], ["ONLINE", general().mode.ONLINE]]} onChoose={(value) => setMode(value as "OFFLINE" | "ONLINE")} />
        )}
        {OVER.has(project.status) && (
          <div class="field">
            <label for="field-correction">{say.correctionReason}</label>
            <input id="field-correction" type="text" autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
          </div>
        )}
        <div class="row">
          <button type="button" class="button first" disabled={!pending || send.busy || closed} onClick={() => void save()}>{say.send}</button>
          <button type="button" class="button" disabled={!rest.length || closed} onClick={() => keep((now) => ({ ...now, ...Object.fromEntries(rest.map((row) => [row.enrollment.id, { present: true }])) }))}>{say.markRest}</button>
          {pending > 0 && <button type="button" class="button plain" onClick={() => keep(() => null)}>{say.drop}</button>}
          <span class="quiet" role="status">{say.pending(count(pending))}</span>
        </div>
        <div onKeyDown={stepAmong("input[type=checkbox]")}>
          <Table
            caption={`${session.title} · ${day(session.date, true)}`}
            rows={rows}
            name={(row) => row.enrollment.id}
            empty={say.noRoster}
            columns={[
              {
                head: shared().teacher,
                cell: (row) => {
                  const now = state(row);
                  const name = row.enrollment.teacher?.name ?? "";
                  return (
                    <label class="pick">
                      <input
                        type="checkbox"
                        aria-label={say.here(name)}
                        checked={now?.present ?? false}
                        disabled={closed}
                        ref={(box) => { if (box) box.indeterminate = now === null; }}
                        onChange={() => mark(row, { present: !now?.present })}
                      />
                      <span>{name}</span>
                    </label>
                  );
                },
              },
              { head: shared().school, cell: (row) => row.enrollment.school?.name },
              {
                head: say.attendance,
                cell: (row) => {
                  const now = state(row);
                  return <span class={now ? (now.present ? "good" : "bad") : "quiet"}>{now ? (now.present ? say.present : say.absent) : say.unmarked}</span>;
                },
              },
              {
                head: say.hours,
                cell: (row) => {
                  const now = state(row);
                  return now?.present && (
                    <input
                      class="short"
                      type="text"
                      inputMode="numeric"
                      autocomplete="off"
                      disabled={closed}
                      aria-label={say.hoursOfPerson(row.enrollment.teacher?.name ?? "")}
                      placeholder={String(session.hours)}
                      value={now.hours ?? ""}
                      onInput={(event) => mark(row, { present: true, hours: event.currentTarget.value })}
                    />
                  );
                },
              },
            ]}
          />
        </div>
      </div>
    </Card>
  );
}
