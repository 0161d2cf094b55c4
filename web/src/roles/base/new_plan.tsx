// A new draft: of which base, of which kind, what it is called (R2, R7).
import { useState } from "preact/hooks";
import { count, deadline } from "../../app/moment";
import { go } from "../../app/router";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Bar, Card } from "../../parts/basic";
import { Form, Select, TextField } from "../../parts/form";
import { Countdown } from "../../parts/phases";
import { CurrentRound } from "../documents";
import type { Me } from "../page";
import { words as shared } from "../words";
import { DraftProject, type DraftProjectMutationVariables, MyBases } from "./documents";
import { kindsOf } from "./plan_fields";
import { words } from "./words";

type Input = DraftProjectMutationVariables["input"];

export function NewPlanPage({ year, me }: { year: number; me: Me }) {
  const say = words();
  const common = shared();
  const bases = me.bases ?? [];
  const [chosen, setChosen] = useState(bases[0]?.id ?? "");
  const base = bases.find((each) => each.id === chosen);
  const quotas = useQuery(MyBases, { year });
  const rounds = useQuery(CurrentRound, {});
  const phase = rounds.data?.rounds?.find((each) => each.year === year)?.phases.find((each) => each.name === "DECLARE");
  const quota = quotas.data?.myBases?.find((each) => each.id === chosen)?.quota;
  const kinds = base ? kindsOf(base.category) : [];
  const [kind, setKind] = useState("");
  const wanted = kinds.find(([each]) => each === kind)?.[0] ?? kinds[0]?.[0] ?? "";
  return (
    <div class="stack">
      <Heading title={say.newPlan}>{say.newPlan}</Heading>
      <Card>
        <div class="stack">
          <p>{say.newPlanHint}</p>
          {phase && (phase.open ? <p>{say.declareUntil} <strong>{deadline(phase.closesAt)}</strong> · <Countdown seconds={phase.secondsToClosing} /></p> : <p class="note warn">{say.declareClosed}</p>)}
          <Answered of={quotas}>
            {() => quota && (
              <div class="stack tight">
                <p>{common.quotaUsed(count(quota.used), count(quota.limit))} · {common.quotaLeft(count(quota.remaining))}</p>
                <Bar part={quota.used} whole={quota.limit} limit label={common.quota} />
              </div>
            )}
          </Answered>
          <Form
            submit={say.draft}
            send={async ({ title }) => {
              const input: Input = { year, title: title || null, kind: wanted as Input["kind"] };
              const answer = await command(DraftProject, { base: chosen, input });
              if (answer.data?.draftProject) go(`/console/projects/${answer.data.draftProject.id}/plan`, true);
              return answer.refusals;
            }}
          >
            {bases.length > 1 && <Select name="base" label={common.base} value={chosen} of={bases.map((each) => [each.id, each.name])} onChoose={setChosen} />}
            {kinds.length > 1 && <Select name="kind" label={common.plan.fields.kind} value={wanted} of={kinds} onChoose={setKind} />}
            <TextField name="title" label={common.plan.fields.title} required autocomplete="off" />
          </Form>
        </div>
      </Card>
    </div>
  );
}
