// What was typed and not sent yet. It stays in this tab until it is sent or somebody signs out: ids and one's own words.
import { useState } from "preact/hooks";

let owner = "";

/** Whose it is from now on: what another account has left in this tab is not shown. */
export const keepFor = (id: string): void => {
  owner = id;
};

/** What is kept under a name, and how to keep something else; null takes it away. Show each name by a key of its own. */
export function useDraft<Value extends object>(name: string): readonly [Value | null, (value: Value | null) => void] {
  const key = `${owner}:${name}`;
  const [value, setValue] = useState<Value | null>(() => JSON.parse(sessionStorage.getItem(key) ?? "null") as Value | null);
  const keep = (next: Value | null): void => {
    if (next) sessionStorage.setItem(key, JSON.stringify(next));
    else sessionStorage.removeItem(key);
    setValue(next);
  };
  return [value, keep];
}
