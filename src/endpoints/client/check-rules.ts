// Rules that a caller set are looked at once, when the client is made: what could not work is refused then.
import { UserError } from '../../model/errors.js';
import type { ClientRules } from './client-rules.js';

/** @throws UserError at the first value that could not work. */
export function checkRules(rules: ClientRules): void {
  const { pool, params, body, retry, connectRetry, timeouts } = rules;
  whole('pool.maximum', pool.maximum, 1);
  whole('pool.keepIdle', pool.keepIdle, 0);
  whole('pool.maxRequests', pool.maxRequests, 0);
  whole('pool.queueLimit', pool.queueLimit, 0);
  time('pool.idleTimeout', pool.idleTimeout);
  time('pool.maxAge', pool.maxAge);
  for (const [name, size] of [
    ['params.recordSize', params.recordSize],
    ['body.recordSize', body.recordSize],
  ] as const) {
    if (!Number.isInteger(size) || size < 1 || size > 65_535)
      throw new UserError(`${name} must be 1 to 65535, not ${size}`);
  }
  for (const [name, rule] of [
    ['params.padding', params.padding],
    ['body.padding', body.padding],
    ['getValuesPadding', rules.getValuesPadding],
  ] as const) {
    const padding = rule(1);
    if (!Number.isInteger(padding) || padding < 0 || padding > 255)
      throw new UserError(`${name} must give 0 to 255, not ${padding}`);
  }
  if (typeof rules.multiplex === 'number') whole('multiplex', rules.multiplex, 1);
  whole('highestRequestId', rules.highestRequestId, 0);
  whole('retry.attempts', retry.attempts, 1);
  whole('connectRetry.attempts', connectRetry.attempts, 1);
  time('connectRetry.firstDelay', connectRetry.firstDelay);
  whole('maxBuffered', rules.maxBuffered, 1);
  whole('maxHead', rules.maxHead, 1);
  whole('maxStderr', rules.maxStderr, 0);
  for (const [name, value] of Object.entries(timeouts)) time(`timeouts.${name}`, value);
}

/** An integer or Infinity. */
function whole(name: string, value: number, least: number): void {
  if (value === Number.POSITIVE_INFINITY) return;
  if (!Number.isInteger(value) || value < least) throw new UserError(`${name} must be at least ${least}, not ${value}`);
}

function time(name: string, value: number): void {
  if (!(value >= 0)) throw new UserError(`${name} must be milliseconds, 0 for none, not ${value}`);
}
