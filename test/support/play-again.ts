// Plays with real queues, processes and clocks: where this machine stands still for a while, what should meet at one moment
// does not.
import { AssertionError } from 'node:assert/strict';
import type { TestContext } from 'node:test';

const MOST = 3;

/** Plays again, twice at most, where something is not as asserted, and tells it; what is wrong in itself fails each time. */
export async function playUntilItHolds(context: TestContext, play: () => unknown): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await play();
      return;
    } catch (error) {
      if (attempt === MOST || !(error instanceof AssertionError)) throw error;
      context.diagnostic(`play ${attempt}: ${error.message}`);
    }
  }
}
