// The catalogue: search, facets, order and page are in the address, so that a view can be shared.
import { Heading } from "../app/shell";
import { count, days, yuan } from "../app/moment";
import { go, usePlace, withQuery } from "../app/router";
import { general } from "../app/words";
import { useQuery } from "../graph/use";
import { Answered } from "../parts/answered";
import { Bar, Empty, ProjectTag, Tag } from "../parts/basic";
import { Select, typed } from "../parts/form";
import { Phases } from "../parts/phases";
import { Pager } from "../parts/table";
import { Catalogue, type CatalogueQuery, type CatalogueQueryVariables } from "./documents";
import { useRounds } from "./round";
import { words } from "./words";

type Listed = NonNullable<CatalogueQuery["projects"]>;
type Offer = Listed["nodes"][number];
type Order = NonNullable<CatalogueQueryVariables["order"]>;
const FILTERS = ["category", "mode", "province", "major", "seats"];

export function CataloguePage() {
  const say = words();
  const { query } = usePlace();
  const [rounds, all, now] = useRounds();
  const year = Number(query.get("year")) || now?.year;
  const round = all.find((each) => each.year === year);
  return (
    <div class="stack">
      <Heading title={say.catalogue}>{say.catalogue}</Heading>
      <p class="quiet">{say.catalogueHint}</p>
      <Answered of={rounds}>{() => (year ? <>
        {round && <section class="hero" aria-label={round.title}>
          <div class="row apart">
            <h2>{round.title}</h2>
            {all.length > 1 && (
              <nav class="chips" aria-label={say.previous}>
                {all.map((each) => (
                  <a key={each.year} href={withQuery({ year: String(each.year), after: null })} aria-current={each.year === year ? "true" : undefined}>
                    {say.year(each.year)}
                  </a>
                ))}
              </nav>
            )}
          </div>
          <Phases of={round.phases} />
        </section>}
        <Results year={year} query={query} />
      </> : <Empty title={say.notYet}><p>{say.notYetHint}</p></Empty>)}</Answered>
    </div>
  );
}

function Results({ year, query }: { year: number; query: URLSearchParams }) {
  const say = words();
  const search = query.get("q");
  const order = query.get("order") as Order | null;
  const listed = useQuery(Catalogue, {
    search,
    order,
    after: query.get("after"),
    filter: {
      year,
      category: query.get("category") as never,
      mode: query.get("mode") as never,
      province: query.get("province"),
      majorCategory: query.get("major") ? Number(query.get("major")) : null,
      seatsLeftAtLeast: query.get("seats") ? 1 : null,
    },
  });
  return (
    <>
      <div class="row apart">
        <form
          role="search"
          class="finder"
          key={search}
          onSubmit={(event) => {
            event.preventDefault();
            go(withQuery({ q: typed(event.currentTarget).q ?? null, after: null }));
          }}
        >
          <label class="unseen" for="field-q">{say.searchLabel}</label>
          <input id="field-q" class="finder-text" name="q" type="search" defaultValue={search ?? ""} placeholder={say.searchLabel} />
          <button class="button first">{general().search}</button>
        </form>
        <div class="order"><Select
          name="order"
          label={say.order}
          value={order ?? ""}
          of={[["", say.byCode], ...(Object.entries(say.orders) as [string, string][])].filter(([key]) => search || key !== "RELEVANCE") as [string, string][]}
          onChoose={(value) => go(withQuery({ order: value || null, after: null }))}
        /></div>
      </div>
      <Answered of={listed}>
        {(data) => data.projects && (
          <div class="catalogue">
            <Facets of={data.projects} query={query} />
            <section class="card" aria-label={say.catalogue}>
              {data.projects.nodes.length ? (
                <>
                  <ul class="list">{data.projects.nodes.map((offer) => <OfferRow key={offer.code} offer={offer} />)}</ul>
                  <Pager total={data.projects.totalCount} end={data.projects.pageInfo.hasNextPage ? data.projects.pageInfo.endCursor : null} first={!query.get("after")} />
                </>
              ) : search || FILTERS.some((name) => query.get(name)) ? (
                <Empty title={say.nothing}><p>{say.nothingHint}</p></Empty>
              ) : (
                <Empty title={say.notYet}><p>{say.notYetHint}</p></Empty>
              )}
            </section>
          </div>
        )}
      </Answered>
    </>
  );
}

function OfferRow({ offer }: { offer: Offer }) {
  const common = general();
  const address = `/projects/${encodeURIComponent(offer.code)}`;
  return (
    <li class="offer">
      <div class="stack tight">
        <h3><a href={address}>{offer.title}</a></h3>
        <p class="quiet">
          {[offer.base.name, offer.venue?.province?.name, offer.majorCategory?.name].filter(Boolean).join(" · ")}
        </p>
        <p class="row">
          {offer.status !== "PUBLISHED" && <ProjectTag status={offer.status} />}
          {offer.mode && <Tag tone="brand">{common.mode[offer.mode]}</Tag>}
          <Tag>{common.kind[offer.kind]}</Tag>
        </p>
      </div>
      <div class="aside stack tight">
        <p>{days(offer.startsOn, offer.endsOn)}</p>
        <p class="strong">
          {offer.fee && (offer.fee.fen ? yuan(offer.fee.yuan) : common.free)}
          {offer.days ? <span class="quiet"> · {common.dayCount(String(offer.days))}</span> : null}
        </p>
        {offer.seats && offer.status !== "CANCELLED" && <SeatsBar of={offer.seats} />}
      </div>
    </li>
  );
}

/** How many seats are left, as a bar and in words. */
export function SeatsBar({ of }: { of: { capacity: number; left: number } }) {
  const common = general();
  const text = of.left > 0 ? common.seatsLeft(count(of.left), count(of.capacity)) : common.seatsFull(count(of.capacity));
  return (
    <div>
      <p class={of.left > 0 ? "small" : "small bad"}>{text}</p>
      <Bar part={of.capacity - of.left} whole={of.capacity} label={text} limit />
    </div>
  );
}

function Facets({ of, query }: { of: Listed; query: URLSearchParams }) {
  const say = words();
  const common = general();
  const { facets } = of;
  const groups: [string, string, [string, string, number][]][] = facets ? [
    ["category", say.category, facets.categories.map((each) => [each.value, common.category[each.value], each.count])],
    ["mode", say.mode, facets.modes.map((each) => [each.value, common.mode[each.value], each.count])],
    ["province", say.province, facets.provinces.map((each) => [each.value.code, each.value.name, each.count])],
    ["major", say.major, facets.majorCategories.map((each) => [String(each.value.ordinal), each.value.name, each.count])],
  ] : [];
  const used = FILTERS.some((name) => query.get(name));
  return (
    <details class="card filters" open={innerWidth > 720 || used}>
      <summary>{say.filters}</summary>
      <div class="stack">
        <div class="choices">
          <a href={withQuery({ seats: query.get("seats") ? null : "1", after: null })} aria-current={query.get("seats") ? "true" : undefined}>
            <span>{say.hasSeats}</span>
            <span aria-hidden="true">{query.get("seats") ? "✓" : ""}</span>
          </a>
        </div>
        {groups.filter(([, , values]) => values.length).map(([name, label, values]) => (
          <nav key={name} aria-label={label}>
            <p class="label">{label}</p>
            <div class="choices">
              {values.map(([value, text, number]) => {
                const chosen = query.get(name) === value;
                return (
                  <a key={value} href={withQuery({ [name]: chosen ? null : value, after: null })} aria-current={chosen ? "true" : undefined}>
                    <span>{text}</span>
                    <span>{count(number)}</span>
                  </a>
                );
              })}
            </div>
          </nav>
        ))}
        {used && <a class="button" href={withQuery(Object.fromEntries([...FILTERS, "after"].map((name) => [name, null])))}>{say.dropFilters}</a>}
      </div>
    </details>
  );
}
