// Getting one connection established: with a time limit, and tried again where the rules say so.

import type { Socket } from 'node:net';
import { type EndpointAddress, formatAddress } from '../address.js';
import type { Clock, Timer } from '../clock.js';
import type { ConnectRetryRules } from './client-rules.js';
import { ClientError, systemCode } from './errors.js';
import { type ClientSocket, type Link, openLink } from './socket-link.js';

export interface ConnectingOptions {
  readonly address: EndpointAddress;
  readonly clock: Clock;
  /** Milliseconds for each try; 0 is no limit. */
  readonly timeout: number;
  readonly retry: ConnectRetryRules;
  /** Gives the socket that is used in place of the system's. */
  readonly wrap: ((socket: Socket) => ClientSocket) | undefined;
  /** Hears of each try that failed and will be repeated after `delay` milliseconds. */
  readonly onRetry?: (attempt: number, delay: number, error: unknown) => void;
}

/** Milliseconds between looks whether a full accept queue has room again. */
const ROOM_CHECK = 10;

/** Connects; calls back once. The returned function gives up, and then nothing is called. */
export function establish(
  options: ConnectingOptions,
  done: (error: ClientError | undefined, link: Link | undefined) => void,
): () => void {
  const { address, clock, timeout, retry } = options;
  let attempt = 0;
  let delay = retry.firstDelay;
  let timer: Timer | undefined;
  let limit: Timer | undefined;
  let giveUp: () => void = () => {};
  const fail = (code: 'connect-failed' | 'connect-timeout', why: string, cause: unknown): void => {
    const again = attempt > 1 ? ` after ${attempt} tries` : '';
    const message = `no connection to ${formatAddress(address)}${again}: ${why}`;
    done(new ClientError(code, message, { phase: 'connecting', attempts: attempt, cause }), undefined);
  };
  const attemptOnce = (): void => {
    attempt++;
    if (timeout > 0) {
      limit = clock.after(timeout, () => {
        timer?.cancel();
        giveUp();
        fail('connect-timeout', `none within ${timeout} ms`, undefined);
      });
    }
    open();
  };
  const open = (): void => {
    giveUp = openLink(address, options.wrap, (error, link) => {
      const code = systemCode(error);
      if (retry.blocking && code === 'EAGAIN') {
        timer = clock.after(ROOM_CHECK, open);
        return;
      }
      limit?.cancel();
      if (link) {
        done(undefined, link);
        return;
      }
      if (attempt < retry.attempts && code !== undefined && retry.codes.includes(code)) {
        options.onRetry?.(attempt, delay, error);
        timer = clock.after(delay, attemptOnce);
        if (delay < retry.doubleBelow) delay *= 2;
        return;
      }
      fail('connect-failed', reason(error, address), error);
    });
  };
  attemptOnce();
  return () => {
    timer?.cancel();
    limit?.cancel();
    giveUp();
  };
}

function reason(error: unknown, address: EndpointAddress): string {
  const code = systemCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return address.kind === 'unix' ? 'nobody listens on that socket (ECONNREFUSED)' : 'nobody listens (ECONNREFUSED)';
    case 'ENOENT':
      return 'there is no such socket (ENOENT)';
    case 'EACCES':
      return 'no permission for that socket (EACCES)';
    case 'EAGAIN':
      return "the application's accept queue is full (EAGAIN)";
    case 'EADDRNOTAVAIL':
      return 'no local port is left (EADDRNOTAVAIL)';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
