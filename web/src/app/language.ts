// Which language is shown: Chinese, or English by ?lang=en or the switch; the choice is kept in this browser.
import { Store } from "./store";

export type Language = "zh" | "en";
const KEY = "language";

export const language = new Store<Language>(first());

function first(): Language {
  const asked = new URLSearchParams(location.search).get("lang");
  const kept = asked ?? localStorage.getItem(KEY);
  return kept?.startsWith("en") ? "en" : "zh";
}

/** Show another language from now on. */
export function speak(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = tag(chosen);
  language.set(chosen);
}

/** The language's tag, for `lang`, `Intl` and `Accept-Language`. */
export const tag = (of: Language = language.get()): string => (of === "zh" ? "zh-CN" : "en");

/** The texts of the language shown. English has every text that Chinese has: their types are the same. */
export function texts<Texts>(zh: Texts, en: Texts): () => Texts {
  return () => (language.get() === "zh" ? zh : en);
}
