// The audit log: who did what, when, and whose it was; every look at a number with its purpose (R40, R41).
import { count, instant } from "../../../app/moment";
import { refusal } from "../../../app/refusals";
import { go, usePlace, withQuery } from "../../../app/router";
import { Heading } from "../../../app/shell";
import { useQuery } from "../../../graph/use";
import { Choice, DateField, isoDate } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card } from "../../../parts/basic";
import { Form, TextField } from "../../../parts/form";
import { Pager, Table } from "../../../parts/table";
import { words as shared } from "../../words";
import { AuditLog, type AuditLogQuery } from "./documents";
import { words } from "./words";

type Row = NonNullable<AuditLogQuery["auditLog"]>["nodes"][number];
const DAY_MS = 86_400_000;
const HASH = 12;
const FILTERS = ["type", "organization", "province", "since", "until", "actor", "subject"] as const;

/** The beginning of a day here, so many days later; null where it is no date. */
function midnight(date: string | null, after = 0): string | null {
  const at = Date.parse(`${date}T00:00:00+08:00`);
  return Number.isNaN(at) ? null : new Date(at + after * DAY_MS).toISOString();
}

/** What an act is called. */
function called(type: string): string {
  const { acts, services } = words();
  const [service = "", name = ""] = type.split(".");
  const known = (acts as Record<string, Record<string, string>>)[service]?.[name];
  return known ? `${services[service as keyof typeof services]} · ${known}` : type;
}

const types = (): [string, string][] =>
  Object.entries(words().acts).flatMap(([service, names]) => Object.keys(names).map((name): [string, string] => [`${service}.${name}`, called(`${service}.${name}`)]));

export function AuditPage() {
  const say = words();
  const { query } = usePlace();
  const given = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)])) as Record<(typeof FILTERS)[number], string | null>;
  const { since, until, ...named } = given;
  const shown = useQuery(AuditLog, { after: query.get("after"), filter: { ...named, since: midnight(since), until: midnight(until, 1) } });
  const narrow = async ({ type, organization, province, from = "", to = "" }: Record<string, string>) => {
    const [since, until] = [isoDate(from.trim()), isoDate(to.trim())];
    const wrong = [since, until].find((date) => date && !midnight(date));
    if (wrong) return [refusal({ message: say.noDate(wrong), extensions: { code: "INVALID_DATE" } })];
    go(withQuery({ type: type || null, organization: organization || null, province: province || null, since: since || null, until: until || null, after: null }));
    return [];
  };
  const clear = withQuery({ ...Object.fromEntries(FILTERS.map((name) => [name, null])), after: null });
  return (
    <div class="stack">
      <Heading title={say.title}>{say.title}</Heading>
      <p class="quiet">{say.hint}</p>
      <Card>
        <Form key={FILTERS.map((name) => given[name]).join()} submit={say.filter} send={narrow}>
          <div class="tiles">
            <Choice name="type" label={say.act} initial={given.type ?? ""} of={[["", say.all], ...types()]} />
            <TextField name="organization" label={say.organization} hint={say.organizationHint} autocomplete="off" defaultValue={given.organization ?? ""} />
            <TextField name="province" label={say.province} inputMode="numeric" autocomplete="off" defaultValue={given.province ?? ""} />
            <DateField name="from" label={say.since} initial={since ?? ""} />
            <DateField name="to" label={say.until} initial={until ?? ""} />
          </div>
        </Form>
      </Card>
      {FILTERS.some((name) => given[name]) && (
        <p class="row">
          {given.actor && <span>{say.ofActor} <code>{given.actor}</code></span>}
          {given.subject && <span>{say.ofSubject} <code>{given.subject}</code></span>}
          <a class="button" href={clear}>{say.clear}</a>
        </p>
      )}
      <Card>
        <Answered of={shown}>
          {({ auditLog: list }) => list && (
            <div class="stack">
              <Chain of={list.nodes} />
              <Table
                caption={say.title}
                rows={list.nodes}
                name={(row) => String(row.sequence)}
                empty={say.empty}
                columns={[
                  { head: say.act, cell: (row) => called(row.type) },
                  { head: say.at, cell: (row) => instant(row.at) },
                  { head: say.who, cell: (row) => <Actor of={row} /> },
                  { head: say.whose, cell: (row) => <a href={withQuery({ subject: row.subject, after: null })} aria-label={`${say.onlySubject} ${row.subject}`}><code>{row.subject}</code></a> },
                  { head: say.details, cell: (row) => <Content of={row} /> },
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

function Actor({ of: { actor } }: { of: Row }) {
  const say = words();
  const roles = shared().roles;
  if (!actor) return <>{say.system}</>;
  const role = roles[actor.scope as keyof typeof roles] ?? actor.scope;
  return (
    <>
      <a href={withQuery({ actor: actor.subject, after: null })} aria-label={`${say.onlyActor} ${actor.name ?? role} ${actor.organization ?? ""}`}>{actor.name ?? role}</a>{" "}
      <span class="quiet small">{actor.name && role} {actor.organization}</span>
    </>
  );
}

/** Why it was done, and all that is kept of it with its place in the chain. */
function Content({ of }: { of: Row }) {
  const say = words();
  const data = (of.data ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  return (
    <>
      {typeof data.purpose === "string" && <p>{say.purpose} {data.purpose}</p>}
      {typeof data.reason === "string" && <p>{shared().reason} {data.reason}</p>}
      <details>
        <summary>{say.details}</summary>
        <dl class="small">
          {Object.entries(data).map(([name, value]) => [<dt key={`${name}:`} class="quiet">{name}</dt>, <dd key={name}>{text(value)}</dd>])}
          <dt class="quiet">{say.row}</dt>
          <dd>{of.sequence} · <code>{of.hash.slice(0, HASH)}</code></dd>
        </dl>
      </details>
    </>
  );
}

/** Whether rows that are neighbours in the log are linked by their hashes. */
function Chain({ of }: { of: readonly Row[] }) {
  const say = words();
  const pairs = of.slice(1).map((before, at) => [before, of[at]] as const).filter(([before, row]) => row && row.sequence === before.sequence + 1);
  const broken = pairs.find(([before, row]) => row?.previousHash !== before.hash);
  if (broken) return <p class="note bad" role="alert">{say.broken(String(broken[1]?.sequence))}</p>;
  return pairs.length ? <p class="quiet small">{say.linked(count(pairs.length))}</p> : null;
}
