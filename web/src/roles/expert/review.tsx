// A review: the plan on one side, a verdict for each dimension on the other; kept until it is handed in, once (R15).
import { useDraft } from "../../app/drafts";
import { count, deadline, instant } from "../../app/moment";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, ProjectTag } from "../../parts/basic";
import { Countdown } from "../../parts/phases";
import { PlanView, Verdicts } from "../plan_view";
import { words as shared } from "../words";
import { MyReviews, PlanToReview, type PlanToReviewQuery, SubmitReview } from "./documents";
import { words } from "./words";

type Project = NonNullable<PlanToReviewQuery["project"]>;
type Verdict = "PASS" | "REVISE" | "FAIL";
const KEYS: Record<string, Verdict> = { 1: "PASS", 2: "REVISE", 3: "FAIL" };

/** What is judged of a dimension so far. */
interface Judged {
  verdict?: Verdict;
  comment: string;
}

export function ReviewPage({ id }: { id: string }) {
  const shown = useQuery(PlanToReview, { id });
  return (
    <Answered of={shown}>
      {({ project }) => project ? <Whole project={project} /> : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}

function Whole({ project }: { project: Project }) {
  const say = words();
  const title = project.title ?? project.code;
  const phase = project.round.phases.find((each) => each.name === "REVIEW");
  const mine = (project.reviews ?? []).find((each) => each.expert);
  return (
    <div class="stack">
      <Heading title={title}>{title}</Heading>
      <p class="row"><ProjectTag status={project.status} /> <span class="quiet">{project.code} · {project.base.name}</span></p>
      {phase?.open && <p>{say.reviewUntil} <strong>{deadline(phase.closesAt)}</strong> · <Countdown seconds={phase.secondsToClosing} /></p>}
      <div class="review">
        <section aria-label={say.plan}><PlanView plan={project} /></section>
        <div class="stack">
          {mine?.submittedAt ? <Submitted project={project} mine={mine} /> : mine && project.status === "UNDER_REVIEW" ? <Judge key={`${project.id}${mine.cycle}`} project={project} cycle={mine.cycle} /> : <p class="note">{say.notOpen}</p>}
          <Earlier project={project} cycle={mine?.cycle ?? 1} />
        </div>
      </div>
    </div>
  );
}

function Judge({ project, cycle }: { project: Project; cycle: number }) {
  const say = words();
  const verdicts = shared().plan.verdict;
  const dimensions = project.round.reviewDimensions;
  const [kept, keep] = useDraft<Record<string, Judged>>(`review:${project.id}:${cycle}`);
  const judged = (code: string): Judged => kept?.[code] ?? { comment: "" };
  const change = (code: string, part: Partial<Judged>): void => keep((now) => ({ ...now, [code]: { comment: "", ...now?.[code], ...part } }));
  const done = dimensions.flatMap(({ code }) => {
    const { verdict, comment } = judged(code);
    return verdict && comment.trim() ? [{ dimension: code, verdict, comment: comment.trim() }] : [];
  });
  const lacking = dimensions.length - done.length;
  return (
    <Card title={say.mine}>
      <div class="stack">
        <p class="hint">{say.hint}</p>
        {dimensions.map(({ code, name }) => (
          <fieldset
            key={code}
            class="judged stack tight"
            onKeyDown={(event) => {
              const verdict = KEYS[event.key];
              if (verdict && !(event.target instanceof HTMLTextAreaElement)) change(code, { verdict });
            }}
          >
            <legend class="label">{name}</legend>
            <div class="judge">
              {(Object.keys(verdicts) as Verdict[]).map((verdict) => (
                <label class="pick" key={verdict}>
                  <input type="radio" name={`verdict-${code}`} value={verdict} checked={judged(code).verdict === verdict} onChange={() => change(code, { verdict })} />
                  <span>{verdicts[verdict]}</span>
                </label>
              ))}
            </div>
            <div class="field">
              <label for={`comment-${code}`}>{say.comment(name)}</label>
              <textarea id={`comment-${code}`} rows={3} value={judged(code).comment} onInput={(event) => change(code, { comment: event.currentTarget.value })} />
            </div>
          </fieldset>
        ))}
        {lacking > 0 && <p class="quiet" role="status">{say.lacking(count(lacking))}</p>}
        <Act
          label={say.submit}
          ask={say.submitAsk}
          kind="first"
          disabled={lacking > 0}
          run={async () => {
            const { refusals } = await command(SubmitReview, { project: project.id, verdicts: done });
            if (!refusals.length) keep(() => null);
            return refusals;
          }}
        />
      </div>
    </Card>
  );
}

function Submitted({ project, mine }: { project: Project; mine: NonNullable<Project["reviews"]>[number] }) {
  const say = words();
  const dimensions = project.round.reviewDimensions;
  const others = (project.reviews ?? []).filter((each) => each !== mine && each.submittedAt);
  const list = useQuery(MyReviews, {});
  const next = list.data?.myReviews?.nodes.find((each) => !each.submittedAt && each.project && each.project.id !== project.id && each.project.status === "UNDER_REVIEW");
  return (
    <>
      <Card title={say.mine}>
        <div class="stack tight">
          <p class="note ok" role="status">{say.submitted(instant(mine.submittedAt ?? ""))}</p>
          <Verdicts of={mine.verdicts} dimensions={dimensions} />
        </div>
      </Card>
      <Card title={say.others}>
        <div class="stack tight">
          {others.length === 0 && <p class="quiet">{say.noOthers}</p>}
          {others.map((each, at) => (
            <section key={each.id}>
              <h3>{say.other(at + 1)}</h3>
              <Verdicts of={each.verdicts} dimensions={dimensions} />
            </section>
          ))}
        </div>
      </Card>
      <p class="row">
        {next?.project ? <a class="button first" href={`/console/reviews/${next.project.id}`}>{say.next}</a> : !list.waiting && <span class="quiet">{say.allDone}</span>}
        <a class="button" href="/console/reviews">{say.desk}</a>
      </p>
    </>
  );
}

/** Of a plan that was handed in again: what I said before, and what has changed since (R13, R15). */
function Earlier({ project, cycle }: { project: Project; cycle: number }) {
  const say = words();
  const list = useQuery(MyReviews, {});
  const before = (list.data?.myReviews?.nodes ?? []).filter((each) => each.project?.id === project.id && each.cycle < cycle && each.submittedAt);
  const changes = cycle > 1 ? (project.planVersions ?? []).filter((version) => version.changes.length) : [];
  return (
    <>
      {before.map((each) => (
        <Card key={each.id} title={say.before(each.cycle)}><Verdicts of={each.verdicts} dimensions={project.round.reviewDimensions} /></Card>
      ))}
      {changes.length > 0 && (
        <Card title={say.changes}>
          {changes.flatMap((version) => version.changes.map((change) => (
            <p key={`${version.version}${change.name}`}>{change.label} <del class="struck">{change.before}</del> → <ins>{change.after}</ins></p>
          )))}
        </Card>
      )}
    </>
  );
}
