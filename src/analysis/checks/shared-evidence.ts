// Words that findings share: counts, spans of time, sizes, and how connections and requests are named in evidence.
import type { Facts } from '../facts.js';
import type { Evidence } from '../finding.js';

/** Longer URIs are cut in evidence; the report's list of requests has them whole. */
const MAX_URI = 160;

/** `1 request`, `45 requests`, `12,345 requests`; give the plural where it is not the noun with an s. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** A whole number with commas between thousands: 12,345. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Nanoseconds as a person says them: `12 µs`, `350 ms`, `2.01 s`, `10 min`, `3.5 h`. */
export function span(nanoseconds: number): string {
  if (nanoseconds >= 48 * 3600e9) return `${grouped(Math.round(nanoseconds / (24 * 3600e9)))} days`;
  if (nanoseconds >= 2 * 3600e9) return `${(nanoseconds / 3600e9).toFixed(1)} h`;
  if (nanoseconds >= 300e9) return `${Math.round(nanoseconds / 60e9)} min`;
  if (nanoseconds >= 100e9) return `${Math.round(nanoseconds / 1e9)} s`;
  if (nanoseconds >= 1e9) return `${(nanoseconds / 1e9).toFixed(nanoseconds >= 10e9 ? 1 : 2)} s`;
  if (nanoseconds >= 1e6) return `${(nanoseconds / 1e6).toFixed(nanoseconds >= 10e6 ? 0 : 1)} ms`;
  return `${Math.round(nanoseconds / 1e3)} µs`;
}

/** Whether the input shows requests: packets with payload. */
export function showsRequests(facts: Facts): boolean {
  return facts.tcpPackets > 0 && facts.hasPayload;
}

/** `127.0.0.1:40001 to 127.0.0.1:9000` */
export function connectionName(facts: Facts, row: number): string {
  const { address0, address1, port0, port1 } = facts.connections;
  const webServer = facts.addresses.endpoint(address0[row], port0[row]);
  return `${webServer} to ${facts.addresses.endpoint(address1[row], port1[row])}`;
}

/** `GET /cart?id=7`, or `request id 1` where PARAMS told neither. */
export function requestName(facts: Facts, row: number): string {
  const { requests, strings } = facts;
  const method = strings.text(requests.method[row]);
  const uri = strings.text(requests.uri[row]);
  if (method === '' && uri === '') return `request id ${requests.requestId[row]}`;
  return `${method} ${uri.length > MAX_URI ? `${uri.slice(0, MAX_URI)}…` : uri}`.trim();
}

/** Evidence about a request: placed where it began unless another packet and time are given. */
export function requestEvidence(
  facts: Facts,
  row: number,
  text: string,
  packet = facts.requests.beginPacket[row],
  time = facts.requests.begin[row],
): Evidence {
  return { packet, time, connection: facts.requests.connection[row], request: row, text };
}

/** Evidence about a connection: placed at its first packet unless another packet and time are given. */
export function connectionEvidence(
  facts: Facts,
  row: number,
  text: string,
  packet = facts.connections.firstPacket[row],
  time = facts.connections.start[row],
): Evidence {
  return { packet, time, connection: row, text };
}

/** `a`, `a and b`, `a, b and c` */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
