// The texts of the workspaces.
import { texts } from "../app/language";
import { en } from "./en";
import { zh } from "./zh";

export const words = texts(zh, en);
