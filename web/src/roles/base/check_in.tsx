// The check-in of a session, for the screen of the room: a code that changes every half minute (R29).
import { useEffect, useState } from "preact/hooks";
import { count } from "../../app/moment";
import { present } from "../../app/session";
import { useCommand } from "../../graph/use";
import { RefusalNote } from "../../parts/basic";
import { OpenCheckIn, type OpenCheckInMutation } from "./documents";
import { words } from "./words";

type CheckIn = NonNullable<OpenCheckInMutation["openCheckIn"]>;
const LEAST_MS = 5_000;
const MOST_MS = 30_000;

/** The squares of the picture, which is drawn here: what comes as text is put into no page as it is. */
function squares(picture: string): { box: string; path: string } | null {
  const box = /viewBox="([\d. ]+)"/.exec(picture)?.[1];
  const path = /class="qrline"[^>]* d="([^"]+)"/.exec(picture)?.[1];
  return box && path ? { box, path } : null;
}

export function CheckInPanel({ project, session }: { project: string; session: string }) {
  const say = words();
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState<CheckIn | null>(null);
  const { run, refusals } = useCommand(OpenCheckIn, true);
  useEffect(() => {
    if (!open) return;
    let current = true;
    let timer = 0;
    const turn = async (): Promise<void> => {
      const found = (await run({ project, session })).data?.openCheckIn ?? null;
      if (!current) return;
      if (found) present(); // a room is looking at it; on another day it is refused
      setShown(found);
      const left = found ? Date.parse(found.expiresAt) - Date.now() : MOST_MS;
      timer = setTimeout(() => void turn(), Math.min(MOST_MS, Math.max(LEAST_MS, left))) as unknown as number;
    };
    void turn();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [open]);
  const drawn = shown && squares(shown.picture);
  return (
    <section class="stack tight" aria-label={say.checkIn}>
      <div class="row">
        <button type="button" class="button" aria-expanded={open} onClick={() => { setOpen(!open); setShown(null); }}>{open ? say.closeCheckIn : say.openCheckIn}</button>
        {shown && <span role="status">{say.checkedIn(count(shown.checkedIn), count(shown.attendees))}</span>}
      </div>
      {open && refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      {open && shown && (
        <div class="stack tight">
          <p>{say.checkInHint}</p>
          {drawn && <svg class="code" viewBox={drawn.box} role="img" aria-label={say.checkIn}><path d={drawn.path} stroke="#000" /></svg>}
          <p>{say.checkInCode} <code class="mono">{shown.code}</code></p>
        </div>
      )}
    </section>
  );
}
