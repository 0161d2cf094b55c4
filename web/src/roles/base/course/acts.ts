// What a base seldom does with a class, loaded together.
export { GivingBack } from "./giving_back";
export { Missed } from "./missed";
