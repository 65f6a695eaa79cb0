// Records that break the FastCGI specification (or an SCGI request that is none), each with its place in the stream.
import { type Anomaly, MAX_PLACES } from '../../model/anomaly-log.js';
import { PROBLEM_CODES, type ProblemName, problemNumber } from '../../model/problem-codes.js';
import { REQUEST_ENDED } from '../../model/request-table.js';
import { APPLICATION, SIDE_NAMES } from '../../model/side.js';
import { MARK_GAP_0, MARK_SNAPPED } from '../../tcp/connection-table.js';
import type { Check } from '../check.js';
import { CONVERSATION_WEB_STOPPED } from '../conversation-table.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionName, counted, grouped, listed, showsRequests } from './shared-evidence.js';
import { otherProtocol } from './shared-other-protocol.js';

const VIOLATIONS = PROBLEM_CODES.reduce((bits, { violation }, number) => (violation ? bits | (1 << number) : bits), 0);

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      'Look at the place named in the evidence ("fcgi-inspect decode" shows the records around it). Where a record starts ' +
      'at the wrong byte, a write before it was cut short or its padding was left out: every write has to be repeated until ' +
      'all of it is sent, and two threads must not write to one connection at once.',
  },
  {
    for: 'apache',
    text:
      'Set "enablereuse=off" on the ProxyPass (or proxy:fcgi) worker while the application sends data after END_REQUEST: ' +
      'on a reused connection those bytes become the beginning of the next answer.',
  },
];

export const protocolViolation: Check = {
  id: 'protocol-violation',
  title: 'Records break the FastCGI specification',
  severity: 'error; a note where the peer answered all the same',
  explanation: `A FastCGI stream is a chain of records, each an 8-byte header and a content whose length the header gives. If one header is wrong, everything after it on that connection is read at the wrong place. Reported here are headers whose version is not 1, records that only the other side may send, BEGIN_REQUEST and END_REQUEST of a wrong length, records at a point of the request where they may not come, PARAMS that end in the middle of a name or value, and application data after END_REQUEST.

What programs make of it differs. nginx logs "upstream sent unsupported FastCGI protocol version: 6 while reading upstream" (6, 7 or 3 as a "version" is the type byte of a record that starts one byte early: a lost write or missing padding), "upstream sent invalid FastCGI record type: 11" or "upstream sent unexpected FastCGI request id low byte: 2", and answers 502. Apache logs "AH01068: Got bogus version 103", "AH01069: Got bogus rid 0, expected 1" or "AH01072: Got bogus record 99". lighttpd and Caddy check neither version nor id, and Caddy copies unknown records into the page. php-fpm takes any version from 1 up, and closes the connection without a word on PARAMS that are cut.

Data after END_REQUEST deserves a word of its own: nginx throws it away, but Apache with a reused connection takes it for the answer to the next request, which fails or, worse, is answered with somebody else's bytes.

Not reported: PARAMS or STDIN that arrive after END_REQUEST (the application was faster than the web server), padding and reserved bytes of any value, and a missing empty STDOUT record before END_REQUEST. For the rest of a capture with holes nothing is claimed either.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    // Error and note of each listener, by its index * 2 (+ 1).
    const groups = new Map<number, Group>();
    const answers = answersToUnreadable(facts);
    for (const anomaly of facts.log.anomalies.places) {
      if (!(VIOLATIONS & (1 << problemNumber(anomaly.code)))) continue;
      const index = facts.listenerOf[anomaly.connection];
      if (index === -1 || isExplained(facts, anomaly)) continue;
      const key = index * 2 + (wasAnswered(facts, anomaly, answers) ? 1 : 0);
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { count: 0, evidence: [], codes: new Map(), connections: new Set() }));
      group.count++;
      group.connections.add(anomaly.connection);
      group.codes.set(anomaly.code, (group.codes.get(anomaly.code) ?? 0) + 1);
      if (group.evidence.length < MAX_EVIDENCE) group.evidence.push(place(facts, anomaly));
    }
    return [...groups].map(([key, group]) =>
      findingFor(facts, facts.listeners[key >> 1], group, key & 1 ? 'note' : 'error'),
    );
  },
};

interface Group {
  count: number;
  readonly evidence: Evidence[];
  readonly codes: Map<ProblemName, number>;
  readonly connections: Set<number>;
}

/** Not a violation of its own: another protocol, a hole in the capture, or what follows from an earlier violation. */
function isExplained(facts: Facts, anomaly: Anomaly): boolean {
  const { code, connection } = anomaly;
  if (otherProtocol(facts, connection)) return true;
  if (code === 'scgi-malformed') return (facts.connections.marks[connection] & (MARK_GAP_0 | MARK_SNAPPED)) !== 0;
  return answersUnreadable(facts, anomaly);
}

/** Requests that could not be decoded any more are answered: that looks like answers after the end of the last one. */
function answersUnreadable({ conversations }: Facts, { code, connection }: Anomaly): boolean {
  return code === 'data-after-end-request' && (conversations.marks[connection] & CONVERSATION_WEB_STOPPED) !== 0;
}

function answersToUnreadable(facts: Facts): ReadonlySet<number> {
  const connections = new Set<number>();
  for (const anomaly of facts.log.anomalies.places) {
    if (answersUnreadable(facts, anomaly)) connections.add(anomaly.connection);
  }
  return connections;
}

/** Whether the application went on to answer what the web server had sent wrongly. */
function wasAnswered(facts: Facts, anomaly: Anomaly, answers: ReadonlySet<number>): boolean {
  if (anomaly.side === APPLICATION) return false;
  const { requests, connections, conversations } = facts;
  if (anomaly.request >= 0) return (requests.marks[anomaly.request] & REQUEST_ENDED) !== 0;
  // A BEGIN_REQUEST that could not be read makes no request; what the application sent then was its answer.
  const { connection } = anomaly;
  return answers.has(connection) || (connections.bytes1[connection] > 0 && conversations.requests[connection] === 0);
}

function place(facts: Facts, anomaly: Anomaly): Evidence {
  const { code, connection, request, side, offset, time, packet, detail } = anomaly;
  const { sentence } = PROBLEM_CODES[problemNumber(code)];
  const text =
    `${sentence}: ${detail}, at byte ${grouped(offset)} of what the ${SIDE_NAMES[side]} sent on ` +
    connectionName(facts, connection);
  return { packet, time, connection, ...(request >= 0 ? { request } : {}), text };
}

function findingFor(facts: Facts, listener: Listener, group: Group, severity: 'error' | 'note'): Finding {
  const { endpoint, protocol } = listener;
  const name = protocol === 'scgi' ? 'SCGI' : 'FastCGI';
  const codes = listed(
    [...group.codes].sort((a, b) => b[1] - a[1]).map(([code, times]) => `${code} (${grouped(times)})`),
  );
  // Only the places of the first ones of each code are kept.
  const atLeast = [...group.codes.keys()].some((code) => facts.log.anomalies.count(code) > MAX_PLACES)
    ? 'at least '
    : '';
  const answered = severity === 'note' ? ', answered all the same' : '';
  return {
    id: 'protocol-violation',
    severity,
    title: `${atLeast}${counted(group.count, 'violation')} of the ${name} protocol at ${endpoint}${answered}: ${codes}`,
    detail:
      `On ${counted(group.connections.size, 'connection')} something was sent that the specification does not allow. ` +
      (severity === 'note'
        ? 'The application answered nevertheless; another application, or the next version of this one, may not.'
        : 'The request concerned was not answered, or its answer can not be relied on: the other side reads the rest of the ' +
          'stream at the wrong place, or closes the connection.'),
    count: group.count,
    scope: { endpoint },
    evidence: group.evidence,
    advice: ADVICE,
  };
}
