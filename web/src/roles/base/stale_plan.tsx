// Somebody else has changed the plan meanwhile: what both have, and whose is kept.
import { useEffect, useRef } from "preact/hooks";
import { reason } from "../../app/refusals";
import { general } from "../../app/words";
import { words as shared } from "../words";
import type { PlanSaver, Stale } from "./plan_saver";
import { type Name, type Values, valuesOf } from "./plan_values";
import { words } from "./words";

/** A value in words, short enough to be compared. */
function shown(values: Values, name: Name): string {
  const value: unknown = values[name];
  if (typeof value === "string") return value || general().none;
  const parts = (Array.isArray(value) ? value : Object.values(value as object)) as (string | Record<string, string>)[];
  return parts.map((part) => (typeof part === "string" ? part : Object.entries(part).flatMap(([key, text]) => (key === "id" || !text ? [] : [text])).join(" "))).join(general().listed) || general().none;
}

export function StalePlan({ saver, stale }: { saver: PlanSaver; stale: Stale }) {
  const say = words();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const theirs = valuesOf(stale.fresh);
  return (
    <div class="note warn stack tight" role="alert" tabIndex={-1} ref={place}>
      <p class="strong">{say.stale}</p>
      <p>{stale.refusal.message} {reason(stale.refusal)}</p>
      <dl class="facts">
        {stale.theirs.map((name) => [
          <dt key={`${name}:`}>{shared().plan.fields[name]}</dt>,
          <dd key={name}>
            <p>{say.theirs}: {shown(theirs, name)}</p>
            <p>{say.mine}: {shown(saver.values, name)}</p>
          </dd>,
        ])}
      </dl>
      <div class="row">
        <button type="button" class="button first" onClick={() => saver.keepMine()}>{say.keepMine}</button>
        <button type="button" class="button" onClick={() => saver.takeTheirs()}>{say.takeTheirs}</button>
      </div>
    </div>
  );
}
