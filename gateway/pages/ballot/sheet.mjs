// From what was chosen and typed to the answer sheet, as the register reads it (R34, R36).

export const MOST_CHARACTERS = 250;
const EARLY_SECONDS = 600;
const [LEAST_PAUSE, MOST_PAUSE] = [120, 600];

/**
 * A text as it is sent: one line, composed, of characters that every reader of the result can show.
 * Beyond the basic plane only Chinese characters are left.
 */
export const cleaned = (text) =>
  text
    .normalize("NFC")
    .replace(/[\p{Z}\s]+/gu, " ")
    .replace(/\p{C}/gu, "")
    .replace(/[\u{10000}-\u{1ffff}\u{31350}-\u{10ffff}]/gu, "")
    .trim();

export const lengthOf = (text) => Array.from(text).length;

/** The sheet; a teacher of whom nothing was chosen is left out. `marks(part, place)` is a mark, 0 for none. */
export function sheetOf(form, faculty, marks, texts) {
  const row = (part, questions) => questions.map((_, place) => marks(part, place));
  const sheet = { v: 1, form: form.version, project: row("project", form.project), texts: texts.map(cleaned) };
  if (form.kind !== "TEACHING") return sheet;
  const rows = faculty.map(({ key }) => [key, row(key, form.faculty)]);
  return { ...sheet, faculty: Object.fromEntries(rows.filter(([, given]) => given.some(Boolean))) };
}

/** Whether anything was answered. */
export const isEmpty = ({ project, texts, faculty }) =>
  ![...project, ...texts, ...Object.keys(faculty || {})].some(Boolean);

/** The form alone, as its hash is in the list of keys: without what all forms share. */
export function formAlone(questionnaire) {
  const { anchors, unanswered, text_most, warning, promise, ...form } = questionnaire;
  return form;
}

/** For how many seconds a ballot waits, whose token was drawn at that time; times in milliseconds, `random` below 1. */
export function pauseOf(drawnAt, now, random) {
  if (now - drawnAt >= EARLY_SECONDS * 1000) return 0;
  return Math.floor(LEAST_PAUSE + random * (MOST_PAUSE - LEAST_PAUSE + 1));
}
