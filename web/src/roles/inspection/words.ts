// The texts of findings, for whoever records and whoever rectifies them.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
