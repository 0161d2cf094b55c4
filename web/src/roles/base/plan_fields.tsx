// The fields of a plan: what is typed, what is wrong with it, and what is unusual in it.
import type { ComponentChildren } from "preact";
import { general } from "../../app/words";
import { words as shared } from "../words";
import type { Name, TextName } from "./plan_values";
import { type PlanSaver, fieldsOf } from "./plan_saver";
import { words } from "./words";

/** What is wrong with a field: as it was typed, or as the rules have it. */
function wrongOf(saver: PlanSaver, name: Name): string | null {
  const typed = saver.wrong[name];
  if (typed) return words().wrong[typed];
  return saver.refusals.find((found) => fieldsOf(found).includes(name))?.message ?? null;
}

/** What is said of a field below it: how to fill it, what is wrong with it, what is unusual. */
function Below({ of: saver, name, hint }: { of: PlanSaver; name: Name; hint?: string }) {
  const wrong = wrongOf(saver, name);
  return (
    <div id={`field-${name}-below`}>
      {hint && <p class="hint">{hint}</p>}
      {wrong && <p class="wrong">{wrong}</p>}
      {(saver.warnings ?? []).filter((each) => each.fields.includes(name)).map((each) => (
        <p class="hint warned" key={each.code}>{each.message}{each.rule && ` (${each.rule})`}</p>
      ))}
    </div>
  );
}

interface Of<Which> {
  of: PlanSaver;
  name: Which;
  hint?: string;
}

const about = (saver: PlanSaver, name: Name) => ({
  id: `field-${name}`,
  "aria-describedby": `field-${name}-below`,
  "aria-invalid": wrongOf(saver, name) ? (true as const) : undefined,
});

/** A line of text, a number or a date. */
export const Line = ({ of: saver, name, hint, numeric = false }: Of<TextName> & { numeric?: boolean }) => (
  <div class="field">
    <label for={`field-${name}`}>{shared().plan.fields[name]}</label>
    <input
      {...about(saver, name)}
      type="text"
      autocomplete="off"
      inputMode={numeric ? "decimal" : "text"}
      value={saver.values[name]}
      onInput={(event) => saver.change(name, event.currentTarget.value)}
    />
    <Below of={saver} name={name} hint={hint} />
  </div>
);

/** Paragraphs. */
export const Area = ({ of: saver, name, hint }: Of<TextName>) => (
  <div class="field">
    <label for={`field-${name}`}>{shared().plan.fields[name]}</label>
    <textarea {...about(saver, name)} rows={6} value={saver.values[name]} onInput={(event) => saver.change(name, event.currentTarget.value)} />
    <Below of={saver} name={name} hint={hint} />
  </div>
);

/** One of several; none at first. */
export const Choice = ({ of: saver, name, hint, options }: Of<TextName> & { options: [string, string][] }) => (
  <div class="field">
    <label for={`field-${name}`}>{shared().plan.fields[name]}</label>
    <select {...about(saver, name)} value={saver.values[name]} onChange={(event) => saver.change(name, event.currentTarget.value)}>
      {!saver.values[name] && <option value="">{words().choose}</option>}
      {options.map(([value, text]) => <option key={value} value={value} selected={value === saver.values[name]}>{text}</option>)}
    </select>
    <Below of={saver} name={name} hint={hint} />
  </div>
);

/** Some of several. */
export function Several({ of: saver, name, hint, options }: Of<"themes" | "audience"> & { options: [string, string][] }) {
  const chosen = saver.values[name];
  return (
    <fieldset class="stack tight" id={`field-${name}`} tabIndex={-1} aria-describedby={`field-${name}-below`}>
      <legend class="label">{shared().plan.fields[name]}</legend>
      {options.map(([value, text]) => (
        <label class="pick" key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() => saver.change(name, chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value])}
          />
          <span>{text}</span>
        </label>
      ))}
      <Below of={saver} name={name} hint={hint} />
    </fieldset>
  );
}

/** Where it is held. */
export function VenueField({ of: saver, provinces }: { of: PlanSaver; provinces: readonly { code: string; name: string }[] }) {
  const { venue } = saver.values;
  return (
    <fieldset class="stack tight" aria-describedby="field-venue-below">
      <legend class="label">{shared().plan.fields.venue}</legend>
      <div class="field">
        <label for="field-venue">{words().venueProvince}</label>
        <select id="field-venue" value={venue.province} onChange={(event) => saver.change("venue", { ...venue, province: event.currentTarget.value })}>
          <option value="">{words().choose}</option>
          {provinces.map((each) => <option key={each.code} value={each.code} selected={each.code === venue.province}>{each.name}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="field-address">{words().address}</label>
        <input id="field-address" type="text" autocomplete="off" value={venue.address} onInput={(event) => saver.change("venue", { ...venue, address: event.currentTarget.value })} />
      </div>
      <Below of={saver} name="venue" />
    </fieldset>
  );
}

/** A field of rows: what is below it, and the rows. */
export const RowsOf = ({ of: saver, name, children }: { of: PlanSaver; name: "timetable" | "faculty"; children: ComponentChildren }) => (
  <div class="stack tight" id={`field-${name}`} tabIndex={-1}>
    {children}
    <Below of={saver} name={name} />
  </div>
);

/** The reasons for what is unusual, one for each rule that finds it so (R7, R9, R10). */
export function Justifications({ of: saver }: { of: PlanSaver }) {
  const given = saver.values.justifications;
  const warnings = saver.warnings ?? [];
  const rules = [...new Set([...warnings.flatMap((each) => (each.rule ? [each.rule] : [])), ...Object.keys(given).filter((rule) => given[rule])])].sort();
  return (
    <div class="stack" id="field-justifications" tabIndex={-1}>
      {rules.length === 0 && <p class="quiet">{words().nothingUnusual}</p>}
      {rules.map((rule) => (
        <div class="field" key={rule}>
          <label for={`field-justification-${rule}`}>{words().justificationOf(rule)}</label>
          {warnings.filter((each) => each.rule === rule).map((each) => <p class="hint warned" key={each.code}>{each.message}</p>)}
          <textarea id={`field-justification-${rule}`} rows={4} value={given[rule] ?? ""} onInput={(event) => saver.change("justifications", { ...given, [rule]: event.currentTarget.value })} />
        </div>
      ))}
      <Below of={saver} name="justifications" />
    </div>
  );
}

/** Kinds of a base's category (R2), by the words for them. */
export const kindsOf = (category: "PRINCIPAL" | "DUAL_QUALIFIED_TEACHER" | "ENTERPRISE_PRACTICE"): [string, string][] =>
  KINDS[category].map((kind) => [kind, general().kind[kind]]);

const KINDS = {
  PRINCIPAL: ["LEADERSHIP"],
  DUAL_QUALIFIED_TEACHER: ["TEACHING"],
  ENTERPRISE_PRACTICE: ["SKILL_TRAINING", "JOB_PRACTICE", "RESEARCH_DEVELOPMENT"],
} as const;
