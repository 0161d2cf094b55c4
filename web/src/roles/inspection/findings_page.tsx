// The findings of a year, of whoever may see them; what one may do with each is the role's (R37).
import type { ComponentChildren } from "preact";
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { Card, Empty } from "../../parts/basic";
import { Chips, Pager } from "../../parts/table";
import { words as ofRoles } from "../words";
import { Findings } from "./documents";
import { type Finding, FindingItem } from "./finding";
import { words } from "./words";

const STATES = ["OPEN", "RECTIFYING", "REPORTED", "CLOSED", "WITHDRAWN"] as const;

/** The page of findings; `where`: the link to what one was found of, `act`: what the role does with it. */
export function FindingsPage({ year, where, act, above }: {
  year: number;
  where: (finding: Finding) => ComponentChildren;
  act: (finding: Finding) => ComponentChildren;
  above?: ComponentChildren;
}) {
  const say = words();
  const { query } = usePlace();
  const state = STATES.find((each) => each === query.get("state")) ?? null;
  const shown = useQuery(Findings, { year, after: query.get("after"), state });
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
