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
import { NewSchoolPage, SchoolPage } from "../schools";
import { TransfersPage } from "../transfers";
import { words } from "../words";
import { PlansPage } from "./board";
import { CalendarPage } from "./calendar";
import { Cockpit, ExpertNames, MinistryDecidesTransfer, MinistryTransfers, PlanCounts, type CockpitQuery } from "./documents";
import { EscalationsPage } from "./escalations";
import { organizationOf } from "./organization";
import { PlanPage } from "./plan";

/** The name of an expert. */
const ExpertNamed = ({ id }: { id: string }) => <>{useQuery(ExpertNames, {}).data?.experts?.nodes.find((each) => each.id === id)?.name}</>;

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

const BasesPage = later<Year>(() => import("./registry").then((module) => module.BasesPage));
const ExpertsPage = later(() => import("./registry").then((module) => module.ExpertsPage));
const SchoolsPage = later(() => import("./registry").then((module) => module.SchoolsPage));
const BasePage = later<Year & { id: string }>(() => import("./register/base_page").then((module) => module.BasePage));
const PeoplePage = later<{ id: string }>(() => import("./people/page").then((module) => module.PeoplePage));
const AuditPage = later(() => import("./audit/page").then((module) => module.AuditPage));
const RoundsPage = later(() => import("./rounds/page").then((module) => module.RoundsPage));
const OpenRoundPage = later(() => import("./rounds/page").then((module) => module.OpenRoundPage));
const AmendRoundPage = later<Year>(() => import("./rounds/page").then((module) => module.AmendRoundPage));
const InspectionsPage = later(() => import("./inspection/pages").then((module) => module.InspectionsPage));
const InspectionPage = later(() => import("./inspection/pages").then((module) => module.InspectionPage));
const FindingsPage = later(() => import("./inspection/pages").then((module) => module.FindingsPage));
type OfBase = Year & { id: string };
const AssessmentsPage = later<Year>(() => import("./year").then((module) => module.AssessmentsPage));
const AssessmentPage = later<OfBase>(() => import("./year").then((module) => module.AssessmentPage));
const YearTablePage = later<Year>(() => import("./year").then((module) => module.YearTablePage));
const ProposalsPage = later<Year>(() => import("./year").then((module) => module.ProposalsPage));
const EvaluationsPage = later(() => import("./rating/evaluations").then((module) => module.EvaluationsPage));
const EvaluationPage = later(() => import("./rating/evaluations").then((module) => module.EvaluationPage));

const plans = (status: string) => ({ year }: Due): string => `/console/plans?status=${status}${year ? `&year=${year}` : ""}`;

const CertificatesPage = later(() => import("./credits/year").then((module) => module.CertificatesPage));
const CreditsPage = later(() => import("./credits/class_credits").then((module) => module.CreditsPage));

export const role: Role = {
  pages: [
    { path: "/plans", nav: () => words().nav.plans, view: PlansPage },
    { path: "/plans/:id", view: ({ parts }) => <PlanPage id={parts.id ?? ""} /> },
    { path: "/plans/:id/people", view: ({ parts }) => <PeoplePage id={parts.id ?? ""} /> },
    { path: "/escalations", nav: () => words().nav.escalations, view: EscalationsPage },
    { path: "/bases", nav: () => words().nav.bases, rare: true, view: BasesPage },
    { path: "/bases/:id", view: ({ parts, year }) => <BasePage id={parts.id ?? ""} year={year} /> },
    { path: "/experts", nav: () => words().experts, rare: true, view: ExpertsPage },
    { path: "/schools", nav: () => words().nav.schools, rare: true, view: SchoolsPage },
    { path: "/schools/new", view: () => <NewSchoolPage everywhere /> },
    { path: "/schools/:code", view: ({ parts }) => <SchoolPage code={parts.code ?? ""} /> },
    { path: "/transfers", nav: () => words().schoolDesk.transfers, rare: true, view: () => <TransfersPage list={MinistryTransfers} decide={MinistryDecidesTransfer} /> },
    { path: "/calendar", nav: () => words().ministryDesk.calendar, rare: true, view: CalendarPage },
    { path: "/rounds", nav: () => words().ministryDesk.rounds, rare: true, view: RoundsPage },
    { path: "/rounds/new", view: OpenRoundPage },
    { path: "/rounds/:year", view: ({ parts }) => <AmendRoundPage year={Number(parts.year)} /> },
    { path: "/audit", nav: () => words().ministryDesk.audit, rare: true, view: AuditPage },
    { path: "/certificates", nav: () => words().certificates, view: ({ year }) => <CertificatesPage year={year} /> },
    { path: "/certificates/:id", view: ({ parts }) => <CreditsPage id={parts.id ?? ""} /> },
    { path: "/accounts", view: () => <AccountsPage scopes={["ministry", "expert", "base", "school", "province"]} who={(id) => <ExpertNamed id={id} />} where={organizationOf} /> },
    { path: "/inspections", nav: () => words().nav.inspections, view: ({ year }) => <InspectionsPage year={year} /> },
    { path: "/inspections/findings", view: ({ year }) => <FindingsPage year={year} /> },
    { path: "/inspections/:id", view: ({ parts }) => <InspectionPage id={parts.id ?? ""} /> },
    { path: "/evaluations", nav: () => words().nav.evaluations, view: ({ year }) => <EvaluationsPage year={year} /> },
    { path: "/evaluations/:id", view: ({ parts }) => <EvaluationPage id={parts.id ?? ""} /> },
    { path: "/progress", nav: () => words().nav.progress, view: ProgressPage },
    { path: "/assessments", nav: () => words().nav.assessments, view: AssessmentsPage },
    { path: "/assessments/table", view: YearTablePage },
    { path: "/assessments/proposals", view: ProposalsPage },
    { path: "/assessments/:year/:id", view: ({ parts }) => <AssessmentPage year={Number(parts.year)} id={parts.id ?? ""} /> },
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
