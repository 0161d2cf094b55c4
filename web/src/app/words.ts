// The texts that both front ends use.
import { texts } from "./language";
import { zh } from "./zh";

export const general = texts(zh, () => import("./en").then((module) => module.en));
