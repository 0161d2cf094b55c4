// The texts of the evaluation of trainings, for all roles that see it.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
