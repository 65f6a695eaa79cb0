// A request's body that stops before its end: for a while, or for good.

import type { RequestBody } from '../client/request-body.js';
import type { Clock, Timer } from '../clock.js';

const utf8 = new TextEncoder();

/**
 * The same bytes, with a pause after the first `bytes` of them (or at the end of a shorter body).
 * @param stall milliseconds; 0: the rest never comes
 */
export function stalledBody(
  body: RequestBody | undefined,
  bytes: number,
  stall: number,
  clock: Clock,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const pause = new Pause(stall, clock);
      const pieces = stalled(body, bytes, pause);
      return {
        next: () => pieces.next(),
        // A generator that waits would come to its end only when it has waited.
        return: () => {
          pause.end();
          return pieces.return(undefined);
        },
      };
    },
  };
}

async function* stalled(body: RequestBody | undefined, bytes: number, pause: Pause): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of piecesOf(body)) {
    const whole = typeof piece === 'string' ? utf8.encode(piece) : piece;
    if (pause.over) {
      yield whole;
      continue;
    }
    if (whole.length <= left) {
      left -= whole.length;
      yield whole;
      continue;
    }
    if (left > 0) yield whole.subarray(0, left);
    await pause.begin();
    yield whole.subarray(left);
  }
  if (!pause.over) await pause.begin();
}

function piecesOf(body: RequestBody | undefined): AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> {
  if (body === undefined) return [];
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
}

class Pause {
  over = false;
  private timer: Timer | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly length: number,
    private readonly clock: Clock,
  ) {}

  begin(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.over = true;
        resolve();
      };
      if (this.over) resolve();
      // The connection keeps the process alive for as long as anybody waits.
      else if (this.length > 0) this.timer = this.clock.after(this.length, this.wake, false);
    });
  }

  end(): void {
    this.over = true;
    this.timer?.cancel();
    this.wake?.();
  }
}
