// The texts of setting right what is on file.
import { texts } from "../../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
