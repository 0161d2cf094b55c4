// A plan: written while it is a draft or returned, read otherwise, changed after publication (R7, R11, R13, R16, R18).
import { deadline, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { ProjectTag } from "../../parts/basic";
import { Countdown } from "../../parts/phases";
import { PlanView, Verdicts } from "../plan_view";
import { actor, words as shared } from "../words";
import { Amendment } from "./amendment";
import { ProjectHead } from "./class_head";
import { FurtherClass } from "./course/add_class";
import { BasePlan, WithdrawProject } from "./documents";
import { PlanEditor } from "./plan_editor";
import type { Plan } from "./plan_values";
import { words } from "./words";

const EDITABLE = new Set(["DRAFT", "RETURNED"]);
const WITHDRAWABLE = new Set(["DRAFT", "SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED"]);
const AMENDABLE = new Set(["PUBLISHED", "RUNNING", "SUSPENDED"]);

export function PlanPage({ id }: { id: string }) {
  const shown = useQuery(BasePlan, { id });
  return (
    <Answered of={shown}>
      {({ project, provinces }) => project ? (
        <div class="stack">
          <ProjectHead project={project} at="plan"><Deadline project={project} /></ProjectHead>
          {project.decision && project.status !== "PUBLISHED" && <Decided project={project} />}
          {EDITABLE.has(project.status) ? <PlanEditor key={project.id} project={project} provinces={provinces ?? []} /> : <PlanView plan={project} />}
          {AMENDABLE.has(project.status) && <Amendment key={project.version} project={project} provinces={provinces ?? []} />}
          <Acts>
            {project.status !== "REJECTED" && <FurtherClass project={project} provinces={provinces ?? []} />}
            {WITHDRAWABLE.has(project.status) && <Withdrawal project={project} />}
          </Acts>
          <History project={project} />
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}

function Deadline({ project }: { project: Plan }) {
  const say = words();
  const phase = (name: string) => project.round.phases.find((each) => each.name === name);
  const handedIn = project.status === "SUBMITTED" || project.status === "UNDER_REVIEW";
  const next = project.status === "DRAFT" ? phase("DECLARE") : phase("REVIEW");
  if (project.status !== "DRAFT" && project.status !== "RETURNED" && !handedIn) return null;
  return (
    <>
      {handedIn && <p class="note ok" role="status">{say.handedIn(project.code)}</p>}
      {project.status === "DRAFT" && next && !next.open && <p class="note warn">{say.declareClosed}</p>}
      {next?.open && (
        <p>{project.status === "DRAFT" ? say.declareUntil : say.reviewUntil} <strong>{deadline(next.closesAt)}</strong> · <Countdown seconds={next.secondsToClosing} /></p>
      )}
    </>
  );
}

function Decided({ project }: { project: Plan }) {
  const say = words();
  const { decision, round } = project;
  const reviews = (project.reviews ?? []).filter((each) => each.submittedAt);
  return (
    <section class={project.status === "RETURNED" ? "note warn stack tight" : "note stack tight"}>
      <h2>{project.status === "RETURNED" ? say.returned : <ProjectTag status={project.status} />}</h2>
      {decision && <p>{decision.reason} <span class="small">{instant(decision.at)}</span></p>}
      {reviews.map((review, at) => (
        <details key={review.id} open={project.status === "RETURNED"}>
          <summary>{say.reviewer(at + 1)}{review.cycle > 1 && ` · ${shared().cycle(review.cycle)}`}</summary>
          <Verdicts of={review.verdicts} dimensions={round.reviewDimensions} />
        </details>
      ))}
    </section>
  );
}

const Withdrawal = ({ project }: { project: Plan }) => (
  <Act
    label={words().withdraw}
    ask={words().withdrawAsk}
    kind="danger"
    run={async ({ reason }) => (await command(WithdrawProject, { id: project.id, reason: reason ?? "" })).refusals}
  >
    <Reason />
  </Act>
);

function History({ project }: { project: Plan }) {
  const say = words();
  return (
    <details class="card">
      <summary>{say.history}</summary>
      <ol class="steps">
        {[...(project.history ?? [])].reverse().map((entry) => (
          <li key={entry.version}>
            <p><ProjectTag status={entry.status} /> {instant(entry.at)} <span class="quiet">{actor(entry.by)}</span></p>
            {entry.reason && <p>{entry.reason}</p>}
            {entry.fields.map((change) => (
              <p key={change.name} class="small">{change.label} <del class="struck">{change.before}</del> → <ins>{change.after}</ins></p>
            ))}
          </li>
        ))}
      </ol>
    </details>
  );
}
