// Looking at masked numbers, loaded where it is offered.
import { later } from "../../app/later";
import type { Team } from "./pages";

export const RevealTeacher = later<{ id: string; own?: boolean }>(() => import("./pages").then((module) => module.RevealTeacher));
export const RevealClass = later<{ projectId: string }>(() => import("./pages").then((module) => module.RevealClass));
export const RevealContacts = later<{ codes: readonly string[]; names?: ReadonlyMap<string, string> }>(() => import("./pages").then((module) => module.RevealContacts));
export const RevealSchools = later<{ of: readonly { code: string; name: string; designatedPerson: object | null }[] }>(() => import("./pages").then((module) => module.RevealSchools));
export const RevealTeam = later<{ baseId: string; use?: (team: Team) => void }>(() => import("./pages").then((module) => module.RevealTeam));
