// A finding of an inspection: what was found, by when it is to be rectified, and what has become of it (R37).
import type { ComponentChildren } from "preact";
import { day, instant } from "../../app/moment";
import type { Tone } from "../../parts/basic";
import { Tag } from "../../parts/basic";
import { actor } from "../words";
import { words } from "./words";

type Texts = ReturnType<typeof words>;

export interface Finding {
  id: string;
  inspectionId: string;
  severity: keyof Texts["severity"];
  state: keyof Texts["state"];
  text: string;
  clause: string | null;
  dueOn: string | null;
  overdue: boolean;
  rectifiedInTime: boolean | null;
  history: readonly { at: string; by: string; state: keyof Texts["state"]; text: string | null }[];
  project: { id: string; code: string; title?: string | null; base: { name: string } };
}

const TONES: Record<Finding["state"], Tone> = { OPEN: "warn", RECTIFYING: "warn", REPORTED: "brand", CLOSED: "ok", WITHDRAWN: "plain" };

/** How grave a finding is and where it stands. */
export function FindingTags({ of }: { of: Pick<Finding, "severity" | "state" | "overdue"> }) {
  const say = words();
  return (
    <>
      <Tag tone={of.severity === "GRAVE" ? "bad" : "plain"}>{say.severity[of.severity]}</Tag>{" "}
      <Tag tone={TONES[of.state]}>{say.state[of.state]}</Tag>{" "}
      {of.overdue && <Tag tone="bad">{say.overdue}</Tag>}
    </>
  );
}

/** A finding with its steps, and below it what may be done; `where` has the links to its project and inspection. */
export function FindingItem({ of, where, children }: { of: Finding; where: ComponentChildren; children?: ComponentChildren }) {
  const say = words();
  return (
    <article class="stack tight">
      <p class="row">{where} <span><FindingTags of={of} /></span></p>
      <p class="pre">{of.text}</p>
      <p class="quiet small">
        {[
          of.project.base.name,
          of.clause && `${say.clause} ${of.clause}`,
          of.dueOn && say.dueOn(day(of.dueOn)),
          of.rectifiedInTime !== null && (of.rectifiedInTime ? say.inTime : say.late),
        ].filter(Boolean).join(" · ")}
      </p>
      <details>
        <summary>{say.steps}</summary>
        <ol class="steps">
          {of.history.map((step, index) => (
            <li key={step.at + index}>
              <p class="strong">{say.step[step.state]}</p>
              <p class="quiet small">{instant(step.at)} · {actor(step.by.toLowerCase())}</p>
              {index > 0 && step.text && <p class="pre quiet">{step.text}</p>}
            </li>
          ))}
        </ol>
      </details>
      {children}
    </article>
  );
}
