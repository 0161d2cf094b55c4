// Looking at numbers that are masked everywhere else: with a purpose, on record, and on this page only (R41).
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../../app/moment";
import type { Refusal } from "../../app/refusals";
import { sentence } from "../../app/refusals";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { Act, Acts } from "../../parts/act";
import { Facts } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { asRefusal, refusalsOf } from "../../parts/selection";
import { Table } from "../../parts/table";
import { words as shared } from "../words";
import {
  RevealBaseTeam,
  type RevealBaseTeamMutation,
  RevealContacts as ContactsRevealed,
  type RevealContactsMutation,
  RevealTeacher as TeacherRevealed,
  type RevealTeacherMutation,
  RevealTeachers,
  type RevealTeachersMutation,
} from "./documents";
import { words } from "./words";

type Numbers = NonNullable<RevealTeacherMutation["revealTeacher"]>;
type Attendee = NonNullable<RevealTeachersMutation["revealTeachers"]>[number];
type Contact = NonNullable<RevealContactsMutation["revealContacts"]>[number];
export type Team = NonNullable<RevealBaseTeamMutation["revealBaseTeam"]>;

/** A button that asks for the purpose, and what was shown then, until it is hidden or the page is left. */
function Look<Shown>({ name, label, told, look, children }: {
  /** Of the field of its purpose: several may be open at once. */
  name: string;
  label: string;
  told: string;
  /** Answers what may be shown, or why nothing may. */
  look: (purpose: string) => Promise<{ shown: Shown | null; refusals: readonly Refusal[] }>;
  children: (shown: Shown) => ComponentChildren;
}) {
  const say = words();
  const [shown, setShown] = useState<Shown | null>(null);
  const run = async ({ [name]: purpose = "" }: Record<string, string>) => {
    const found = await look(purpose);
    setShown(found.shown);
    return found.refusals;
  };
  return (
    <>
      <Act label={label} ask={told} told run={run}>
        <TextField name={name} label={say.purpose} hint={say.purposeHint} required autocomplete="off" />
      </Act>
      {shown !== null && (
        <div class="act open" role="status">
          <div class="note stack tight">
            {children(shown)}
            <p class="quiet small">{say.shownOnce}</p>
            <div class="row"><button type="button" class="button" onClick={() => setShown(null)}>{say.hide}</button></div>
          </div>
        </div>
      )}
    </>
  );
}

/** The numbers of one teacher; `own`: they are the reader's. */
export function RevealTeacher({ id, own = false }: { id: string; own?: boolean }) {
  const say = words();
  const common = shared();
  const look = async (purpose: string) => {
    const { data, refusals } = await command(TeacherRevealed, { id, purpose });
    return { shown: data?.revealTeacher ?? null, refusals };
  };
  return (
    <Look<Numbers> name={`purpose-${id}`} label={own ? say.own : say.teacher} told={own ? say.ownRecorded : say.recorded} look={look}>
      {(shown) => <Facts of={[[common.idNumber, shown.idNumber], [common.mobile, shown.mobile], [common.email, shown.email]]} />}
    </Look>
  );
}

/** The phones of a class, as far as the reader may see them. */
export function RevealClass({ projectId }: { projectId: string }) {
  const say = words();
  const common = shared();
  const look = async (purpose: string) => {
    const answer = await command(RevealTeachers, { projectId, purpose });
    return { shown: answer.data?.revealTeachers ?? null, refusals: answer.refusals };
  };
  return (
    <Look<Attendee[]> name="purpose" label={say.ofClass} told={say.recorded} look={look}>
      {(shown) => (
        <>
          <Table
            caption={say.phones}
            rows={shown.filter((row) => row.ok)}
            name={(row) => row.id}
            empty={say.nobody}
            columns={[
              { head: common.name, cell: (row) => row.reveal?.teacher.name },
              { head: common.school, cell: (row) => row.reveal?.teacher.school?.name },
              { head: common.mobile, cell: (row) => row.reveal?.mobile },
              { head: common.email, cell: (row) => row.reveal?.email },
            ]}
          />
          <Missing of={shown.map((row) => [row.id, row.refusal])} />
        </>
      )}
    </Look>
  );
}

/** The phones of schools' designated persons. */
export function RevealContacts({ codes, names }: { codes: readonly string[]; names?: ReadonlyMap<string, string> }) {
  const say = words();
  const common = shared();
  const look = async (purpose: string) => {
    const { data, refusals } = await command(ContactsRevealed, { codes: [...codes], purpose });
    const rows = data?.revealContacts ?? [];
    return rows.some((row) => row.ok) ? { shown: rows, refusals } : { shown: null, refusals: refusalsOf(refusals, rows.slice(0, 1)) };
  };
  return (
    <Look<Contact[]> name="purpose-contacts" label={names ? say.contacts(count(codes.length)) : say.contact} told={say.recordedContacts} look={look}>
      {(shown) => (
        <>
          <Table
            caption={say.numbers}
            rows={shown.filter((row) => row.ok)}
            name={(row) => row.code}
            empty={say.nobody}
            columns={[
              { head: common.school, cell: (row) => names?.get(row.code) ?? row.code },
              { head: common.designated, cell: (row) => row.contact?.name },
              { head: common.mobile, cell: (row) => row.contact?.phone },
              { head: common.email, cell: (row) => row.contact?.email },
            ]}
          />
          <Missing of={shown.map((row) => [names?.get(row.code) ?? row.code, row.refusal])} />
        </>
      )}
    </Look>
  );
}

/** The phones of the designated persons of the schools of a list. */
export function RevealSchools({ of }: { of: readonly { code: string; name: string; designatedPerson: object | null }[] }) {
  const named = of.filter((each) => each.designatedPerson);
  if (!named.length) return null;
  return <Acts><RevealContacts codes={named.map((each) => each.code)} names={new Map(named.map((each) => [each.code, each.name]))} /></Acts>;
}

/** Rows that were refused, and why. */
function Missing({ of }: { of: readonly [string, Contact["refusal"]][] }) {
  const refused = of.filter(([, refusal]) => refusal);
  if (!refused.length) return null;
  return (
    <div>
      <p class="strong">{words().partly(count(refused.length))}</p>
      <ul>{refused.map(([name, refusal]) => <li key={name}>{name} {refusal && sentence(asRefusal(refusal))}</li>)}</ul>
    </div>
  );
}

/** The phones of a base's team. `use`: what else is done with them. */
export function RevealTeam({ baseId, use }: { baseId: string; use?: (team: Team) => void }) {
  const say = words();
  const look = async (purpose: string) => {
    const { data, refusals } = await command(RevealBaseTeam, { baseId, purpose });
    const shown = data?.revealBaseTeam ?? null;
    if (shown) use?.(shown);
    return { shown, refusals };
  };
  return (
    <Look<Team> name="purpose-team" label={say.team} told={say.recordedContacts} look={look}>
      {(shown) => (
        <Facts
          of={(["design", "declaration", "delivery"] as const).map((duty): [string, ComponentChildren] => [
            say[duty],
            shown[duty].map((each) => <span class="beneath" key={each.name + each.phone}>{[each.name, each.phone, each.email].filter(Boolean).join(general().listed)}</span>),
          ])}
        />
      )}
    </Look>
  );
}
