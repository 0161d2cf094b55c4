// Small parts: tags, notes, bars, facts, tiles.
import type { ComponentChildren } from "preact";
import { type Refusal, reason } from "../app/refusals";
import { general } from "../app/words";

export type Tone = "plain" | "brand" | "ok" | "warn" | "bad";

/** A word in a coloured frame; the word says everything, the colour only repeats it. */
export const Tag = ({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) => (
  <span class={`tag ${tone}`}>{children}</span>
);

const PROJECT_TONES: Record<string, Tone> = {
  PUBLISHED: "ok",
  RUNNING: "ok",
  APPROVED: "brand",
  UNDER_REVIEW: "brand",
  SUBMITTED: "brand",
  RETURNED: "warn",
  SUSPENDED: "warn",
  REJECTED: "bad",
  CANCELLED: "bad",
};

/** How a project stands. */
export const ProjectTag = ({ status }: { status: keyof ReturnType<typeof general>["project"] }) => (
  <Tag tone={PROJECT_TONES[status]}>{general().project[status]}</Tag>
);

/** A refusal: what, by which rule, who can help; its code and request are small and can be copied. */
export function RefusalNote({ refusal, again }: { refusal: Refusal; again?: () => void }) {
  const words = general();
  const why = reason(refusal);
  return (
    <div class="note bad" role="alert">
      <p class="strong">{refusal.message}</p>
      {why && <p>{why}</p>}
      <p class="small">
        {words.code} <code>{refusal.code}</code>
        {refusal.request && (
          <>
            {" · "}
            {words.request} <code>{refusal.request}</code>
          </>
        )}
      </p>
      {again && (
        <button type="button" class="button" onClick={again}>
          {words.retry}
        </button>
      )}
    </div>
  );
}

/** Why there is nothing, and what to do next. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <strong>{title}</strong>
    {children}
  </div>
);

/** A part of a whole, as a bar; the numbers stand beside it in words. `limit`: the whole is a limit, red when reached. */
export function Bar({ part, whole, label, limit = false }: { part: number; whole: number; label: string; limit?: boolean }) {
  const share = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
  return (
    <svg class={limit && share >= 100 ? "bar full" : "bar"} viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect width="100" height="8" />
      <rect width={share} height="8" />
    </svg>
  );
}

/** Names and what they are; a fact that is not known is left out. */
export const Facts = ({ of }: { of: [string, ComponentChildren][] }) => (
  <dl class="facts">
    {of
      .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "")
      .map(([name, value]) => [<dt key={`${name}:`}>{name}</dt>, <dd key={name}>{value}</dd>])}
  </dl>
);

/** Figures side by side. */
export const Tiles = ({ of }: { of: [string, ComponentChildren, ComponentChildren?][] }) => (
  <div class="tiles">
    {of.map(([name, value, more]) => (
      <dl class="tile" key={name}>
        <dt>{name}</dt>
        <dd>
          {value} {more && <small>{more}</small>}
        </dd>
      </dl>
    ))}
  </div>
);

/** A box with a heading. */
export const Card = ({ title, end, children }: { title?: string; end?: ComponentChildren; children: ComponentChildren }) => (
  <section class="card">
    {title && (end ? <div class="row apart"><h2>{title}</h2>{end}</div> : <h2>{title}</h2>)}
    {children}
  </section>
);
