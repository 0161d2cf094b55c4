// Which language is shown: Chinese, or English by ?lang=en or the switch; the choice is kept in this browser.
import { Store } from "./store";

export type Language = "zh" | "en";
const KEY = "language";

export const language = new Store<Language>("zh");
const loads: (() => Promise<void>)[] = [];
let late: Promise<unknown> = Promise.resolve();

/** The language that the address asks for, else the one that was chosen before. */
export function wanted(): Language {
  const asked = new URLSearchParams(location.search).get("lang");
  return (asked ?? localStorage.getItem(KEY))?.startsWith("en") ? "en" : "zh";
}

/** Show a language from now on, once its texts are there. */
export async function speak(chosen: Language): Promise<void> {
  if (chosen === "en") await Promise.all(loads.map((load) => load()));
  localStorage.setItem(KEY, chosen);
  language.set(chosen);
  document.documentElement.lang = tag(chosen);
}

/** The language's tag, for `lang`, `Intl` and `Accept-Language`. */
export const tag = (of: Language = language.get()): string => (of === "zh" ? "zh-CN" : "en");

/** Waits for the texts of parts of the page that were loaded after their language was chosen. */
export const settled = (): Promise<unknown> => late;

/** The texts of the language shown. English has every text that Chinese has, and is loaded when it is wanted. */
export function texts<Texts>(zh: Texts, load: () => Promise<Texts>): () => Texts {
  let en = zh;
  const fetched = async (): Promise<void> => {
    en = await load();
  };
  loads.push(fetched);
  if (language.get() === "en") late = Promise.all([late, fetched()]);
  return () => (language.get() === "zh" ? zh : en);
}
