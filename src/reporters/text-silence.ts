// What the report says where there is nothing to report: no finding, or no FastCGI at all.
import type { Facts } from '../analysis/facts.js';
import { describeForeign } from '../analysis/protocol-guess.js';
import { APPLICATION, WEB_SERVER } from '../model/side.js';
import { formatDuration } from './format-duration.js';
import type { TextContext } from './text-context.js';
import { wrap } from './text-layout.js';
import { counted, listed } from './text-words.js';

/** Endpoints named as candidates where no listener was found. */
const CANDIDATES = 3;

/** Nothing found in what was looked at: what that was, and what cannot be seen in it. */
export function* nothingFoundLines({ snapshot, style, width }: TextContext): Generator<string> {
  const { facts, summary } = snapshot;
  yield style.strong('Nothing wrong was found.');
  const looked = [
    counted(summary.connections, 'connection') +
      ' (how they began, ended, were refused, reset and reused, TIME_WAIT on both sides)',
  ];
  if (facts.hasPayload) {
    looked.push(
      counted(summary.requests, 'request') +
        ' (waiting in a queue, slow, missing, cut or failed answers, protocol errors)',
    );
  }
  for (const line of wrap(`Looked at: ${listed(looked)}.`, width)) yield line;
  if (snapshot.tap !== undefined) return;
  const hidden = ['the listen backlog and the ports of the hosts (fcgi-inspect watch, on the host)'];
  if (facts.processes.length === 0) hidden.push('what single processes do');
  if (!facts.hasPayload) hidden.unshift('requests, which need a capture file with payload');
  for (const line of wrap(`A capture does not show: ${listed(hidden)}.`, width)) yield style.dim(line);
}

/** The same for a server's log read alone. */
export function* nothingInLogLines({ snapshot, style, width }: TextContext): Generator<string> {
  const { processes } = snapshot.facts;
  yield style.strong('Nothing wrong was found.');
  const what = `Looked at: ${counted(processes.length, 'process', 'processes')} (load, early ends of connections, failed connects). A capture beside the log shows the connections too.`;
  for (const line of wrap(what, width)) yield line;
}

/** No listener: what is there instead, and how to name one. */
export function* noListenerLines(context: TextContext): Generator<string> {
  const { snapshot, style, width } = context;
  const { input, facts } = snapshot;
  if (snapshot.tap !== undefined && input.packets === 0) {
    yield style.strong('No traffic yet: no web server has connected to the tap.');
    return;
  }
  if (input.packets === 0) {
    yield style.strong('There are no packets in it.');
    return;
  }
  if (input.leftOut.packets === input.packets) {
    const lasts = formatDuration(input.leftOut.duration);
    yield style.strong(
      `None of its ${counted(input.packets, 'packet')} lies between --since and --until: it lasts ${lasts}.`,
    );
    return;
  }
  if (input.tcpPackets === 0) {
    yield style.strong('There are no TCP packets in it.');
    for (const line of wrap(
      'FastCGI over a Unix socket never reaches a network interface: fcgi-inspect tap can stand in between.',
      width,
    ))
      yield line;
    return;
  }
  const { count: connections, candidates } = otherEndpoints(facts);
  yield style.strong(`No FastCGI or SCGI was found in ${counted(connections, 'TCP connection')}.`);
  const seen = candidates
    .slice(0, CANDIDATES)
    .map(
      ({ endpoint, count, speaks }) => `${endpoint} (${counted(count, 'connection')}${speaks ? `, ${speaks}` : ''})`,
    );
  if (seen.length > 0) for (const line of wrap(`Most connections go to ${listed(seen)}.`, width)) yield line;
  const port = candidates.find(({ speaks }) => speaks === '')?.port ?? 9000;
  for (const line of wrap(
    `If the application listens on port ${port}, name it: -d tcp.port==${port},fcgi (or ,scgi). Its listener is found by itself as soon as one request can be seen from its start.`,
    width,
  )) {
    yield line;
  }
}

interface Candidate {
  readonly endpoint: string;
  readonly port: number;
  count: number;
  /** The protocol its connections speak, where it is recognised. */
  speaks: string;
}

/** Endpoints that connections go to and that are no listeners, the busiest first. */
function otherEndpoints({ connections, listenerOf, addresses, foreign }: Facts): {
  count: number;
  candidates: Candidate[];
} {
  const byKey = new Map<number, Candidate>();
  let count = 0;
  for (let row = 0; row < listenerOf.length; row++) {
    if (listenerOf[row] !== -1) continue;
    count++;
    const port = connections.port1[row];
    const key = connections.address1[row] * 65536 + port;
    let candidate = byKey.get(key);
    if (!candidate) {
      candidate = { endpoint: addresses.endpoint(connections.address1[row], port), port, count: 0, speaks: '' };
      byKey.set(key, candidate);
    }
    candidate.count++;
    if (candidate.speaks === '') {
      const bytes = foreign.get(row * 2 + WEB_SERVER) ?? foreign.get(row * 2 + APPLICATION);
      if (bytes) candidate.speaks = describeForeign(bytes);
    }
  }
  return { count, candidates: [...byKey.values()].sort((a, b) => b.count - a.count) };
}
