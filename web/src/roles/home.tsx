// A role's home: what waits for me and until when, the calendar, then the role's own overview.
import { deadline, instant } from "../app/moment";
import { session } from "../app/session";
import { Heading } from "../app/shell";
import { general } from "../app/words";
import { Card, Empty } from "../parts/basic";
import { Phases } from "../parts/phases";
import type { CurrentRoundQuery } from "./documents";
import type { Due, Me, Role } from "./page";
import { words } from "./words";

type Round = NonNullable<CurrentRoundQuery["rounds"]>[number];

/** All that waits, the nearest deadline first. */
const dues = (me: Me): Due[] =>
  [...me.todo, ...(me.planTodo ?? []), ...(me.trainingTodo ?? [])].sort((left, right) => (left.closesAt ?? "9").localeCompare(right.closesAt ?? "9"));

export function Home({ role, me, rounds, year }: { role: Role; me: Me; rounds: Round[]; year: number }) {
  const say = words();
  const now = session.get();
  const last = now.state === "in" ? now.lastLogin : null;
  const waiting = dues(me);
  const round = rounds.find((each) => each.year === year);
  const Overview = role.overview;
  return (
    <div class="stack">
      <Heading title={say.home}>{say.hello(me.name ?? me.school?.name ?? me.bases?.[0]?.name ?? me.province?.name ?? me.login ?? "")}</Heading>
      {last && <p class="quiet small">{say.lastLogin(instant(last.at), last.client)}</p>}
      <Card title={say.waiting}>
        {waiting.length ? (
          <ul class="list">
            {waiting.map((due) => {
              const place = role.places[due.kind]?.(due);
              return (
                <li class="due" key={`${due.kind}${due.project?.id ?? ""}${due.year ?? ""}`}>
                  <b>{due.count}</b>
                  <div>
                    <p class="strong">{say.todo[due.kind]}{due.project && <span class="quiet"> · {due.project.title}</span>}</p>
                    <p class="small quiet">
                      {due.closesAt ? <strong>{deadline(due.closesAt)}</strong> : say.noDeadline} · {say.rule(due.rule, due.clause ?? null)}
                    </p>
                  </div>
                  {place && <a class="button" href={place}>{say.open}</a>}
                </li>
              );
            })}
          </ul>
        ) : <Empty title={say.nothingWaits} />}
      </Card>
      {round && <Calendar round={round} />}
      <Overview year={year} me={me} />
    </div>
  );
}

function Calendar({ round }: { round: Round }) {
  const say = words();
  const extensions = round.phases.flatMap((phase) => (phase.extensions ?? []).map((each) => ({ ...each, phase: phase.name })));
  return (
    <section class="hero" aria-label={say.calendar}>
      <div><h2>{round.title}</h2></div>
      <Phases of={round.phases} />
      {extensions.length > 0 && (
        <div>
          <p class="label">{say.extensions}</p>
          <ul>
            {extensions.map((each) => (
              <li key={each.phase + each.at} class="small">
                {general().phase[each.phase]} {each.before && <><del class="struck">{each.before}</del> → </>}<ins>{each.closes}</ins> <span class="quiet">{each.reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
