// The texts of what a base does with a class as a whole.
import { texts } from "../../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
