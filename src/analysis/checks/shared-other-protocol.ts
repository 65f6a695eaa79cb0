// Whether a stream that is no FastCGI speaks another protocol, or is FastCGI gone wrong: two checks divide them.
import { BEGIN_REQUEST, MAX_TYPE } from '../../fastcgi/constants.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../model/side.js';
import { MARK_SYN } from '../../tcp/connection-table.js';
import { CONVERSATION_WEB_STOPPED } from '../conversation-table.js';
import type { Facts } from '../facts.js';

export interface OtherProtocol {
  readonly side: Side;
  /** The side's first bytes; none where it is noise that happens to begin like a record. */
  readonly bytes: Uint8Array | undefined;
}

/** The side of the connection that does not speak FastCGI at all; undefined where both do, well or badly. */
export function otherProtocol(facts: Facts, connection: number): OtherProtocol | undefined {
  const asked = foreignBytes(facts, connection, WEB_SERVER);
  if (asked) return { side: WEB_SERVER, bytes: asked };
  if (isNoise(facts, connection)) return { side: WEB_SERVER, bytes: undefined };
  const answered = foreignBytes(facts, connection, APPLICATION);
  return answered ? { side: APPLICATION, bytes: answered } : undefined;
}

function foreignBytes(facts: Facts, connection: number, side: Side): Uint8Array | undefined {
  const bytes = facts.foreign.get(connection * 2 + side);
  return bytes === undefined || bytes.length === 0 || isRecordOfOtherVersion(bytes) ? undefined : bytes;
}

/** A record header that is sound but for its version byte. */
function isRecordOfOtherVersion(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes[0] > 9 || bytes[1] < 1 || bytes[1] > MAX_TYPE || bytes[2] !== 0) return false;
  return bytes[1] !== BEGIN_REQUEST || (bytes[4] === 0 && bytes[5] === 8);
}

/** Bytes that begin with 1 and soon make no sense, on a listener that is FastCGI only because the user said so. */
function isNoise(facts: Facts, connection: number): boolean {
  const { conversations, connections, listenerOf, listeners, foreign } = facts;
  const listener = listeners[listenerOf[connection]];
  if (listener === undefined || !listener.named || listener.requests.length > 0) return false;
  const stopped = (conversations.marks[connection] & CONVERSATION_WEB_STOPPED) !== 0;
  return stopped && (connections.marks[connection] & MARK_SYN) !== 0 && !foreign.has(connection * 2 + WEB_SERVER);
}
