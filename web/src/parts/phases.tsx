// The calendar of a round, side by side; what is open counts down by the server's clock, not the computer's.
import { useEffect, useMemo, useState } from "preact/hooks";
import { left, shortDay, shortLastDay } from "../app/moment";
import { general } from "../app/words";
import { Tag } from "./basic";

export interface PhaseLike {
  name: keyof ReturnType<typeof general>["phase"];
  open: boolean;
  opens: string;
  closesAt: string;
  extended: boolean;
  secondsToClosing: number;
  secondsToOpening: number;
}

const MINUTE_MS = 60_000;

/** So many seconds from when they were told, counted down each minute. */
export function Countdown({ seconds }: { seconds: number }) {
  const since = useMemo(() => performance.now(), [seconds]);
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  const rest = left(seconds - Math.max(0, now - since) / 1_000);
  const words = general();
  return <>{rest.days ? words.leftDays(rest.days, rest.hours) : words.leftHours(rest.hours, rest.minutes)}</>;
}

/** The phases in their order; the open ones stand out. */
export function Phases({ of }: { of: readonly PhaseLike[] }) {
  const words = general();
  return (
    <ol class="phases">
      {of.map((phase) => {
        const over = !phase.open && phase.secondsToOpening <= 0;
        return (
          <li key={phase.name} class={`phase ${phase.open ? "open" : over ? "over" : "ahead"}`}>
            <span class="strong">{words.phase[phase.name]}</span>
            <span class="small">{phase.secondsToOpening > 0 ? words.from(shortDay(phase.opens)) : words.until(shortLastDay(phase.closesAt))}</span>
            <br />
            {phase.open ? (
              <span class="small strong"><Countdown seconds={phase.secondsToClosing} /></span>
            ) : (
              <span class="small quiet">{over ? words.phaseOver : words.opensIn(Math.ceil(phase.secondsToOpening / 86_400))}</span>
            )}{" "}
            {phase.extended && <Tag tone="warn">{words.extended}</Tag>}
          </li>
        );
      })}
    </ol>
  );
}
