// Work that takes longer than a frame: run in slices, between which keys are answered and the screen is drawn.

/** Time and turns, so that tests can set them. */
export interface Turns {
  /** Milliseconds. */
  now(): number;
  /** Calls back when others had their turn. */
  soon(work: () => void): void;
  /** Calls back after so many milliseconds; the result takes the call back. */
  after(milliseconds: number, work: () => void): () => void;
}

/** Milliseconds of work between two turns of others. */
const SLICE = 4;

export interface Job {
  cancel(): void;
}

/** Runs the steps to their end and hands on the result, unless it is cancelled before. */
export function runJob<Step, Result>(
  steps: Generator<Step, Result, void>,
  turns: Turns,
  hooks: { done(result: Result): void; step?(value: Step): void; failed(error: unknown): void },
): Job {
  let cancelled = false;
  const slice = (): void => {
    if (cancelled) return;
    const began = turns.now();
    try {
      for (;;) {
        const step = steps.next();
        if (step.done) {
          const { value } = step;
          // What is made of the result has a turn of its own.
          turns.soon(() => {
            if (!cancelled) hooks.done(value);
          });
          return;
        }
        if (turns.now() - began < SLICE) continue;
        hooks.step?.(step.value);
        break;
      }
    } catch (error) {
      hooks.failed(error);
      return;
    }
    turns.soon(slice);
  };
  turns.soon(slice);
  return {
    cancel() {
      cancelled = true;
    },
  };
}
