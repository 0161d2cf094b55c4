// A change after publication: venue, dates, faculty; whoever has signed up is told (R18).
import { useState } from "preact/hooks";
import { refusal } from "../../app/refusals";
import { command } from "../../graph/client";
import { Act, Reason, isoDate, wholeNumber } from "../../parts/act";
import { RowsEditor } from "../rows/editor";
import { words as typed } from "../rows/words";
import { words as shared } from "../words";
import { AmendProject, type AmendProjectMutationVariables, type BasePlanQuery } from "./documents";
import { type Plan, type Values, differing, newMember, valuesOf } from "./plan_values";
import { words } from "./words";

type Input = AmendProjectMutationVariables["input"];

/** What has changed, as the amendment takes it; null where nothing has. */
function inputOf(before: Values, now: Values, reason: string): Input | null {
  const changed = new Set(differing(before, now));
  if (!changed.size) return null;
  const moved = now.timetable.filter((row, at) => row.date !== before.timetable[at]?.date);
  const taught = now.timetable.filter((row, at) => row.teacher !== before.timetable[at]?.teacher);
  return {
    reason,
    venue: changed.has("venue") ? { province: now.venue.province, address: now.venue.address.trim() } : null,
    startsOn: changed.has("startsOn") ? isoDate(now.startsOn.trim()) : null,
    endsOn: changed.has("endsOn") ? isoDate(now.endsOn.trim()) : null,
    days: changed.has("days") ? wholeNumber(now.days) : null,
    faculty: changed.has("faculty")
      ? now.faculty.filter((row) => row.name.trim()).map((row) => ({ name: row.name.trim(), title: row.title.trim() || null, organization: row.organization.trim() || null }))
      : null,
    sessionDates: moved.length ? moved.map((row) => ({ id: row.id, date: isoDate(row.date.trim()) })) : null,
    sessionTeachers: taught.length ? taught.map((row) => ({ id: row.id, teacher: row.teacher.trim() })) : null,
  };
}

export function Amendment({ project, provinces }: { project: Plan; provinces: NonNullable<BasePlanQuery["provinces"]> }) {
  const say = words();
  const { fields, session, member } = shared().plan;
  const [before] = useState(() => valuesOf(project));
  const [now, setNow] = useState(before);
  const line = (name: "startsOn" | "endsOn" | "days") => (
    <div class="field" key={name}>
      <label for={`amend-${name}`}>{fields[name]}</label>
      <input id={`amend-${name}`} type="text" inputMode="numeric" autocomplete="off" value={now[name]} onInput={(event) => setNow({ ...now, [name]: event.currentTarget.value })} />
    </div>
  );
  return (
    <details class="card">
      <summary>{say.amendTitle}</summary>
      <div class="stack">
        <p class="hint">{say.amendHint}</p>
        <div class="field">
          <label for="amend-province">{say.venueProvince}</label>
          <select id="amend-province" value={now.venue.province} onChange={(event) => setNow({ ...now, venue: { ...now.venue, province: event.currentTarget.value } })}>
            {provinces.map((each) => <option key={each.code} value={each.code} selected={each.code === now.venue.province}>{each.name}</option>)}
          </select>
        </div>
        <div class="field">
          <label for="amend-address">{say.address}</label>
          <input id="amend-address" type="text" autocomplete="off" value={now.venue.address} onInput={(event) => setNow({ ...now, venue: { ...now.venue, address: event.currentTarget.value } })} />
        </div>
        {line("startsOn")}
        {line("endsOn")}
        {line("days")}
        <table class="table typed">
          <caption>{fields.timetable}</caption>
          <thead><tr><th scope="col">{session.title}</th><th scope="col">{session.date}</th><th scope="col">{session.teacher}</th></tr></thead>
          <tbody>
            {now.timetable.map((row, at) => (
              <tr key={row.id}>
                <th scope="row">{row.title}</th>
                {(["date", "teacher"] as const).map((name) => (
                  <td key={name} data-label={session[name]}>
                    <input
                      type="text"
                      autocomplete="off"
                      aria-label={typed().cell(session[name], at + 1)}
                      value={row[name]}
                      onInput={(event) => setNow({ ...now, timetable: now.timetable.map((each) => (each === row ? { ...row, [name]: event.currentTarget.value } : each)) })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <RowsEditor
          caption={fields.faculty}
          columns={[{ name: "name", head: member.name }, { name: "title", head: member.title }, { name: "organization", head: member.organization }]}
          rows={now.faculty}
          blank={newMember}
          change={(faculty) => setNow({ ...now, faculty })}
        />
        <Act
          label={say.amend}
          ask={say.amendAsk}
          kind="first"
          run={async ({ reason }) => {
            const input = inputOf(before, now, reason ?? "");
            if (!input) return [refusal({ message: say.nothingChanged, extensions: { code: "NOTHING_CHANGED" } })];
            return (await command(AmendProject, { id: project.id, version: project.version, input })).refusals;
          }}
        >
          <Reason />
        </Act>
      </div>
    </details>
  );
}
