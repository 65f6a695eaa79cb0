// The stages that connections and requests pass through in a worker, as in a server that accepts, reads, computes and
// writes in different places: how many are at each of them now.

export interface StageDepths {
  /** Connections without a request: new ones that have sent nothing, and kept ones. */
  readonly idle: number;
  /** Connections on which a request is being received: its PARAMS, or its body where a slot waits for that. */
  readonly reading: number;
  /** Requests that wait for a slot. */
  readonly waiting: number;
  /** Handlers that are running. */
  readonly processing: number;
  /** Connections whose requests are answered, with bytes that the web server has not taken yet. */
  readonly writing: number;
  /** Connections that this side has closed and the web server has not. */
  readonly closing: number;
}

export const NO_STAGES: StageDepths = { idle: 0, reading: 0, waiting: 0, processing: 0, writing: 0, closing: 0 };

export function addStages(one: StageDepths, other: StageDepths): StageDepths {
  return {
    idle: one.idle + other.idle,
    reading: one.reading + other.reading,
    waiting: one.waiting + other.waiting,
    processing: one.processing + other.processing,
    writing: one.writing + other.writing,
    closing: one.closing + other.closing,
  };
}

/** What a connection shows of itself. */
export interface StagedConnection {
  /** Requests that are not answered, and those of them whose handlers have begun. */
  readonly activeRequests: number;
  requests(): Iterable<unknown>;
  /** It may send another request. */
  readonly isOpen: boolean;
  readonly socket: { readonly writableLength: number };
}

/** Looks at every connection, which is done when somebody asks and not before. */
export function connectionStages(
  connections: Iterable<StagedConnection>,
  counted: { readonly receiving: number; readonly waiting: number; readonly processing: number },
): StageDepths {
  let idle = 0;
  let reading = counted.receiving;
  let writing = 0;
  let closing = 0;
  for (const connection of connections) {
    if (connection.activeRequests > 0) {
      let begun = 0;
      for (const _ of connection.requests()) begun++;
      if (connection.activeRequests > begun) reading++;
    } else if (connection.socket.writableLength > 0) {
      writing++;
    } else if (connection.isOpen) {
      idle++;
    } else {
      closing++;
    }
  }
  return { idle, reading, waiting: counted.waiting, processing: counted.processing, writing, closing };
}
