// Who takes part: bases with their quotas (R2, R3, R39), experts (R14), schools (R3).
import { count, day, days } from "../../app/moment";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, Acts, Choice, DateField, Reason, RowsField, cells, isoDate, wholeNumber } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Bar, Card, Tag } from "../../parts/basic";
import { TextField } from "../../parts/form";
import { SearchBox } from "../../parts/search";
import { refusalsOf } from "../../parts/selection";
import { Chips, Pager, Table } from "../../parts/table";
import { RevealSchools } from "../reveals";
import { words } from "../words";
import { CorrectExpert } from "./register/expert";
import {
  AdjustQuota,
  type BaseCategory,
  Bases,
  type BasesQuery,
  Experts,
  type ExpertsQuery,
  ExtendBase,
  MinistrySchools,
  RegisterBase,
  RegisterExpert,
  RegisterSchools,
  ReinstateExpert,
  WithdrawExpert,
} from "./documents";

type Base = NonNullable<BasesQuery["bases"]>["nodes"][number];
type Expert = NonNullable<ExpertsQuery["experts"]>["nodes"][number];
type Values = Record<string, string>;
const CATEGORIES = ["PRINCIPAL", "DUAL_QUALIFIED_TEACHER", "ENTERPRISE_PRACTICE"] as const;

/** Numbers of major categories, as they are typed: 6, 10. */
const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);

const Category = () => {
  const own = words().ministryDesk;
  return (
    <>
      <TextField name="organizationName" label={words().organization} required autocomplete="off" />
      <TextField name="organizationCode" label={own.organizationCode} required autocomplete="off" />
      <TextField name="fields" label={words().major} hint={own.fieldsHint} autocomplete="off" />
    </>
  );
};

export function BasesPage({ year }: { year: number }) {
  const say = words();
  const own = say.ministryDesk;
  const common = general();
  const { query } = usePlace();
  const category = query.get("category") as (typeof CATEGORIES)[number] | null;
  const shown = useQuery(Bases, { year, after: query.get("after"), category });
  const register = async ({ name = "", category: kind, organizationCode = "", organizationName = "", fields = "", until }: Values) => {
    const input = { name, category: kind as BaseCategory, organizationCode, organizationName, majorCategories: numbers(fields), validUntil: until ? isoDate(until) : null };
    return (await command(RegisterBase, { input })).refusals;
  };
  return (
    <div class="stack">
      <Heading title={say.bases}>{say.bases}</Heading>
      <Acts>
        <Act label={own.registerBase} ask={own.registerAsk} run={register}>
          <TextField name="name" label={say.base} required autocomplete="off" />
          <Choice name="category" label={say.category} initial="PRINCIPAL" of={Object.entries(common.category)} />
          <Category />
          <DateField name="until" label={own.validUntil} />
        </Act>
        <a class="button" href="/console/accounts?scope=base">{say.accounts.title}</a>
      </Acts>
      <Chips label={say.category} name="category" chosen={category} of={[[null, common.all], ...CATEGORIES.map((each): [string, string] => [each, common.category[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ bases: list }) => list && (
            <div class="stack">
              <Table
                caption={say.bases}
                rows={list.nodes}
                name={(row) => row.id}
                empty={say.noBases}
                columns={[
                  { head: say.base, cell: (row) => <><a href={`/console/bases/${row.id}`}>{row.name}</a> {row.closing && <Tag tone="bad">{own.closed}</Tag>}</> },
                  { head: say.category, cell: (row) => common.category[row.category] },
                  { head: say.province, cell: (row) => row.province?.name ?? say.ministryUnits },
                  {
                    head: say.quota,
                    cell: (row) => row.quota && (
                      <span class="share">{say.quotaUsed(count(row.quota.used), count(row.quota.limit))}<Bar part={row.quota.used} whole={row.quota.limit} limit label={say.quotaUsed(count(row.quota.used), count(row.quota.limit))} /></span>
                    ),
                  },
                  { head: say.validity, cell: (row) => (row.validUntil ? days(row.validFrom, row.validUntil) : common.from(day(row.validFrom))) },
                  { head: own.act, cell: (row) => <BaseChoices of={row} year={year} /> },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function BaseChoices({ of, year }: { of: Base; year: number }) {
  const own = words().ministryDesk;
  const adjust = async ({ limit = "", above, reason = "" }: Values) =>
    (await command(AdjustQuota, { baseId: of.id, input: { year, limit: wholeNumber(limit), aboveRound: above === "yes", reason } })).refusals;
  const extend = async ({ until, why: reason = "" }: Values) =>
    (await command(ExtendBase, { id: of.id, version: of.version, validUntil: until ? isoDate(until) : null, reason })).refusals;
  return (
    <Acts>
      <Act label={own.adjustQuota} ask={own.adjustQuotaAsk(of.name)} run={adjust}>
        <TextField name="limit" label={words().quota} required inputMode="numeric" autocomplete="off" defaultValue={String(of.quota?.limit ?? "")} />
        <Choice name="above" label={own.aboveRound} initial="no" of={[["no", general().no], ["yes", general().yes]]} />
        <Reason />
      </Act>
      <Act label={own.extendBase} ask={own.extendBaseAsk} run={extend}>
        <DateField name="until" label={own.validUntil} />
        <Reason name="why" />
      </Act>
    </Acts>
  );
}

export function ExpertsPage() {
  const say = words();
  const own = say.ministryDesk;
  const { query } = usePlace();
  const shown = useQuery(Experts, { after: query.get("after") });
  const register = async ({ name = "", organizationCode = "", organizationName = "", fields = "" }: Values) =>
    (await command(RegisterExpert, { input: { name, organizationCode, organizationName, fields: numbers(fields) } })).refusals;
  return (
    <div class="stack">
      <Heading title={say.experts}>{say.experts}</Heading>
      <Acts>
        <Act label={own.registerExpert} ask={own.registerAsk} run={register}>
          <TextField name="name" label={say.name} required autocomplete="off" />
          <Category />
        </Act>
        <a class="button" href="/console/accounts?scope=expert">{say.accounts.title}</a>
      </Acts>
      <Card>
        <Answered of={shown}>
          {({ experts: list }) => list && (
            <div class="stack">
              <Table
                caption={say.experts}
                rows={list.nodes}
                name={(row) => row.id}
                empty={own.noExperts}
                columns={[
                  { head: say.name, cell: (row) => <>{row.name} {row.withdrawnAt && <Tag tone="bad">{own.withdrawn}</Tag>}</> },
                  { head: say.organization, cell: (row) => row.organization?.name },
                  { head: say.major, cell: (row) => row.fields.map((each) => each.name).join(general().listed) },
                  { head: own.act, cell: (row) => <Acts><ExpertChoice of={row} />{!row.withdrawnAt && <CorrectExpert of={row} />}</Acts> },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}

function ExpertChoice({ of: { id, version, withdrawnAt } }: { of: Expert }) {
  const own = words().ministryDesk;
  return withdrawnAt ? (
    <Act key="back" label={own.reinstate} ask={own.reinstateAsk} run={async ({ [id]: reason = "" }) => (await command(ReinstateExpert, { id, version, reason })).refusals}>
      <Reason name={id} />
    </Act>
  ) : (
    <Act key="out" kind="danger" label={own.withdrawExpert} ask={own.withdrawExpertAsk} run={async ({ [id]: reason = "" }) => (await command(WithdrawExpert, { id, version, reason })).refusals}>
      <Reason name={id} />
    </Act>
  );
}

export function SchoolsPage() {
  const say = words();
  const own = say.ministryDesk;
  const { query } = usePlace();
  const shown = useQuery(MinistrySchools, { after: query.get("after"), search: query.get("q") });
  const register = async ({ rows = "" }: Values) => {
    const answer = await command(RegisterSchools, { rows: cells(rows).map(([code = "", name = "", province]) => ({ code, name, province: province || code.slice(2, 4) })) });
    return refusalsOf(answer.refusals, answer.data?.registerSchools);
  };
  return (
    <div class="stack">
      <Heading title={say.schools}>{say.schools}</Heading>
      <Acts>
        <Act label={own.registerSchools} ask={own.registerAsk} run={register}>
          <RowsField name="rows" label={say.schools} hint={own.allSchoolRows} />
        </Act>
        <a class="button" href="/console/schools/new">{say.registerSchool}</a>
        <a class="button" href="/console/accounts?scope=school">{say.accounts.title}</a>
      </Acts>
      <SearchBox label={say.searchSchool} />
      <Card>
        <Answered of={shown}>
          {({ schools: list }) => list && (
            <div class="stack">
              <Table
                caption={say.schools}
                rows={list.nodes}
                name={(row) => row.code}
                empty={say.noSchools}
                columns={[
                  { head: say.school, cell: (row) => <><a href={`/console/schools/${row.code}`}>{row.name}</a> {row.closedAt && <Tag tone="bad">{say.closed}</Tag>}</> },
                  { head: say.schoolCode, cell: (row) => row.code },
                  { head: say.province, cell: (row) => row.province?.name ?? say.ministryUnits },
                  { head: say.designated, cell: (row) => row.designatedPerson?.name ?? <Tag tone="warn">{say.undesignated}</Tag> },
                ]}
              />
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
              <RevealSchools key={list.nodes[0]?.code} of={list.nodes} />
            </div>
          )}
        </Answered>
      </Card>
    </div>
  );
}
