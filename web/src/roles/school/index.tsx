// The pages of a school.
import { day } from "../../app/moment";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Facts, Tag } from "../../parts/basic";
import { AccountsPage } from "../accounts";
import type { Due, Role } from "../page";
import { words } from "../words";
import { DeskPage } from "./desk";
import { MySchool } from "./documents";
import { EnrolPage, OpenProjectsPage } from "./enrol";
import { EnrollmentPage } from "./enrollment";
import { RosterPage, RostersPage } from "./roster";
import { SignUpsPage } from "./sign_ups";
import { TeacherNamed, TeacherPage, TeachersPage, TransfersPage } from "./teachers";

function Overview({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(MySchool, { year });
  return (
    <Answered of={shown}>
      {({ mySchool: school }) => school && (
        <Card title={school.name} end={<a class="button" href="/console/school">{say.schoolDesk.desk}</a>}>
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

const of = (status: string) => (due: Due): string => `/console/enrollments?status=${status}${due.project ? `&project=${due.project.id}` : ""}`;

export const role: Role = {
  pages: [
    { path: "/enrollments", nav: () => words().nav.enrollments, view: SignUpsPage },
    { path: "/enrollments/:id", view: ({ parts }) => <EnrollmentPage id={parts.id ?? ""} /> },
    { path: "/enrol", nav: () => words().schoolDesk.enrol, view: OpenProjectsPage },
    { path: "/enrol/:id", view: ({ parts }) => <EnrolPage id={parts.id ?? ""} /> },
    { path: "/rosters", nav: () => words().nav.rosters, view: RostersPage },
    { path: "/rosters/:id", view: ({ parts }) => <RosterPage id={parts.id ?? ""} /> },
    { path: "/teachers", nav: () => words().nav.teachers, view: TeachersPage },
    { path: "/teachers/:id", view: ({ parts }) => <TeacherPage id={parts.id ?? ""} /> },
    { path: "/transfers", view: ({ me }) => <TransfersPage school={me.school?.code ?? ""} /> },
    { path: "/accounts", view: () => <AccountsPage scopes={["teacher"]} who={(id) => <TeacherNamed id={id} />} /> },
    { path: "/school", nav: () => words().schoolDesk.desk, view: DeskPage },
  ],
  overview: Overview,
  places: {
    RANK: of("SIGNED_UP"),
    SUBMIT: of("SIGNED_UP"),
    CONFIRM_OFFER: of("OFFERED"),
    CONFIRM_CREDIT: of("PASSED"),
    ANSWER_WITHDRAWAL: () => "/console/enrollments?leaving=yes",
    ANSWER_TRANSFER: () => "/console/transfers",
    DESIGNATE: () => "/console/school",
  },
};
