// The pages of a teacher.
import { later } from "../../app/later";
import { usePlace } from "../../app/router";
import { days, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Empty, Facts } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { Pager, Table } from "../../parts/table";
import { EnrollmentTag } from "../enrollment_tag";
import type { Role } from "../page";
import { RevealTeacher } from "../reveals";
import { words } from "../words";
import { MyData, MyEnrollments, UpdateMyContact } from "./documents";
import { EnrollmentPage } from "./enrollment";
import { SignUpPage } from "./sign_up";

function Mine() {
  const say = words();
  const { path, query } = usePlace();
  const shown = useQuery(MyEnrollments, { after: query.get("after") });
  return (
    <Card title={path === "/console" ? say.nav.mine : undefined}>
      <Answered of={shown}>
        {({ myEnrollments: list }) => list && (list.nodes.length ? (
          <>
            <ul class="list">
              {list.nodes.map((each) => (
                <li key={each.id}>
                  <p class="row"><a class="strong" href={`/console/enrollments/${each.id}`}>{each.project?.title}</a> <EnrollmentTag status={each.status} /></p>
                  <p class="quiet">{[each.project?.base.name, days(each.project?.startsOn, each.project?.endsOn)].filter(Boolean).join(" · ")}</p>
                  {each.status === "OFFERED" && each.offerExpiresAt && <p class="note warn">{say.offerUntil(instant(each.offerExpiresAt))}</p>}
                  {each.reason && <p class="quiet">{say.reason} {each.reason}</p>}
                </li>
              ))}
            </ul>
            <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
          </>
        ) : (
          <Empty title={say.noEnrollments}>
            <p>{say.noEnrollmentsHint}</p>
            <p><a class="button first" href="/">{say.catalogue}</a></p>
          </Empty>
        ))}
      </Answered>
    </Card>
  );
}

const MinePage = () => (
  <div class="stack">
    <Heading title={words().nav.mine} end={<a class="button" href="/">{words().catalogue}</a>}>{words().nav.mine}</Heading>
    <Mine />
  </div>
);

function DataPage() {
  const say = words();
  const common = general();
  const shown = useQuery(MyData, {});
  const correct = async ({ mobile = "", email = "" }: Record<string, string>) =>
    (await command(UpdateMyContact, { input: { ...(mobile && { mobile }), ...(email && { email }) } })).refusals;
  return (
    <div class="stack">
      <Heading title={say.myData}>{say.myData}</Heading>
      <p class="quiet">{say.myDataHint}</p>
      <Answered of={shown}>
        {({ myData: data }) => data && (
          <>
            <Card>
              <Facts
                of={[
                  [say.name, data.teacher.name],
                  [say.school, data.teacher.school?.name],
                  [say.post, common.audience[data.teacher.post]],
                  [say.employment, common.employment[data.teacher.employment]],
                  [say.position, data.teacher.title],
                  [say.major, data.teacher.majorCategory?.name],
                  [say.idNumber, data.teacher.idNumber],
                  [say.mobile, data.teacher.mobile],
                  [say.email, data.teacher.email],
                ]}
              />
              <Acts>
                <RevealTeacher id={data.teacher.id} own />
                <Act label={say.correctContact} ask={say.correctContactAsk} run={correct}>
                  <TextField name="mobile" label={say.mobile} autocomplete="off" inputMode="numeric" />
                  <TextField name="email" label={say.email} autocomplete="off" />
                </Act>
              </Acts>
            </Card>
            <Card>
              <Table
                caption={say.reveals}
                rows={data.reveals.nodes}
                name={(row) => row.id}
                empty={say.noReveals}
                columns={[
                  { head: say.when, cell: (row) => instant(row.at) },
                  { head: say.who, cell: (row) => row.organization ?? say.roles[row.scope as keyof typeof say.roles] },
                  { head: say.purpose, cell: (row) => row.purpose },
                ]}
              />
            </Card>
          </>
        )}
      </Answered>
    </div>
  );
}

const EvaluationsPage = later(() => import("./rating/evaluations").then((module) => module.EvaluationsPage));
const ClassResultsPage = later(() => import("./rating/evaluations").then((module) => module.ClassResultsPage));

export const role: Role = {
  pages: [
    { path: "/enrollments", nav: () => words().nav.mine, view: MinePage },
    { path: "/enrollments/:id", view: ({ parts }) => <EnrollmentPage id={parts.id ?? ""} /> },
    { path: "/sign-up/:code", view: ({ parts }) => <SignUpPage code={parts.code ?? ""} /> },
    { path: "/evaluations", nav: () => words().nav.evaluations, view: () => <EvaluationsPage /> },
    { path: "/evaluations/:id", view: ({ parts }) => <ClassResultsPage id={parts.id ?? ""} /> },
    { path: "/data", nav: () => words().nav.data, view: DataPage },
  ],
  overview: Mine,
  places: { ANSWER_EVALUATION: () => "/console/evaluations" },
};
