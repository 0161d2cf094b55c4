// What was typed and not sent yet. It stays in this tab until it is sent or somebody signs out: ids and one's own words.
import { useState } from "preact/hooks";

/** What is kept under a name, and how to keep something else; null takes it away. Show each name by a key of its own. */
export function useDraft<Value extends object>(name: string): readonly [Value | null, (value: Value | null) => void] {
  const [value, setValue] = useState<Value | null>(() => JSON.parse(sessionStorage.getItem(name) ?? "null") as Value | null);
  const keep = (next: Value | null): void => {
    if (next) sessionStorage.setItem(name, JSON.stringify(next));
    else sessionStorage.removeItem(name);
    setValue(next);
  };
  return [value, keep];
}
