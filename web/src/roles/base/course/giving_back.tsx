// Sign-ups go back to their schools for correction, in rounds whose calendar has the step for it (R23).
import { count, deadline } from "../../../app/moment";
import { command } from "../../../graph/client";
import { Act, Reason } from "../../../parts/act";
import type { Outcome } from "../../../parts/selection";
import { ReturnEnrollments } from "./documents";
import { words } from "./words";

export function GivingBack({ ids, until, tell }: { ids: readonly string[]; until: string; tell: (outcomes: readonly Outcome[], done: (count: string) => string) => void }) {
  const say = words();
  const send = async (reason: string) => {
    const { data, refusals } = await command(ReturnEnrollments, { ids: [...ids], reason });
    if (!refusals.length) tell(data?.returnEnrollments ?? [], say.givenBack);
    return refusals;
  };
  return (
    <Act
      label={say.giveBack}
      ask={ids.length ? say.giveBackAsk(count(ids.length), deadline(until)) : say.tickFirst}
      disabled={!ids.length}
      told
      run={({ "return-reason": reason }) => send(reason ?? "")}
    >
      <Reason name="return-reason" />
    </Act>
  );
}
