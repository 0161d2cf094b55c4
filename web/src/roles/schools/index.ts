// Pages of one school on file, loaded when they are opened.
import { later } from "../../app/later";

export const NewSchoolPage = later<{ everywhere: boolean }>(() => import("./pages").then((module) => module.NewSchoolPage));
export const SchoolPage = later<{ code: string }>(() => import("./pages").then((module) => module.SchoolPage));
