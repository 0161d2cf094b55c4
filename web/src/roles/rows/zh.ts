// Texts of rows that are typed, in Chinese. en.ts has the same in English.
export const zh = {
  cell: (head: string, row: number) => `${head}，第 ${row} 行`,
  addRow: "增加一行",
  removeRow: "删除",
  removeRowOf: (row: number) => `删除第 ${row} 行`,
  pasteHint: "可从表格软件复制整块粘贴。",
};
