// The accounts that one manages, and new one-time codes for them, printed on a slip and shown once (R3, R4).
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { instant } from "../app/moment";
import type { Refusal } from "../app/refusals";
import { go, usePlace, withQuery } from "../app/router";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { requestJson } from "../graph/http";
import { Act } from "../parts/act";
import { Card, Empty, RefusalNote, Tag } from "../parts/basic";
import { SearchBox } from "../parts/search";
import { Chips, Table } from "../parts/table";
import { words } from "./words";

export interface Account {
  id: string;
  login: string;
  scope: Exclude<keyof ReturnType<typeof words>["roles"], number>;
  state: "INITIAL" | "ACTIVE" | "DISABLED";
  awaitsCode: boolean;
  codeExpiresAt?: string;
  name?: string;
  person?: string;
  organization?: string;
  bases?: string[];
  school?: string;
  province?: string;
}

interface Page {
  accounts: Account[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

interface Issued {
  account: Account;
  code: string;
}

/** `who` names the person of an account, which the gateway knows by an id alone; `where` its organisation, if it has one. */
export function AccountsPage({ scopes, who, where }: {
  scopes: Account["scope"][];
  who: (person: string) => ComponentChildren;
  where?: (account: Account) => ComponentChildren;
}) {
  const say = words();
  const own = say.accounts;
  const { query } = usePlace();
  const [page, setPage] = useState<Page | null>(null);
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const [slips, setSlips] = useState<Issued[]>([]);
  const scope = query.get("scope");
  const asked = new URLSearchParams({ first: "20" });
  for (const [name, value] of [["scope", scope], ["login", query.get("q")], ["after", query.get("after")]] as const) if (value) asked.set(name, value);
  const address = `/auth/accounts?${asked.toString()}`;
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    void requestJson<Page>(address).then((reply) => {
      if (!current) return;
      setPage(reply.content);
      setRefusals(reply.refusals);
    });
    return () => {
      current = false;
    };
  }, [address, turn]);
  const named = (account: Account): ComponentChildren => account.name ?? (account.person && who(account.person));
  const issue = async (id: string) => {
    const reply = await requestJson<Issued>(`/auth/accounts/${id}/code`, {});
    const issued = reply.content;
    if (issued) setSlips((all) => [issued, ...all.filter((each) => each.account.id !== id)]);
    if (issued) setTurn(turn + 1);
    return reply.refusals;
  };
  return (
    <div class="stack">
      <Heading title={own.title}>{own.title}</Heading>
      {slips.length > 0 && (
        <div class="slips"><Card title={own.slips} end={<button type="button" class="button" onClick={() => print()}>{own.print}</button>}>
          <p class="quiet">{own.slipsHint}</p>
          <ul class="list" role="status">
            {slips.map(({ account, code }) => (
              <li key={account.id}>
                <p class="strong">{named(account)} {say.roles[account.scope]} {where?.(account)}</p>
                <p>{say.signIn.login} <span class="mono">{account.login}</span></p>
                <p>{own.code} <strong class="mono">{code}</strong></p>
                {account.codeExpiresAt && <p class="quiet small">{own.until(instant(account.codeExpiresAt))}</p>}
              </li>
            ))}
          </ul>
        </Card></div>
      )}
      <SearchBox label={say.signIn.login} />
      {scopes.length > 1 && <Chips label={say.signIn.role} name="scope" chosen={scope} of={[[null, general().all], ...scopes.map((each): [string, string] => [each, say.roles[each]])]} />}
      {refusals.map((found) => <RefusalNote key={found.code} refusal={found} again={() => setTurn(turn + 1)} />)}
      <Card>
        {page ? (
          <>
            <Table
              caption={own.title}
              rows={page.accounts}
              name={(row) => row.id}
              empty={own.none}
              columns={[
                { head: say.signIn.login, cell: (row) => <span class="mono">{row.login}</span> },
                { head: say.name, cell: named },
                { head: say.signIn.role, cell: (row) => say.roles[row.scope] },
                ...(where ? [{ head: say.organization, cell: where }] : []),
                { head: say.status, cell: (row) => <Tag tone={row.awaitsCode ? "warn" : "plain"}>{row.awaitsCode ? own.awaitsCode : own.state[row.state]}</Tag> },
                { head: own.code, cell: (row) => row.state !== "DISABLED" && <Act label={own.issue} ask={own.issueAsk} run={() => issue(row.id)} /> },
              ]}
            />
            {page.pageInfo.hasNextPage && <p class="pager"><button type="button" class="button" onClick={() => go(withQuery({ after: page.pageInfo.endCursor }))}>{general().nextPage}</button></p>}
          </>
        ) : !refusals.length && <div aria-busy="true"><Empty title={general().loading} /></div>}
      </Card>
    </div>
  );
}
