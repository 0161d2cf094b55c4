// The pages of the ministry.
import { count, day, days, instant, yuan } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Bar, Card, ProjectTag, Tiles } from "../../parts/basic";
import { SearchBox } from "../../parts/search";
import { Chips, Pager, Table } from "../../parts/table";
import type { Due, Role } from "../page";
import { words } from "../words";
import { Bases, Cockpit, type CockpitQuery, Escalations, PlanCounts, Plans } from "./documents";

type Year = { year: number };
type Progress = NonNullable<CockpitQuery["provinceProgress"]>[number];
const STATUSES = ["SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED", "PUBLISHED", "RUNNING", "FINISHED", "COMPLETED", "SUSPENDED", "CANCELLED", "REJECTED"] as const;
const CATEGORIES = ["PRINCIPAL", "DUAL_QUALIFIED_TEACHER", "ENTERPRISE_PRACTICE"] as const;

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

function PlansPage({ year }: Year) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const shown = useQuery(Plans, { year, after: query.get("after"), search: query.get("q"), statuses: status ? [status] : null });
  return (
    <div class="stack">
      <Heading title={say.plans}>{say.plans}</Heading>
      <SearchBox label={say.searchPlan} />
      <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, common.project[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ projects: list }) => list && (
            <div class="stack">
              <Table
                caption={say.plans}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noPlans}
                columns={[
                  { head: say.project, cell: (row) => <>{row.title} <span class="quiet small beneath">{row.code}</span></> },
                  { head: say.base, cell: (row) => row.base.name },
                  { head: say.status, cell: (row) => <ProjectTag status={row.status} /> },
                  { head: say.dates, cell: (row) => days(row.startsOn, row.endsOn) },
                  { head: say.experts, cell: (row) => (row.experts ?? []).map((each) => each.name).join(common.listed) || <span class="quiet">{say.unassigned}</span> },
                  { head: say.warnings, cell: (row) => (row.warnings ?? []).map((each) => <p key={each.code + each.message} class="small">{each.message}</p>) },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function BasesPage({ year }: Year) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const category = query.get("category") as (typeof CATEGORIES)[number] | null;
  const shown = useQuery(Bases, { year, after: query.get("after"), category });
  return (
    <div class="stack">
      <Heading title={say.bases}>{say.bases}</Heading>
      <Chips label={say.category} name="category" chosen={category} of={[[null, common.all], ...CATEGORIES.map((each): [string, string] => [each, common.category[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ bases: list }) => list && (
            <div class="stack">
              <Table
                caption={say.bases}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noBases}
                columns={[
                  { head: say.base, cell: (row) => row.name },
                  { head: say.category, cell: (row) => common.category[row.category] },
                  { head: say.province, cell: (row) => row.province?.name ?? say.ministryUnits },
                  {
                    head: say.quota,
                    cell: (row) => row.quota && (
                      <span class="share">{say.quotaUsed(count(row.quota.used), count(row.quota.limit))}<Bar part={row.quota.used} whole={row.quota.limit} limit label={say.quotaUsed(count(row.quota.used), count(row.quota.limit))} /></span>
                    ),
                  },
                  { head: say.validity, cell: (row) => (row.validUntil ? days(row.validFrom, row.validUntil) : common.from(day(row.validFrom))) },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function EscalationsPage({ year }: Year) {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(Escalations, { year, after: query.get("after") });
  return (
    <div class="stack">
      <Heading title={say.escalations}>{say.escalations}</Heading>
      <Card>
        <Answered of={shown}>
          {({ escalations: list }) => list && (
            <div class="stack">
              <Table
                caption={say.escalations}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noEscalations}
                columns={[
                  { head: say.teacher, cell: (row) => row.teacher?.name },
                  { head: say.school, cell: (row) => row.school?.name },
                  { head: say.project, cell: (row) => <>{row.project?.title} <span class="quiet small beneath">{row.project?.base.name}</span></> },
                  { head: say.escalatedAt, cell: (row) => row.escalatedAt && instant(row.escalatedAt) },
                  { head: say.rank, cell: (row) => row.rank ?? "", number: true },
                  { head: say.seats, cell: (row) => row.project?.seats && general().seatsLeft(count(row.project.seats.left), count(row.project.seats.capacity)) },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

const plans = (status: string) => ({ year }: Due): string => `/console/plans?status=${status}${year ? `&year=${year}` : ""}`;

export const role: Role = {
  pages: [
    { path: "/plans", nav: () => words().nav.plans, view: PlansPage },
    { path: "/bases", nav: () => words().nav.bases, view: BasesPage },
    { path: "/progress", nav: () => words().nav.progress, view: ProgressPage },
    { path: "/escalations", nav: () => words().nav.escalations, view: EscalationsPage },
  ],
  overview: Overview,
  places: {
    ASSIGN_EXPERTS: plans("SUBMITTED"),
    DECIDE_PLAN: plans("UNDER_REVIEW"),
    PUBLISH: plans("APPROVED"),
    ESCALATION: ({ year }) => `/console/escalations${year ? `?year=${year}` : ""}`,
  },
};
