// The correction of a decision, or the return of an expired offer to the waiting list, with its reason (R23, R25).
import { useState } from "preact/hooks";
import { command } from "../../graph/client";
import { Act, Reason } from "../../parts/act";
import { Select } from "../../parts/form";
import { type EnrollmentDecision, RestoreToWaitlist, ReviseDecision } from "./documents";
import { words } from "./words";

/** The decisions that may take the place of the one that led to a state. */
const REVISABLE: Record<string, EnrollmentDecision[]> = {
  ACCEPTED: ["REJECT", "WAITLIST"],
  REJECTED: ["ACCEPT", "WAITLIST"],
  WAITLISTED: ["ACCEPT", "REJECT"],
  OFFERED: ["REJECT"],
};

export function Revision({ row }: { row: { id: string; status: string } }) {
  const say = words();
  const choices = REVISABLE[row.status];
  const [decision, setDecision] = useState<EnrollmentDecision | undefined>(choices?.[0]);
  if (row.status === "EXPIRED") {
    return (
      <Act label={say.restore} ask={say.restoreAsk} run={async (values) => (await command(RestoreToWaitlist, { id: row.id, reason: values[`reason-${row.id}`] ?? "" })).refusals}>
        <Reason name={`reason-${row.id}`} />
      </Act>
    );
  }
  if (!choices || !decision) return null;
  return (
    <Act
      label={say.revise}
      ask={say.reviseAsk}
      run={async (values) => (await command(ReviseDecision, { id: row.id, decision, reason: values[`reason-${row.id}`] ?? "" })).refusals}
    >
      <Select name={`decision-${row.id}`} label={say.decision} value={decision} of={choices.map((each) => [each, say.decisions[each]])} onChoose={(value) => setDecision(value as EnrollmentDecision)} />
      <Reason name={`reason-${row.id}`} />
    </Act>
  );
}
