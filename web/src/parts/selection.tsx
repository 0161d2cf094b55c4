// Rows that are ticked, and what came of acting on many rows at once.
import { useState } from "preact/hooks";
import { sentence } from "../app/refusals";
import { count } from "../app/moment";

/** Which rows are ticked. */
export function useTicked(): { ticked: ReadonlySet<string>; tick: (id: string) => void; keep: (ids: Iterable<string>) => void } {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const tick = (id: string): void => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  return { ticked, tick, keep: (ids) => setTicked(new Set(ids)) };
}

/** A row of a bulk command's answer. */
export interface Outcome {
  id: string;
  ok: boolean;
  refusal: { code: string; message: string; rule: string | null; clause: string | null; unblock: string | null } | null;
}

/** What a bulk command has answered, and what its rows are called. */
export interface Done {
  outcomes: readonly Outcome[];
  names: ReadonlyMap<string, string>;
}

/** How many rows were done, and why the others were not. */
export function Outcomes({ of, done, refused, name }: {
  of: readonly Outcome[];
  done: (count: string) => string;
  refused: (count: string) => string;
  name: (id: string) => string;
}) {
  const failed = of.filter((row) => !row.ok);
  const well = of.length - failed.length;
  return (
    <div role="status" class="stack tight">
      {well > 0 && <p class="note ok">{done(count(well))}</p>}
      {failed.length > 0 && (
        <div class="note bad">
          <p class="strong">{refused(count(failed.length))}</p>
          <ul>
            {failed.map((row) => (
              <li key={row.id}>{name(row.id)} {row.refusal && sentence({ ...row.refusal, details: {}, path: [], request: null })}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
