// What happens on a connection of the application's, judged by when bytes last went which way.
import type { HostConnection } from '../model/host-sample.js';

export type Activity =
  /** Established by the kernel and not accepted. */
  | 'queued'
  /** Not accepted yet, and the web server has closed it: nobody waits for the answer any more. */
  | 'abandoned'
  /** The application was sent something and has sent nothing since: it has a request, or a part of one. */
  | 'working'
  /** Answered, and nothing came since: a kept connection that occupies a worker. */
  | 'parked'
  /** No byte of the web server's ever came. */
  | 'silent'
  /** The application has closed its direction, the web server has not. */
  | 'half-closed'
  /** The web server has closed its direction, the application has not. */
  | 'peer-closed'
  /** Accepted; more is not known. */
  | 'open';

export const ACTIVITIES: readonly Activity[] = [
  'queued',
  'abandoned',
  'working',
  'parked',
  'silent',
  'half-closed',
  'peer-closed',
  'open',
];

/** Nothing sent for so long: a connection that was answered is parked, not in the middle of its answer. */
const STILL = 0.5e9;

export function activityOf(connection: HostConnection): Activity {
  const { state, accepted, unread, unsent, bytesReceived, bytesSent, sinceReceived, sinceSent } = connection;
  if (!accepted) return state === 'ESTAB' ? 'queued' : 'abandoned';
  if (state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2' || connection.halfClosed) return 'half-closed';
  if (state === 'CLOSE-WAIT') return 'peer-closed';
  if (Number.isNaN(bytesReceived)) return 'open';
  if (unread > 0 || unsent > 0) return 'working';
  if (bytesReceived === 0) return 'silent';
  if (bytesSent === 0) return 'working';
  return sinceSent <= sinceReceived && sinceSent >= STILL ? 'parked' : 'working';
}
