// Builds the front ends into static files that load nothing from elsewhere: node build.mjs <folder> <api.graphql>
//
// public.html, console.html, favicon.ico, assets/* (names with a hash of their content), trusted-documents.json.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { sha256, write } from "./scripts/documents.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const [, , folder, schema] = process.argv;
if (!folder || !schema) throw new Error("node build.mjs <folder> <api.graphql>");

const manifest = await write(schema);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await writeFile(join(folder, "trusted-documents.json"), JSON.stringify(manifest, null, 1));

const { metafile } = await build({
  absWorkingDir: HERE,
  entryPoints: { public: "src/public/main.tsx", console: "src/roles/main.tsx", style: "src/style/style.css" },
  outdir: join(folder, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "chrome87",
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { SCHEMA: JSON.stringify(sha256(await readFile(schema)).slice(0, 12)) },
  metafile: true,
  logLevel: "warning",
});

const icon = await readFile(join(HERE, "pages", "icon.svg"));
const iconName = `icon-${sha256(icon).slice(0, 8)}.svg`;
await writeFile(join(folder, "assets", iconName), icon);
await copyFile(join(HERE, "pages", "favicon.ico"), join(folder, "favicon.ico"));

const assets = {};
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (output.entryPoint) assets[output.entryPoint] = `/assets/${relative(join(folder, "assets"), join(HERE, file))}`;
}
for (const [page, entry] of [["public", "src/public/main.tsx"], ["console", "src/roles/main.tsx"]]) {
  const html = (await readFile(join(HERE, "pages", `${page}.html`), "utf8"))
    .replace("{icon}", `/assets/${iconName}`)
    .replace("{style}", assets["src/style/style.css"])
    .replace("{script}", assets[entry]);
  await writeFile(join(folder, `${page}.html`), html);
}
