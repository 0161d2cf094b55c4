// A school's teachers: add, correct, let leave, ask another school for one, and answer others who ask (R20, R22).
import { instant } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Choice, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, EnrollmentTag, Facts, Tag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { SearchBox } from "../../parts/search";
import { refusalsOf } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { RevealTeacher } from "../reveals";
import { words } from "../words";
import {
  AddTeachers,
  AnswerTransfer,
  type Audience,
  CloseTeacher,
  CorrectTeacher,
  type Employment,
  RequestTeacher,
  SchoolTeachers,
  SchoolTransfers,
  TeacherName,
  TeacherOfSchool,
  type TeacherOfSchoolQuery,
  type TransferKind,
  WithdrawTransfer,
} from "./documents";

type Teacher = NonNullable<TeacherOfSchoolQuery["teacher"]>;
type Values = Record<string, string>;

const posts = (): [string, string][] => Object.entries(general().audience);
const employments = (): [string, string][] => Object.entries(general().employment);

export function TeachersPage() {
  const say = words();
  const own = say.schoolDesk;
  const { query } = usePlace();
  const shown = useQuery(SchoolTeachers, { after: query.get("after"), search: query.get("q") });
  const add = async (values: Values) => {
    const { name = "", idNumber = "", mobile = "" } = values;
    const row = { name, idNumber, mobile, email: values.email || null, title: values.title || null, post: values.post as Audience, employment: values.employment as Employment };
    const answer = await command(AddTeachers, { rows: [row] });
    return refusalsOf(answer.refusals, answer.data?.addTeachers);
  };
  const request = async ({ reason = "", ...values }: Values) =>
    (await command(RequestTeacher, { input: { name: values.wanted ?? "", idNumber: values.wantedNumber ?? "", kind: values.kind as TransferKind, employment: values.wantedAs as Employment, reason } })).refusals;
  return (
    <div class="stack">
      <Heading title={say.teachers}>{say.teachers}</Heading>
      <Acts>
        <Act kind="first" label={own.addTeacher} ask={own.addTeacherAsk} run={add}>
          <TextField name="name" label={say.name} required autocomplete="off" />
          <TextField name="idNumber" label={say.idNumber} required autocomplete="off" />
          <TextField name="mobile" label={say.mobile} required autocomplete="off" inputMode="numeric" />
          <Choice name="post" label={say.post} initial="TEACHER" of={posts()} />
          <Choice name="employment" label={say.employment} initial="FULL_TIME" of={employments()} />
          <TextField name="title" label={say.position} autocomplete="off" />
          <TextField name="email" label={say.email} autocomplete="off" />
        </Act>
        <Act label={own.request} ask={own.requestAsk} run={request}>
          <TextField name="wanted" label={say.name} required autocomplete="off" />
          <TextField name="wantedNumber" label={say.idNumber} required autocomplete="off" />
          <Choice name="kind" label={own.kind} initial="TRANSFER" of={Object.entries(own.transferKind)} />
          <Choice name="wantedAs" label={say.employment} initial="FULL_TIME" of={employments()} />
          <Reason />
        </Act>
        <a class="button" href="/console/transfers">{own.transfers}</a>
        <a class="button" href="/console/accounts">{say.accounts.title}</a>
      </Acts>
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
                  { head: say.name, cell: (row) => <a href={`/console/teachers/${row.id}`}>{row.name}</a> },
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

export function TeacherPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(TeacherOfSchool, { id });
  return (
    <Answered of={shown}>
      {({ teacher: of }) => of ? (
        <div class="stack">
          <Heading title={of.name ?? ""}>{of.name}</Heading>
          <Card>
            <Facts
              of={[
                [say.post, general().audience[of.post]],
                [say.employment, general().employment[of.employment]],
                [say.position, of.title],
                [say.major, of.majorCategory?.name],
                [say.idNumber, of.idNumber],
                [say.mobile, of.mobile],
                [say.email, of.email],
              ]}
            />
          </Card>
          <Card title={say.schoolDesk.act}><Changes of={of} /></Card>
          {of.enrollments && (
            <Card>
              <Table
                caption={say.signUps}
                rows={of.enrollments.nodes}
                name={(row) => row.id}
                empty={say.noSignUps}
                columns={[
                  { head: say.project, cell: (row) => <a href={`/console/enrollments/${row.id}`}>{row.project?.title}</a> },
                  { head: say.status, cell: (row) => <EnrollmentTag status={row.status} /> },
                ]}
              />
            </Card>
          )}
        </div>
      ) : <Heading title={say.noTeachers}>{say.noTeachers}</Heading>}
    </Answered>
  );
}

function Changes({ of }: { of: Teacher }) {
  const say = words();
  const own = say.schoolDesk;
  const correct = async (values: Values) => {
    const input: Record<string, string> = {};
    for (const name of ["name", "title", "post", "employment"] as const) {
      if (values[name] && values[name] !== of[name]) input[name] = values[name];
    }
    for (const name of ["idNumber", "mobile", "email"]) if (values[name]) input[name] = values[name]; // shown masked, so typed anew
    return (await command(CorrectTeacher, { id: of.id, version: of.version, input })).refusals;
  };
  return (
    <Acts>
      <Act label={own.correct} ask={own.correctAsk} run={correct}>
        <TextField name="name" label={say.name} defaultValue={of.name ?? ""} autocomplete="off" />
        <TextField name="title" label={say.position} defaultValue={of.title ?? ""} autocomplete="off" />
        <Choice name="post" label={say.post} initial={of.post} of={posts()} />
        <Choice name="employment" label={say.employment} initial={of.employment} of={employments()} />
        <TextField name="idNumber" label={say.idNumber} hint={own.typedAnew} autocomplete="off" />
        <TextField name="mobile" label={say.mobile} hint={own.typedAnew} autocomplete="off" inputMode="numeric" />
        <TextField name="email" label={say.email} hint={own.typedAnew} autocomplete="off" />
      </Act>
      <RevealTeacher id={of.id} />
      <Act kind="danger" label={own.close} ask={own.closeAsk} run={async ({ reason = "" }) => (await command(CloseTeacher, { id: of.id, reason })).refusals}>
        <Reason />
      </Act>
    </Acts>
  );
}

/** The name of a teacher of one's own. */
export const TeacherNamed = ({ id }: { id: string }) => <>{useQuery(TeacherName, { id }).data?.teacher?.name}</>;

export function TransfersPage({ school }: { school: string }) {
  const say = words();
  const own = say.schoolDesk;
  const { query } = usePlace();
  const shown = useQuery(SchoolTransfers, { after: query.get("after") });
  const answer = async (id: string, confirm: boolean, reason: string | null) => (await command(AnswerTransfer, { id, confirm, reason })).refusals;
  return (
    <div class="stack">
      <Heading title={own.transfers}>{own.transfers}</Heading>
      <Card>
        <Answered of={shown}>
          {({ transfers: list }) => list && (
            <>
              <Table
                caption={own.transfers}
                rows={list.nodes}
                name={(row) => row.id}
                empty={own.noTransfers}
                columns={[
                  { head: say.teacher, cell: (row) => <>{row.personName} <span class="quiet small">{own.transferKind[row.kind]}</span></> },
                  { head: own.from, cell: (row) => row.formerSchool?.name },
                  { head: own.to, cell: (row) => row.school?.name },
                  { head: say.reason, cell: (row) => row.reason },
                  { head: say.status, cell: (row) => <><Tag tone={row.state === "REQUESTED" ? "warn" : "plain"}>{own.transferState[row.state]}</Tag> {row.state === "REQUESTED" && <span class="quiet small">{say.latest(instant(row.dueAt))}</span>}</> },
                  {
                    head: own.act,
                    cell: (row) => row.state === "REQUESTED" && (row.school?.code === school ? (
                      <Act label={own.takeBack} ask={own.takeBackAsk} run={async ({ [row.id]: reason = "" }) => (await command(WithdrawTransfer, { id: row.id, reason })).refusals}>
                        <Reason name={row.id} />
                      </Act>
                    ) : (
                      <Acts>
                        <Act kind="first" label={own.letGo} ask={own.letGoAsk} run={() => answer(row.id, true, null)} />
                        <Act kind="danger" label={own.keep} ask={own.keepAsk} run={({ [row.id]: reason = "" }) => answer(row.id, false, reason)}>
                          <Reason name={row.id} />
                        </Act>
                      </Acts>
                    )),
                  },
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
