// A search whose words are in the address.
import { go, usePlace, withQuery } from "../app/router";
import { general } from "../app/words";
import { typed } from "./form";

/** A line to search a list by; `q` in the query is what was searched. */
export function SearchBox({ label }: { label: string }) {
  const searched = usePlace().query.get("q") ?? "";
  return (
    <form
      role="search"
      class="finder"
      key={searched}
      onSubmit={(event) => {
        event.preventDefault();
        go(withQuery({ q: typed(event.currentTarget).q ?? null, after: null }));
      }}
    >
      <label class="unseen" for="field-q">{label}</label>
      <input id="field-q" name="q" type="search" defaultValue={searched} placeholder={label} />
      <button class="button first">{general().search}</button>
    </form>
  );
}
