// Bundles GraphiQL and its workers into static files that load nothing from elsewhere: node build.mjs <folder>
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const folder = process.argv[2];
const shared = {
  bundle: true,
  minify: true,
  legalComments: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file", ".woff": "file", ".woff2": "file", ".svg": "dataurl" },
  assetNames: "[name]-[hash]",
  outdir: `${folder}/assets`,
  logLevel: "warning",
};

await mkdir(folder, { recursive: true });
await build({
  ...shared,
  entryPoints: { main: "src/main.jsx" },
  format: "esm", // one file: a style sheet of a chunk loaded later would never be loaded
  jsx: "automatic",
});
// Workers stand alone: they are started by address and share no chunk with the page.
await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  format: "iife",
});
await copyFile("index.html", `${folder}/index.html`);
