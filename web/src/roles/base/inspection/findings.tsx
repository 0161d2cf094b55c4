// What inspections have found of a base's projects, and what the base has rectified (R37).
import { useDraft } from "../../../app/drafts";
import { count } from "../../../app/moment";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts } from "../../../parts/act";
import { FindingsPage as Findings } from "../../inspection/findings_page";
import type { Finding } from "../../inspection/finding";
import { LongText, sent } from "../../inspection/long_text";
import { words } from "../../inspection/words";
import { words as ofRoles } from "../../words";
import { FindingsToRectify, ReportRectification } from "./documents";

export const FindingsPage = ({ year }: { year: number }) => (
  <Findings
    year={year}
    where={({ project }) => <a class="strong" href={`/console/projects/${project.id}`}>{project.title ?? project.code}</a>}
    act={(finding) => (finding.state === "OPEN" || finding.state === "RECTIFYING") && <Report of={finding} />}
  />
);

function Report({ of: { id } }: { of: Finding }) {
  const say = words();
  const kept = useDraft<{ text: string }>(`rectified:${id}`);
  const name = `${id}-text`;
  const report = async ({ [name]: text = "" }: Record<string, string>) => {
    const { refusals } = await command(ReportRectification, { id, text });
    if (!refusals.length) sent(kept);
    return refusals;
  };
  return (
    <Acts>
      <Act kind="first" label={say.report} ask={say.reportAsk} run={report}>
        <LongText name={name} label={say.rectified} kept={kept} />
      </Act>
    </Acts>
  );
}

/** On the base's home: that findings wait for it. */
export function ToRectify({ year }: { year: number }) {
  const { data } = useQuery(FindingsToRectify, { year });
  const waiting = (data?.open?.totalCount ?? 0) + (data?.returned?.totalCount ?? 0);
  if (!waiting) return null;
  return (
    <p class="note warn row apart">
      <span class="strong">{words().toRectify(count(waiting))}</span>
      <a class="button" href="/console/findings">{ofRoles().open}</a>
    </p>
  );
}
