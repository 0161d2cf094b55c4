// The certificates of a class: who has one, who gets one, and which are revoked (R32).
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count, day } from "../../app/moment";
import type { Refusal } from "../../app/refusals";
import { Act, Acts, Choice, Reason } from "../../parts/act";
import { Card, RefusalNote, Tag } from "../../parts/basic";
import { download } from "../../graph/http";
import { type Done, Outcomes, type RefusedRow, useTicked } from "../../parts/selection";
import { Pager, Table } from "../../parts/table";
import { words } from "./words";

type Revocation = "CORRECTION" | "FRAUD" | "ISSUED_IN_ERROR" | "RESULT_CHANGED";
type ByHand = keyof ReturnType<typeof words>["kinds"];

export interface Holder {
  id: string;
  teacher: { name: string | null } | null;
  school: { name: string } | null;
  result: { outcome: keyof ReturnType<typeof words>["outcomes"]; score: number | null } | null;
  credit: { status: keyof ReturnType<typeof words>["creditStatus"]; credits: string | null; reason: string | null } | null;
  certificate: {
    number: string;
    state: keyof ReturnType<typeof words>["states"];
    issuedOn: string;
    endedOn: string | null;
    revocation: Revocation | null;
    documentPath: string;
  } | null;
}

export interface ClassOfHolders {
  id: string;
  book: { passed: number } | null;
  roster: {
    totalCount: number;
    pageInfo: { endCursor: string | null; hasNextPage: boolean };
    nodes: readonly { enrollment: Holder }[];
  } | null;
}

/** What a command did for each participant. */
export type Rows = readonly { ok: boolean; enrollment: { id: string }; refusal: RefusedRow | null }[] | null | undefined;
type Ticked = { ids: readonly string[]; tell: (rows: Rows) => void };

/** The participants of a class with their certificates; `issue` and `revoke` are the role's own commands.
 *
 * `more`: what else the role does with those who are ticked.
 */
export function ClassCertificates({ of, first, issue, revoke, more }: {
  of: ClassOfHolders;
  /** Whether this is the first page. */
  first: boolean;
  issue: (project: string, enrollments: readonly string[] | null) => Promise<{ rows: Rows; refusals: readonly Refusal[] }>;
  revoke: (number: string, revocation: ByHand, reason: string) => Promise<readonly Refusal[]>;
  more?: (ticked: Ticked) => ComponentChildren;
}) {
  const say = words();
  const holders = (of.roster?.nodes ?? []).map((row) => row.enrollment);
  const { ticked, tick } = useTicked(holders);
  const [done, setDone] = useState<(Done & { issued: boolean }) | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const tell = (rows: Rows, issued = false): void =>
    setDone({ issued, outcomes: (rows ?? []).map((each) => ({ ...each, id: each.enrollment.id })), names: new Map(holders.map((each) => [each.id, each.teacher?.name ?? each.id])) });
  const give = async (ids: readonly string[] | null): Promise<readonly Refusal[]> => {
    const answer = await issue(of.id, ids);
    if (!answer.refusals.length) tell(answer.rows, true);
    return answer.refusals;
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
              {more?.({ ids: [...ticked], tell })}
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
              cell: (row) => row.certificate?.state === "VALID" && <Revoke of={row} number={row.certificate.number} revoke={revoke} />,
            },
          ]}
        />
        {of.roster && <Pager total={of.roster.totalCount} end={of.roster.pageInfo.hasNextPage ? of.roster.pageInfo.endCursor : null} first={first} />}
      </div>
    </Card>
  );
}

function Revoke({ of, number, revoke }: { of: Holder; number: string; revoke: (number: string, revocation: ByHand, reason: string) => Promise<readonly Refusal[]> }) {
  const say = words();
  return (
    <Act
      label={say.revoke}
      ask={`${of.teacher?.name ?? ""} ${number}: ${say.revokeAsk}`}
      kind="danger"
      run={({ [`kind-${of.id}`]: kind, [`reason-${of.id}`]: reason = "" }) => revoke(number, kind as ByHand, reason)}
    >
      <Choice name={`kind-${of.id}`} label={say.kind} initial="ISSUED_IN_ERROR" of={Object.entries(say.kinds)} />
      <Reason name={`reason-${of.id}`} />
    </Act>
  );
}
