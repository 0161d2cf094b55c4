// Transfers of teachers, and deciding on those that are due (R20).
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Transfers, statesOf } from "../transfers";
import { words } from "../words";
import { MinistryDecidesTransfer, MinistryTransfers } from "./documents";

export function TransfersPage() {
  const say = words();
  const { query } = usePlace();
  const shown = useQuery(MinistryTransfers, { after: query.get("after"), states: statesOf(query) });
  const decide = async (id: string, grant: boolean, reason: string) => (await command(MinistryDecidesTransfer, { id, grant, reason })).refusals;
  return (
    <div class="stack">
      <Heading title={say.schoolDesk.transfers}>{say.schoolDesk.transfers}</Heading>
      <Answered of={shown}>{({ transfers: list }) => list && <Transfers of={list} decide={decide} />}</Answered>
    </div>
  );
}
