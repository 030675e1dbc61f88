export interface Slice {
  name: string;
  value: number;
}

/** Colours that people with colour-blindness tell apart, in both schemes; series have names and values in words, too. */
const COLORS = [
  "fairway.6",
  "blue.6",
  "orange.6",
  "grape.6",
  "cyan.7",
  "pink.6",
  "yellow.8",
  "gray.6",
  "indigo.5",
  "red.7",
];

/** The colour of a series by its number, in the theme's words. */
export function colorAt(at: number): string {
  return COLORS[at % COLORS.length] ?? "gray.6";
}
