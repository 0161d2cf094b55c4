// One sign-up as a way: what has been, what comes and until when (R19 to R32).
import { useState } from "preact/hooks";
import { days, deadline, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useCommand, useQuery } from "../../graph/use";
import { Act, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, EnrollmentTag, Facts, RefusalNote } from "../../parts/basic";
import { words } from "../words";
import { MyEnrollment, type MyEnrollmentQuery, RequestWithdrawal, TakeBackWithdrawalRequest, WithdrawSignUp } from "./documents";

type Enrollment = NonNullable<MyEnrollmentQuery["enrollment"]>;

const WAY = ["SIGNED_UP", "SUBMITTED", "ACCEPTED", "ATTENDING", "PASSED", "CREDITED"] as const;
const PHASES: Partial<Record<(typeof WAY)[number], string>> = { SUBMITTED: "ENROL", ACCEPTED: "ADMIT" };
/** What the school has submitted, and may withdraw when its teacher asks for it. */
const LEAVABLE = new Set(["SUBMITTED", "WAITLISTED", "OFFERED", "ACCEPTED"]);
const GOES_ON = new Set(["SIGNED_UP", "SUBMITTED", "WAITLISTED", "OFFERED", "ACCEPTED", "ATTENDING", "PASSED"]);

export function EnrollmentPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(MyEnrollment, { id });
  return (
    <Answered of={shown}>
      {({ enrollment }) => enrollment ? <Whole of={enrollment} /> : <Heading title={say.noProject}>{say.noProject}</Heading>}
    </Answered>
  );
}

function Whole({ of }: { of: Enrollment }) {
  const say = words();
  const title = of.project?.title ?? "";
  return (
    <div class="stack">
      <Heading title={title}>{title}</Heading>
      <p class="row"><EnrollmentTag status={of.status} /> <span class="quiet">{of.project?.base.name}</span></p>
      {of.status === "OFFERED" && of.offerExpiresAt && <p class="note warn">{say.offerUntil(instant(of.offerExpiresAt))}</p>}
      {of.warnings.map((warning) => <p key={warning.code} class="note warn">{warning.message}</p>)}
      <div class="columns">
        <Card title={say.timeline}><Way of={of} /></Card>
        <div class="stack">
          <Card title={say.project}>
            <Facts
              of={[
                [say.project, of.project && <a href={`/projects/${encodeURIComponent(of.project.code)}`}>{of.project.code}</a>],
                [say.dates, days(of.project?.startsOn, of.project?.endsOn)],
                [say.place, of.project?.venue && [of.project.venue.province?.name, of.project.venue.address].filter(Boolean).join(" ")],
                [say.result, of.result && [say.outcome[of.result.outcome], of.result.score !== null && say.score(String(of.result.score)), say.attendance(String(Math.round(100 * of.result.attendanceRate)))].filter(Boolean).join(general().listed)],
                [say.credit, of.credit && `${general().hourCount(String(of.credit.hours))} · ${say.creditStatus[of.credit.status]}`],
                [say.certificate, of.certificate?.number],
              ]}
            />
          </Card>
          {of.status === "SIGNED_UP" && <Withdraw id={of.id} />}
          {LEAVABLE.has(of.status) && <Leave of={of} />}
        </div>
      </div>
    </div>
  );
}

function Way({ of }: { of: Enrollment }) {
  const say = words();
  const common = general();
  const reached = new Set(of.history.map((each) => each.status));
  const ahead = GOES_ON.has(of.status) ? WAY.filter((step) => !reached.has(step)) : [];
  return (
    <ol class="steps">
      {of.history.map((each) => (
        <li key={each.at + each.status}>
          <p class="strong">{common.enrollment[each.status]}</p>
          <p class="quiet small">{instant(each.at)}</p>
          {each.reason && <p class="quiet">{say.reason} {each.reason}</p>}
        </li>
      ))}
      {ahead.map((step) => {
        const phase = of.project?.round.phases.find((each) => each.name === PHASES[step]);
        return (
          <li key={step} class="ahead">
            <p>{say.steps[step]}</p>
            {phase?.open && <p class="quiet small">{deadline(phase.closesAt)}</p>}
          </li>
        );
      })}
      {of.certificate && (
        <li>
          <p class="strong">{say.steps.CERTIFICATE}</p>
          <p class="quiet small">{of.certificate.number}</p>
        </li>
      )}
    </ol>
  );
}

function Withdraw({ id }: { id: string }) {
  const say = words();
  const { run, busy, refusals } = useCommand(WithdrawSignUp);
  const [asked, setAsked] = useState(false);
  return (
    <Card>
      <div class="stack tight">
        {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        {asked ? (
          <>
            <p>{say.withdrawAsk}</p>
            <div class="row">
              <button type="button" class="button danger" disabled={busy} onClick={() => void run({ id })}>{say.withdraw}</button>
              <button type="button" class="button" onClick={() => setAsked(false)}>{say.cancel}</button>
            </div>
          </>
        ) : <button type="button" class="button" onClick={() => setAsked(true)}>{say.withdraw}</button>}
      </div>
    </Card>
  );
}

/** Asking the school to withdraw a sign-up that it has submitted, and taking that back (R26). */
function Leave({ of }: { of: Enrollment }) {
  const say = words().leaving;
  const { id, withdrawalRequest: request } = of;
  return (
    <Card>
      {request?.state === "OPEN" ? (
        <div class="stack tight">
          <p class="note warn">{say.asked} {request.reason}</p>
          <Act key="back" label={say.takeBack} ask={say.takeBackTold} run={async () => (await command(TakeBackWithdrawalRequest, { id })).refusals} />
        </div>
      ) : (
        <div class="stack tight">
          {request?.state === "REFUSED" && <p class="note warn">{say.refused}{request.answer}</p>}
          <Act key="ask" label={say.ask} ask={say.told} run={async ({ reason = "" }) => (await command(RequestWithdrawal, { id, reason })).refusals}><Reason /></Act>
        </div>
      )}
    </Card>
  );
}
