// Texts of what a base does with a class as a whole, in English.
import type { zh } from "./zh";

export const en: typeof zh = {
  startLateAsk: "The planned first day is over: say why it starts late. Who is undecided or waiting lapses.",
  over: "The last day is over, and the class was never started. Record whether it was held as planned.",
  held: "Record as held",
  heldAsk: "It counts as finished on the planned dates; attendance and results may then be recorded, and who is undecided or waiting lapses. Say why it was not started in time. This cannot be taken back.",
  notHeld: "Record as not held",
  notHeldAsk: "It counts as cancelled: all sign-ups end, people and schools are told, and it counts in the annual assessment of the base. This cannot be taken back.",
  addClass: "Add a class",
  addClassAsk: "A further class of this plan is drafted, its timetable moved to its first day; it takes a place of the quota when it is handed in. What is left empty is as in this class.",
  startsOn: "First day of the new class",
  endsOn: "Last day of the new class",
  capacity: "Seats (empty: as in this class)",
  province: "Province of the venue",
  sameVenue: "As in this class",
  address: "Address (for another province)",
  giveBack: "Return for correction",
  giveBackAsk: (count, until) => `${count} sign-ups go back to their schools, and both sides are told; a school may submit again ${until}, and what it does not submit lapses on the planned first day.`,
  givenBack: (count) => `${count} returned`,
  tickFirst: "Tick whom to return first",
};
