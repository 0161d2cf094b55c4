// One plan: its reviews side by side, the decision, and what the ministry does with it (R14 to R17, R28, R33).
import { useState } from "preact/hooks";
import { count, days, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Choice, DateField, Reason, isoDate } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Facts, ProjectTag, Tag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { refusalsOf, useTicked } from "../../parts/selection";
import { Table } from "../../parts/table";
import { PlanView } from "../plan_view";
import { actor, words } from "../words";
import { tally } from "./board";
import {
  AssignExperts,
  AutoAssignExperts,
  CancelByMinistry,
  DecideProjects,
  type DecisionOutcome,
  Experts,
  ExtendProject,
  FinishByMinistry,
  Plan,
  type PlanQuery,
  PublishProjects,
  ResumeProject,
  ReviseProjectDecision,
  SuspendProject,
} from "./documents";

type Project = NonNullable<PlanQuery["project"]>;
type Verdict = NonNullable<Project["reviews"]>[number]["verdicts"][number];
const TONES = { PASS: "ok", REVISE: "warn", FAIL: "bad" } as const;
const DECIDED = new Set(["APPROVED", "RETURNED", "REJECTED"]);
/** The states in which a class has seats. */
const STARTED = new Set(["PUBLISHED", "RUNNING", "FINISHED", "COMPLETED"]);
const PUBLISHED = new Set(["PUBLISHED", "RUNNING"]);

export function PlanPage({ id }: { id: string }) {
  const say = words();
  const own = say.ministryDesk;
  const shown = useQuery(Plan, { id });
  return (
    <Answered of={shown}>
      {({ project: of }) => of ? (
        <div class="stack">
          <Heading title={of.title ?? of.code}>{of.title ?? of.code}</Heading>
          <p class="row"><ProjectTag status={of.status} /> <span class="quiet">{of.code} · {of.base.name}</span></p>
          <Card title={own.act}>
            <div class="stack">
              <Choices key={of.status} of={of} />
              {STARTED.has(of.status) && <p><a class="button" href={`/console/plans/${of.id}/people`}>{own.people}</a></p>}
            </div>
          </Card>
          <Card>
            <Facts
              of={[
                [say.dates, days(of.startsOn, of.endsOn)],
                [own.extendedUntil, of.extendedUntil],
                [own.hours, of.classHours && general().hourCount(count(of.classHours))],
                [say.seats, of.seats ? general().seatsLeft(count(of.seats.left), count(of.seats.capacity)) : of.capacity],
                [say.major, of.majorCategory?.name],
                [say.experts, (of.experts ?? []).map((each) => each.name).join(general().listed) || say.unassigned],
                [own.decision, of.decision && `${own.outcomes[of.decision.outcome]} · ${instant(of.decision.at)} · ${of.decision.reason}`],
              ]}
            />
          </Card>
          <Verdicts of={of} />
          <PlanView plan={of} />
          <Card title={say.timeline}>
            <ol class="steps">
              {(of.history ?? []).map((each, index) => (
                <li key={each.at + index}>
                  <p class="strong">{general().project[each.status]}</p>
                  <p class="quiet small">{instant(each.at)} · {actor(each.by)}</p>
                  {each.reason && <p class="quiet">{each.reason}</p>}
                </li>
              ))}
            </ol>
          </Card>
        </div>
      ) : <Heading title={say.noProject}>{say.noProject}</Heading>}
    </Answered>
  );
}

/** The verdicts of the present submission: a row a dimension, a column an expert. */
function Verdicts({ of }: { of: Project }) {
  const say = words();
  const own = say.ministryDesk;
  const given = tally(of.reviews).current.filter((each) => each.submittedAt);
  const dimensions = [...new Set(given.flatMap((each) => each.verdicts.map(({ dimension }) => dimension)))];
  const cell = (verdict: Verdict | undefined) => verdict && <><Tag tone={TONES[verdict.verdict]}>{own.verdict[verdict.verdict]}</Tag> <span class="small">{verdict.comment}</span></>;
  return (
    <Card>
      <Table
        caption={own.verdicts}
        rows={dimensions}
        name={(row) => row}
        empty={own.noVerdicts}
        columns={[
          { head: own.dimension, cell: (row) => of.round.reviewDimensions.find((each) => each.code === row)?.name ?? row },
          ...given.map((review) => ({
            head: review.expert?.name ?? "",
            cell: (row: string) => cell(review.verdicts.find(({ dimension }) => dimension === row)),
          })),
        ]}
      />
    </Card>
  );
}

function Choices({ of }: { of: Project }) {
  const own = words().ministryDesk;
  const { id, status } = of;
  const outcomes = Object.entries(own.outcomes);
  const late = of.round.phases.some((each) => each.name === "REVIEW" && !each.open);
  const decide = async ({ outcome, why: reason = "" }: Record<string, string>) => {
    const answer = await command(DecideProjects, { decisions: [{ id, outcome: outcome as DecisionOutcome, reason }] });
    return refusalsOf(answer.refusals, answer.data?.decideProjects);
  };
  const publish = async ({ late: reason }: Record<string, string>) => {
    const answer = await command(PublishProjects, { ids: [id], override: reason ? { reason } : null });
    return refusalsOf(answer.refusals, answer.data?.publishProjects);
  };
  const revise = async ({ revised, again: reason = "" }: Record<string, string>) =>
    (await command(ReviseProjectDecision, { id, decision: { outcome: revised as DecisionOutcome, reason } })).refusals;
  return (
    <Acts>
      {(status === "SUBMITTED" || status === "UNDER_REVIEW") && <Assign of={of} />}
      {status === "UNDER_REVIEW" && (
        <Act kind="first" label={own.decide} ask={own.decideAsk} run={decide}>
          <Choice name="outcome" label={own.decision} initial="APPROVE" of={outcomes} />
          <Reason name="why" />
        </Act>
      )}
      {status === "APPROVED" && (
        <Act kind="first" label={own.publish} ask={own.publishAsk("1")} run={publish}>
          {late && <TextField name="late" label={own.lateReason} hint={own.lateHint} required autocomplete="off" />}
        </Act>
      )}
      {DECIDED.has(status) && (
        <Act label={own.revise} ask={own.reviseAsk} run={revise}>
          <Choice name="revised" label={own.decision} initial={status === "RETURNED" ? "APPROVE" : "RETURN"} of={outcomes} />
          <Reason name="again" />
        </Act>
      )}
      {status === "PUBLISHED" && (
        <Act label={own.suspend} ask={own.suspendAsk} run={async ({ suspend: reason = "" }) => (await command(SuspendProject, { id, reason })).refusals}>
          <Reason name="suspend" />
        </Act>
      )}
      {status === "RUNNING" && <Act label={own.finish} ask={own.finishAsk} run={async () => (await command(FinishByMinistry, { id })).refusals} />}
      {status === "SUSPENDED" && <Act kind="first" label={own.resume} ask={own.resumeAsk} run={async () => (await command(ResumeProject, { id })).refusals} />}
      {PUBLISHED.has(status) && (
        <Act label={own.extend} ask={own.extendAsk} run={async ({ until = "", extend: reason = "" }) => (await command(ExtendProject, { id, input: { until: isoDate(until), reason } })).refusals}>
          <DateField name="until" label={own.extendedUntil} required />
          <Reason name="extend" />
        </Act>
      )}
      {(status === "PUBLISHED" || status === "SUSPENDED") && (
        <Act kind="danger" label={own.cancel} ask={own.cancelAsk} run={async ({ cancel: reason = "" }) => (await command(CancelByMinistry, { id, reason })).refusals}>
          <Reason name="cancel" />
        </Act>
      )}
      {!["SUBMITTED", "UNDER_REVIEW", "SUSPENDED"].includes(status) && !DECIDED.has(status) && !PUBLISHED.has(status) && <p class="quiet">{words().schoolDesk.nothing}</p>}
    </Acts>
  );
}

/** Experts by hand, or as the rules choose them. */
function Assign({ of }: { of: Project }) {
  const own = words().ministryDesk;
  const [open, setOpen] = useState(false);
  const automatically = async () => {
    const answer = await command(AutoAssignExperts, { projectIds: [of.id] });
    return refusalsOf(answer.refusals, answer.data?.autoAssignExperts);
  };
  return (
    <>
      <Act kind={of.status === "SUBMITTED" ? "first" : ""} label={own.autoAssign} ask={own.autoAssignAsk("1")} run={automatically} />
      {open ? <ByHand of={of} /> : <button type="button" class="button" aria-expanded={open} onClick={() => setOpen(true)}>{own.byHand}</button>}
    </>
  );
}

function ByHand({ of }: { of: Project }) {
  const say = words();
  const own = say.ministryDesk;
  const shown = useQuery(Experts, { after: null });
  const { ticked, tick } = useTicked(shown.data?.experts?.nodes ?? []);
  return (
    <div class="act open stack tight">
      <Answered of={shown}>
        {({ experts }) => (
          <fieldset class="choices">
            <legend class="label">{own.byHand}</legend>
            {(experts?.nodes ?? []).filter((each) => !each.withdrawnAt).map((each) => (
              <label class="pick" key={each.id}>
                <span><input type="checkbox" checked={ticked.has(each.id)} onChange={() => tick(each.id)} /> {each.name}</span>
                <span class="quiet small">{each.organization?.name}</span>
              </label>
            ))}
          </fieldset>
        )}
      </Answered>
      <Act kind="first" label={own.assign} ask={own.assignAsk(count(ticked.size))} disabled={!ticked.size} run={async () => (await command(AssignExperts, { projectId: of.id, experts: [...ticked] })).refusals} />
    </div>
  );
}
