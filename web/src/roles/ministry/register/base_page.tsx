// One base on file: its contacts, and setting right, renaming, merging, closing or reopening it (R2, R3).
import { useState } from "preact/hooks";
import { count, day, days, instant } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts, Choice, DateField, Reason, isoDate } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card, Facts, Tag } from "../../../parts/basic";
import { Select, TextField } from "../../../parts/form";
import { Table } from "../../../parts/table";
import { RevealTeam } from "../../reveals";
import { words as shared } from "../../words";
import {
  AmendBase,
  type BaseCategory,
  BaseOnFile,
  type BaseOnFileQuery,
  BasesNamed,
  CloseBase,
  MergeBases,
  RecategorizeBase,
  RenameBase,
  RenameOrganization,
  ReopenBase,
} from "./documents";
import { changedNumbers, ordinals } from "./numbers";
import { words } from "./words";

type Base = NonNullable<BaseOnFileQuery["base"]>;
type Provinces = NonNullable<BaseOnFileQuery["provinces"]>;
type Values = Record<string, string>;
/** Of a base that belongs to no province. */
const NATIONWIDE = "00";

const placed = (list: Provinces): [string, string][] => [[NATIONWIDE, shared().ministryUnits], ...list.map((each): [string, string] => [each.code, each.name])];

export function BasePage({ id, year }: { id: string; year: number }) {
  const say = words();
  const common = shared();
  const shown = useQuery(BaseOnFile, { id, year });
  return (
    <Answered of={shown}>
      {({ base: of, provinces }) => of ? (
        <div class="stack">
          <Heading title={of.name}>{of.name}</Heading>
          {of.closing && <p><Tag tone="bad">{common.ministryDesk.closed}</Tag></p>}
          <Card>
            <Facts
              of={[
                [common.organization, of.organization.name],
                [say.code, of.organization.code],
                [common.category, general().category[of.category]],
                [common.major, of.majorCategories.map((each) => each.name).join(general().listed)],
                [common.province, of.province?.name ?? common.ministryUnits],
                [say.otherProvince, of.provinceReason],
                [say.validity, of.validUntil ? days(of.validFrom, of.validUntil) : `${general().from(day(of.validFrom))}${general().listed}${say.openEnd}`],
                [common.quota, of.quota && common.quotaUsed(count(of.quota.used), count(of.quota.limit))],
                [say.closedSince, of.closing && instant(of.closing.at)],
                [common.reason, of.closing?.reason],
                [say.successor, of.closing?.into && <a href={`/console/bases/${of.closing.into.id}`}>{of.closing.into.name}</a>],
              ]}
            />
          </Card>
          <Card title={common.ministryDesk.act}><Choices of={of} provinces={provinces ?? []} /></Card>
          <Card>
            <div class="stack">
              <Table
                caption={say.team}
                rows={of.team ?? []}
                name={(row) => `${row.name}${row.phone}`}
                empty={say.noTeam}
                columns={[
                  { head: common.name, cell: (row) => row.name },
                  { head: common.mobile, cell: (row) => row.phone },
                  { head: common.email, cell: (row) => row.email },
                ]}
              />
              {of.team && of.team.length > 0 && <Acts><RevealTeam baseId={of.id} /></Acts>}
            </div>
          </Card>
        </div>
      ) : <Heading title={say.unknown}>{say.unknown}</Heading>}
    </Answered>
  );
}

function Choices({ of, provinces }: { of: Base; provinces: Provinces }) {
  const say = words();
  const { id, version } = of;
  const reopen = async ({ reopened: reason = "" }: Values) => (await command(ReopenBase, { id, version, reason })).refusals;
  if (of.closing?.into) return <p class="quiet">{shared().schoolDesk.nothing}</p>;
  if (of.closing) return <Act key="reopen" kind="first" label={say.reopen} ask={say.reopenAsk} run={reopen}><Reason name="reopened" /></Act>;
  const rename = async ({ name = "", renamed: reason = "" }: Values) => (await command(RenameBase, { id, version, name, reason })).refusals;
  const organization = async ({ holder: name = "", held: reason = "" }: Values) => (await command(RenameOrganization, { code: of.organization.code, name, reason })).refusals;
  const recategorize = async ({ category, recategorized: reason = "" }: Values) => (await command(RecategorizeBase, { id, version, category: category as BaseCategory, reason })).refusals;
  const merge = async ({ into = "", merged: reason = "" }: Values) => (await command(MergeBases, { id, version, into, reason })).refusals;
  const close = async ({ closed: reason = "" }: Values) => (await command(CloseBase, { id, version, reason })).refusals;
  return (
    <Acts>
      <Amend of={of} provinces={provinces} />
      <Act label={say.rename} ask={say.renameAsk} run={rename}>
        <TextField name="name" label={say.newName} required autocomplete="off" defaultValue={of.name} />
        <Reason name="renamed" />
      </Act>
      <Act label={say.renameOrganization} ask={say.renameOrganizationAsk} run={organization}>
        <TextField name="holder" label={say.newName} required autocomplete="off" defaultValue={of.organization.name} />
        <Reason name="held" />
      </Act>
      <Act label={say.recategorize} ask={say.recategorizeAsk} run={recategorize}>
        <Choice name="category" label={say.category} initial={of.category} of={Object.entries(general().category)} />
        <Reason name="recategorized" />
      </Act>
      <Act label={say.merge} kind="danger" ask={say.mergeAsk} run={merge}>
        <Successor of={of} provinces={provinces} />
        <Reason name="merged" />
      </Act>
      <Act label={say.close} kind="danger" ask={say.closeAsk} run={close}><Reason name="closed" /></Act>
    </Acts>
  );
}

function Amend({ of, provinces }: { of: Base; provinces: Provinces }) {
  const say = words();
  const majors = ordinals(of.majorCategories);
  const home = of.province?.code ?? NATIONWIDE;
  const amend = async ({ majors: typed, province = "", other, from = "", amended: reason = "" }: Values) => {
    const input = {
      majorCategories: changedNumbers(typed, majors),
      province: province === home ? null : province,
      provinceReason: other || null,
      validFrom: isoDate(from) === of.validFrom ? null : isoDate(from),
      reason,
    };
    return (await command(AmendBase, { id: of.id, version: of.version, input })).refusals;
  };
  return (
    <Act label={say.amend} ask={say.amendAsk} run={amend}>
      <TextField name="majors" label={say.majors} hint={say.majorsHint} autocomplete="off" defaultValue={majors} />
      <Choice name="province" label={say.province} initial={home} of={placed(provinces)} />
      <TextField name="other" label={say.otherProvince} autocomplete="off" />
      <DateField name="from" label={say.validFrom} required initial={of.validFrom} />
      <Reason name="amended" />
    </Act>
  );
}

/** Another open base of the category, by its province. */
function Successor({ of, provinces }: { of: Base; provinces: Provinces }) {
  const say = words();
  const [province, setProvince] = useState(of.province?.code ?? NATIONWIDE);
  const [chosen, setChosen] = useState("");
  const shown = useQuery(BasesNamed, { category: of.category, province });
  const others = (shown.data?.bases?.nodes ?? []).filter((each) => each.id !== of.id && !each.closing);
  const value = others.some((each) => each.id === chosen) ? chosen : (others[0]?.id ?? "");
  return (
    <>
      <Select name="where" label={say.province} value={province} onChoose={setProvince} of={placed(provinces)} />
      <Answered of={shown}>
        {() => others.length ? <Select name="into" label={say.into} value={value} onChoose={setChosen} of={others.map((each): [string, string] => [each.id, each.name])} /> : <p>{say.noBases}</p>}
      </Answered>
    </>
  );
}
