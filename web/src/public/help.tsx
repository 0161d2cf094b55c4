// How to sign up, whom to call, and the published grades of bases (R38, R43).
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Card } from "../parts/basic";
import { Table } from "../parts/table";
import { PublishedGrades } from "./documents";
import { Contacts } from "./project";
import { useRounds } from "./round";
import { words } from "./words";

export function HelpPage() {
  const say = words();
  const [shown, rounds, now] = useRounds();
  return (
    <div class="stack">
      <Heading title={say.help}>{say.help}</Heading>
      <div class="columns">
        <Card title={say.howTo}>
          <ol class="steps">{say.how.map((step) => <li key={step}>{step}</li>)}</ol>
        </Card>
        <Answered of={shown}>{() => now && <Contacts of={now.contacts} />}</Answered>
      </div>
      {rounds.map((round) => <Grades key={round.year} year={round.year} />)}
    </div>
  );
}

function Grades({ year }: { year: number }) {
  const say = words();
  const shown = useQuery(PublishedGrades, { year });
  return (
    <Card title={say.grades(year)}>
      <Answered of={shown}>
        {(data) => (
          <Table
            caption={say.grades(year)}
            rows={data.publishedGrades ?? []}
            name={(row) => row.base.id}
            empty={say.noGrades}
            columns={[
              { head: say.base, cell: (row) => row.base.name },
              { head: say.category, cell: (row) => general().category[row.base.category] },
              { head: say.gradeLabel, cell: (row) => say.grade[row.grade] },
            ]}
          />
        )}
      </Answered>
    </Card>
  );
}
