// Pages that few open are loaded when they are opened.
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { settled } from "./language";
import { Unloaded } from "./shell";
import { general } from "./words";

/** A component whose script is loaded when it is first shown. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): (props: Props) => JSX.Element {
  return function Later(props: Props) {
    const [view, setView] = useState<{ View: ComponentType<Props> } | null>(null);
    const [failed, setFailed] = useState(false);
    useEffect(() => void load().then(async (View) => {
      await settled();
      setView({ View });
    }).catch(() => setFailed(true)), []);
    if (failed) return <Unloaded />;
    return view ? <view.View {...props} /> : <p aria-busy="true">{general().loading}</p>;
  };
}
