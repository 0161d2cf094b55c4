// The pages of a school.
import { count, day, instant } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Facts, Tag } from "../../parts/basic";
import { Pager, Table } from "../../parts/table";
import { SearchBox } from "../../parts/search";
import type { Due, Role } from "../page";
import { words } from "../words";
import { MySchool, Rosters, SchoolTeachers } from "./documents";
import { SignUpsPage } from "./sign_ups";

function Overview({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(MySchool, { year });
  return (
    <Answered of={shown}>
      {({ mySchool: school }) => school && (
        <Card title={school.name} end={<a class="button" href="/console/enrollments">{say.signUps}</a>}>
          <Facts
            of={[
              [say.schoolCode, school.code],
              [say.province, school.province?.name],
              [say.designated, school.designatedPerson ? `${school.designatedPerson.name} ${school.designatedPerson.phone ?? ""}` : <Tag tone="warn">{say.noDesignated}</Tag>],
              ...(school.innerCutOffs ?? []).map((each): [string, string] => [say.cutOff, `${each.project?.title ?? say.allProjects} · ${day(each.closesOn)}`]),
            ]}
          />
        </Card>
      )}
    </Answered>
  );
}

function TeachersPage() {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(SchoolTeachers, { after: query.get("after"), search: query.get("q") });
  return (
    <div class="stack">
      <Heading title={say.teachers}>{say.teachers}</Heading>
      <SearchBox label={say.searchName} />
      <Card>
        <Answered of={shown}>
          {({ mySchool: school }) => school?.teachers && (
            <>
              <Table
                caption={say.teachers}
                rows={school.teachers.nodes}
                name={(row) => row.id}
                empty={say.noTeachers}
                columns={[
                  { head: say.name, cell: (row) => row.name },
                  { head: say.post, cell: (row) => general().audience[row.post] },
                  { head: say.position, cell: (row) => row.title },
                  { head: say.employment, cell: (row) => general().employment[row.employment] },
                  { head: say.major, cell: (row) => row.majorCategory?.name },
                  { head: say.mobile, cell: (row) => row.mobile },
                ]}
              />
              <Pager total={school.teachers.totalCount} end={school.teachers.pageInfo.hasNextPage ? school.teachers.pageInfo.endCursor : null} first={!query.get("after")} />
            </>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function RostersPage() {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(Rosters, { after: query.get("after") });
  return (
    <div class="stack">
      <Heading title={say.rosters}>{say.rosters}</Heading>
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
                  { head: say.file, cell: (row) => row.fileName },
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

const of = (status: string) => (due: Due): string => `/console/enrollments?status=${status}${due.project ? `&project=${due.project.id}` : ""}`;

export const role: Role = {
  pages: [
    { path: "/enrollments", nav: () => words().nav.enrollments, view: SignUpsPage },
    { path: "/teachers", nav: () => words().nav.teachers, view: TeachersPage },
    { path: "/rosters", nav: () => words().nav.rosters, view: RostersPage },
  ],
  overview: Overview,
  places: { RANK: of("SIGNED_UP"), SUBMIT: of("SIGNED_UP"), CONFIRM_OFFER: of("OFFERED"), CONFIRM_CREDIT: of("PASSED"), ANSWER_WITHDRAWAL: of("") },
};
