// The texts of the pages of one school, for who keeps the register.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
