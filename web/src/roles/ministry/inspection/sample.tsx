// The projects that were drawn: what was found of each, or why another takes its place (R37).
import { useDraft } from "../../../app/drafts";
import { count, day } from "../../../app/moment";
import { command } from "../../../graph/client";
import { Act, Acts, Choice, DateField, Reason, isoDate } from "../../../parts/act";
import { Card, Empty, Tag } from "../../../parts/basic";
import { TextField } from "../../../parts/form";
import { FindingTags } from "../../inspection/finding";
import { LongText, sent } from "../../inspection/long_text";
import { words as ofFindings } from "../../inspection/words";
import { RecordFinding, ReplaceSampled, type Severity } from "./documents";
import { stratumName } from "./fields";
import type { Inspection } from "./inspection";
import { words } from "./words";

type Sampled = Inspection["sample"][number];
const SEVERITIES: Severity[] = ["NONE", "MINOR", "MAJOR", "GRAVE"];

/** The findings of this inspection that stand. */
const standing = (of: Inspection, row: Sampled) =>
  (row.project.findings ?? []).filter((each) => each.inspectionId === of.id && each.state !== "WITHDRAWN");

export function Sample({ of }: { of: Inspection }) {
  const say = words();
  const inspected = of.sample.filter((row) => !row.replacedFor);
  const done = inspected.filter((row) => standing(of, row).length);
  return (
    <Card title={say.sample} end={of.sample.length > 0 && <span class="quiet">{say.inspected(count(done.length), count(inspected.length))}</span>}>
      {of.sample.length ? (
        <ul class="list">
          {of.sample.map((row) => <li key={row.project.id}><Drawn of={of} row={row} /></li>)}
        </ul>
      ) : <Empty title={say.notDrawn} />}
    </Card>
  );
}

function Drawn({ of, row }: { of: Inspection; row: Sampled }) {
  const say = words();
  const found = standing(of, row);
  const { project } = row;
  return (
    <div class="stack tight">
      <p class="row">
        <a class="strong" href={`/console/plans/${project.id}`}>{project.title ?? project.code}</a>
        {row.replacedFor ? <Tag>{say.replaced(row.replacedFor)}</Tag> : !found.length && <Tag tone="warn">{say.noFinding}</Tag>}
      </p>
      <p class="quiet small">{project.base.name} · {say.place(stratumName(row.stratum), count(row.order))}</p>
      {found.map((each) => (
        <div key={each.id} class="stack tight">
          <p><FindingTags of={each} /> {each.dueOn && <span class="quiet small">{ofFindings().dueOn(day(each.dueOn))}</span>}</p>
          <p class="pre">{each.text}</p>
        </div>
      ))}
      {of.state === "DRAWN" && !row.replacedFor && (
        <Acts>
          <Find of={of} project={project.id} first={!found.length} />
          {!found.length && (
            <Act
              label={say.replace}
              ask={say.replaceAsk}
              run={async ({ [`${project.id}-replace`]: reason = "" }) => (await command(ReplaceSampled, { id: of.id, projectId: project.id, reason })).refusals}
            >
              <Reason name={`${project.id}-replace`} />
            </Act>
          )}
        </Acts>
      )}
    </div>
  );
}

function Find({ of: { id }, project, first }: { of: Inspection; project: string; first: boolean }) {
  const say = words();
  const kept = useDraft<{ text: string }>(`finding:${id}:${project}`);
  const name = (field: string): string => `${project}-${field}`;
  const record = async (given: Record<string, string>) => {
    const of = (field: string): string => given[name(field)] ?? "";
    const { refusals } = await command(RecordFinding, {
      inspectionId: id,
      input: {
        projectId: project,
        severity: of("severity") as Severity,
        text: of("text"),
        clause: of("clause") || null,
        dueOn: of("due") ? isoDate(of("due")) : null,
      },
    });
    if (!refusals.length) sent(kept);
    return refusals;
  };
  return (
    <Act kind={first ? "first" : ""} label={say.find} ask={say.findAsk} run={record}>
      <Choice name={name("severity")} label={say.severity} initial="NONE" of={SEVERITIES.map((each): [string, string] => [each, ofFindings().severity[each]])} />
      <LongText name={name("text")} label={say.text} kept={kept} />
      <TextField name={name("clause")} label={say.clause} autocomplete="off" />
      <DateField name={name("due")} label={say.due} />
    </Act>
  );
}
