// The pages of a training base.
import { count, days } from "../../app/moment";
import { later } from "../../app/later";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Bar, Card, ProjectTag } from "../../parts/basic";
import { Chips, Pager, Table } from "../../parts/table";
import type { Due, Me, Role } from "../page";
import { words } from "../words";
import { ApplicantsPage } from "./applicants";
import { BEFORE } from "./class_head";
import { BaseProjects, MyBases } from "./documents";
import { words as own } from "./words";

const STATUSES = ["DRAFT", "SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED", "PUBLISHED", "RUNNING", "FINISHED", "COMPLETED"] as const;

function Overview({ year, me }: { year: number; me: Me }) {
  const say = words();
  const shown = useQuery(MyBases, { year });
  return (
    <>
      <ToRectify year={year} />
      <Answered of={shown}>
        {({ myBases }) => myBases && (
          <Card title={say.quota}>
            <ul class="list">
              {myBases.map((base) => (
                <li key={base.id} class="stack tight">
                  <p class="strong">{base.name}</p>
                  {base.quota && (
                    <>
                      <p class="row apart">
                        <span>{say.quotaUsed(count(base.quota.used), count(base.quota.limit))}</span>
                        <span class="quiet">{say.quotaLeft(count(base.quota.remaining))}</span>
                      </p>
                      <Bar part={base.quota.used} whole={base.quota.limit} limit label={say.quotaUsed(count(base.quota.used), count(base.quota.limit))} />
                    </>
                  )}
                </li>
              ))}
            </ul>
          </Card>
        )}
      </Answered>
      <Projects year={year} me={me} />
    </>
  );
}

function Projects({ year, me }: { year: number; me: Me }) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const base = query.get("base") ?? me.bases?.[0]?.id ?? "";
  const shown = useQuery(BaseProjects, { year, base, after: query.get("after"), statuses: status ? [status] : null });
  return (
    <>
      {(me.bases ?? []).length > 1 && <Chips label={say.base} name="base" chosen={base} of={(me.bases ?? []).map((each): [string, string] => [each.id, each.name])} />}
      <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, common.project[each]])]} />
      <p><a class="button first" href="/console/projects/new">{own().newPlan}</a></p>
      <Card>
        <Answered of={shown}>
          {({ projects: list }) => list && (
            <div class="stack">
              <Table
                caption={say.nav.projects}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noProjects}
                columns={[
                  { head: say.project, cell: (row) => <a href={`/console/projects/${row.id}${BEFORE.has(row.status) ? "/plan" : ""}`}>{row.title ?? row.code}</a> },
                  { head: say.status, cell: (row) => <ProjectTag status={row.status} /> },
                  { head: say.dates, cell: (row) => days(row.startsOn, row.endsOn) },
                  { head: say.seats, cell: (row) => row.seats && say.seatsOf(count(row.seats.accepted), count(row.seats.offered), count(row.seats.left)) },
                  { head: say.waitlisted, cell: (row) => row.seats && count(row.seats.waitlisted), number: true },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </>
  );
}

const ProjectsPage = ({ year, me }: { year: number; me: Me }) => (
  <div class="stack">
    <Heading title={words().nav.projects}>{words().nav.projects}</Heading>
    <Projects year={year} me={me} />
  </div>
);

const PlanPage = later(() => import("./plan").then((module) => module.PlanPage));
const NewPlanPage = later(() => import("./new_plan").then((module) => module.NewPlanPage));
const AttendancePage = later(() => import("./attendance").then((module) => module.AttendancePage));
const ResultsPage = later(() => import("./results").then((module) => module.ResultsPage));
const TeamPage = later<{ me: Me }>(() => import("./team/page").then((module) => module.TeamPage));
const CertificatesPage = later(() => import("./certificates").then((module) => module.CertificatesPage));
const FindingsPage = later(() => import("./inspection/findings").then((module) => module.FindingsPage));
const ToRectify = later(() => import("./inspection/findings").then((module) => module.ToRectify));
const EvaluationPage = later(() => import("./rating/evaluation_page").then((module) => module.EvaluationPage));
const WaitlistPage = later(() => import("./waitlist").then((module) => module.WaitlistPage));
const AssessmentsPage = later<{ year: number }>(() => import("./year/page").then((module) => module.AssessmentsPage));
const AssessmentPage = later<{ year: number; id: string }>(() => import("./year/page").then((module) => module.AssessmentPage));

/** Where a task is done: at a page of its project, else in the list of projects of a state. */
const at = (place: string, status: string) => ({ project, year }: Due): string =>
  project ? `/console/projects/${project.id}${place}` : `/console/projects?status=${status}${year ? `&year=${year}` : ""}`;

export const role: Role = {
  pages: [
    { path: "/projects", nav: () => words().nav.projects, view: ProjectsPage },
    { path: "/projects/new", view: ({ year, me }) => <NewPlanPage year={year} me={me} /> },
    { path: "/projects/:id", view: ({ parts }) => <ApplicantsPage id={parts.id ?? ""} /> },
    { path: "/projects/:id/plan", view: ({ parts }) => <PlanPage id={parts.id ?? ""} /> },
    { path: "/projects/:id/waitlist", view: ({ parts }) => <WaitlistPage id={parts.id ?? ""} /> },
    { path: "/projects/:id/attendance", view: ({ parts }) => <AttendancePage id={parts.id ?? ""} /> },
    { path: "/projects/:id/results", view: ({ parts }) => <ResultsPage id={parts.id ?? ""} /> },
    { path: "/team", nav: () => own().team, view: TeamPage },
    { path: "/projects/:id/certificates", view: ({ parts }) => <CertificatesPage id={parts.id ?? ""} /> },
    { path: "/findings", nav: () => words().nav.findings, view: ({ year }) => <FindingsPage year={year} /> },
    { path: "/assessments", nav: () => words().nav.assessments, view: AssessmentsPage },
    { path: "/assessments/:year/:id", view: ({ parts }) => <AssessmentPage year={Number(parts.year)} id={parts.id ?? ""} /> },
    { path: "/projects/:id/evaluation", view: ({ parts }) => <EvaluationPage id={parts.id ?? ""} /> },
  ],
  overview: Overview,
  places: {
    DECIDE: at("?status=SUBMITTED", "PUBLISHED"),
    COMPLETE_PLAN: at("/plan", "DRAFT"),
    REVISE_PLAN: at("/plan", "RETURNED"),
    START: at("/attendance", "PUBLISHED"),
    FINISH: at("/attendance", "RUNNING"),
    MARK_ATTENDANCE: at("/attendance", "RUNNING"),
    RECORD_RESULTS: at("/results", "FINISHED"),
    PUBLISH_RESULTS: at("/results", "FINISHED"),
  },
};
