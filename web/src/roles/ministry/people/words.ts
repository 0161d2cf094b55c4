// The texts of the enrolments of a project, for the ministry.
import { texts } from "../../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
