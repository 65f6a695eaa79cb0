// The tap's relay without its analysis, for comparison. Arguments: port to listen on, port of the application.
import { systemClock } from '../../../src/sources/clock.js';
import { startRelay } from '../../../src/sources/tap/relay.js';
import type { RelayObserver } from '../../../src/sources/tap/relay-observer.js';

const [listen, to] = process.argv.slice(2).map(Number);
const nothing = () => {};
const observer: RelayObserver = {
  opened: nothing,
  connected: nothing,
  failed: nothing,
  data: nothing,
  paused: nothing,
  resumed: nothing,
  finished: nothing,
  reset: nothing,
  cut: nothing,
  closed: nothing,
  fault() {},
  notAccepted: nothing,
};
const host = '127.0.0.1';
const pairs = [{ listen: { kind: 'tcp', host, port: listen }, to: { kind: 'tcp', host, port: to } }] as const;
await startRelay({ pairs, observer, clock: systemClock });
