// One sign-up of a school's teacher, and what the school may do with it (R21, R22, R25, R26, R31).
import { useEffect, useState } from "preact/hooks";
import { days, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, EnrollmentTag, Facts } from "../../parts/basic";
import { Select, TextField } from "../../parts/form";
import { refusalsOf } from "../../parts/selection";
import { RevealTeam } from "../reveals";
import { actor, words } from "../words";
import {
  AcceptOffer,
  AnswerWithdrawal,
  ConfirmCredits,
  ConfirmEligibility,
  DeclineSignUps,
  RestoreBySchool,
  SchoolEnrollment,
  type SchoolEnrollmentQuery,
  SchoolTeachers,
  SubmitEnrollments,
  SubstituteTeacher,
  WithdrawEnrollment,
} from "./documents";
import { checksEligibility } from "./eligibility";

type Enrollment = NonNullable<SchoolEnrollmentQuery["enrollment"]>;
const LEAVABLE = new Set(["SUBMITTED", "WAITLISTED", "OFFERED", "ACCEPTED"]);
const RESTORABLE = new Set(["WITHDRAWN", "DECLINED"]);
const TYPING_MS = 300;

export function EnrollmentPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(SchoolEnrollment, { id });
  return (
    <Answered of={shown}>
      {({ enrollment: of }) => of ? (
        <div class="stack">
          <Heading title={say.schoolDesk.signUpOf(of.teacher?.name ?? "")}>{say.schoolDesk.signUpOf(of.teacher?.name ?? "")}</Heading>
          <p class="row"><EnrollmentTag status={of.status} /> <span class="quiet">{of.project?.title}</span></p>
          {of.status === "OFFERED" && of.offerExpiresAt && <p class="note warn">{say.offerUntil(instant(of.offerExpiresAt))}</p>}
          {of.withdrawalRequest?.state === "OPEN" && <p class="note warn">{say.schoolDesk.wantsOut} {of.withdrawalRequest.reason}</p>}
          {of.warnings.map((each) => <p key={each.code} class="note warn">{each.message}</p>)}
          <Card title={say.schoolDesk.act}><Choices key={of.status} of={of} /></Card>
          <Card title={say.project}>
            <Facts
              of={[
                [say.project, of.project && <a href={`/projects/${encodeURIComponent(of.project.code)}`}>{of.project.title}</a>],
                [say.base, of.project?.base.name],
                [say.dates, days(of.project?.startsOn, of.project?.endsOn)],
                [say.post, of.teacher && general().audience[of.teacher.post]],
                [say.rank, of.rank],
                [say.schoolDesk.eligible, of.eligibility && `${of.eligibility.by} · ${instant(of.eligibility.confirmedAt)}`],
                [say.credit, of.credit && `${general().hourCount(String(of.credit.hours))} · ${say.creditStatus[of.credit.status]}`],
              ]}
            />
            {of.submittedAt && of.project && <Acts><RevealTeam baseId={of.project.base.id} /></Acts>}
          </Card>
          <Card title={say.timeline}>
            <ol class="steps">
              {of.history.map((each) => (
                <li key={each.at + each.status}>
                  <p class="strong">{general().enrollment[each.status]}</p>
                  <p class="quiet small">{instant(each.at)} · {actor(each.by)}</p>
                  {each.reason && <p class="quiet">{say.reason} {each.reason}</p>}
                </li>
              ))}
            </ol>
          </Card>
        </div>
      ) : <Heading title={say.noSignUps}>{say.noSignUps}</Heading>}
    </Answered>
  );
}

function Choices({ of }: { of: Enrollment }) {
  const say = words().schoolDesk;
  const { id, status } = of;
  const ids = [id];
  return (
    <Acts>
      {status === "SIGNED_UP" && (
        <>
          {!of.eligibility && checksEligibility(of.project?.round) && (
            <Act kind="first" label={say.confirmEligible} ask={say.confirmEligibleAsk} run={async () => { const answer = await command(ConfirmEligibility, { ids }); return refusalsOf(answer.refusals, answer.data?.confirmEligibility); }} />
          )}
          <Act kind="first" label={words().submitSelected} ask={say.submitAsk} run={async () => { const answer = await command(SubmitEnrollments, { ids }); return refusalsOf(answer.refusals, answer.data?.submitEnrollments); }} />
          <Act kind="danger" label={say.decline} ask={say.declineAsk} run={async ({ reason = "" }) => { const answer = await command(DeclineSignUps, { ids, reason }); return refusalsOf(answer.refusals, answer.data?.declineSignUps); }}>
            <Reason />
          </Act>
        </>
      )}
      {status === "OFFERED" && <Act kind="first" label={say.acceptOffer} ask={say.acceptOfferAsk} run={async () => (await command(AcceptOffer, { id })).refusals} />}
      {of.withdrawalRequest?.state === "OPEN" && (
        <>
          <Act kind="first" label={say.grant} ask={say.grantAsk} run={async () => (await command(AnswerWithdrawal, { id, grant: true })).refusals} />
          <Act label={say.refuse} ask={say.refuseAsk} run={async ({ refusal = "" }) => (await command(AnswerWithdrawal, { id, grant: false, reason: refusal })).refusals}>
            <Reason name="refusal" />
          </Act>
        </>
      )}
      {status === "ACCEPTED" && (
        <Act label={say.substitute} ask={say.substituteAsk} run={async ({ teacher = "", why = "" }) => (await command(SubstituteTeacher, { id, teacherId: teacher, reason: why })).refusals}>
          <TeacherChoice except={of.teacher?.id} />
          <Reason name="why" />
        </Act>
      )}
      {LEAVABLE.has(status) && (
        <Act kind="danger" label={say.withdraw} ask={say.withdrawAsk} run={async ({ reason = "" }) => (await command(WithdrawEnrollment, { id, reason })).refusals}>
          <Reason />
        </Act>
      )}
      {RESTORABLE.has(status) && (
        <Act label={say.restore} ask={say.restoreAsk} run={async ({ reason = "" }) => (await command(RestoreBySchool, { id, reason })).refusals}>
          <Reason />
        </Act>
      )}
      {status === "PASSED" && (
        <Act kind="first" label={say.confirmCredit} ask={say.confirmCreditAsk} run={async () => { const answer = await command(ConfirmCredits, { ids }); return refusalsOf(answer.refusals, answer.data?.confirmCredits); }} />
      )}
      {!["SIGNED_UP", "PASSED"].includes(status) && !LEAVABLE.has(status) && !RESTORABLE.has(status) && <p class="quiet">{say.nothing}</p>}
    </Acts>
  );
}

/** A teacher of one's own: typed by the beginning of the name, then chosen. */
function TeacherChoice({ except }: { except: string | undefined }) {
  const say = words();
  const [search, setSearch] = useState("");
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const shown = useQuery(SchoolTeachers, { after: null, search: search || null });
  const found = (shown.data?.mySchool?.teachers?.nodes ?? []).filter((each) => each.id !== except);
  return (
    <div class="stack tight" onInput={(event) => { const field = event.target as HTMLInputElement; if (field.name === "find") setText(field.value); }}>
      <TextField name="find" label={say.searchName} autocomplete="off" />
      <Select name="teacher" label={say.schoolDesk.successor} value={found.some((each) => each.id === chosen) ? chosen : (found[0]?.id ?? "")} onChoose={setChosen} of={found.map((each): [string, string] => [each.id, [each.name, general().audience[each.post], each.title].filter(Boolean).join(" ")])} />
    </div>
  );
}
