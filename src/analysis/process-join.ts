// A server's log and the packets put together: what the capture holds of each process the log names. They are joined by
// socket and second, never by connection: the log has whole seconds and no ports of the web server.
import type { ProcessLoad } from '../logs/process-load.js';
import type { Facts, Listener } from './facts.js';
import { runsUntil } from './request-times.js';

export interface JoinedProcess extends ProcessLoad {
  /** The listener in the capture with the process's socket; undefined where there is none. */
  readonly listener: Listener | undefined;
  /** Requests of that listener that began while the log shows this process at the socket. */
  readonly capturedRequests: number;
  /** Sum of their times, in nanoseconds. */
  readonly requestTime: number;
  /** How many of their connections waited in the queue. */
  readonly queued: number;
}

/** Absolute time of the first packet, in seconds; NaN where the input has no date. */
export function joinProcesses(facts: Facts, origin: number): JoinedProcess[] {
  return facts.processes.map((process) => {
    const listener = facts.listeners.find((candidate) => `tcp:${candidate.endpoint}` === process.socket);
    return { ...process, listener, ...(listener ? share(facts, listener, process, origin) : NOTHING) };
  });
}

const NOTHING = { capturedRequests: 0, requestTime: 0, queued: 0 };

/** lighttpd stamps a line with the second in which its loop last woke up, so its times run up to a second behind. */
const BEHIND = 1e9;

function share(facts: Facts, listener: Listener, process: ProcessLoad, origin: number) {
  const queued = new Set(facts.queues[listener.index]?.waiting.map(({ row }) => row));
  const mine = { ...NOTHING };
  for (const row of requestsOf(facts, listener, process, origin)) {
    mine.capturedRequests++;
    mine.requestTime += runsUntil(facts, row) - facts.requests.begin[row];
    if (queued.has(facts.requests.connection[row])) mine.queued++;
  }
  return mine;
}

/** The requests of the listener that this process was given. */
function requestsOf(facts: Facts, listener: Listener, process: ProcessLoad, origin: number): Uint32Array {
  const atSocket = facts.processes
    .filter((other) => other.socket === process.socket)
    .sort((a, b) => a.firstTime - b.firstTime);
  const place = atSocket.indexOf(process);
  const before = atSocket.slice(0, place).reduce((sum, other) => sum + other.requests, 0);
  const all = atSocket.reduce((sum, other) => sum + other.requests, 0);
  // Log and capture show the same requests: then their order tells more than whole seconds can.
  if (all === listener.requests.length) return listener.requests.subarray(before, before + process.requests);
  const next = atSocket[place + 1];
  const from = place === 0 ? -Infinity : (process.firstTime - origin) * 1e9;
  const until = (next ? next.firstTime - origin : process.lastTime + 1 - origin) * 1e9 + (next ? 0 : BEHIND);
  return listener.requests.filter((row) => facts.requests.begin[row] >= from && facts.requests.begin[row] < until);
}
