// Keys in a grid of fields.

/** Moves by the arrows up and down among the fields below an element that a selector names. */
export const stepAmong = (selector: string) => (event: KeyboardEvent): void => {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const fields = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(selector)];
  const at = fields.indexOf(event.target as HTMLElement);
  if (!by || at < 0) return;
  event.preventDefault();
  fields[at + by]?.focus();
};
