// What is to be found in the captures of real servers, and what not; the same scenarios behind a tap give the same.

export const QUEUE = [
  'stuck-accept-queue',
  'workers-exhausted',
  'keep-alive-pins-workers',
  'accept-blocked',
  'stuck-on-reuse',
];
const DEATHS = ['premature-close', 'truncated-response', 'process-died', 'missing-end-request'];
const REFUSALS = ['connection-refused', 'backlog-overflow', 'abort-on-overflow'];
const PROTOCOL = [
  'protocol-violation',
  'not-fastcgi',
  'request-id-overflow',
  'overloaded',
  'cannot-multiplex',
  'unknown-role',
];

export interface Expected {
  readonly fires: readonly string[];
  readonly silent: readonly string[];
  /** Nothing worse than a note. */
  readonly healthy?: boolean;
}

/** By the first part of the folder's name. */
export const EXPECTED: Readonly<Record<string, Expected>> = {
  a: {
    fires: ['time-wait-application-side'],
    silent: ['time-wait-web-server-side', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  b: {
    fires: ['time-wait-web-server-side', 'keep-conn-without-pool'],
    silent: ['time-wait-application-side', 'keep-alive-broken', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  c: {
    fires: [],
    silent: [...DEATHS, ...REFUSALS, ...PROTOCOL, 'keep-conn-without-pool', 'connection-recycled'],
    healthy: true,
  },
  c3: {
    fires: ['connection-recycled', 'stale-keep-alive-race'],
    silent: ['premature-close', 'truncated-response', 'keep-conn-without-pool', ...PROTOCOL],
  },
  d1: {
    fires: ['time-wait-application-side', 'stuck-accept-queue', 'workers-exhausted'],
    silent: ['accept-blocked', 'keep-alive-pins-workers', 'stuck-on-reuse', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  d3: {
    fires: ['stuck-accept-queue', 'accept-blocked'],
    silent: ['workers-exhausted', 'keep-alive-pins-workers', 'stuck-on-reuse', ...DEATHS, ...REFUSALS],
  },
  d5: {
    fires: ['connection-refused', 'premature-close', 'process-died'],
    silent: ['truncated-response', 'backlog-overflow', 'stale-keep-alive-race', ...PROTOCOL],
  },
  d6: {
    fires: ['time-wait-application-side', 'time-wait-web-server-side'],
    silent: ['uneven-load', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  e1: { fires: ['time-wait-web-server-side'], silent: ['keep-conn-without-pool', ...DEATHS, ...REFUSALS, ...PROTOCOL] },
  f1: {
    fires: ['time-wait-application-side', 'stuck-accept-queue', 'workers-exhausted'],
    silent: ['accept-blocked', 'keep-alive-pins-workers', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  f2: {
    fires: ['stuck-accept-queue', 'backlog-overflow'],
    silent: ['connection-refused', 'abort-on-overflow', 'keep-alive-pins-workers', ...DEATHS, ...PROTOCOL],
  },
  g1: { fires: ['premature-close', 'truncated-response'], silent: ['abandoned-requests', ...REFUSALS, ...PROTOCOL] },
  g2: {
    fires: ['application-stderr', 'application-error'],
    silent: [...DEATHS, ...REFUSALS, ...PROTOCOL],
    healthy: true,
  },
  g3s: {
    fires: ['slow-upload'],
    silent: ['slow-application', 'slow-reader', 'request-body-stalled', ...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  g5: {
    fires: ['application-stderr', 'application-error'],
    silent: [...DEATHS, ...REFUSALS, ...PROTOCOL],
  },
  g6: { fires: ['abandoned-requests'], silent: [...DEATHS, ...REFUSALS, ...PROTOCOL] },
  h1: { fires: ['connection-refused'], silent: ['backlog-overflow', 'abort-on-overflow', ...DEATHS, ...PROTOCOL] },
  i1: { fires: [], silent: [...DEATHS, ...REFUSALS, ...PROTOCOL, 'capture-limits'] },
  i2: { fires: ['time-wait-application-side'], silent: [...DEATHS, ...REFUSALS, ...PROTOCOL, 'capture-limits'] },
  i3: { fires: [], silent: [...DEATHS, 'connection-refused', 'abort-on-overflow', ...PROTOCOL] },
  j1: { fires: [], silent: [...DEATHS, ...REFUSALS, ...PROTOCOL] },
  x1: {
    fires: [
      'request-id-overflow',
      'cannot-multiplex',
      'abort-ignored',
      'protocol-violation',
      'not-fastcgi',
      'request-body-stalled',
    ],
    silent: ['overloaded', 'unknown-role'],
  },
  x2: {
    fires: ['overloaded'],
    silent: [
      'abort-ignored',
      'protocol-violation',
      'not-fastcgi',
      'cannot-multiplex',
      'request-id-overflow',
      ...DEATHS,
      ...REFUSALS,
    ],
  },
};
