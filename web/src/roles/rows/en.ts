// Texts of rows that are typed, in English; zh.ts has the same in Chinese.
import type { zh } from "./zh";

export const en: typeof zh = {
  cell: (head, row) => `${head}, row ${row}`,
  addRow: "Add a row",
  removeRow: "Remove",
  removeRowOf: (row) => `Remove row ${row}`,
  pasteHint: "Cells copied in a spreadsheet can be pasted.",
};
