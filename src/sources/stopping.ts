// When a signal asks to stop: files stop at the next block, live streams get a moment more, because whoever writes them
// was usually told to stop by the same Ctrl-C and has packets left to write.

/** Milliseconds that a live stream may go on. */
const GRACE = 300;

export const STOPPED = Symbol('stopped');

export class Stopping {
  private readonly over: Promise<typeof STOPPED>;
  private timer: NodeJS.Timeout | undefined;
  private onAbort: (() => void) | undefined;
  private readonly controller = new AbortController();

  /** @param grace milliseconds that an input is known to need; it gets a moment in any case. */
  constructor(
    private readonly signal: AbortSignal | undefined,
    grace = 0,
  ) {
    this.over = new Promise((resolve) => {
      if (!signal) return;
      this.onAbort = () => {
        this.timer = setTimeout(
          () => {
            this.controller.abort();
            resolve(STOPPED);
          },
          Math.max(GRACE, grace),
        );
      };
      if (signal.aborted) this.onAbort();
      else signal.addEventListener('abort', this.onAbort, { once: true });
    });
  }

  /** Aborted when the time for live streams is over. */
  get overSignal(): AbortSignal {
    return this.controller.signal;
  }

  get asked(): boolean {
    return this.signal?.aborted === true;
  }

  /** What the promise gives, or STOPPED once the time is over: nobody waits for ever on an idle pipe. */
  race<T>(promise: Promise<T>): Promise<T | typeof STOPPED> {
    return this.signal ? Promise.race([promise, this.over]) : promise;
  }

  /** Lets the process end. */
  end(): void {
    clearTimeout(this.timer);
    if (this.onAbort) this.signal?.removeEventListener('abort', this.onAbort);
  }
}
