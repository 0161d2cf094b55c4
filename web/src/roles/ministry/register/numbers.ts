// Numbers of major categories, as they are shown and typed: 6, 10.

/** The numbers of major categories, in a line. */
export const ordinals = (of: readonly { ordinal: number }[]): string => of.map((each) => each.ordinal).join(", ");

/** The numbers that were typed; null where they are those of before. */
export function changedNumbers(typed: string | undefined, before: string): number[] | null {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const found = numbers(typed ?? "");
  return found.join() === numbers(before).join() ? null : found;
}
