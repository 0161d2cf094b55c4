// Transfers of teachers that a school has not answered in time, or has refused: who stands above it decides (R20).
import { instant } from "../app/moment";
import type { Refusal } from "../app/refusals";
import { usePlace } from "../app/router";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { command } from "../graph/client";
import type { Document } from "../graph/document";
import { useQuery } from "../graph/use";
import { Act, Acts, Reason } from "../parts/act";
import { Answered } from "../parts/answered";
import { Card, Tag } from "../parts/basic";
import { Chips, Pager, Table } from "../parts/table";
import { words } from "./words";

const STATES = ["ESCALATED", "REFUSED", "REQUESTED", "GRANTED", "DENIED", "CONFIRMED", "WITHDRAWN"] as const;
type State = (typeof STATES)[number];
/** Those in which it may be decided. */
const DECIDABLE = new Set<string>(["ESCALATED", "REFUSED"]);

interface Transfer {
  id: string;
  kind: "TRANSFER" | "PART_TIME";
  state: State;
  personName?: string | null;
  reason: string;
  dueAt: string;
  school: { name: string } | null;
  formerSchool: { name: string } | null;
}

interface Listed {
  totalCount: number;
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
  nodes: readonly Transfer[];
}

/** The page of a role that decides: its documents are given, for what it may read differs. */
export function TransfersPage<Decided>({ list, decide }: {
  list: Document<{ transfers: Listed | null }, { after?: string | null; states?: State[] | null }>;
  decide: Document<Decided, { id: string; grant: boolean; reason: string }>;
}) {
  const say = words();
  const { query } = usePlace();
  const state = STATES.find((each) => each === query.get("state"));
  const shown = useQuery(list, { after: query.get("after"), states: state ? [state] : null });
  const settle = async (id: string, grant: boolean, reason: string) => (await command(decide, { id, grant, reason })).refusals;
  return (
    <div class="stack">
      <Heading title={say.schoolDesk.transfers}>{say.schoolDesk.transfers}</Heading>
      <Answered of={shown}>{({ transfers: found }) => found && <Transfers of={found} decide={settle} />}</Answered>
    </div>
  );
}

function Transfers({ of, decide }: {
  of: Listed;
  decide: (id: string, grant: boolean, reason: string) => Promise<readonly Refusal[]>;
}) {
  const say = words();
  const own = say.schoolDesk;
  const { query } = usePlace();
  return (
    <>
      <Chips label={say.status} name="state" chosen={query.get("state")} of={[[null, general().all], ...STATES.map((each): [string, string] => [each, own.transferState[each]])]} />
      <Card>
        <Table
          caption={own.transfers}
          rows={of.nodes}
          name={(row) => row.id}
          empty={own.noTransfers}
          columns={[
            { head: own.kind, cell: (row) => <>{own.transferKind[row.kind]} {row.personName}</> },
            { head: own.from, cell: (row) => row.formerSchool?.name },
            { head: own.to, cell: (row) => row.school?.name },
            { head: say.reason, cell: (row) => row.reason },
            { head: say.status, cell: (row) => <><Tag tone={DECIDABLE.has(row.state) ? "warn" : "plain"}>{own.transferState[row.state]}</Tag> {row.state === "REQUESTED" && <span class="quiet small">{say.latest(instant(row.dueAt))}</span>}</> },
            {
              head: own.act,
              cell: (row) => DECIDABLE.has(row.state) && (
                <Acts>
                  <Act kind="first" label={own.grantTransfer} ask={own.letGoAsk} run={({ [`${row.id}-grant`]: reason = "" }) => decide(row.id, true, reason)}>
                    <Reason name={`${row.id}-grant`} />
                  </Act>
                  <Act kind="danger" label={own.denyTransfer} ask={own.keepAsk} run={({ [`${row.id}-deny`]: reason = "" }) => decide(row.id, false, reason)}>
                    <Reason name={`${row.id}-deny`} />
                  </Act>
                </Acts>
              ),
            },
          ]}
        />
        <Pager total={of.totalCount} end={of.pageInfo.hasNextPage ? of.pageInfo.endCursor : null} first={!query.get("after")} />
      </Card>
    </>
  );
}
