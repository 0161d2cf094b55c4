// Certificates and credits of a class, for the ministry: issue, revoke, restore, reopen for corrections (R30 to R32).
import { count } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import type { Refusal } from "../../../app/refusals";
import { command } from "../../../graph/client";
import type { Document } from "../../../graph/document";
import { Act, DateField, Reason, isoDate } from "../../../parts/act";
import { ProjectTag } from "../../../parts/basic";
import { ClassCertificatesPage, type Ticked } from "../../certificates/class_certificates";
import { words } from "../../certificates/words";
import { words as shared } from "../../words";
import { ReopenRecords, RestoreCredit, RevokeCredit } from "./documents";

export const CreditsPage = ({ id }: { id: string }) => (
  <ClassCertificatesPage
    id={id}
    head={(project) => (
      <>
        <Heading title={`${words().certificates} ${project.title ?? project.code}`}>{project.title ?? project.code}</Heading>
        <p class="row"><ProjectTag status={project.status} /> <span class="quiet">{project.code} · {project.base.name}</span> <a href={`/console/plans/${project.id}`}>{shared().project}</a></p>
      </>
    )}
    more={(ticked, project) => <Credits project={project} {...ticked} />}
  />
);

/** What the ministry does with the credits and records of those who are ticked. */
function Credits({ project, ids, tell }: Ticked & { project: string }) {
  const say = words();
  const change = async <Data,>(document: Document<Data, { enrollment: string; reason: string }>, reason: string): Promise<readonly Refusal[]> => {
    const rows = [];
    for (const id of ids) {
      const { refusals: [refusal] } = await command(document, { enrollment: id, reason });
      rows.push({ ok: !refusal, enrollment: { id }, refusal: refusal ?? null });
    }
    tell(rows);
    return [];
  };
  const reopen = async (until: string, reason: string): Promise<readonly Refusal[]> => {
    const { data, refusals } = await command(ReopenRecords, { project, input: { enrollmentIds: [...ids], until: isoDate(until), reason } });
    if (!refusals.length) tell(data?.reopenRecords);
    return refusals;
  };
  const chosen = count(ids.length);
  return (
    <>
      <Act label={say.reopen} ask={say.reopenAsk(chosen)} disabled={!ids.length} told run={({ until = "", reopened = "" }) => reopen(until, reopened)}>
        <DateField name="until" label={say.until} required />
        <Reason name="reopened" />
      </Act>
      <Act label={say.revokeCredit} ask={say.revokeCreditAsk(chosen)} kind="danger" disabled={!ids.length} told run={({ revoked = "" }) => change(RevokeCredit, revoked)}>
        <Reason name="revoked" />
      </Act>
      <Act label={say.restoreCredit} ask={say.restoreCreditAsk(chosen)} disabled={!ids.length} told run={({ restored = "" }) => change(RestoreCredit, restored)}>
        <Reason name="restored" />
      </Act>
    </>
  );
}
