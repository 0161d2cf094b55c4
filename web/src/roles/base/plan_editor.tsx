// The editor of a plan: steps in any order, saved while it is typed, and what is missing beside it (R7, R9, R10, R13).
import { useEffect, useState } from "preact/hooks";
import { tag } from "../../app/language";
import { count } from "../../app/moment";
import { refusal } from "../../app/refusals";
import { go, usePlace, withQuery } from "../../app/router";
import { useStore } from "../../app/store";
import { general } from "../../app/words";
import { command, forget } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act } from "../../parts/act";
import { Card, RefusalNote } from "../../parts/basic";
import { PlanView } from "../plan_view";
import { RowsEditor } from "../rows/editor";
import { words as shared } from "../words";
import { type BasePlanQuery, MyBases, SubmitProject } from "./documents";
import { Area, Choice, Justifications, Line, RowsOf, Several, VenueField, kindsOf } from "./plan_fields";
import { PlanSaver } from "./plan_saver";
import { type Name, type Plan, STEPS, type Step, isName, newMember, newSession, stepOf } from "./plan_values";
import { StalePlan } from "./stale_plan";
import { words } from "./words";

type Provinces = NonNullable<BasePlanQuery["provinces"]>;
interface Missing {
  name: Name | null;
  text: string;
}

/** All that is missing, each with the field where it is mended. */
function missingOf(saver: PlanSaver): Missing[] {
  const labels = shared().plan.fields;
  return (saver.problems ?? []).flatMap(({ code, fields, message }): Missing[] => {
    if (code === "JUSTIFICATION_MISSING") return [{ name: "justifications", text: message }];
    const names = fields.map((field) => field.split(".")[0] ?? "").filter(isName);
    if (code === "PLAN_INCOMPLETE") return names.map((name) => ({ name, text: labels[name] }));
    return [{ name: names[0] ?? null, text: message }];
  });
}

export function PlanEditor({ project, provinces }: { project: Plan; provinces: Provinces }) {
  const [saver] = useState(() => new PlanSaver(project));
  useStore(saver.told);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent): void => {
      if (saver.unsaved) event.preventDefault();
    };
    addEventListener("beforeunload", leaving);
    return () => {
      removeEventListener("beforeunload", leaving);
      saver.leave();
    };
  }, [saver]);
  const [wanted, setWanted] = useState<Name | null>(null);
  const asked = usePlace().query.get("step") ?? "";
  const step = (asked in STEPS ? asked : "basic") as Step;
  useEffect(() => {
    if (!wanted) return;
    document.getElementById(`field-${wanted}`)?.focus();
    setWanted(null);
  }, [wanted, step]);
  const missing = missingOf(saver);
  const jump = (name: Name): void => {
    go(withQuery({ step: stepOf(name) }), true);
    setWanted(name);
  };
  const say = words();
  return (
    <div class="columns">
      <div class="stack">
        <nav class="chips" aria-label={say.stepsLabel}>
          {(Object.keys(STEPS) as Step[]).map((each) => {
            const lacks = missing.filter(({ name }) => name && stepOf(name) === each).length;
            return (
              <a key={each} href={withQuery({ step: each })} aria-current={each === step ? "true" : undefined}>
                {lacks ? say.stepLacks(say.steps[each], count(lacks)) : say.stepDone(say.steps[each])}
              </a>
            );
          })}
        </nav>
        {saver.stale && <StalePlan saver={saver} stale={saver.stale} />}
        <Card title={say.steps[step]}>
          <div class="stack"><Fields saver={saver} step={step} project={project} provinces={provinces} /></div>
        </Card>
        <details class="card" onToggle={(event) => event.currentTarget.open && void saver.save().then(forget)}>
          <summary>{say.preview}</summary>
          <PlanView plan={project} />
        </details>
      </div>
      <div class="stack beside">
        <Card>
          <div class="stack tight">
            <p role="status" class={saver.state === "refused" || saver.state === "away" ? "strong bad" : "quiet"}>
              {saver.state === "saved" && saver.savedAt ? say.savedAt(saver.savedAt.toLocaleTimeString(tag(), { hour: "2-digit", minute: "2-digit" })) : say.state[saver.state]}
            </p>
            {saver.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
            <h2>{missing.length ? say.lacking(count(missing.length)) : say.lacksNothing}</h2>
            <ul class="choices">
              {missing.map(({ name, text }) => (
                <li key={`${name}${text}`}>{name ? <button type="button" class="button plain jump" onClick={() => jump(name)}>{text}</button> : text}</li>
              ))}
            </ul>
            <Submit saver={saver} project={project} complete={!missing.length} />
          </div>
        </Card>
      </div>
    </div>
  );
}

function Submit({ saver, project, complete }: { saver: PlanSaver; project: Plan; complete: boolean }) {
  const say = words();
  const quotas = useQuery(MyBases, { year: project.round.year });
  const left = quotas.data?.myBases?.find((each) => each.id === project.base.id)?.quota?.remaining;
  return (
    <Act
      label={say.submit}
      kind="first"
      ask={project.status === "RETURNED" ? say.resubmitAsk : say.submitAsk(left === undefined ? general().noData : count(left))}
      disabled={!complete}
      run={async () => {
        if (!(await saver.save())) return saver.refusals.length ? saver.refusals : [refusal({ message: say.unsaved, extensions: { code: "UNSAVED" } })];
        return (await command(SubmitProject, { id: project.id, version: saver.version })).refusals;
      }}
    />
  );
}

function Fields({ saver, step, project, provinces }: { saver: PlanSaver; step: Step; project: Plan; provinces: Provinces }) {
  const say = words();
  const common = general();
  const { fields, session, member } = shared().plan;
  const { round, base } = project;
  const { values } = saver;
  const modes = Object.entries(common.mode);
  const norm = round.durationNorms.find((each) => each.kind === values.kind);
  const kinds = kindsOf(base.category);
  switch (step) {
    case "basic": {
      const themes = { PRINCIPAL: round.principal, DUAL_QUALIFIED_TEACHER: round.teaching, ENTERPRISE_PRACTICE: round.enterprise }[base.category];
      return (
        <>
          <Line of={saver} name="title" />
          {kinds.length > 1 && <Choice of={saver} name="kind" options={kinds} />}
          <Several of={saver} name="themes" options={themes.map((each) => [each.code, each.name])} />
          <Choice of={saver} name="majorCategory" options={say.major.map((name, at) => [String(at + 1), name])} />
          <Several of={saver} name="audience" options={Object.entries(common.audience)} />
          <Line of={saver} name="capacity" numeric />
        </>
      );
    }
    case "content":
      return <><Area of={saver} name="objectives" /><Area of={saver} name="contentDesign" /><Area of={saver} name="assessmentMethod" /></>;
    case "form":
      return (
        <>
          <Choice of={saver} name="mode" options={modes} />
          <Line of={saver} name="startsOn" hint={common.dateHint} numeric />
          <Line of={saver} name="endsOn" hint={common.dateHint} numeric />
          <Line of={saver} name="days" hint={norm && say.norm(count(norm.days), count(norm.least), count(norm.most))} numeric />
          <Line of={saver} name="classHours" numeric />
        </>
      );
    case "timetable": {
      const sum = values.timetable.reduce((total, row) => total + (Number(row.hours) || 0), 0);
      return (
        <RowsOf of={saver} name="timetable">
          <RowsEditor
            caption={fields.timetable}
            columns={[
              { name: "title", head: session.title },
              { name: "teacher", head: session.teacher },
              { name: "date", head: session.date },
              { name: "hours", head: session.hours },
              ...(values.mode === "BLENDED" ? [{ name: "mode" as const, head: session.mode, options: modes }] : []),
            ]}
            rows={values.timetable}
            blank={newSession}
            change={(rows) => saver.change("timetable", rows)}
          />
          <p class="quiet">{say.hoursOf(count(sum), values.classHours || common.none)}</p>
        </RowsOf>
      );
    }
    case "faculty":
      return (
        <RowsOf of={saver} name="faculty">
          <RowsEditor
            caption={fields.faculty}
            columns={[{ name: "name", head: member.name }, { name: "title", head: member.title }, { name: "organization", head: member.organization }]}
            rows={values.faculty}
            blank={newMember}
            change={(rows) => saver.change("faculty", rows)}
          />
        </RowsOf>
      );
    case "place":
      return <><Line of={saver} name="feeFen" hint={say.feeHint} numeric /><Line of={saver} name="feeIncludes" /><VenueField of={saver} provinces={provinces} /></>;
    case "reasons":
      return <><Area of={saver} name="needsEvidence" /><Justifications of={saver} /></>;
  }
}
