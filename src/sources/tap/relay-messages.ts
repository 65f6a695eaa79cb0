// What the tap and the relay's thread tell each other; what happens on connections goes through the ring instead.
import type { EndpointAddress } from '../../model/endpoint-address.js';
import type { RelayPair } from './relay.js';

export interface RelayData {
  readonly pairs: readonly RelayPair[];
  readonly mode: number | undefined;
  /** As the user wrote them; known to be right. */
  readonly faults: readonly string[];
  /** Of the ring. */
  readonly memory: SharedArrayBuffer;
}

export type ToRelay =
  /** Accept nothing more. */
  | { readonly kind: 'stop' }
  /** End these connections properly. */
  | { readonly kind: 'end'; readonly connections: readonly number[] }
  /** Close everything. */
  | { readonly kind: 'close' };

export type FromRelay =
  | {
      readonly kind: 'listening';
      readonly listening: readonly EndpointAddress[];
      readonly warnings: readonly string[];
      /** Milliseconds since 1970 at time 0 of the ring's messages. */
      readonly origin: number;
    }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string | undefined }
  /** Something is in the ring after a time of silence. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'closed' };
