// What final grades propose for the quotas of the next round, and what the ministry makes of it (R39).
import { useEffect, useState } from "preact/hooks";
import { count } from "../../../app/moment";
import { usePlace } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Choice, wholeNumber } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Empty, Tag, type Tone } from "../../../parts/basic";
import { TextField } from "../../../parts/form";
import { Chips, Table } from "../../../parts/table";
import { GradeTag } from "../../assessment/view";
import { words as shared } from "../../assessment/words";
import { AdoptQuotaProposal, DeclineQuotaProposal, QuotaProposals, type QuotaProposalsQuery } from "./documents";
import { words } from "./words";

type Proposal = NonNullable<QuotaProposalsQuery["quotaProposals"]>[number];
const STATES = ["PROPOSED", "ADOPTED", "ADAPTED", "DECLINED"] as const;
const TONES: Record<Proposal["state"], Tone> = { PROPOSED: "brand", ADOPTED: "ok", ADAPTED: "ok", DECLINED: "plain" };
const POLL_MS = 1_000;
const MOST_POLLS = 15;

export function ProposalsPage({ year }: { year: number }) {
  const own = words();
  const { query } = usePlace();
  const state = query.get("state") as Proposal["state"] | null;
  const shown = useQuery(QuotaProposals, { year: year + 1, state });
  // The catalog changes the quota, and the assessments hear of it a moment later.
  const [awaited, setAwaited] = useState<{ id: string; before: Proposal["state"]; left: number } | null>(null);
  const heard = !shown.data?.quotaProposals?.some((each) => each.id === awaited?.id && each.state === awaited.before);
  useEffect(() => {
    if (!awaited || heard || !awaited.left) return;
    const timer = setTimeout(() => {
      shown.again();
      setAwaited({ ...awaited, left: awaited.left - 1 });
    }, POLL_MS);
    return () => clearTimeout(timer);
  }, [awaited, heard]);
  return (
    <div class="stack">
      <Heading title={own.proposals}>{own.proposals}</Heading>
      <p class="quiet">{own.forRound(year, year + 1)} <a href={`/console/assessments?year=${year}`}>{shared().titleOf(year)}</a></p>
      <Chips label={shared().state} name="state" chosen={state} of={[[null, general().all], ...STATES.map((each): [string, string] => [each, own.proposalState[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ quotaProposals: list }) => (list?.length ? (
            <Table
              caption={own.proposals}
              rows={list}
              name={(row) => row.id}
              empty={own.noProposals}
              columns={[
                { head: shared().base, cell: (row) => <a href={`/console/assessments/${year}/${row.base.id}`}>{row.base.name}</a> },
                { head: shared().grade, cell: (row) => <GradeTag grade={row.grade} state="FINAL" /> },
                { head: own.roundLimit, cell: (row) => count(row.roundLimit), number: true },
                { head: own.factor, cell: (row) => general().percent(count(row.factorBp / 100)), number: true },
                { head: own.limit, cell: (row) => count(row.limit), number: true },
                { head: own.proposed, cell: (row) => count(row.proposed), number: true },
                { head: shared().state, cell: (row) => <Stand of={row} /> },
                { head: own.act, cell: (row) => (row.state === "PROPOSED" || row.state === "DECLINED") && <Choices of={row} year={year + 1} given={() => setAwaited({ id: row.id, before: row.state, left: MOST_POLLS })} /> },
              ]}
            />
          ) : <Empty title={own.noProposals}><p>{own.noProposalsHint}</p></Empty>)}
        </Answered>
      </Card>
    </div>
  );
}

const Stand = ({ of: { state, decidedLimit, declineReason } }: { of: Proposal }) => (
  <>
    <Tag tone={TONES[state]}>{words().proposalState[state]}</Tag>
    <span class="quiet small"> {decidedLimit === null ? declineReason : words().decided(count(decidedLimit))}</span>
  </>
);

function Choices({ of, year, given }: { of: Proposal; year: number; given: () => void }) {
  const own = words();
  const [limit, above, why, declined] = ["limit", "above", "why", "declined"].map((each) => `${each}-${of.base.id}`) as [string, string, string, string];
  const adopt = async (values: Record<string, string>) => {
    const input = { year, limit: wholeNumber(values[limit] ?? ""), aboveRound: values[above] === "yes", reason: values[why] ?? "", proposalId: of.id };
    const { refusals } = await command(AdoptQuotaProposal, { base: of.base.id, input });
    if (!refusals.length) given();
    return refusals;
  };
  return (
    <Acts>
      <Act label={own.adopt} ask={own.adoptAsk(of.base.name)} run={adopt}>
        <TextField name={limit} label={own.newLimit} required inputMode="numeric" autocomplete="off" defaultValue={String(of.proposed)} />
        <Choice name={above} label={own.aboveRound} initial="no" of={[["no", general().no], ["yes", general().yes]]} />
        <TextField name={why} label={general().reason} required autocomplete="off" defaultValue={of.reason} />
      </Act>
      {of.state === "PROPOSED" && (
        <Act label={own.decline} ask={own.declineAsk} run={async (values) => (await command(DeclineQuotaProposal, { id: of.id, reason: values[declined] ?? "" })).refusals}>
          <TextField name={declined} label={general().reason} required autocomplete="off" />
        </Act>
      )}
    </Acts>
  );
}
