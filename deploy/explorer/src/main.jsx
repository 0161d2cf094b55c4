// The page: a login box above GraphiQL, both on the gateway that served it.
import "./workers.js";
import "graphiql/style.css";
import "./style.css";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-sse";
import { useMemo, useReducer } from "react";
import { createRoot } from "react-dom/client";
import { introspection } from "./introspection.js";
import { Login } from "./login.jsx";
import { forgetStored, Memory } from "./memory.js";
import { Session } from "./session.js";

const FIRST_QUERY = `# 无需登录 No login needed.
# 登录后可查询本角色的数据。
# Log in to see more.
{
  round(year: 2024) {
    year
    title
  }
}
`;
const session = new Session(window.location.origin, introspection, createClient);

forgetStored(window.localStorage);

function Explorer() {
  const [, changed] = useReducer((count) => count + 1, 0);
  const [visit, restart] = useReducer((count) => count + 1, 0);
  const storage = useMemo(() => new Memory(), [visit]); // nothing of the one who has signed out stays
  return (
    <>
      <Login session={session} onChange={changed} onSignOut={restart} />
      <GraphiQL key={visit} fetcher={session.send} defaultQuery={FIRST_QUERY} storage={storage} />
    </>
  );
}

createRoot(document.getElementById("explorer")).render(<Explorer />);
