// What a connection needs of a socket, on either side; a `net.Socket`, or something that behaves like one.
import type { Socket } from 'node:net';

export type StreamSocket = Pick<
  Socket,
  | 'on'
  | 'write'
  | 'end'
  | 'destroy'
  | 'resetAndDestroy'
  | 'pause'
  | 'resume'
  | 'cork'
  | 'uncork'
  | 'writableLength'
  | 'writableNeedDrain'
>;
