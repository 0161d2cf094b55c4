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

/** Whether the last day has passed, by the server's time, which a phase that is not over yet tells; else it surely has. */
function isOver({ endsOn, round }: Dates): boolean {
  const phase = round.phases.find((each) => each.secondsToClosing > 0);
  if (!phase || !endsOn) return true;
  const now = new Date(phase.closesAt).getTime() - phase.secondsToClosing * 1_000;
  return new Date(now + OFFSET_MS).toISOString().slice(0, 10) > endsOn;
}

export function Missed({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(ClassDates, { id });
  return (
    <Answered of={shown}>
      {({ project }) => project && (isOver(project) ? (
        <div class="stack tight">
          <p class="note warn">{say.over}</p>
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
        </div>
      ) : (
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
      ))}
    </Answered>
  );
}
