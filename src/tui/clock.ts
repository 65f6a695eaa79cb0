// The one place where the screen reads the clock and waits, so that tests can set both.
import type { Turns } from './work.js';

export const systemTurns: Turns = {
  now: () => performance.now(),
  soon: (work) => void setImmediate(work),
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};
