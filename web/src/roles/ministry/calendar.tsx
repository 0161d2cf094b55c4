// The round's calendar: each phase, its extensions, and extending it with a reason that everybody reads (R1).
import { day } from "../../app/moment";
import { Heading } from "../../app/shell";
import { general } from "../../app/words";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Act, DateField, Reason, isoDate } from "../../parts/act";
import { Answered } from "../../parts/answered";
import { Card, Tag } from "../../parts/basic";
import { Table } from "../../parts/table";
import { words } from "../words";
import { ExtendPhase, RoundPhases } from "./documents";

export function CalendarPage({ year }: { year: number }) {
  const say = words();
  const own = say.ministryDesk;
  const common = general();
  const shown = useQuery(RoundPhases, { year });
  return (
    <div class="stack">
      <Heading title={own.calendar}>{own.calendar}</Heading>
      <Card>
        <Answered of={shown}>
          {({ round }) => (
            <Table
              caption={round?.title ?? own.calendar}
              rows={round?.phases ?? []}
              name={(row) => row.name}
              empty={common.noData}
              columns={[
                { head: own.phase, cell: (row) => <>{common.phase[row.name]} {row.open && <Tag tone="brand">{common.phaseOpen}</Tag>}</> },
                { head: own.opens, cell: (row) => day(row.opens) },
                { head: own.closes, cell: (row) => day(row.closes) },
                {
                  head: say.extensions,
                  cell: (row) => (row.extensions ?? []).map((each) => (
                    <p key={each.at} class="small">{each.before && <><del class="struck">{each.before}</del> → </>}<ins>{each.closes}</ins> {each.reason} <span class="quiet">{each.by}</span></p>
                  )),
                },
                {
                  head: own.act,
                  cell: (row) => (
                    <Act
                      label={own.extendPhase}
                      ask={own.extendPhaseAsk(common.phase[row.name])}
                      run={async ({ [`${row.name}-closes`]: closes = "", [`${row.name}-reason`]: reason = "" }) => (await command(ExtendPhase, { input: { year, phase: row.name, closes: isoDate(closes), reason } })).refusals}
                    >
                      <DateField name={`${row.name}-closes`} label={own.closes} required />
                      <Reason name={`${row.name}-reason`} />
                    </Act>
                  ),
                },
              ]}
            />
          )}
        </Answered>
      </Card>
    </div>
  );
}
