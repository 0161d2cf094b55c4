// The texts of opening and correcting a round.
import { texts } from "../../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
