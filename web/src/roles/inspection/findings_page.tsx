// The findings of a year, of whoever may see them; what one may do with each is the role's (R37).
import type { ComponentChildren } from "preact";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import type { Document } from "../../graph/document";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Empty } from "../../parts/basic";
import { Chips, Pager } from "../../parts/table";
import { words as ofRoles } from "../words";
import { type Finding, FindingItem } from "./finding";
import { words } from "./words";

const STATES = ["OPEN", "RECTIFYING", "REPORTED", "CLOSED", "WITHDRAWN"] as const;
type State = (typeof STATES)[number];

interface Listed {
  totalCount: number;
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
  nodes: readonly Finding[];
}

/** The page of a role: its document is given, for what it may read differs. */
export function FindingsPage({ year, list, where, act, above }: {
  year: number;
  list: Document<{ findings: Listed | null }, { year: number; after?: string | null; state?: State | null }>;
  where: (finding: Finding) => ComponentChildren;
  act: (finding: Finding) => ComponentChildren;
  above?: ComponentChildren;
}) {
  const say = words();
  const { query } = usePlace();
  const state = STATES.find((each) => each === query.get("state")) ?? null;
  const shown = useQuery(list, { year, after: query.get("after"), state });
  return (
    <div class="stack">
      <Heading title={say.findings}>{say.findings}</Heading>
      {above}
      <Chips label={ofRoles().status} name="state" chosen={state} of={[[null, general().all], ...STATES.map((each): [string, string] => [each, say.state[each]])]} />
      <Card>
        <Answered of={shown}>
          {({ findings: found }) => found && (found.nodes.length ? (
            <div class="stack">
              <ul class="list">
                {found.nodes.map((each) => <li key={each.id}><FindingItem of={each} where={where(each)}>{act(each)}</FindingItem></li>)}
              </ul>
              <Pager total={found.totalCount} end={found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null} first={!query.get("after")} />
            </div>
          ) : <Empty title={say.none} />)}
        </Answered>
      </Card>
    </div>
  );
}
