// The explorer's session follows: node explorer.mjs SESSION URL LOGIN PASSWORD COUNT QUERY VARIABLES
import { parse } from 'graphql';
import { createClient } from 'graphql-sse';

const [file, url, login, password, count, query, variables] = process.argv.slice(2);
const { Session } = await import(file);
const session = new Session(url, '', createClient);
await session.signIn(login, password);
const results = [];
for await (const result of session.send({ query, variables: JSON.parse(variables) }, { documentAST: parse(query) })) {
  if (results.push(result) === Number(count)) break;
}
console.log(JSON.stringify(results));
