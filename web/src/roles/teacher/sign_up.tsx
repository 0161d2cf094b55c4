// Signs a teacher up for a project, who is told before what speaks against it (R19, R20).
import { days, deadline } from "../../app/moment";
import { Heading } from "../../app/shell";
import { go } from "../../app/router";
import { general } from "../../app/words";
import { useCommand, useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Facts, RefusalNote } from "../../parts/basic";
import { Countdown } from "../../parts/phases";
import { EnrollmentTag } from "../enrollment_tag";
import { words } from "../words";
import { SignUp, ToSignUp, type ToSignUpQuery } from "./documents";

type Project = NonNullable<ToSignUpQuery["projectByCode"]>;
const OVER = new Set(["WITHDRAWN", "DECLINED", "REJECTED", "EXPIRED", "LAPSED", "CANCELLED", "SUBSTITUTED", "NO_SHOW"]);

/** The live sign-ups of a teacher for projects at the same time. */
export const overlapping = <Row extends { status: string; project?: { id: string; startsOn?: string | null; endsOn?: string | null } | null }>(
  project: { id: string; startsOn?: string | null; endsOn?: string | null },
  rows: readonly Row[],
): Row[] =>
  rows.filter(({ status, project: other }) =>
    !OVER.has(status) && other && other.id !== project.id && project.startsOn && project.endsOn && other.startsOn && other.endsOn
      && other.startsOn <= project.endsOn && project.startsOn <= other.endsOn);

export function SignUpPage({ code }: { code: string }) {
  const say = words();
  const shown = useQuery(ToSignUp, { code });
  return (
    <Answered of={shown}>
      {(data) => data.projectByCode ? <Whole project={data.projectByCode} data={data} /> : <Heading title={say.noProject}>{say.noProject}</Heading>}
    </Answered>
  );
}

function Whole({ project, data }: { project: Project; data: ToSignUpQuery }) {
  const say = words();
  const common = general();
  const { run, busy, refusals } = useCommand(SignUp);
  const rows = data.myEnrollments?.nodes ?? [];
  const before = rows.find((each) => each.project?.id === project.id && !OVER.has(each.status));
  const phase = project.round.phases.find((each) => each.name === "ENROL");
  const open = phase?.open && project.status === "PUBLISHED";
  const signUp = async (): Promise<void> => {
    const answer = await run({ projectId: project.id });
    if (answer.data?.signUp) go(`/console/enrollments/${answer.data.signUp.id}`);
  };
  return (
    <div class="stack">
      <Heading title={say.signUpTo(project.title ?? "")}>{say.signUpTo(project.title ?? "")}</Heading>
      <Card>
        <Facts
          of={[
            [say.base, project.base.name],
            [say.dates, days(project.startsOn, project.endsOn)],
            [say.place, project.venue && [project.venue.province?.name, project.venue.address].filter(Boolean).join(" ")],
            [say.seats, project.seats && common.seatsLeft(String(project.seats.left), String(project.seats.capacity))],
            [common.phase.ENROL, phase && <>{deadline(phase.closesAt)} {phase.open && <Countdown seconds={phase.secondsToClosing} />}</>],
          ]}
        />
      </Card>
      {overlapping(project, rows).map((each) => <p key={each.id} class="note warn">{say.overlap(each.project?.title ?? "")}</p>)}
      {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      {before ? (
        <p class="note ok">{say.already} <EnrollmentTag status={before.status} /> <a href={`/console/enrollments/${before.id}`}>{say.open}</a></p>
      ) : open ? (
        <Card>
          <div class="stack tight">
            <p>{data.mySchool && say.signUpFrom(data.mySchool.name)}</p>
            <p class="quiet">{say.signUpHint}</p>
            <button type="button" class="button first" disabled={busy} onClick={() => void signUp()}>{say.signUp}</button>
          </div>
        </Card>
      ) : <p class="note">{say.signUpClosed}</p>}
    </div>
  );
}
