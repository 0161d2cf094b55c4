// Rows that are typed, or pasted from a workbook: a table of fields, cards on a phone.
import { general } from "../../app/words";
import { cells } from "../../parts/act";
import { words } from "./words";

export interface FieldColumn<Row> {
  name: keyof Row & string;
  head: string;
  options?: [string, string][];
  /** What the row is, which nobody types. */
  label?: (value: string) => string;
}

/** Rows under heads; what is pasted with tabs between its cells becomes rows. Without `blank` none comes or goes. */
export function RowsEditor<Row extends Record<string, string>>({ caption, columns, rows, blank, change }: {
  caption: string;
  columns: FieldColumn<Row>[];
  rows: readonly Row[];
  blank?: () => Row;
  change: (rows: Row[]) => void;
}) {
  const say = words();
  const set = (at: number, name: string, value: string): void => change(rows.map((row, index) => (index === at ? { ...row, [name]: value } : row)));
  const read = ({ name, options }: FieldColumn<Row>, cell = ""): [string, string] => [name, options ? (options.find(([, text]) => text === cell)?.[0] ?? "") : cell];
  const paste = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!blank || !text.includes("\t")) return;
    event.preventDefault();
    const filled = rows.filter((row) => columns.some((column) => row[column.name]));
    change([...filled, ...cells(text).map((line): Row => ({ ...blank(), ...Object.fromEntries(columns.map((column, at) => read(column, line[at]))) }))]);
  };
  return (
    <div class="stack tight">
      <table class="table typed" onPaste={paste}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => <th key={column.name} scope="col">{column.head}</th>)}
            {blank && <th scope="col"><span class="unseen">{say.removeRow}</span></th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map(({ name, head, options, label }) => (
                <td key={name} data-label={head}>
                  {label ? <span>{label(row[name] ?? "")}</span> : options ? (
                    <select aria-label={say.cell(head, at + 1)} value={row[name]} onChange={(event) => set(at, name, event.currentTarget.value)}>
                      <option value="">{general().none}</option>
                      {options.map(([value, text]) => <option key={value} value={value} selected={value === row[name]}>{text}</option>)}
                    </select>
                  ) : (
                    <input type="text" autocomplete="off" aria-label={say.cell(head, at + 1)} value={row[name]} onInput={(event) => set(at, name, event.currentTarget.value)} />
                  )}
                </td>
              ))}
              {blank && <td>
                <button type="button" class="button plain" aria-label={say.removeRowOf(at + 1)} onClick={() => change(rows.filter((_, index) => index !== at))}>×</button>
              </td>}
            </tr>
          ))}
        </tbody>
      </table>
      {blank && (
        <>
          <p class="hint">{say.pasteHint}</p>
          <div class="row"><button type="button" class="button" onClick={() => change([...rows, blank()])}>{say.addRow}</button></div>
        </>
      )}
    </div>
  );
}
