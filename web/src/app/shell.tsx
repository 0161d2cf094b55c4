// What stands around every page: the way to the text, the language, whether the network and the release are there.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { outdated } from "../graph/client";
import { language, speak } from "./language";
import { useStore } from "./store";
import { general } from "./words";

/** The link over everything that leads past the navigation. */
export const Skip = () => <a class="skip" href="#main">{general().skip}</a>;

/** The switch between Chinese and English. */
export const LanguageSwitch = () => (
  <button type="button" class="plain" lang={language.get() === "zh" ? "en" : "zh-CN"} onClick={() => void speak(language.get() === "zh" ? "en" : "zh")}>
    {general().otherLanguage}
  </button>
);

/** Says that the system has been updated, or that the network is away. */
export function Notes() {
  const old = useStore(outdated);
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const hear = (): void => setOnline(navigator.onLine);
    addEventListener("online", hear);
    addEventListener("offline", hear);
    return () => {
      removeEventListener("online", hear);
      removeEventListener("offline", hear);
    };
  }, []);
  return (
    <div role="status">
      {old && (
        <div class="bar-note">
          {general().outdated}
          <button type="button" class="button" onClick={() => location.reload()}>{general().reload}</button>
        </div>
      )}
      {!online && <div class="bar-note">{general().offline}</div>}
    </div>
  );
}

/** A page's heading, named in the window's title too; it takes the focus when the page is changed. */
export function Heading({ children, title, end }: { children: ComponentChildren; title: string; end?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} - ${general().shortName}`;
  });
  return (
    <div class="row apart">
      <h1 tabIndex={-1}>{children}</h1>
      {end}
    </div>
  );
}

/** What is shown where a page's script did not come: a release has taken it away, or the network is away. */
export const Unloaded = () => (
  <div class="stack" role="alert">
    <Heading title={general().unloaded}>{general().unloaded}</Heading>
    <p>{general().unloadedHint}</p>
    <p><button type="button" class="button first" onClick={() => location.reload()}>{general().reload}</button></p>
  </div>
);

/** What is shown where no page has that address. */
export const NotFound = () => (
  <div class="stack">
    <Heading title={general().notFound}>{general().notFound}</Heading>
    <p>{general().notFoundHint}</p>
  </div>
);
