// Which connections went so smoothly that no finding about single connections can concern them. Most connections of most
// captures are of that kind, and a dozen checks ask each of them the same first questions: here they are asked once.
import { REQUEST_KEEP_CONN, type RequestTable } from '../model/request-table.js';
import {
  type ConnectionTable,
  MARK_ESTABLISHED,
  MARK_GAP_0,
  MARK_GAP_1,
  MARK_ONE_SIDED,
  MARK_SNAPPED,
  MARK_SYN,
  MARK_SYN_ACK,
  MARK_SYN_ACK_AFTER_DATA,
} from '../tcp/connection-table.js';
import {
  CONVERSATION_APPLICATION_STOPPED,
  CONVERSATION_GET_VALUES_PENDING,
  CONVERSATION_WEB_STOPPED,
  type ConversationTable,
  PROTOCOL_IS_FASTCGI,
} from './conversation-table.js';

const OPENED = MARK_SYN | MARK_SYN_ACK | MARK_ESTABLISHED;
const INCOMPLETE = MARK_SYN_ACK_AFTER_DATA | MARK_GAP_0 | MARK_GAP_1 | MARK_SNAPPED | MARK_ONE_SIDED;
const ODD = CONVERSATION_GET_VALUES_PENDING | CONVERSATION_WEB_STOPPED | CONVERSATION_APPLICATION_STOPPED;
/** No check calls a close that follows the other side's within this time late, in nanoseconds. */
const SOON = 1e9;

/**
 * Whether the connection was opened by one SYN and one SYN-ACK, carried one FastCGI request without KEEP_CONN, of which
 * the capture misses nothing, and was closed by a FIN of either side, no more than a second apart, and no RST.
 */
export function isSmoothConnection(
  connections: ConnectionTable,
  conversations: ConversationTable,
  requests: RequestTable,
  row: number,
): boolean {
  if ((connections.marks[row] & (OPENED | INCOMPLETE)) !== OPENED) return false;
  if (connections.syns[row] !== 1 || connections.synAcks[row] !== 1 || connections.connectError[row] !== 0)
    return false;
  if (connections.firstFin[row] === 0 || connections.firstReset[row] !== 0) return false;
  if (conversations.protocol[row] !== PROTOCOL_IS_FASTCGI || (conversations.marks[row] & ODD) !== 0) return false;
  // Of a live source, the request may be gone.
  const request = conversations.firstRequest[row] - 1;
  if (conversations.requests[row] !== 1 || request < 0 || requests.marks[request] & REQUEST_KEEP_CONN) return false;
  // Written so that a time that is not known makes them false.
  if (!(connections.synAckTime[row] >= connections.start[row])) return false;
  return Math.abs(connections.finTime1[row] - connections.finTime0[row]) <= SOON;
}
