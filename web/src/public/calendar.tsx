// The calendar of a round: what is open, until when, and what was extended.
import { day, deadline } from "../app/moment";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { Answered } from "../parts/answered";
import { Card, Empty, Tag } from "../parts/basic";
import { Countdown, Phases } from "../parts/phases";
import { Table } from "../parts/table";
import { Contacts } from "./project";
import { type Round, useRounds } from "./round";
import { words } from "./words";

export function CalendarPage({ year }: { year?: number }) {
  const say = words();
  const [shown, rounds, now] = useRounds();
  const round = year ? rounds.find((each) => each.year === year) : now;
  return (
    <div class="stack">
      <Heading title={say.calendar} end={round && <a class="button" href={round.calendarUrl}>{say.subscribe}</a>}>
        {round ? say.calendarOf(round.year) : say.calendar}
      </Heading>
      <Answered of={shown}>
        {() => (
          <>
            <nav class="chips" aria-label={say.calendar}>
              {rounds.map((each) => (
                <a key={each.year} href={`/calendar/${each.year}`} aria-current={each === round ? "true" : undefined}>{say.year(each.year)}</a>
              ))}
            </nav>
            {round ? <Whole round={round} /> : <Empty title={say.noCalendar} />}
          </>
        )}
      </Answered>
    </div>
  );
}

function Whole({ round }: { round: Round }) {
  const say = words();
  const common = general();
  return (
    <>
      <section class="hero" aria-label={say.phases}>
        <div><h2>{round.title}</h2><p class="quiet">{say.calendarHint}</p></div>
        <Phases of={round.phases} />
      </section>
      <Card>
        <Table
          caption={say.steps}
          rows={round.steps}
          name={(step) => step.code}
          empty={common.noData}
          columns={[
            { head: say.step, cell: (step) => step.name },
            { head: say.begins, cell: (step) => day(step.opens) },
            { head: say.ends, cell: (step) => deadline(step.closesAt) },
            {
              head: say.state,
              cell: (step) => step.open ? <><Tag tone="brand">{common.phaseOpen}</Tag> <Countdown seconds={step.secondsToClosing} /></>
                : step.secondsToOpening > 0 ? <Tag>{common.phaseAhead}</Tag> : <Tag>{common.phaseOver}</Tag>,
            },
          ]}
        />
      </Card>
      <Contacts of={round.contacts} />
    </>
  );
}
