// The findings of a year: rectifications accepted or returned, wrong findings withdrawn (R37).
import { command } from "../../../graph/client";
import { Act, Acts, DateField, Reason, isoDate } from "../../../parts/act";
import type { Finding } from "../../inspection/finding";
import { FindingsPage as Findings } from "../../inspection/findings_page";
import { words as ofFindings } from "../../inspection/words";
import { CloseFinding, WithdrawFinding } from "./documents";
import { words } from "./words";

export const FindingsPage = ({ year }: { year: number }) => (
  <Findings
    year={year}
    above={<p><a href="/console/inspections">{words().inspections}</a></p>}
    where={({ project, inspectionId }) => (
      <>
        <a class="strong" href={`/console/plans/${project.id}`}>{project.title ?? project.code}</a>
        <a href={`/console/inspections/${encodeURIComponent(inspectionId)}`}>{ofFindings().ofInspection(inspectionId)}</a>
      </>
    )}
    act={(finding) => finding.state !== "WITHDRAWN" && <Settle of={finding} />}
  />
);

function Settle({ of: { id, state } }: { of: Finding }) {
  const say = ofFindings();
  const reported = state === "REPORTED";
  const close = async (accepted: boolean, reason = "", due?: string) =>
    (await command(CloseFinding, { id, accepted, reason, dueOn: due ? isoDate(due) : null })).refusals;
  return (
    <Acts>
      {reported && (
        <Act kind="first" label={say.accept} ask={say.acceptAsk} run={({ [`${id}-accept`]: reason }) => close(true, reason)}>
          <Reason name={`${id}-accept`} />
        </Act>
      )}
      {reported && (
        <Act label={say.giveBack} ask={say.giveBackAsk} run={({ [`${id}-return`]: reason, [`${id}-due`]: due }) => close(false, reason, due)}>
          <DateField name={`${id}-due`} label={say.newDue} required />
          <Reason name={`${id}-return`} />
        </Act>
      )}
      <Act kind="danger" label={say.withdraw} ask={say.withdrawAsk} run={async ({ [`${id}-withdraw`]: reason = "" }) => (await command(WithdrawFinding, { id, reason })).refusals}>
        <Reason name={`${id}-withdraw`} />
      </Act>
    </Acts>
  );
}
