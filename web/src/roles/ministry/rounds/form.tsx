// The whole of a round in fields and rows.
import { general } from "../../../app/words";
import { Card } from "../../../parts/basic";
import { RowsEditor } from "../../rows/editor";
import { LIMITS, type Row, type Values } from "./values";
import { words } from "./words";

type Change = (next: Values) => void;
type Rows = "phases" | "steps" | "quotas" | "durationNorms" | "themes" | "reviewDimensions" | "contacts";

/** Fields that keep what is typed by `change`. */
export function RoundFields({ values, change }: { values: Values; change: Change }) {
  const say = words();
  const common = general();
  const categories = Object.entries(common.category);
  const phase = (name: string): string => common.phase[name as keyof typeof common.phase] ?? name;
  const category = { name: "category", head: say.category, options: categories };
  const rows = (part: Rows) => ({ caption: say.parts[part], rows: values[part], change: (next: Row[]) => change({ ...values, [part]: next }) });
  const numbers = (...names: ("days" | "least" | "most")[]) => names.map((name) => ({ name, head: say[name] }));
  const days = [{ name: "opens", head: say.opens }, { name: "closes", head: say.closes }];
  return (
    <div class="stack">
      <Card>
        <div class="stack">
          <Line name="title" label={say.parts.title} values={values} change={change} />
          <div class="tiles">
            <Line name="expertsPerProject" label={say.parts.expertsPerProject} values={values} change={change} />
            <Line name="completionDays" label={say.parts.completionDays} values={values} change={change} />
          </div>
        </div>
      </Card>
      <Card><RowsEditor {...rows("phases")} columns={[{ name: "name", head: say.phase, label: phase }, ...days]} /></Card>
      <Card><RowsEditor {...rows("quotas")} columns={[{ name: "category", head: say.category, label: (value) => common.category[value as keyof typeof common.category] }, { name: "limit", head: say.limit }]} /></Card>
      <Card>
        <RowsEditor {...rows("durationNorms")} blank={() => ({ category: "", kind: "", days: "", least: "", most: "" })} columns={[category, { name: "kind", head: say.kind, options: Object.entries(common.kind) }, ...numbers("days", "least", "most")]} />
      </Card>
      <Card><RowsEditor {...rows("themes")} blank={() => ({ category: "", code: "", name: "" })} columns={[category, { name: "code", head: say.code }, { name: "name", head: say.name }]} /></Card>
      <Card><RowsEditor {...rows("reviewDimensions")} blank={() => ({ code: "", name: "" })} columns={[{ name: "code", head: say.code }, { name: "name", head: say.name }]} /></Card>
      <Card>
        <div class="stack tight">
          <RowsEditor {...rows("contacts")} blank={() => ({ department: "", phones: "", note: "" })} columns={[{ name: "department", head: say.department }, { name: "phones", head: say.phones }, { name: "note", head: say.note }]} />
          <p class="hint">{say.phonesHint}</p>
        </div>
      </Card>
      <Card>
        <div class="stack tight">
          <RowsEditor
            {...rows("steps")}
            blank={() => ({ code: "", name: "", nameEn: "", guard: "", opens: "", closes: "" })}
            columns={[{ name: "code", head: say.code }, { name: "name", head: say.name }, { name: "nameEn", head: say.nameEn }, { name: "guard", head: say.guard, options: Object.entries(common.phase) }, ...days]}
          />
          <p class="hint">{say.stepsHint}</p>
        </div>
      </Card>
      <Card title={say.parts.planLimits}>
        <div class="tiles">
          {LIMITS.map((name) => <Field key={name} name={name} label={say.limits[name]} value={values.planLimits[name] ?? ""} set={(text) => change({ ...values, planLimits: { ...values.planLimits, [name]: text } })} />)}
        </div>
      </Card>
    </div>
  );
}

const Line = ({ name, label, values, change }: { name: "title" | "expertsPerProject" | "completionDays"; label: string; values: Values; change: Change }) => (
  <Field name={name} label={label} value={values[name]} set={(text) => change({ ...values, [name]: text })} />
);

const Field = ({ name, label, value, set }: { name: string; label: string; value: string; set: (text: string) => void }) => (
  <div class="field">
    <label for={`field-${name}`}>{label}</label>
    <input id={`field-${name}`} type="text" autocomplete="off" value={value} onInput={(event) => set(event.currentTarget.value)} />
  </div>
);
