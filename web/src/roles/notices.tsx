// Notices: what has happened to what is mine.
import { useState } from "preact/hooks";
import { instant } from "../app/moment";
import { usePlace } from "../app/router";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { useCommand, useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Card, Empty, RefusalNote, Tag } from "../parts/basic";
import { Chips, Pager } from "../parts/table";
import { MarkRead, Notices } from "./documents";
import { words } from "./words";

export function NoticesPage() {
  const say = words();
  const { query } = usePlace();
  const unread = query.get("unread") === "1";
  const shown = useQuery(Notices, { after: query.get("after"), unread });
  const mark = useCommand(MarkRead);
  const [done, setDone] = useState(0);
  const fresh = (shown.data?.myNotices?.nodes ?? []).filter((each) => !each.readAt).map((each) => each.id);
  return (
    <div class="stack" key={done}>
      <Heading
        title={say.notices}
        end={fresh.length > 0 && (
          <button type="button" class="button" disabled={mark.busy} onClick={() => void mark.run({ ids: fresh }).then(() => setDone(done + 1))}>
            {say.markRead}
          </button>
        )}
      >
        {say.notices}
      </Heading>
      {mark.refusals.map((found) => <RefusalNote key={found.code} refusal={found} />)}
      <Chips label={say.status} name="unread" chosen={unread ? "1" : null} of={[[null, general().all], ["1", say.onlyUnread]]} />
      <Card>
        <Answered of={shown}>
          {({ myNotices: list }) => list && (list.nodes.length ? (
            <>
              <ul class="list">
                {list.nodes.map((notice) => (
                  <li key={notice.id}>
                    <p class={notice.readAt ? "" : "strong"}>{notice.message} {!notice.readAt && <Tag tone="brand">{say.unread}</Tag>}</p>
                    {notice.reason && <p class="quiet">{say.reason} {notice.reason}</p>}
                    <p class="quiet small">{instant(notice.at)}</p>
                  </li>
                ))}
              </ul>
              <Pager total={list.totalCount} end={list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null} first={!query.get("after")} />
            </>
          ) : <Empty title={say.noNotices} />)}
        </Answered>
      </Card>
    </div>
  );
}
