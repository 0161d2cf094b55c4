// A table of rows; below 720 px each row is a card with the heads as labels.
import type { ComponentChildren } from "preact";
import { go, withQuery } from "../app/router";
import { count } from "../app/moment";
import { general } from "../app/words";
import { Empty } from "./basic";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  number?: boolean;
}

/** Rows under heads; the first column names the row. */
export function Table<Row>({ caption, columns, rows, name, empty }: {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  name: (row: Row) => string;
  empty: string;
}) {
  if (!rows.length) return <Empty title={empty} />;
  return (
    <table class="table">
      <caption>{caption}</caption>
      <thead>
        <tr>{columns.map((column) => <th key={column.head} scope="col" class={column.number ? "number" : ""}>{column.head}</th>)}</tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={name(row)}>
            {columns.map((column, index) => {
              const cell = column.cell(row);
              if (index === 0) return <th key={column.head} scope="row">{cell}</th>;
              const blank = cell === null || cell === undefined || cell === "" || (Array.isArray(cell) && !cell.length);
              return (
                <td key={column.head} data-label={column.head} class={blank ? "blank" : column.number ? "number" : ""}>
                  <span>{cell}</span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The total and the way to the next page; the cursor is in the address. */
export function Pager({ total, end, first }: { total: number; end: string | null | undefined; first: boolean }) {
  const words = general();
  return (
    <nav class="row apart pager" aria-label={words.nextPage}>
      <span class="quiet">{words.total(count(total))}</span>
      <span class="row">
        {!first && <a class="button" href={withQuery({ after: null })}>{words.firstPage}</a>}
        {end && (
          <button type="button" class="button" onClick={() => go(withQuery({ after: end }))}>
            {words.nextPage}
          </button>
        )}
      </span>
    </nav>
  );
}

/** Links that set a part of the query: a filter of which one choice holds. */
export function Chips({ label, name, chosen, of }: {
  label: string;
  name: string;
  chosen: string | null;
  of: [string | null, string][];
}) {
  return (
    <nav class="chips filters" aria-label={label}>
      {of.map(([value, text]) => (
        <a key={text} href={withQuery({ [name]: value, after: null })} aria-current={value === chosen ? "true" : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}
