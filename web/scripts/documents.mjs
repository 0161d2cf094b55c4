// Makes documents.ts of every folder that has .graphql files, and the manifest of trusted documents.
//
// A file holds one named operation, a .fragment.graphql file one fragment, which operations of any folder may spread. An
// operation is validated against the schema of clients, printed with its fragments, and registered under the SHA-256 of
// its text; the browser is given the id and the types, never the text. What a folder's reader may not read fails the
// build: src/public is everybody, src/roles/<role> that role, every other folder all who are signed in, or whom the
// document names in its first line: # For: ministry, province
//
//   node scripts/documents.mjs <api.graphql> [<trusted-documents.json>]
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { TypeInfo, Kind, buildSchema, parse, print, validate, visit, visitWithTypeInfo } from "graphql";

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const ROLES = ["ministry", "expert", "base", "school", "teacher", "province"];
const NAMED = /^# For: ([\w, ]+)\n/;
const ALLOWED = /可用角色 For: ([\w, ]+)/;

/** SHA-256 in hex. */
export const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** The document of a file: its folder, operation, fragments, text and id; `fragments` are those there are, by name.
 *
 * Throws where it is not one named operation, does not fit the schema, or asks for what its readers may not read.
 */
export function documentOf(schema, file, source, fragments = new Map()) {
  const place = relative(SOURCES, file);
  const own = parse(source);
  const [operation] = own.definitions;
  if (own.definitions.length !== 1 || operation.kind !== Kind.OPERATION_DEFINITION || !operation.name) {
    throw new Error(`${place}: a file holds one named operation`);
  }
  const used = spread(operation, fragments);
  const parsed = { ...own, definitions: [operation, ...used] };
  const wrong = [...validate(schema, parsed).map((error) => error.message), ...denied(schema, parsed, readersOf(place, source))];
  if (wrong.length) throw new Error(`${place}: ${wrong.join("; ")}`);
  const text = print(parsed);
  return { folder: dirname(file), file, name: operation.name.value, kind: operation.operation, own, used, text, id: sha256(text) };
}

/** The fragments that a definition spreads, and those that they spread; one that there is not is the validation's. */
function spread(definition, fragments, found = new Set()) {
  const take = ({ name: { value } }) => {
    const fragment = fragments.get(value);
    if (!fragment || found.has(fragment)) return;
    found.add(fragment);
    spread(fragment, fragments, found);
  };
  visit(definition, { FragmentSpread: take });
  return [...found];
}

/** The fragment of a file. */
function fragmentOf(file, source) {
  const [fragment, ...more] = parse(source).definitions;
  if (more.length || fragment.kind !== Kind.FRAGMENT_DEFINITION) throw new Error(`${file}: a file holds one fragment`);
  return [fragment.name.value, fragment];
}

/** Who reads the answers of a document: its folder says so, or its first line where several roles share the folder. */
function readersOf(place, source) {
  const [top, role] = place.split(sep);
  if (top === "public") return ["public"];
  return top === "roles" && ROLES.includes(role) ? [role] : source.match(NAMED)?.[1].split(", ") ?? ROLES;
}

function denied(schema, parsed, readers) {
  const types = new TypeInfo(schema);
  const found = [];
  const field = () => {
    const allowed = types.getFieldDef()?.description?.match(ALLOWED)?.[1].split(", ");
    for (const reader of allowed ? readers.filter((each) => !allowed.includes(each)) : []) {
      found.push(`${types.getParentType()}.${types.getFieldDef().name} is not for ${reader}`);
    }
  };
  visit(parsed, visitWithTypeInfo(types, { Field: field }));
  return found;
}

/** The documents of all folders, by name of file. */
export async function documents(schema) {
  const names = (await readdir(SOURCES, { recursive: true })).filter((name) => name.endsWith(".graphql")).sort();
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(SOURCES, name), "utf8")]));
  const isFragment = ([name]) => name.endsWith(".fragment.graphql");
  const fragments = new Map(files.filter(isFragment).map(([name, source]) => fragmentOf(name, source)));
  const found = files
    .filter((file) => !isFragment(file))
    .map(([name, source]) => documentOf(schema, join(SOURCES, name), source, fragments));
  const seen = new Map();
  for (const each of found) {
    if (seen.has(each.name)) throw new Error(`${each.name}: in ${seen.get(each.name)} and ${each.file}`);
    seen.set(each.name, each.file);
  }
  return found;
}

async function module_(schema, folder, list) {
  const types = await codegen({
    schema: parse(await readFile(schema, "utf8")),
    documents: [
      ...list.map((each) => ({ location: each.file, document: each.own })),
      ...[...new Set(list.flatMap((each) => each.used))].map((used) => ({
        location: `${used.name.value}.fragment.graphql`,
        document: { kind: Kind.DOCUMENT, definitions: [used] },
      })),
    ],
    config: {
      skipTypename: true,
      enumsAsTypes: true,
      scalars: { Date: "string", DateTime: "string", Fen: "number", JSON: "unknown" },
      strictScalars: true,
      arrayInputCoercion: false,
    },
    plugins: [{ operations: {} }],
    pluginMap: { operations },
    filename: join(folder, "documents.ts"),
  });
  const path = relative(folder, join(SOURCES, "graph", "document")).split(sep).join("/");
  const constants = list.map((each) => {
    const kind = `${each.name}${each.kind[0].toUpperCase()}${each.kind.slice(1)}`;
    return `export const ${each.name}: Document<${kind}, ${kind}Variables> = ${JSON.stringify({ id: each.id, name: each.name, kind: each.kind })};`;
  });
  return [
    "// Generated by scripts/documents.mjs from the .graphql files beside it.",
    `import type { Document } from "${path.startsWith(".") ? path : `./${path}`}";`,
    types.trim(),
    ...constants,
    "",
  ].join("\n");
}

/** Write documents.ts into every folder that has documents; answers the manifest: id to text. */
export async function write(path) {
  const schema = buildSchema(await readFile(path, "utf8"));
  const found = await documents(schema);
  const folders = grouped(found);
  for (const [folder, list] of folders) {
    await writeFile(join(folder, "documents.ts"), await module_(path, folder, list));
  }
  return Object.fromEntries(found.map((each) => [each.id, each.text]));
}

function grouped(found) {
  const folders = new Map();
  for (const each of found) folders.set(each.folder, [...(folders.get(each.folder) ?? []), each]);
  return folders;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , schema, manifest] = process.argv;
  const found = await write(schema);
  if (manifest) await writeFile(manifest, JSON.stringify(found, null, 1));
}
