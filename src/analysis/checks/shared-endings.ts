// Who ended a connection: the side whose FIN or RST came before the other's.
import { CONNECT_ERRORS } from '../../model/connect-errors.js';
import { BY_APPLICATION, BY_WEB_SERVER } from '../../model/side.js';
import {
  type ConnectionTable,
  MARK_DATA_ACKNOWLEDGED_0,
  MARK_ESTABLISHED,
  MARK_GAP_1,
  MARK_ONE_SIDED,
  MARK_SNAPPED,
  MARK_SYN,
  MARK_SYN_ACK,
} from '../../tcp/connection-table.js';
import { CONVERSATION_APPLICATION_STOPPED } from '../conversation-table.js';
import type { Facts } from '../facts.js';

/** When the application ended the connection, the web server having sent neither FIN nor RST before; else NaN. */
export function applicationEnd(connections: ConnectionTable, row: number): number {
  const end = firstOf(applicationFin(connections, row), applicationReset(connections, row));
  return firstOf(webServerFin(connections, row), webServerReset(connections, row)) < end ? NaN : end;
}

/** When the web server ended the connection, the application having sent neither FIN nor RST before; else NaN. */
export function webServerEnd(connections: ConnectionTable, row: number): number {
  const end = firstOf(webServerFin(connections, row), webServerReset(connections, row));
  return firstOf(applicationFin(connections, row), applicationReset(connections, row)) < end ? NaN : end;
}

/** The packet of a FIN or RST of either side that was sent at `time`. */
export function endPacket(connections: ConnectionTable, row: number, time: number): number {
  if (connections.resetTime[row] === time) return connections.resetPacket[row];
  return connections.finTime1[row] === time ? connections.finPacket1[row] : connections.finPacket0[row];
}

/** Whether what was sent at `time` was a RST, not a FIN. */
export function endedByReset(connections: ConnectionTable, row: number, time: number): boolean {
  return connections.resetTime[row] === time;
}

/** Whether the connection was established and closed (refused ones were neither). */
export function isClosed(connections: ConnectionTable, row: number): boolean {
  if (connections.firstFin[row] !== 0) return true;
  const marks = connections.marks[row];
  return connections.firstReset[row] !== 0 && (!(marks & MARK_SYN) || (marks & MARK_SYN_ACK) !== 0);
}

/** Whether the SYN was answered by a RST of the application's host: nobody listens there. */
export function isRefused(connections: ConnectionTable, row: number): boolean {
  const marks = connections.marks[row];
  if (!(marks & MARK_SYN) || marks & MARK_SYN_ACK) return false;
  if (connections.firstReset[row] !== BY_APPLICATION) return false;
  return connections.connectError[row] === 0 || NOBODY_LISTENS.has(CONNECT_ERRORS[connections.connectError[row]]);
}

/** What a tap says of connections that nobody accepts, in the system's words. */
const NOBODY_LISTENS: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES']);
const FULL_QUEUE = (CONNECT_ERRORS as readonly string[]).indexOf('EAGAIN');

/** Whether a tap could not connect because the accept queue of an AF_UNIX socket was full. */
export function isQueueFull(connections: ConnectionTable, row: number): boolean {
  return connections.connectError[row] === FULL_QUEUE;
}

/** The RST answers the last packet of the handshake (or the data right behind it). */
const RIGHT_AFTER = 50e6;

/**
 * From the end of the handshake to the application's RST, if that came at once and before a byte of either side was
 * acknowledged; NaN otherwise.
 */
export function resetRightAfterHandshake(connections: ConnectionTable, row: number): number {
  const marks = connections.marks[row];
  const wanted = MARK_ESTABLISHED | MARK_SYN_ACK;
  if ((marks & wanted) !== wanted || marks & MARK_DATA_ACKNOWLEDGED_0) return NaN;
  if (connections.bytes1[row] + connections.missing1[row] > 0) return NaN;
  const end = applicationEnd(connections, row);
  const after = end - connections.establishedTime[row];
  return endedByReset(connections, row, end) && after <= RIGHT_AFTER ? after : NaN;
}

/** Whether the capture holds all of the application's records of this connection up to its end. */
export function answersAreWhole(facts: Facts, row: number): boolean {
  if (facts.connections.marks[row] & (MARK_GAP_1 | MARK_ONE_SIDED | MARK_SNAPPED)) return false;
  return !(facts.conversations.marks[row] & CONVERSATION_APPLICATION_STOPPED);
}

// A FIN that was recorded late because packets were reordered doesn't count as sent before the other side's.

function applicationFin(connections: ConnectionTable, row: number): number {
  return connections.firstFin[row] === BY_WEB_SERVER ? NaN : connections.finTime1[row];
}

function webServerFin(connections: ConnectionTable, row: number): number {
  return connections.firstFin[row] === BY_APPLICATION ? NaN : connections.finTime0[row];
}

function applicationReset(connections: ConnectionTable, row: number): number {
  return connections.firstReset[row] === BY_APPLICATION ? connections.resetTime[row] : NaN;
}

function webServerReset(connections: ConnectionTable, row: number): number {
  return connections.firstReset[row] === BY_WEB_SERVER ? connections.resetTime[row] : NaN;
}

/** The earlier of two times; NaN where neither is known. */
function firstOf(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a;
}
