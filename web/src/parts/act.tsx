// A button that says what will come of it, and asks what it must know, before it does anything.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Refusal } from "../app/refusals";
import { general } from "../app/words";
import { RefusalNote } from "./basic";
import { Select, TextField, typed } from "./form";

/** Buttons side by side; one that is open takes the whole width. */
export const Acts = ({ children }: { children: ComponentChildren }) => <div class="acts">{children}</div>;

/** A command behind a question. `run` answers the refusals; without any it is done, and the question closes. */
export function Act({ label, ask, kind = "", disabled = false, told = false, run, children }: {
  label: string;
  /** What will come of it. */
  ask: string;
  /** `first`: what one comes here for; `danger`: what cannot be taken back at once. */
  kind?: "" | "first" | "danger";
  disabled?: boolean;
  /** The page itself says what came of it, row by row. */
  told?: boolean;
  run: (values: Record<string, string>) => Promise<readonly Refusal[]>;
  children?: ComponentChildren;
}) {
  const [state, setState] = useState<"closed" | "open" | "busy" | "done">("closed");
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const sending = useRef(false);
  const open = state === "open" || state === "busy";
  useEffect(() => {
    if (open) form.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
  }, [open]);
  const close = (next: "closed" | "done"): void => {
    setRefusals([]);
    setState(next);
  };
  const send = async (values: Record<string, string>): Promise<void> => {
    if (sending.current) return;
    sending.current = true; // a second press may come before the buttons are shown as busy
    setState("busy");
    const found = await run(values);
    sending.current = false;
    if (!found.length) return close("done");
    setRefusals(found);
    setState("open");
  };
  return (
    <div class={open ? "act open" : "act"}>
      <button type="button" class={`button ${kind}`} aria-expanded={open} disabled={disabled || state === "busy"} onClick={() => (open ? close("closed") : setState("open"))}>{label}</button>
      <span class="good" role="status">{state === "done" && !told ? general().done : ""}</span>
      {open && (
        <form
          ref={form}
          class="note stack tight"
          onSubmit={(event) => {
            event.preventDefault();
            if (state === "open") void send(typed(event.currentTarget));
          }}
        >
          {refusals.map((found, index) => <RefusalNote key={found.code + index} refusal={found} />)}
          <p>{ask}</p>
          {children}
          <div class="row">
            <button class={`button ${kind || "first"}`} disabled={state === "busy"}>{general().confirm(label)}</button>
            <button type="button" class="button" disabled={state === "busy"} onClick={() => close("closed")}>{general().cancel}</button>
          </div>
        </form>
      )}
    </div>
  );
}

/** The reason of a command, which is kept with it. */
export const Reason = ({ name = "reason" }: { name?: string }) => <TextField name={name} label={general().reason} required autocomplete="off" />;

/** A date as people type it: 2024-05-20, 2024/5/20, 20240520. */
export const DateField = ({ name, label, required = false, initial }: { name: string; label: string; required?: boolean; initial?: string }) => (
  <TextField name={name} label={label} hint={general().dateHint} required={required} inputMode="numeric" autocomplete="off" {...(initial !== undefined && { defaultValue: initial })} />
);

/** A choice that stays as it was made while the page around it is shown anew. */
export function Choice({ name, label, initial, of }: { name: string; label: string; initial: string; of: [string, string][] }) {
  const [value, setValue] = useState(initial);
  return <Select name={name} label={label} value={value} of={of} onChoose={setValue} />;
}

/** The date of what was typed, `2024-05-20`; what is no date stays as it is, and is refused. */
export function isoDate(text: string): string {
  const [, year, month, date] = /^(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?$/.exec(text.normalize("NFKC")) ?? [];
  return year && month && date ? `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}` : text;
}

/** The whole number that was typed; what is none is -1, which is refused in words. */
export function wholeNumber(text: string): number {
  const typed = text.normalize("NFKC").trim();
  return /^\d{1,9}$/.test(typed) ? Number(typed) : -1;
}

/** Rows that are pasted from a workbook or typed, a line each. */
export function RowsField({ name, label, hint }: { name: string; label: string; hint: string }) {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <textarea id={`field-${name}`} name={name} rows={5} required aria-describedby={`field-${name}-hint`} />
      <p class="hint" id={`field-${name}-hint`}>{hint}</p>
    </div>
  );
}

/** The cells of pasted rows: apart by tabs, or by commas where there is no tab. */
export const cells = (text: string): string[][] =>
  text.split(/\r?\n/).filter((line) => line.trim()).map((line) => line.split(line.includes("\t") ? "\t" : /[,\uff0c]/).map((cell) => cell.trim()));
