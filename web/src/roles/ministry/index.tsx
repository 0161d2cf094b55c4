// The pages of the ministry.
import { later } from "../../app/later";
import { count, yuan } from "../../app/moment";
import { Heading } from "../../app/shell";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Bar, Card, Tiles } from "../../parts/basic";
import { Table } from "../../parts/table";
import { AccountsPage } from "../accounts";
import type { Due, Role } from "../page";
import { TransfersPage } from "../transfers";
import { words } from "../words";
import { PlansPage } from "./board";
import { CalendarPage } from "./calendar";
import { Cockpit, MinistryDecidesTransfer, MinistryTransfers, PlanCounts, type CockpitQuery } from "./documents";
import { EscalationsPage } from "./escalations";
import { PlanPage } from "./plan";
import { BasesPage, ExpertNamed, ExpertsPage, SchoolsPage } from "./registry";

type Year = { year: number };
type Progress = NonNullable<CockpitQuery["provinceProgress"]>[number];

function Overview({ year }: Year) {
  const say = words();
  const plans = useQuery(PlanCounts, { year });
  const cockpit = useQuery(Cockpit, { year });
  return (
    <>
      <Answered of={plans}>
        {(data) => (
          <Tiles
            of={[
              ...(Object.keys(say.planCounts) as (keyof typeof say.planCounts)[]).map((name): [string, string] => [say.planCounts[name], count(data[name]?.totalCount ?? 0)]),
              [say.escalations, count(cockpit.data?.escalations?.totalCount ?? 0)],
              [say.undelivered, count(cockpit.data?.undeliveredFeedback?.totalCount ?? 0)],
            ]}
          />
        )}
      </Answered>
      <Answered of={cockpit}>{(data) => <Provinces of={data.provinceProgress ?? []} />}</Answered>
    </>
  );
}

function Provinces({ of }: { of: readonly Progress[] }) {
  const say = words();
  const rows = [...of].sort((left, right) => right.tally.submitted - left.tally.submitted);
  const most = Math.max(1, ...rows.map((row) => row.tally.submitted));
  return (
    <Card>
      <Table
        caption={say.provinces}
        rows={rows}
        name={(row) => row.province?.code ?? "00"}
        empty={say.noProgress}
        columns={[
          { head: say.province, cell: (row) => row.province?.name ?? say.ministryUnits },
          { head: say.submitting, cell: (row) => `${count(row.submittingSchools)} / ${count(row.registeredSchools)}`, number: true },
          { head: say.signUpCount, cell: (row) => count(row.tally.signUps), number: true },
          { head: say.submittedCount, cell: (row) => <span class="share">{count(row.tally.submitted)}<Bar part={row.tally.submitted} whole={most} label={`${say.submittedCount} ${row.tally.submitted}`} /></span>, number: true },
          { head: say.acceptedCount, cell: (row) => count(row.tally.accepted), number: true },
          { head: say.passedCount, cell: (row) => count(row.tally.passed), number: true },
          { head: say.funding, cell: (row) => yuan(row.funding.yuan), number: true },
        ]}
      />
    </Card>
  );
}

function ProgressPage({ year }: Year) {
  const say = words();
  const cockpit = useQuery(Cockpit, { year });
  return (
    <div class="stack">
      <Heading title={say.progress}>{say.progress}</Heading>
      <Answered of={cockpit}>{(data) => <Provinces of={data.provinceProgress ?? []} />}</Answered>
    </div>
  );
}

const EvaluationsPage = later(() => import("./rating/evaluations").then((module) => module.EvaluationsPage));
const EvaluationPage = later(() => import("./rating/evaluations").then((module) => module.EvaluationPage));

const plans = (status: string) => ({ year }: Due): string => `/console/plans?status=${status}${year ? `&year=${year}` : ""}`;

export const role: Role = {
  pages: [
    { path: "/plans", nav: () => words().nav.plans, view: PlansPage },
    { path: "/plans/:id", view: ({ parts }) => <PlanPage id={parts.id ?? ""} /> },
    { path: "/escalations", nav: () => words().nav.escalations, view: EscalationsPage },
    { path: "/bases", nav: () => words().nav.bases, view: BasesPage },
    { path: "/experts", nav: () => words().experts, view: ExpertsPage },
    { path: "/schools", nav: () => words().nav.schools, view: SchoolsPage },
    { path: "/transfers", nav: () => words().schoolDesk.transfers, view: () => <TransfersPage list={MinistryTransfers} decide={MinistryDecidesTransfer} /> },
    { path: "/calendar", nav: () => words().ministryDesk.calendar, view: CalendarPage },
    { path: "/accounts", view: () => <AccountsPage scopes={["ministry", "expert", "base", "school", "province"]} who={(id) => <ExpertNamed id={id} />} /> },
    { path: "/evaluations", nav: () => words().nav.evaluations, view: ({ year }) => <EvaluationsPage year={year} /> },
    { path: "/evaluations/:id", view: ({ parts }) => <EvaluationPage id={parts.id ?? ""} /> },
    { path: "/progress", nav: () => words().nav.progress, view: ProgressPage },
  ],
  overview: Overview,
  places: {
    ASSIGN_EXPERTS: plans("SUBMITTED"),
    DECIDE_PLAN: plans("UNDER_REVIEW"),
    PUBLISH: plans("APPROVED"),
    DECIDE_TRANSFER: () => "/console/transfers?state=ESCALATED",
    ESCALATION: ({ year }) => `/console/escalations${year ? `?year=${year}` : ""}`,
  },
};
