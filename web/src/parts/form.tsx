// Forms: a label above, a hint below, what is wrong at the field; typed text is never lost.
import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Refusal } from "../app/refusals";
import { general } from "../app/words";
import { RefusalNote } from "./basic";

/** A field for a line of text. */
export function TextField({ name, label, hint, wrong, type = "text", ...more }: {
  name: string;
  label: string;
  hint?: string;
  wrong?: string | null;
  type?: "text" | "password";
  required?: boolean;
  autocomplete?: "off" | "username" | "current-password" | "new-password" | "one-time-code";
  inputMode?: "text" | "numeric";
  spellcheck?: boolean;
  defaultValue?: string;
}) {
  const id = `field-${name}`;
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...more} id={id} name={name} type={type as "text"} aria-describedby={described || undefined} aria-invalid={wrong ? true : undefined} />
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {wrong && <p class="wrong" id={`${id}-wrong`}>{wrong}</p>}
    </div>
  );
}

/** A choice of one of several. */
export function Select({ name, label, value, of, onChoose }: {
  name: string;
  label: string;
  value: string;
  of: [string, string][];
  onChoose?: (value: string) => void;
}) {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <select id={`field-${name}`} name={name} value={value} onChange={(event) => onChoose?.(event.currentTarget.value)}>
        {of.map(([key, text]) => <option key={key} value={key} selected={key === value}>{text}</option>)}
      </select>
    </div>
  );
}

/** What was typed into a form, without blanks around it; a password may have some. */
export function typed(form: HTMLFormElement): Record<string, string> {
  const kept = new Set([...form.querySelectorAll<HTMLInputElement>("input[type=password]")].map((field) => field.name));
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, kept.has(name) ? String(value) : String(value).trim()]));
}

/** A form that sends once at a time, and says what was refused. `send` answers the refusals. */
export function Form({ submit, send, children }: {
  submit: string;
  send: (values: Record<string, string>) => Promise<Refusal[]>;
  children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const sending = useRef(false);
  const onSubmit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (sending.current) return;
    sending.current = true; // a second press may come before the button is shown as busy
    setBusy(true);
    setRefusals(await send(typed(event.currentTarget)));
    sending.current = false;
    setBusy(false);
  };
  return (
    <form class="stack" onSubmit={onSubmit}>
      {refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      {children}
      <button class="button first" disabled={busy}>{busy ? general().loading : submit}</button>
    </form>
  );
}
