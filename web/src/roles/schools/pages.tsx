// One school on file: registering, renaming, closing, reopening and merging it, by the ministry or its province (R3, R27).
import { instant } from "../../app/moment";
import { go } from "../../app/router";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Choice, Reason } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Facts, Tag } from "../../parts/basic";
import { Form, TextField } from "../../parts/form";
import { RevealContacts } from "../reveals";
import { words as shared } from "../words";
import { CloseSchool, MergeSchool, Provinces, RegisterSchool, RenameSchool, ReopenSchool, SchoolOnFile, type SchoolOnFileQuery } from "./documents";
import { words } from "./words";

type School = NonNullable<SchoolOnFileQuery["school"]>;
type Values = Record<string, string>;

/** `everywhere`: schools of any province, or of none. A province registers its own. */
export function NewSchoolPage({ everywhere }: { everywhere: boolean }) {
  const say = words();
  const provinces = useQuery(Provinces, {});
  const send = async ({ code = "", name = "", province }: Values) => {
    const answer = await command(RegisterSchool, { input: { code, name, province: province || null } });
    const made = answer.data?.registerSchool;
    if (made) go(`/console/schools/${made.code}`);
    return answer.refusals;
  };
  return (
    <div class="stack">
      <Heading title={say.register}>{say.register}</Heading>
      <Card>
        <Answered of={provinces}>
          {({ provinces: list }) => (
            <Form submit={say.send} send={send}>
              <p>{say.registerHint}</p>
              <TextField name="code" label={say.code} hint={say.codeHint} required inputMode="numeric" autocomplete="off" />
              <TextField name="name" label={say.name} required autocomplete="off" />
              {everywhere && <Choice name="province" label={say.belongs} initial="00" of={[["00", shared().ministryUnits], ...(list ?? []).map((each): [string, string] => [each.code, each.name])]} />}
            </Form>
          )}
        </Answered>
      </Card>
    </div>
  );
}

export function SchoolPage({ code }: { code: string }) {
  const say = words();
  const common = shared();
  const shown = useQuery(SchoolOnFile, { code });
  return (
    <Answered of={shown}>
      {({ school: of }) => of ? (
        <div class="stack">
          <Heading title={of.name}>{of.name}</Heading>
          {of.closedAt && <p><Tag tone="bad">{common.closed}</Tag></p>}
          <Card>
            <Facts
              of={[
                [common.schoolCode, of.code],
                [common.province, of.province?.name ?? common.ministryUnits],
                [common.designated, of.designatedPerson ? [of.designatedPerson.name, of.designatedPerson.phone].filter(Boolean).join(" ") : say.noPerson],
                [say.closedSince, of.closedAt && instant(of.closedAt)],
                [say.mergedInto, of.mergedInto && <a href={`/console/schools/${of.mergedInto.code}`}>{of.mergedInto.name}</a>],
              ]}
            />
          </Card>
          <Card title={common.ministryDesk.act}><Choices of={of} /></Card>
        </div>
      ) : <Heading title={say.unknown}>{say.unknown}</Heading>}
    </Answered>
  );
}

function Choices({ of }: { of: School }) {
  const say = words();
  const { code } = of;
  const rename = async ({ name = "", renamed: reason = "" }: Values) => (await command(RenameSchool, { code, name, reason })).refusals;
  const merge = async ({ into = "", merged: reason = "" }: Values) => (await command(MergeSchool, { code, into, reason })).refusals;
  const close = async ({ closed: reason = "" }: Values) => (await command(CloseSchool, { code, reason })).refusals;
  const reopen = async ({ reopened: reason = "" }: Values) => (await command(ReopenSchool, { code, reason })).refusals;
  if (of.mergedInto) return <p class="quiet">{shared().schoolDesk.nothing}</p>;
  if (of.closedAt) return <Act key="reopen" kind="first" label={say.reopen} ask={say.reopenAsk} run={reopen}><Reason name="reopened" /></Act>;
  return (
    <Acts>
      <Act key="rename" label={say.rename} ask={say.renameAsk} run={rename}>
        <TextField name="name" label={say.newName} required autocomplete="off" defaultValue={of.name} />
        <Reason name="renamed" />
      </Act>
      {of.designatedPerson && <RevealContacts codes={[code]} />}
      <Act label={say.merge} kind="danger" ask={say.mergeAsk} run={merge}>
        <TextField name="into" label={say.into} required inputMode="numeric" autocomplete="off" />
        <Reason name="merged" />
      </Act>
      <Act label={say.close} kind="danger" ask={say.closeAsk} run={close}><Reason name="closed" /></Act>
    </Acts>
  );
}
