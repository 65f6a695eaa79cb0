// A socket that hands its bytes on without a stream in between: they are read into one buffer that all sockets share and
// are only lent for the call. That saves an allocation and several calls for every read.
import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { EndpointAddress } from '../address.js';
import type { StreamSocket } from '../stream-socket.js';

/** Hears bytes[0..length), which are only lent. */
export type ByteListener = (bytes: Uint8Array, length: number) => void;

export type ClientSocket = StreamSocket & Pick<Socket, 'ref' | 'unref' | 'setNoDelay'>;

/** An established connection, and a way to read from it. */
export interface Link {
  readonly socket: ClientSocket;
  /** Our own end, `127.0.0.1:40001`; undefined for AF_UNIX. */
  readonly localAddress: string | undefined;
  /** From now on bytes are handed to the listener. To be called as soon as the connection is established. */
  read(listener: ByteListener): void;
}

const READ_SIZE = 1 << 16;
/** On POSIX systems a read is made and handed over in one go; on Windows reads are in progress at the same time. */
const shared = process.platform === 'win32' ? undefined : new Uint8Array(READ_SIZE);

export class SocketLink implements Link {
  readonly socket: Socket;
  private listener: ByteListener | undefined;

  /** Begins to connect. */
  constructor(address: EndpointAddress) {
    const onread: OnReadOpts = {
      buffer: shared ?? new Uint8Array(READ_SIZE),
      callback: (length, bytes) => {
        this.listener?.(bytes, length);
        // Pausing is done by the socket's own `pause`.
        return true;
      },
    };
    this.socket =
      address.kind === 'unix'
        ? connect({ path: address.path, onread })
        : connect({ host: address.host, port: address.port, onread });
  }

  get localAddress(): string | undefined {
    return addressText(this.socket);
  }

  read(listener: ByteListener): void {
    this.listener = listener;
  }
}

/** A connection whose socket is another one than the system's: its bytes come by a stream. */
class WrappedLink implements Link {
  constructor(
    private readonly inner: Socket,
    readonly socket: ClientSocket,
  ) {}

  get localAddress(): string | undefined {
    return addressText(this.inner);
  }

  read(listener: ByteListener): void {
    this.socket.on('data', (chunk: Buffer) => listener(chunk, chunk.length));
  }
}

function addressText({ localAddress, localPort }: Socket): string | undefined {
  if (localAddress === undefined) return undefined;
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

/**
 * Opens a connection; calls back once, with an established one or an error. The returned function gives up.
 * @param wrap gives the socket that is used in place of the system's
 */
export function openLink(
  address: EndpointAddress,
  wrap: ((socket: Socket) => ClientSocket) | undefined,
  done: (error: unknown, link: Link | undefined) => void,
): () => void {
  const link = wrap ? undefined : new SocketLink(address);
  const socket = link?.socket ?? connect(address.kind === 'unix' ? { path: address.path } : address);
  const settle = (error: unknown): void => {
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
    if (error === undefined) {
      done(undefined, link ?? new WrappedLink(socket, wrap!(socket)));
      return;
    }
    socket.on('error', () => {});
    socket.destroy();
    done(error, undefined);
  };
  socket.once('connect', () => settle(undefined));
  socket.once('error', (error) => settle(error));
  return () => {
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
    socket.on('error', () => {});
    socket.destroy();
  };
}
