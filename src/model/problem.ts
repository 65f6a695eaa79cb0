// What is wrong with an input, as data: reported in the report's input.problems. Reading goes on after it where it can.

/** A problem of an input. Those of one input with the same code and sentence are one, with a count and the first place. */
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

/** Of a longer list only the first sentence of each code is kept, so that a hostile input cannot make it grow. */
const MAX_PROBLEMS = 100;

/**
 * Counts a problem: the first of its code and sentence is kept, later ones raise its count. A packet of 0 and an offset
 * of -1 say that there is none.
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
    if (problem.code === code && (problem.detail === detail || problems.length >= MAX_PROBLEMS)) {
      problem.count = (problem.count ?? 1) + count;
      return;
    }
  }
  const problem: CaptureProblem = { code, detail, count };
  if (packet > 0) problem.packet = packet;
  if (offset >= 0) problem.offset = offset;
  problems.push(problem);
}
