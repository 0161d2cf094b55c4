// The texts of the workspaces.
import { texts } from "../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));

/** Who did something, as a history names them: a role, or nobody but a date that has passed. */
export const actor = (by: string): string => ({ ...words().roles, system: words().system })[by as "system"] ?? by;
