// The certificates of a year: the classes that have ended, and the job that issues for all of them (R32).
import { useEffect } from "preact/hooks";
import { count, day, instant } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Bar, Card, Facts, ProjectTag, Tag } from "../../../parts/basic";
import { sentence } from "../../../app/refusals";
import { asRefusal } from "../../../parts/selection";
import { Pager, Table } from "../../../parts/table";
import { words } from "../../certificates/words";
import { CertificateJob, type CertificateJobQuery, FinishedClasses, StartCertificateJob } from "./documents";

const POLL_MS = 2_000;
type Year = { year: number };

export function CertificatesPage({ year }: Year) {
  const say = words();
  return (
    <div class="stack">
      <Heading title={say.certificates}>{say.certificates}</Heading>
      <Job year={year} />
      <Classes year={year} />
    </div>
  );
}

function Job({ year }: Year) {
  const say = words();
  const shown = useQuery(CertificateJob, { year });
  const state = shown.data?.certificateJob?.state;
  useEffect(() => {
    if (state !== "WAITING" && state !== "RUNNING") return;
    const timer = setInterval(shown.again, POLL_MS);
    return () => clearInterval(timer);
  }, [state, shown.again]);
  return (
    <Card title={say.job}>
      <div class="stack">
        <p class="hint">{say.jobHint}</p>
        <Answered of={shown}>{({ certificateJob: job }) => job && <Progress of={job} />}</Answered>
        <Act label={say.start} ask={say.startAsk(String(year))} kind="first" disabled={state === "WAITING" || state === "RUNNING"} run={async () => (await command(StartCertificateJob, { year })).refusals} />
      </div>
    </Card>
  );
}

function Progress({ of }: { of: NonNullable<CertificateJobQuery["certificateJob"]> }) {
  const say = words();
  const worked = of.done + of.refused;
  return (
    <>
      <p class="row"><Tag tone={of.state === "DONE" ? "ok" : "brand"}>{say.jobState[of.state]}</Tag> <span role="status">{say.progress(count(worked), count(of.total))}</span></p>
      <Bar part={worked} whole={of.total} label={say.progress(count(worked), count(of.total))} />
      <Facts of={[[say.startedAt, instant(of.startedAt)], [say.finishedAt, of.finishedAt && instant(of.finishedAt)]]} />
      {of.refused > 0 && (
        <Table
          caption={say.notIssued(count(of.refused))}
          rows={of.refusals}
          name={(row) => row.enrollment.id}
          empty={say.nobody}
          columns={[
            { head: say.holder, cell: (row) => <a href={`/console/certificates/${row.projectId}`}>{row.enrollment.teacher?.name ?? row.enrollment.id}</a> },
            { head: say.why, cell: (row) => sentence(asRefusal(row.refusal)) },
          ]}
        />
      )}
    </>
  );
}

function Classes({ year }: Year) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(FinishedClasses, { year, after: query.get("after") });
  return (
    <Card>
      <Answered of={shown}>
        {({ projects: list }) => list && (
          <div class="stack">
            <Table
              caption={say.classes}
              rows={list.nodes}
              name={(row) => row.id}
              empty={say.noClasses}
              columns={[
                { head: say.class, cell: (row) => <a href={`/console/certificates/${row.id}`}>{row.title ?? row.code}</a> },
                { head: say.base, cell: (row) => row.base.name },
                { head: "", cell: (row) => <><ProjectTag status={row.status} /> {row.endsOn && day(row.endsOn)}</> },
                { head: say.results, cell: (row) => (row.book?.state === "CLOSING" ? say.unpublished : say.published) },
                { head: say.passed, cell: (row) => count(row.book?.passed ?? 0), number: true },
              ]}
            />
            <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
          </div>
        )}
      </Answered>
    </Card>
  );
}
