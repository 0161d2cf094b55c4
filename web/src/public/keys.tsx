// The lists of keys by which evaluation is anonymous (R34).
import { day } from "../app/moment";
import { Heading } from "../app/shell";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Card } from "../parts/basic";
import { Table } from "../parts/table";
import { KeyLists } from "./documents";
import { words } from "./words";

export function KeysPage() {
  const say = words();
  const shown = useQuery(KeyLists, {});
  return (
    <div class="stack">
      <Heading title={say.keys}>{say.keys}</Heading>
      <p class="quiet">{say.keysHint}</p>
      <Card>
        <Answered of={shown}>
          {(data) => (
            <Table
              caption={say.keys}
              rows={data.keyLists ?? []}
              name={(list) => list.day}
              empty={say.noKeys}
              columns={[
                { head: say.day, cell: (list) => day(list.day) },
                { head: say.shortCode, cell: (list) => <span class="mono">{list.shortCode}</span> },
                { head: say.sha, cell: (list) => <span class="mono">{list.sha256}</span> },
                { head: say.list, cell: (list) => <a href={list.path} download>{say.download}</a> },
              ]}
            />
          )}
        </Answered>
      </Card>
    </div>
  );
}
