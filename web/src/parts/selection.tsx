// Rows that are ticked, and what came of acting on many rows at once.
import { useState } from "preact/hooks";
import { type Refusal, sentence } from "../app/refusals";
import { count } from "../app/moment";

/** Which of the rows that are shown are ticked; ticks of another page count for nothing. */
export function useTicked(shown: readonly { id: string }[]): { ticked: ReadonlySet<string>; tick: (id: string) => void; keep: (ids: Iterable<string>) => void } {
  const [all, setTicked] = useState<ReadonlySet<string>>(new Set());
  const ticked = new Set(shown.map(({ id }) => id).filter((id) => all.has(id)));
  const tick = (id: string): void => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  return { ticked, tick, keep: (ids) => setTicked(new Set(ids)) };
}

/** Ticks these rows and no others; pressed once more, none. */
export const TickThese = ({ rows, ticked, keep, label }: {
  rows: readonly { id: string }[];
  ticked: ReadonlySet<string>;
  keep: (ids: Iterable<string>) => void;
  label: string;
}) => (
  <button type="button" class="button" disabled={!rows.length} onClick={() => keep(ticked.size === rows.length && rows.every(({ id }) => ticked.has(id)) ? [] : rows.map(({ id }) => id))}>{label}</button>
);

/** A row of a bulk command's answer. */
export interface Outcome {
  id: string;
  ok: boolean;
  refusal: RefusedRow | null;
}

/** Why a row was refused, as the graph states it in an answer's data. */
export type RefusedRow = Pick<Refusal, "code" | "message" | "rule" | "clause" | "unblock">;

/** A row's refusal as one of the whole command. */
export const asRefusal = (found: RefusedRow): Refusal => ({ ...found, details: {}, path: [], request: null });

/** The refusals of a command that answers by rows: of the whole, and of each row. */
export function refusalsOf(whole: readonly Refusal[], rows: readonly { refusal: RefusedRow | null }[] | null | undefined): Refusal[] {
  return [...whole, ...(rows ?? []).flatMap(({ refusal }) => (refusal ? [asRefusal(refusal)] : []))];
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
              <li key={row.id}>{name(row.id)} {row.refusal && sentence(asRefusal(row.refusal))}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
