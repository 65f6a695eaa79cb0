// What is wrong with an input, as data: reported in the report's input.problems. Reading goes on after it where it can.

/** A problem of an input. Several of the same code of one input are one problem with a count and the first place. */
export interface CaptureProblem {
  /** Stable, kebab-case: `cut-short`, `bad-packet-length`, `packets-dropped`, ... */
  readonly code: string;
  /** The input's name; set where several inputs are put together. */
  file?: string;
  /** Number of the first packet it concerns, from 1. */
  packet?: number;
  /** Byte position in the file, after decompression. */
  offset?: number;
  /** How many times; left out where it can happen only once. */
  count?: number;
  /** One sentence. */
  detail: string;
}

/**
 * Counts a problem: the first of its code (and `offset`, `packet`) is kept, later ones raise its count. So a hostile
 * input cannot make the list long.
 */
export function countProblem(
  problems: CaptureProblem[],
  code: string,
  packet: number,
  offset: number,
  detail: string,
  count = 1,
): void {
  for (const problem of problems) {
    if (problem.code === code) {
      problem.count = (problem.count ?? 1) + count;
      return;
    }
  }
  problems.push({ code, packet, offset, count, detail });
}
