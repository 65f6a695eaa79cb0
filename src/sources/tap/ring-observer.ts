// The relay's observer that writes down what it hears in the ring.
import { type Side, WEB_SERVER } from '../../model/side.js';
import * as event from './event-ring.js';
import type { RelayObserver, RemoteEnd } from './relay-observer.js';

/** The bit of `detail` that says the application's side. */
export const DETAIL_APPLICATION = 1;
/** The bit that says `knew` (EVENT_FINISHED). */
export const DETAIL_KNEW = 2;

const utf8 = new TextEncoder();

/** Words (error codes, addresses) go as bytes. `base`: what the relay's clock shows at time 0 of the messages. */
export function ringObserver(ring: event.RingWriter, base: number): RelayObserver {
  const sideBit = (side: Side) => (side === WEB_SERVER ? 0 : DETAIL_APPLICATION);
  return {
    opened(connection, pair, webServer: RemoteEnd, time) {
      const address = webServer === undefined ? undefined : utf8.encode(webServer.address);
      ring.push(event.EVENT_OPENED, connection, pair, time - base, webServer?.port ?? 0, address);
    },
    connected(connection, time) {
      ring.push(event.EVENT_CONNECTED, connection, 0, time - base, 0, undefined);
    },
    failed(connection, code, time) {
      ring.push(event.EVENT_FAILED, connection, 0, time - base, 0, utf8.encode(code));
    },
    data(connection, side, bytes, position, time) {
      ring.push(event.EVENT_DATA, connection, sideBit(side), time - base, position, bytes);
    },
    paused(connection, side, time) {
      ring.push(event.EVENT_PAUSED, connection, sideBit(side), time - base, 0, undefined);
    },
    resumed(connection, side, time) {
      ring.push(event.EVENT_RESUMED, connection, sideBit(side), time - base, 0, undefined);
    },
    finished(connection, side, knew, length, time) {
      const detail = sideBit(side) | (knew ? DETAIL_KNEW : 0);
      ring.push(event.EVENT_FINISHED, connection, detail, time - base, length, undefined);
    },
    reset(connection, side, code, time) {
      ring.push(event.EVENT_RESET, connection, sideBit(side), time - base, 0, utf8.encode(code));
    },
    cut(connection, time) {
      ring.push(event.EVENT_CUT, connection, 0, time - base, 0, undefined);
    },
    closed(connection, paused, time) {
      ring.push(event.EVENT_CLOSED, connection, Math.round(paused[0] * 1000), time - base, paused[1], undefined);
    },
    fault(connection, name, time) {
      ring.push(event.EVENT_FAULT, connection, 0, time - base, 0, utf8.encode(name));
    },
    notAccepted(pair, code, time) {
      ring.push(event.EVENT_NOT_ACCEPTED, pair, 0, time - base, 0, utf8.encode(code));
    },
  };
}
