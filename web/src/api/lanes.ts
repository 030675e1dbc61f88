/** What the portal answered about one of many. */
export interface Refusal {
  identifier: string;
  message: string;
}

const LANES = 4;

/** Does the same with each of many entities, a few at a time; one that is refused holds up none of the others. */
export async function onEach(
  identifiers: readonly string[],
  work: (identifier: string) => Promise<unknown>,
  isStopped: () => boolean = () => false,
): Promise<Refusal[]> {
  const refused: Refusal[] = [];
  const waiting = [...identifiers].reverse();
  const lane = async () => {
    for (let each = waiting.pop(); each !== undefined && !isStopped(); each = waiting.pop()) {
      try {
        await work(each);
      } catch (problem) {
        refused.push({ identifier: each, message: problem instanceof Error ? problem.message : String(problem) });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return refused;
}
