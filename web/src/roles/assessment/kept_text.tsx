// A command with a long text, which stays in the tab until it is sent.
import { useDraft } from "../../app/drafts";
import type { Refusal } from "../../app/refusals";
import { Act } from "../../parts/act";
import { words } from "./words";

/** The text is kept under `name`; show each name by a key of its own. */
export function KeptText({ name, label, ask, kind = "", send }: {
  name: string;
  label: string;
  ask: string;
  kind?: "" | "first";
  send: (text: string) => Promise<readonly Refusal[]>;
}) {
  const [kept, keep] = useDraft<{ text: string }>(name);
  const id = `field-${name}`;
  const run = async () => {
    const refusals = await send((kept?.text ?? "").trim());
    if (!refusals.length) keep(() => null);
    return refusals;
  };
  return (
    <Act label={label} ask={ask} kind={kind} run={run}>
      <div class="field">
        <label for={id}>{words().text}</label>
        <textarea id={id} rows={5} maxLength={4_000} required value={kept?.text ?? ""} onInput={(event) => {
          const text = event.currentTarget.value;
          keep(() => (text ? { text } : null));
        }} />
      </div>
    </Act>
  );
}
