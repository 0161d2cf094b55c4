// The texts that both front ends use.
import { en } from "./en";
import { texts } from "./language";
import { zh } from "./zh";

export const general = texts(zh, en);
