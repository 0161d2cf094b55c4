// A value that parts of the page show, and hear of when it changes.
import { useLayoutEffect, useState } from "preact/hooks";

export class Store<Value> {
  private readonly heard = new Set<() => void>();

  constructor(private value: Value) {}

  get(): Value {
    return this.value;
  }

  set(value: Value): void {
    this.value = value;
    for (const hear of [...this.heard]) hear();
  }

  /** Hear of every change; answers how to stop. */
  subscribe(hear: () => void): () => void {
    this.heard.add(hear);
    return () => this.heard.delete(hear);
  }
}

/** The value of a store; the component is shown again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [, again] = useState({});
  const shown = store.get();
  useLayoutEffect(() => {
    if (store.get() !== shown) again({}); // it has changed since it was shown, and before anybody heard of it
    return store.subscribe(() => again({}));
  }, [store]);
  return shown;
}
