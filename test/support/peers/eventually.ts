// Waits for what other processes do. The limit only bounds a failing test: nothing here says how long a thing may take.
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT = 30_000;

/**
 * Asks until the answer is something else than undefined or false.
 * @throws Error with what was waited for, after half a minute.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  interval = 20,
): Promise<T> {
  const end = Date.now() + LIMIT;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(interval);
  }
}
