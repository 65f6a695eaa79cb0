// Requests that the application refused with a protocol status in END_REQUEST (section 5.5 of the specification):
// overloaded, cannot-multiplex and unknown-role differ in the number and in the words only.
import { protocolStatusName } from '../../fastcgi/constants.js';
import { PROTOCOL_FASTCGI, REQUEST_ENDED } from '../../model/request-table.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionName, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';

export interface ProtocolStatusWords {
  readonly id: string;
  readonly status: number;
  readonly title: (count: number, listener: Listener) => string;
  readonly detail: string;
  readonly advice: readonly Advice[];
}

/** Requests of one connection looked at to count those in progress. */
const MAX_WALK = 10_000;

/** One finding for each listener that ended requests with the status. */
export function protocolStatusFindings(
  facts: Facts,
  words: ProtocolStatusWords,
): readonly Finding[] | 'not-applicable' {
  if (!showsRequests(facts)) return 'not-applicable';
  const findings: Finding[] = [];
  for (const listener of facts.listeners) {
    const finding = findingOf(facts, listener, words);
    if (finding) findings.push(finding);
  }
  return findings;
}

function findingOf(facts: Facts, listener: Listener, words: ProtocolStatusWords): Finding | undefined {
  const { protocol, protocolStatus } = facts.requests;
  const evidence: Evidence[] = [];
  let count = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    if (protocolStatus[row] !== words.status || protocol[row] !== PROTOCOL_FASTCGI) continue;
    if (++count <= MAX_EVIDENCE) evidence.push(refusal(facts, row));
  }
  if (count === 0) return undefined;
  const { id, detail, advice } = words;
  const title = words.title(count, listener);
  return { id, severity: 'error', title, detail, count, scope: { endpoint: listener.endpoint }, evidence, advice };
}

function refusal(facts: Facts, row: number): Evidence {
  const { requests } = facts;
  const end = requests.end[row];
  const others = inProgress(facts, row, end);
  const text =
    `${requestName(facts, row)} (id ${requests.requestId[row]}) on ${connectionName(facts, requests.connection[row])} ` +
    `ended with ${protocolStatusName(requests.protocolStatus[row])} after ${span(end - requests.begin[row])}, ` +
    `${others === 0 ? 'no other request' : others === 1 ? 'one other request' : `${others} other requests`} ` +
    'in progress on this connection';
  return requestEvidence(facts, row, text, requests.endPacket[row], end);
}

/** Other requests of the same connection that had begun and not ended when this one ended. */
function inProgress(facts: Facts, row: number, time: number): number {
  const { requests, conversations } = facts;
  let count = 0;
  let next = conversations.firstRequest[requests.connection[row]];
  for (let steps = 0; next !== 0 && steps < MAX_WALK; next = requests.next[next - 1], steps++) {
    const other = next - 1;
    if (other === row || !(requests.begin[other] <= time)) continue;
    if (!(requests.marks[other] & REQUEST_ENDED) || requests.end[other] > time) count++;
  }
  return count;
}
