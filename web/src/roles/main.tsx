// The workspaces: sign in, then what waits for one's role.
import { render } from "preact";
import { language, speak, wanted } from "../app/language";
import { follow } from "../app/router";
import { resume, session } from "../app/session";
import { useStore } from "../app/store";
import { forget } from "../graph/client";
import { SignIn } from "./sign_in";
import { Workspace } from "./workspace";

function Console() {
  useStore(language);
  const { state } = useStore(session);
  if (state === "unknown") return null;
  return state === "in" ? <Workspace /> : <SignIn />;
}

follow((path) => path === "/console" || path.startsWith("/console/"));
void speak(wanted()).then(() => {
  language.subscribe(forget);
  void resume();
  render(<Console />, document.getElementById("app") as HTMLElement);
});
