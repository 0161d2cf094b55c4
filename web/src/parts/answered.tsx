// What is shown of an answer: that it is awaited, what was refused, or its data.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { general } from "../app/words";
import type { Shown } from "../graph/use";
import { RefusalNote } from "./basic";

const PATIENCE_MS = 200;

/** A grey block of the height of what comes, after a moment. */
function Awaited() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true">
      <p class="unseen" role="status">{general().loading}</p>
      <div class="skeleton" hidden={!late} />
    </div>
  );
}

/** The data of an answer; a part that was refused says so, the others are shown. */
export function Answered<Data>({ of, children }: { of: Shown<Data>; children: (data: Data) => ComponentChildren }) {
  if (of.waiting) return <Awaited />;
  const distinct = of.refusals.filter((found, index, all) => all.findIndex((each) => each.code === found.code) === index);
  return (
    <>
      {distinct.map((found) => <RefusalNote key={found.code} refusal={found} again={of.again} />)}
      {of.data && children(of.data)}
    </>
  );
}
