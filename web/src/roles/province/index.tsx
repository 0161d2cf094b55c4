// The pages of a province; it sees no names of teachers (R27).
import { later } from "../../app/later";
import { count, days, instant, yuan } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useLive } from "../../graph/stream";
import { useQuery } from "../../graph/use";
import { Act, Acts, RowsField, cells } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Empty, Tag, Tiles } from "../../parts/basic";
import { SearchBox } from "../../parts/search";
import { refusalsOf } from "../../parts/selection";
import { Chips, Pager, Table } from "../../parts/table";
import { EnrollmentTag, enrollmentStatus } from "../enrollment_tag";
import type { Role } from "../page";
import { RevealSchools } from "../reveals";
import { NewSchoolPage, SchoolPage } from "../schools";
import { TransfersPage } from "../transfers";
import { words } from "../words";
import {
  MyProgress,
  ProvinceDecidesTransfer,
  ProvinceEnrollments,
  ProvinceEvents,
  ProvinceSchools,
  ProvinceTransfers,
  RegisterOwnSchools,
} from "./documents";
import { FundingPage } from "./funding";

const STATUSES = ["SIGNED_UP", "SUBMITTED", "ACCEPTED", "WAITLISTED", "REJECTED", "NO_SHOW", "PASSED", "CREDITED"] as const;
type Year = { year: number };

function Progress({ year }: Year) {
  const say = words();
  const shown = useQuery(MyProgress, { year });
  const live = useLive(ProvinceEvents, {}, shown.again);
  return (
    <Answered of={shown}>
      {({ myProvince: province }) => {
        const progress = province?.progress;
        if (!progress) return <Empty title={say.noProgress} />;
        const { tally } = progress;
        const columns = <Row extends { tally: { submitted: number; accepted: number; passed: number } }>() => [
          { head: say.submittedCount, cell: (row: Row) => count(row.tally.submitted), number: true },
          { head: say.acceptedCount, cell: (row: Row) => count(row.tally.accepted), number: true },
          { head: say.passedCount, cell: (row: Row) => count(row.tally.passed), number: true },
        ];
        return (
          <>
            <p class="quiet small">{live ? say.provinceDesk.live : say.provinceDesk.still}</p>
            <Tiles
              of={[
                [say.submitting, count(progress.submittingSchools), `/ ${count(progress.registeredSchools)}`],
                [say.signUpCount, count(tally.signUps)],
                [say.submittedCount, count(tally.submitted)],
                [say.acceptedCount, count(tally.accepted)],
                [say.waitingCount, count(tally.waitlisted)],
                [say.passedCount, count(tally.passed)],
                [say.fundingTotal, yuan(progress.funding.yuan)],
              ]}
            />
            <Card>
              <Table
                caption={say.byCategory}
                rows={progress.byCategory}
                name={(row) => row.category ?? ""}
                empty={say.noProgress}
                columns={[{ head: say.category, cell: (row) => row.category ? general().category[row.category] : say.other }, ...columns<(typeof progress.byCategory)[number]>()]}
              />
            </Card>
            <Card>
              <Table
                caption={say.byBaseProvince}
                rows={progress.byBaseProvince}
                name={(row) => row.province?.name ?? ""}
                empty={say.noProgress}
                columns={[{ head: say.province, cell: (row) => row.province?.name ?? say.other }, ...columns<(typeof progress.byBaseProvince)[number]>()]}
              />
            </Card>
          </>
        );
      }}
    </Answered>
  );
}

function SchoolsPage() {
  const say = words();
  const { query } = usePlace();
  const designated = query.get("designated");
  const shown = useQuery(ProvinceSchools, { after: query.get("after"), search: query.get("q"), designated: designated ? designated === "yes" : null });
  const register = async ({ rows = "" }: Record<string, string>) => {
    const answer = await command(RegisterOwnSchools, { rows: cells(rows).map(([code = "", name = ""]) => ({ code, name })) });
    return refusalsOf(answer.refusals, answer.data?.registerSchools);
  };
  return (
    <div class="stack">
      <Heading title={say.schools}>{say.schools}</Heading>
      <Acts>
        <Act label={say.ministryDesk.registerSchools} ask={say.provinceDesk.registerAsk} run={register}>
          <RowsField name="rows" label={say.schools} hint={say.ministryDesk.schoolRows} />
        </Act>
        <a class="button" href="/console/schools/new">{say.registerSchool}</a>
      </Acts>
      <SearchBox label={say.searchSchool} />
      <Chips label={say.designated} name="designated" chosen={designated} of={[[null, general().all], ["no", say.undesignated], ["yes", say.designatedYes]]} />
      <Card>
        <Answered of={shown}>
          {({ schools: list }) => list && (
            <div class="stack">
              <Table
                caption={say.schools}
                rows={list.nodes}
                name={(row) => row.code}
                empty={say.noSchools}
                columns={[
                  { head: say.school, cell: (row) => <><a href={`/console/schools/${row.code}`}>{row.name}</a> {row.closedAt && <Tag tone="bad">{say.closed}</Tag>}</> },
                  { head: say.schoolCode, cell: (row) => row.code },
                  { head: say.designated, cell: (row) => row.designatedPerson?.name ?? <Tag tone="warn">{say.undesignated}</Tag> },
                  { head: say.contact, cell: (row) => row.designatedPerson?.phone },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
              <RevealSchools key={list.nodes[0]?.code} of={list.nodes} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function EnrollmentsPage({ year }: Year) {
  const say = words();
  const common = general();
  const { query } = usePlace();
  const status = query.get("status") as (typeof STATUSES)[number] | null;
  const shown = useQuery(ProvinceEnrollments, { after: query.get("after"), statuses: status ? [status] : null, year });
  return (
    <div class="stack">
      <Heading title={say.signUps}>{say.signUps}</Heading>
      <p class="quiet">{say.enrollmentsHint}</p>
      <Chips label={say.status} name="status" chosen={status} of={[[null, common.all], ...STATUSES.map((each): [string, string] => [each, enrollmentStatus(each)])]} />
      <Card>
        <Answered of={shown}>
          {({ myProvince: province }) => province?.enrollments && (
            <div class="stack">
              <Table
                caption={say.signUps}
                rows={province.enrollments.nodes}
                name={(row) => row.id}
                empty={say.noSignUps}
                columns={[
                  { head: say.project, cell: (row) => row.project && <a href={`/projects/${encodeURIComponent(row.project.code)}`}>{row.project.title}</a> },
                  { head: say.school, cell: (row) => row.school?.name },
                  { head: say.status, cell: (row) => <EnrollmentTag status={row.status} /> },
                  { head: say.dates, cell: (row) => days(row.project?.startsOn, row.project?.endsOn) },
                  { head: say.submittedAt, cell: (row) => row.submittedAt && instant(row.submittedAt) },
                ]}
              />
              <Pager total={province.enrollments.totalCount} end={province.enrollments.pageInfo.hasNextPage ? province.enrollments.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

const GradesPage = later<Year>(() => import("./year/page").then((module) => module.GradesPage));

export const role: Role = {
  pages: [
    { path: "/progress", nav: () => words().nav.progress, view: ({ year }) => <div class="stack"><Heading title={words().progress}>{words().progress}</Heading><Progress year={year} /></div> },
    { path: "/schools", nav: () => words().nav.schools, view: SchoolsPage },
    { path: "/schools/new", view: () => <NewSchoolPage everywhere={false} /> },
    { path: "/schools/:code", view: ({ parts }) => <SchoolPage code={parts.code ?? ""} /> },
    { path: "/enrollments", nav: () => words().nav.enrollments, view: EnrollmentsPage },
    { path: "/transfers", nav: () => words().schoolDesk.transfers, view: () => <TransfersPage list={ProvinceTransfers} decide={ProvinceDecidesTransfer} /> },
    { path: "/funding", nav: () => words().nav.funding, view: FundingPage },
    { path: "/assessments", nav: () => words().nav.assessments, view: GradesPage },
  ],
  overview: Progress,
  places: { DESIGNATE: () => "/console/schools?designated=no", DECIDE_TRANSFER: () => "/console/transfers?state=ESCALATED" },
};
