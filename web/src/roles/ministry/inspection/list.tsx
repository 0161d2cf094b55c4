// The inspections of a year, and a new one (R37).
import { count, instant } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act, Acts } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card } from "../../../parts/basic";
import { TextField } from "../../../parts/form";
import { Table } from "../../../parts/table";
import { words as findings } from "../../inspection/words";
import { words as ofRoles } from "../../words";
import { FreezeInspection, MinistryInspections } from "./documents";
import { percentOf, sharePoints } from "./fields";
import { StateTag } from "./state_tag";
import { words } from "./words";

export function InspectionsPage({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(MinistryInspections, { year });
  return (
    <div class="stack">
      <Heading title={say.inspections} end={<a class="button" href="/console/inspections/findings">{findings().findings}</a>}>{say.inspections}</Heading>
      <p class="quiet">{say.hint}</p>
      <Acts>
        <Act
          kind="first"
          label={say.freeze}
          ask={say.freezeAsk(year)}
          run={async ({ title = "", share = "" }) => (await command(FreezeInspection, { input: { year, title, shareBp: sharePoints(share) } })).refusals}
        >
          <TextField name="title" label={say.title} required autocomplete="off" />
          <TextField name="share" label={say.share} hint={say.shareHint} required inputMode="numeric" autocomplete="off" />
        </Act>
      </Acts>
      <Card>
        <Answered of={shown}>
          {({ inspections }) => (
            <Table
              caption={say.inspections}
              rows={inspections ?? []}
              name={(row) => row.id}
              empty={say.none}
              columns={[
                { head: say.title, cell: (row) => <><a href={`/console/inspections/${encodeURIComponent(row.id)}`}>{row.title}</a> <span class="quiet small beneath">{row.id}</span></> },
                { head: ofRoles().status, cell: (row) => <StateTag state={row.state} /> },
                { head: say.size, cell: (row) => count(row.size), number: true },
                { head: say.shareOf, cell: (row) => percentOf(row.shareBp), number: true },
                { head: say.frozen, cell: (row) => instant(row.frozenAt) },
                { head: say.drawn, cell: (row) => row.drawnAt && instant(row.drawnAt) },
              ]}
            />
          )}
        </Answered>
      </Card>
    </div>
  );
}
