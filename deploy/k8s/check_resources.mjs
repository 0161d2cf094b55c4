// Checks resources of operators against the schemas of the operators' own definitions, as npm packages carry them.
// Reads a JSON list of documents from standard input, and prints a line for each that is not valid.
import { readFileSync } from "node:fs";

const PACKAGES = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "external-secrets.io": "@kubernetes-models/external-secrets",
};

let wrong = 0;
for (const document of JSON.parse(readFileSync(0, "utf8"))) {
  const [group, version] = document.apiVersion.split("/");
  const name = `${document.kind} ${document.metadata.name}`;
  try {
    const models = await import(`${PACKAGES[group]}/${group}/${version}/${document.kind}`);
    new models[document.kind](document).validate();
  } catch (error) {
    wrong += 1;
    console.log(`${name}: ${error.message}`);
  }
}
process.exitCode = wrong ? 1 : 0;
