// A class whose first day has passed without a start: it starts late, or after its last day it was held or not (R28, R33).
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Reason } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { StartProject } from "../documents";
import { words as shared } from "../words";
import { ClassDates, type ClassDatesQuery, RecordAsHeld, RecordAsNotHeld } from "./documents";
import { words } from "./words";

type Dates = NonNullable<ClassDatesQuery["project"]>;
const OFFSET_MS = 8 * 3_600_000;

/** Whether the last day has passed, by the server's time; null once no phase is left that tells it. */
function isOver({ endsOn, round }: Dates): boolean | null {
  const phase = round.phases.find((each) => each.secondsToClosing > 0);
  if (!phase || !endsOn) return null;
  const now = new Date(phase.closesAt).getTime() - phase.secondsToClosing * 1_000;
  return new Date(now + OFFSET_MS).toISOString().slice(0, 10) > endsOn;
}

export function Missed({ id }: { id: string }) {
  const shown = useQuery(ClassDates, { id });
  return (
    <Answered of={shown}>
      {({ project }) => {
        if (!project) return null;
        const over = isOver(project);
        return (
          <>
            {over && <p class="note warn">{words().over}</p>}
            {over !== false && <Over id={id} />}
            {over !== true && <Late id={id} />}
          </>
        );
      }}
    </Answered>
  );
}

function Over({ id }: { id: string }) {
  const say = words();
  return (
      <Acts>
        <Act
          label={say.held}
          ask={say.heldAsk}
          kind="first"
          run={async (values) => (await command(RecordAsHeld, { id, reason: values["held-reason"] ?? "" })).refusals}
        >
          <Reason name="held-reason" />
        </Act>
        <Act
          label={say.notHeld}
          ask={say.notHeldAsk}
          kind="danger"
          run={async (values) => (await command(RecordAsNotHeld, { id, reason: values["not-held-reason"] ?? "" })).refusals}
        >
          <Reason name="not-held-reason" />
        </Act>
      </Acts>
  );
}

function Late({ id }: { id: string }) {
  const say = words();
  return (
    <Acts>
      <Act
        label={shared().start}
        ask={say.startLateAsk}
        kind="first"
        run={async ({ reason }) => (await command(StartProject, { id, reason: reason || null })).refusals}
      >
        <Reason />
      </Act>
    </Acts>
  );
}
