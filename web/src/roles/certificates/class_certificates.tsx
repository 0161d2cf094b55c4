// The certificates of a class: who has one, who gets one, and which are revoked (R32).
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count, day } from "../../app/moment";
import type { Refusal } from "../../app/refusals";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { download } from "../../graph/http";
import { useQuery } from "../../graph/use";
import { Act, Acts, Choice, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, RefusalNote, Tag } from "../../parts/basic";
import { type Done, Outcomes, type RefusedRow, useTicked } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words as shared } from "../words";
import { CertificatesOfClass, type CertificatesOfClassQuery, IssueCertificates, RevokeCertificate } from "./documents";
import { words } from "./words";

type ByHand = keyof ReturnType<typeof words>["kinds"];
type Project = NonNullable<CertificatesOfClassQuery["project"]>;
type Holder = NonNullable<Project["roster"]>["nodes"][number]["enrollment"];

/** What a command did for each participant. */
type Rows = readonly { ok: boolean; enrollment: { id: string }; refusal: RefusedRow | null }[] | null | undefined;
export type Ticked = { ids: readonly string[]; tell: (rows: Rows) => void };

/** The page of a class: its head is the role's own; `more`: what else the role does with those who are ticked. */
export function ClassCertificatesPage({ id, head, more }: {
  id: string;
  head: (project: Project) => ComponentChildren;
  more?: (ticked: Ticked, project: string) => ComponentChildren;
}) {
  const { query } = usePlace();
  const shown = useQuery(CertificatesOfClass, { id, after: query.get("after") });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          {head(project)}
          <Holders of={project} first={!query.get("after")} more={more} />
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}

function Holders({ of, first, more }: {
  of: Project;
  /** Whether this is the first page. */
  first: boolean;
  more?: (ticked: Ticked, project: string) => ComponentChildren;
}) {
  const say = words();
  const holders = (of.roster?.nodes ?? []).map((row) => row.enrollment);
  const { ticked, tick } = useTicked(holders);
  const [done, setDone] = useState<(Done & { issued: boolean }) | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const tell = (rows: Rows, issued = false): void =>
    setDone({ issued, outcomes: (rows ?? []).map((each) => ({ ...each, id: each.enrollment.id })), names: new Map(holders.map((each) => [each.id, each.teacher?.name ?? each.id])) });
  const give = async (ids: string[] | null): Promise<readonly Refusal[]> => {
    const { data, refusals: found } = await command(IssueCertificates, { project: of.id, enrollments: ids });
    if (!found.length) tell(data?.issueCertificates, true);
    return found;
  };
  const passed = of.book?.passed ?? 0;
  return (
    <Card title={say.certificates}>
      <div class="stack">
        <p class="hint">{say.hint}</p>
        {done && <Outcomes of={done.outcomes} done={done.issued ? say.issued : say.done} refused={say.refused} name={(id) => done.names.get(id) ?? id} />}
        {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
        {holders.length > 0 && (
          <>
            <Acts>
              <Act label={say.issueAll} ask={say.issueAllAsk(count(passed))} kind="first" disabled={!passed} told run={() => give(null)} />
              <Act label={say.issue} ask={say.issueAsk(count(ticked.size))} disabled={!ticked.size} told run={() => give([...ticked])} />
              {more?.({ ids: [...ticked], tell }, of.id)}
            </Acts>
            <p class="quiet" role="status">{say.selected(count(ticked.size))}</p>
          </>
        )}
        <Table
          caption={say.certificates}
          rows={holders}
          name={(row) => row.id}
          empty={say.nobody}
          columns={[
            {
              head: say.holder,
              cell: (row) => (
                <label class="pick">
                  <input type="checkbox" checked={ticked.has(row.id)} onChange={() => tick(row.id)} />
                  <span>{row.teacher?.name} <span class="quiet small">{row.school?.name}</span></span>
                </label>
              ),
            },
            { head: say.result, cell: ({ result }) => result && `${say.outcomes[result.outcome]}${result.score === null ? "" : ` ${result.score}`}` },
            { head: say.credit, cell: ({ credit }) => credit && `${credit.credits ?? ""} ${say.creditStatus[credit.status]}` },
            {
              head: say.certificate,
              cell: ({ certificate: held }) => held && (
                <>
                  <a href={`/c/${held.number}`}>{held.number}</a>{" "}
                  <Tag tone={held.state === "VALID" ? "ok" : "bad"}>{say.states[held.state]}{held.revocation && held.state === "REVOKED" ? ` · ${say.revokedFor[held.revocation]}` : ""}</Tag>
                </>
              ),
            },
            { head: say.issuedOn, cell: ({ certificate: held }) => held && day(held.issuedOn, true) },
            {
              head: "PDF",
              cell: ({ certificate: held }) => held?.state === "VALID" && (
                <button type="button" class="button plain" aria-label={say.take(held.number)} onClick={() => void download(held.documentPath).then(setRefusals)}>PDF</button>
              ),
            },
            {
              head: say.revoke,
              cell: (row) => row.certificate?.state === "VALID" && <Revoke of={row} number={row.certificate.number} />,
            },
          ]}
        />
        {of.roster && <Pager total={of.roster.totalCount} end={of.roster.pageInfo.hasNextPage ? of.roster.pageInfo.endCursor : null} first={first} />}
      </div>
    </Card>
  );
}

function Revoke({ of, number }: { of: Holder; number: string }) {
  const say = words();
  return (
    <Act
      label={say.revoke}
      ask={`${of.teacher?.name ?? ""} ${number}: ${say.revokeAsk}`}
      kind="danger"
      run={async ({ [`kind-${of.id}`]: kind, [`reason-${of.id}`]: reason = "" }) =>
        (await command(RevokeCertificate, { number, revocation: kind as ByHand, reason })).refusals}
    >
      <Choice name={`kind-${of.id}`} label={say.kind} initial="ISSUED_IN_ERROR" of={Object.entries(say.kinds)} />
      <Reason name={`reason-${of.id}`} />
    </Act>
  );
}
