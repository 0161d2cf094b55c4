// Rosters: upload by choice or by dropping a file, see what is wrong cell by cell, and put the rows in (R22).
import { useEffect, useState } from "preact/hooks";
import { count, instant } from "../../app/moment";
import type { Refusal } from "../../app/refusals";
import { go, usePlace, withQuery } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command, forget } from "../../graph/client";
import { download, request } from "../../graph/http";
import { useQuery } from "../../graph/use";
import { Act, Acts } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Bar, Card, RefusalNote, Tag, Tiles } from "../../parts/basic";
import { Chips, Pager, Table } from "../../parts/table";
import { words } from "../words";
import { CommitRoster, RosterJob, type RosterJobQuery, type RosterMode, Rosters } from "./documents";

type Job = NonNullable<RosterJobQuery["rosterJob"]>;
type Row = NonNullable<Job["rows"]>["nodes"][number];
type Problem = Row["problems"][number];
const POLL_MS = 2_000;
const MODES: RosterMode[] = ["VALID_ROWS", "ALL_OR_NOTHING"];

/** The cells that a problem is about, where its details do not name them. */
const CELLS: Record<string, string> = {
  INVALID_ID_NUMBER: "idNumber",
  ID_NUMBER_ROUNDED: "idNumber",
  INVALID_MOBILE: "mobile",
  UNKNOWN_POST: "post",
  UNKNOWN_EMPLOYMENT: "employment",
  UNKNOWN_PROJECT: "projectCode",
  INVALID_RANK: "rank",
};

function cellsOf({ code, details }: Problem): unknown[] {
  const { field, column, columns } = details as { field?: unknown; column?: unknown; columns?: unknown };
  return Array.isArray(columns) ? columns : [column ?? field ?? CELLS[code]];
}

export function RostersPage() {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(Rosters, { after: query.get("after") });
  return (
    <div class="stack">
      <Heading title={say.rosters}>{say.rosters}</Heading>
      <Upload />
      <Card>
        <Answered of={shown}>
          {({ rosterJobs: list }) => list && (
            <>
              <Table
                caption={say.rosters}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noRosters}
                columns={[
                  { head: say.file, cell: (row) => <a href={`/console/rosters/${row.id}`}>{row.fileName}</a> },
                  { head: say.when, cell: (row) => instant(row.createdAt) },
                  { head: say.status, cell: (row) => <Tag>{say.rosterState[row.state]}</Tag> },
                  { head: say.rows, cell: (row) => count(row.total), number: true },
                  { head: say.good, cell: (row) => count(row.good), number: true },
                  { head: say.bad, cell: (row) => count(row.bad), number: true },
                  { head: say.entered, cell: (row) => count(row.entered), number: true },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function Upload() {
  const say = words().schoolDesk;
  const [share, setShare] = useState<number | null>(null);
  const [over, setOver] = useState(false);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const send = async (file: File | null | undefined): Promise<void> => {
    if (!file || share !== null) return;
    setRefusals([]);
    setShare(0);
    const address = `/rosters?filename=${encodeURIComponent(file.name)}`;
    const reply = await request(address, { method: "POST", body: file, type: "application/octet-stream", progress: setShare });
    setShare(null);
    setRefusals(reply.refusals);
    if (!reply.content) return;
    const { id } = JSON.parse(await reply.content.text()) as { id: string };
    forget();
    go(`/console/rosters/${id}`);
  };
  return (
    <Card title={say.upload} end={<button type="button" class="button" onClick={() => void download("/rosters/template.xlsx").then(setRefusals)}>{say.template}</button>}>
      <div class="stack tight">
        {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        <div
          class={over ? "drop over" : "drop"}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void send(event.dataTransfer?.files[0]);
          }}
        >
          <div class="field">
            <label for="field-roster">{say.chooseFile}</label>
            <input
              id="field-roster"
              type="file"
              accept=".xlsx,.csv"
              disabled={share !== null}
              onChange={(event) => {
                void send(event.currentTarget.files?.[0]);
                event.currentTarget.value = "";
              }}
            />
          </div>
          <p class="hint">{say.uploadHint}</p>
        </div>
        {share !== null && (
          <div role="status">
            {share < 1 ? say.sending(count(Math.round(100 * share))) : say.checking}
            <Bar part={share} whole={1} label={say.upload} />
          </div>
        )}
      </div>
    </Card>
  );
}

export function RosterPage({ id }: { id: string }) {
  const say = words();
  const { query } = usePlace();
  const rows = query.get("rows");
  const all = rows === "all";
  const shown = useQuery(RosterJob, { id, bad: all ? null : true, after: query.get("after") });
  const state = shown.data?.rosterJob?.state;
  const clean = shown.data?.rosterJob?.bad === 0;
  useEffect(() => {
    if (clean && !rows) go(withQuery({ rows: "all" }), true); // nothing is wrong: show them all
  }, [clean, rows]);
  useEffect(() => {
    if (state !== "COMMITTING") return;
    const timer = setInterval(shown.again, POLL_MS);
    return () => clearInterval(timer);
  }, [state, shown.again]);
  return (
    <Answered of={shown}>
      {({ rosterJob: job }) => job ? (
        <div class="stack">
          <Heading title={job.fileName}>{job.fileName}</Heading>
          <p><Tag>{say.rosterState[job.state]}</Tag></p>
          <Tiles of={[[say.rows, count(job.total)], [say.good, count(job.good)], [say.bad, count(job.bad)], [say.warnings, count(job.warned)]]} />
          {job.warnings.map((warning) => <p key={warning.code} class="note warn">{warning.message}</p>)}
          {job.ignoredColumns.length > 0 && <p class="note warn">{say.schoolDesk.ignored(job.ignoredColumns.join(general().listed))}</p>}
          <Next job={job} />
          <Chips label={say.rows} name="rows" chosen={all ? "all" : "bad"} of={[["bad", say.schoolDesk.badRows], ["all", say.schoolDesk.allRows]]} />
          {job.rows && (
            <Card>
              <Cells rows={job.rows.nodes} empty={all ? say.schoolDesk.noRows : say.schoolDesk.noBad} />
              <Pager total={job.rows.totalCount} end={job.rows.pageInfo.hasNextPage ? job.rows.pageInfo.endCursor : null} first={!query.get("after")} />
            </Card>
          )}
        </div>
      ) : <Heading title={say.schoolDesk.noRoster}>{say.schoolDesk.noRoster}</Heading>}
    </Answered>
  );
}

/** What can be done with a roster, by its state. */
function Next({ job }: { job: Job }) {
  const say = words().schoolDesk;
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const result = (
    <button type="button" class="button" onClick={() => void download(`/rosters/${job.id}/result.xlsx`).then(setRefusals)}>{say.marked}</button>
  );
  const commit = async (mode: RosterMode): Promise<readonly Refusal[]> => (await command(CommitRoster, { id: job.id, mode })).refusals;
  const rows: Record<string, number> = { VALID_ROWS: job.good, ALL_OR_NOTHING: job.total };
  return (
    <Card>
      <div class="stack tight">
        {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        {job.state === "COMMITTING" && (
          <div role="status">
            <p>{say.entering(count(job.done), count(job.total))}</p>
            <Bar part={job.done} whole={job.total} label={say.entering(count(job.done), count(job.total))} />
          </div>
        )}
        {job.state !== "STAGED" && job.state !== "COMMITTING" && <p role="status" class={job.refused ? "note warn" : "note ok"}>{say.result(count(job.entered), count(job.refused))}</p>}
        {job.state === "STAGED" && <p class="quiet">{say.keptUntil(instant(job.expiresAt))}</p>}
        <Acts>
          {job.state === "STAGED" && MODES.map((mode, index) => (
            <Act
              key={mode}
              kind={index ? "" : "first"}
              label={say.modes[mode]}
              ask={say.commitAsk(count(rows[mode] ?? 0))}
              disabled={mode === "ALL_OR_NOTHING" ? job.bad > 0 : !job.good}
              run={() => commit(mode)}
            />
          ))}
          {result}
        </Acts>
      </div>
    </Card>
  );
}

function Cells({ rows, empty }: { rows: readonly Row[]; empty: string }) {
  const say = words();
  const common = general();
  const columns: [string, string, (row: Row) => string | number | null | undefined][] = [
    ["name", say.name, (row) => row.name],
    ["idNumber", say.idNumber, (row) => row.idNumber],
    ["mobile", say.mobile, (row) => row.mobile],
    ["post", say.post, (row) => row.post && common.audience[row.post]],
    ["employment", say.employment, (row) => row.employment && common.employment[row.employment]],
    ["projectCode", say.project, (row) => row.projectCode],
    ["rank", say.rank, (row) => row.rank],
  ];
  const known = new Set<unknown>(columns.map(([column]) => column));
  const wrong = (row: Row, fits: (cells: unknown[]) => boolean) =>
    row.problems.filter((each) => fits(cellsOf(each))).map((each, index) => <p key={each.code + index} class="wrong">{each.message}</p>);
  return (
    <Table
      caption={say.rows}
      rows={rows}
      name={(row) => String(row.number)}
      empty={empty}
      columns={[
        { head: say.schoolDesk.line, cell: (row) => say.schoolDesk.lineOf(count(row.number)) },
        ...columns.map(([column, head, value]) => ({
          head,
          cell: (row: Row) => {
            const found = wrong(row, (cells) => cells.includes(column));
            const text = value(row);
            return found.length ? <>{text} {found}</> : text;
          },
        })),
        {
          head: say.schoolDesk.problems,
          cell: (row) => [
            ...wrong(row, (cells) => !cells.some((each) => known.has(each))),
            ...row.warnings.map((each) => <Tag key={each.code} tone="warn">{each.message}</Tag>),
          ],
        },
      ]}
    />
  );
}
