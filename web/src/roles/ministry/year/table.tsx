// The year in one table: projects, results, credits, satisfaction and inspections by kind and province (R42).
import { count } from "../../../app/moment";
import { Heading } from "../../../app/shell";
import { general } from "../../../app/words";
import { useQuery } from "../../../graph/use";
import { Acts } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { Card } from "../../../parts/basic";
import { Table } from "../../../parts/table";
import { points } from "../../assessment/numbers";
import { words as shared } from "../../assessment/words";
import { YearTable, type YearTableQuery } from "./documents";
import { SaveAs } from "./save_as";
import { words } from "./words";

const STATES = ["running", "held", "cancelled"] as const;
type Row = NonNullable<YearTableQuery["yearTable"]>[number];

export function YearTablePage({ year }: { year: number }) {
  const own = words();
  const shown = useQuery(YearTable, { year });
  const mean = ({ sheets, meanHundredths }: Row["teaching"]) => (meanHundredths === null ? "" : own.sheets(points(meanHundredths), count(sheets)));
  const title = `${own.table} ${year}`;
  return (
    <div class="stack">
      <Heading title={title}>{title}</Heading>
      <p class="quiet">{own.tableHint} <a href={`/console/assessments?year=${year}`}>{shared().titleOf(year)}</a></p>
      <Acts><SaveAs path={`/exports/years/${year}.xlsx`} label={own.exportTable} /></Acts>
      <Card>
        <Answered of={shown}>
          {({ yearTable: rows }) => (
            <Table
              caption={own.table}
              rows={rows ?? []}
              name={(row) => `${row.category} ${row.province?.code}`}
              empty={own.noRows}
              columns={[
                { head: own.category, cell: (row) => <>{row.category ? general().category[row.category] : general().none} <span class="quiet small beneath">{row.province?.name ?? own.ministryUnits}</span></> },
                { head: own.quota, cell: (row) => own.used(count(row.quota.used), row.quota.limit === null ? "–" : count(row.quota.limit)), number: true },
                { head: own.projects, cell: (row) => <>{count(row.published)}{STATES.filter((each) => row[each]).map((each) => <span key={each} class="quiet small beneath">{own[each]} {count(row[each])}</span>)}</>, number: true },
                { head: own.attendees, cell: (row) => count(row.attendees), number: true },
                { head: own.passed, cell: (row) => <>{shared().ratio(count(row.passed), count(row.assessed))}{row.passRate !== null && <span class="quiet small beneath">{general().percent((100 * row.passRate).toFixed(1))}</span>}</>, number: true },
                { head: own.credited, cell: (row) => count(row.credited), number: true },
                { head: own.teaching, cell: (row) => mean(row.teaching), number: true },
                { head: own.satisfaction, cell: (row) => mean(row.satisfaction), number: true },
                { head: own.inspected, cell: (row) => count(row.inspected), number: true },
                { head: own.findings, cell: (row) => [...row.findings.filter((each) => each.count).map((each) => `${own.severity[each.severity]} ${count(each.count)}`), ...(row.openFindings ? [own.stillOpen(count(row.openFindings))] : [])].join(general().listed) },
              ]}
            />
          )}
        </Answered>
      </Card>
    </div>
  );
}
