// The analysis of a tap gives way to its relay, and to the programs whose requests pass through it, where there are not
// processors enough for all of them.
import { constants, getPriority, setPriority } from 'node:os';

/** Steps of `nice`. In a queue for a processor this still gets a tenth of it, so that screen and Ctrl-C go on working. */
const STEPS = 10;

/**
 * Lowers the calling thread's priority, and that of programs started from now on. To be called when the relay's thread
 * runs: only Linux has priorities of single threads, elsewhere the relay would be lowered with it, so nothing is done.
 */
export function giveWayToRelay(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + STEPS, constants.priority.PRIORITY_LOW));
  } catch {
    // A sandbox may forbid it: then it takes its turn as any other.
  }
}
