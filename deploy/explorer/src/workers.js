// Monaco asks for its workers by label; ours lie beside the page. Imported before GraphiQL.
const NAMES = { graphql: "graphql", json: "json" };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(new URL(`./${NAMES[label] ?? "editor"}.worker.js`, import.meta.url)),
};
