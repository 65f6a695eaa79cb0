// How the requests of a load are sent: through a FastCGI or an SCGI client.
import { type ClientRequest, FastcgiClient } from '../client/client.js';
import { ClientError } from '../client/errors.js';
import { ScgiClient } from '../client/scgi-client.js';
import type { ClientFaults } from '../faults/client-faults.js';
import type { LoadCarrier, LoadedRequest } from './load-run.js';

export interface LoadTarget {
  readonly address: string;
  readonly scgi: boolean;
  readonly keepConn: boolean;
  /** Requests at a time on one connection. */
  readonly perConnection: number;
  /** Connections at most. */
  readonly connections: number;
  /** Milliseconds for each request; 0: as long as it takes. */
  readonly timeout: number;
  /** Bytes of a body are sent again and again: it cannot be a stream. */
  readonly faults?: ClientFaults;
  readonly request: ClientRequest & { readonly body?: string | Uint8Array };
}

export interface Carrier {
  readonly carry: LoadCarrier;
  /** Connections opened so far. */
  readonly connections: number;
  close(): Promise<void>;
  /** What is in progress fails. */
  destroy(): Promise<void>;
}

/** @throws UserError if address or request cannot be used */
export function carrierFor(target: LoadTarget): Carrier {
  return target.scgi ? new ScgiCarrier(target) : new FastcgiCarrier(target);
}

class FastcgiCarrier implements Carrier {
  connections = 0;
  readonly carry: LoadCarrier;
  private readonly client: FastcgiClient;

  constructor({ address, keepConn, perConnection, connections, timeout, request, faults }: LoadTarget) {
    this.client = new FastcgiClient(address, {
      keepConn,
      ...(faults ? { faults } : {}),
      multiplex: perConnection > 1 ? perConnection : 'never',
      pool: {
        maximum: connections,
        keepIdle: keepConn ? connections : 0,
        queueLimit: Number.MAX_SAFE_INTEGER,
        idleTimeout: 0,
      },
      retry: { attempts: 1 },
      timeouts: { total: timeout, firstByte: timeout, idle: timeout, queue: timeout },
    });
    const encoded = this.client.encode(request);
    this.carry = (loaded: LoadedRequest) => {
      this.client.exchange(encoded, {
        stdout: (bytes, start, end) => loaded.stdout(bytes, start, end),
        stderr: (bytes, start, end) => loaded.stderr(bytes, start, end),
        completed: (completion) => {
          this.connections = Math.max(this.connections, completion.connection);
          loaded.completed(completion);
        },
        failed: (error) => loaded.failed(error),
      });
    };
  }

  close(): Promise<void> {
    return this.client.close();
  }

  destroy(): Promise<void> {
    return this.client.destroy();
  }
}

class ScgiCarrier implements Carrier {
  connections = 0;
  readonly carry: LoadCarrier;
  private readonly client: ScgiClient;

  constructor({ address, timeout, request, faults }: LoadTarget) {
    this.client = new ScgiClient(address, {
      ...(faults ? { faults } : {}),
      timeouts: { total: timeout, firstByte: timeout, idle: timeout },
    });
    this.carry = (loaded) => {
      this.connections++;
      void this.ask(request, loaded);
    };
  }

  private async ask(request: LoadTarget['request'], loaded: LoadedRequest): Promise<void> {
    try {
      const response = await this.client.request(request);
      loaded.stdout(response.head, 0, response.head.length);
      for await (const piece of response.body) loaded.stdout(piece as Uint8Array, 0, (piece as Uint8Array).length);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      loaded.failed(error);
      return;
    }
    loaded.completed({ appStatus: undefined, reused: false });
  }

  close(): Promise<void> {
    return this.client.destroy();
  }

  destroy(): Promise<void> {
    return this.client.destroy();
  }
}
