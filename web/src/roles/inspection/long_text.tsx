// A text of several lines, which stays in the tab until it is sent.
import { useDraft } from "../../app/drafts";
import { words } from "./words";

type Kept = ReturnType<typeof useDraft<{ text: string }>>;

/** Take away what was kept, once it is sent. */
export const sent = ([, keep]: Kept): void => keep(() => null);

export function LongText({ name, label, kept: [value, keep] }: { name: string; label: string; kept: Kept }) {
  const id = `field-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={4}
        maxLength={4000}
        required
        aria-describedby={`${id}-hint`}
        value={value?.text ?? ""}
        onInput={(event) => {
          const text = event.currentTarget.value;
          keep(() => (text ? { text } : null));
        }}
      />
      <p class="hint" id={`${id}-hint`}>{words().typedHint}</p>
    </div>
  );
}
