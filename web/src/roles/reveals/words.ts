// The texts of looking at numbers that are masked everywhere else.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
