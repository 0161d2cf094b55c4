// The texts of rows that are typed.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
