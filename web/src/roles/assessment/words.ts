// The texts of annual assessments, which the ministry, a base and a province read alike.
import { texts } from "../../app/language";
import { zh } from "./zh";

export const words = texts(zh, () => import("./en").then((module) => module.en));
