// What was typed and not sent yet. It stays in this tab until it is sent or somebody signs out: ids and one's own words.
import { useState } from "preact/hooks";

let owner = "";

/** Whose it is from now on: what another account has left in this tab is not shown. */
export const keepFor = (id: string): void => {
  owner = id;
};

/** What is kept under a name, and how to keep what follows from it; null takes it away. Show each name by a key of its own. */
export function useDraft<Value extends object>(name: string): readonly [Value | null, (next: (kept: Value | null) => Value | null) => void] {
  const key = `${owner}:${name}`;
  const read = (): Value | null => JSON.parse(sessionStorage.getItem(key) ?? "null") as Value | null;
  const [value, setValue] = useState(read);
  const keep = (next: (kept: Value | null) => Value | null): void => {
    const following = next(read()); // two events may come before this is shown again
    if (following) sessionStorage.setItem(key, JSON.stringify(following));
    else sessionStorage.removeItem(key);
    setValue(following);
  };
  return [value, keep];
}

/** What is kept without some of its parts; null where nothing is left. */
export function without<Part>(kept: Record<string, Part> | null, names: ReadonlySet<string>): Record<string, Part> | null {
  const left = Object.entries(kept ?? {}).filter(([name]) => !names.has(name));
  return left.length ? Object.fromEntries(left) : null;
}
