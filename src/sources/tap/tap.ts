// A tap at work: the relay in its own thread, and what it tells handed to the analysis in this one.
import { Worker } from 'node:worker_threads';
import type { TapSink } from '../../analysis/live/tap-sink.js';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import { APPLICATION, WEB_SERVER } from '../../model/side.js';
import * as event from './event-ring.js';
import type { RelayPair } from './relay.js';
import type { FromRelay, RelayData, ToRelay } from './relay-messages.js';
import { relayWorker } from './relay-worker-path.js';
import { DETAIL_APPLICATION, DETAIL_KNEW } from './ring-observer.js';

export interface TapOptions {
  readonly pairs: readonly RelayPair[];
  /** Access rights of socket files; default: those of the application's socket. */
  readonly mode?: number | undefined;
  /** Faults to make, as `parseFault` takes them. */
  readonly faults?: readonly string[] | undefined;
  /** Bytes between the relay and the analysis, a power of two. */
  readonly ringSize?: number;
  /** While it gives something to wait for, nothing is handed over. */
  readonly hold?: (() => Promise<void> | undefined) | undefined;
  /** The relay's thread has failed: our bug. */
  readonly onFailure: (error: Error) => void;
}

export interface Tap {
  /** Where each pair listens, with the port that was chosen. */
  readonly listening: readonly EndpointAddress[];
  readonly warnings: readonly string[];
  /** Milliseconds since 1970 at time 0 of what the sink hears. */
  readonly origin: number;
  /** Messages that were lost between relay and analysis because this thread was too slow, bytes left aside. */
  readonly lost: number;
  /** Hands over what has come so far, unless it is held; otherwise done every few milliseconds. The sink is to be set before. */
  drain(): void;
  sink: TapSink;
  stopAccepting(): void;
  end(connections: readonly number[]): void;
  /** Closes all connections and hands over the rest. */
  close(): Promise<void>;
}

const RING_SIZE = 32 << 20;
/** Megabytes of new objects in the relay's thread: those of a connection live as long as it does, the rest is short-lived. */
const YOUNG = 8;
/** Milliseconds between two looks at the ring while something happens. */
const INTERVAL = 10;
/** Looks without anything new before the relay is asked to wake us. */
const QUIET = 3;
/** Messages handed over before timers and screens get their turn. */
const TURN = 4096;

/** @throws UserError if an address cannot be listened on */
export async function openTap(options: TapOptions): Promise<Tap> {
  const memory = event.ringMemory(options.ringSize ?? RING_SIZE);
  const data: RelayData = { pairs: options.pairs, mode: options.mode, faults: options.faults ?? [], memory };
  const worker = new Worker(relayWorker(), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
  });
  const ring = new event.RingReader(memory);
  const tell = (message: ToRelay) => worker.postMessage(message);
  const reader = new TapReader(ring, options.hold);
  let onClosed: (() => void) | undefined;
  let failed = false;
  const { listening, warnings, origin } = await new Promise<Extract<FromRelay, { kind: 'listening' }>>(
    (resolve, reject) => {
      worker.on('message', (message: FromRelay) => {
        if (message.kind === 'wake') reader.wake();
        else if (message.kind === 'listening') resolve(message);
        else if (message.kind === 'refused') reject(new UserError(message.message, message.hint));
        else onClosed?.();
      });
      worker.on('error', (error) => {
        failed = true;
        reject(error);
        onClosed?.();
        options.onFailure(error);
      });
    },
  );
  return {
    listening,
    warnings,
    origin,
    get lost() {
      return ring.lost;
    },
    get sink() {
      return reader.sink;
    },
    set sink(sink) {
      reader.sink = sink;
      reader.wake();
    },
    drain() {
      if (options.hold?.() === undefined) reader.drain();
    },
    stopAccepting: () => tell({ kind: 'stop' }),
    end: (connections) => tell({ kind: 'end', connections }),
    async close() {
      if (!failed) {
        const closed = new Promise<void>((resolve) => {
          onClosed = resolve;
        });
        tell({ kind: 'close' });
        await closed;
      }
      reader.drain();
      reader.stop();
      await worker.terminate();
    },
  };
}

const NOBODY: TapSink = {
  opened() {},
  connected() {},
  failed() {},
  data() {},
  paused() {},
  resumed() {},
  finished() {},
  reset() {},
  cut() {},
  closed() {},
  fault() {},
  notAccepted() {},
};

/** Takes messages out of the ring, a few thousand at a time. */
class TapReader {
  sink: TapSink = NOBODY;
  private readonly message = new event.RingMessage();
  private timer: NodeJS.Timeout | undefined;
  private quiet = 0;
  private stopped = false;

  constructor(
    private readonly ring: event.RingReader,
    private readonly hold: TapOptions['hold'],
  ) {}

  wake(): void {
    this.quiet = 0;
    if (this.timer === undefined && !this.stopped && this.sink !== NOBODY) this.look();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  drain(): void {
    if (this.sink === NOBODY) return;
    while (this.ring.next(this.message)) this.hand();
  }

  private look(): void {
    this.timer = undefined;
    if (this.stopped) return;
    const held = this.hold?.();
    if (held !== undefined) {
      void held.then(() => {
        if (this.timer === undefined) this.look();
      });
      return;
    }
    let count = 0;
    while (count < TURN && this.ring.next(this.message)) {
      this.hand();
      count++;
    }
    if (count > 0) this.quiet = 0;
    else if (++this.quiet > QUIET && this.ring.sleep()) return;
    this.timer = setTimeout(() => this.look(), count === TURN ? 0 : INTERVAL);
  }

  private hand(): void {
    const { message, sink } = this;
    const { kind, connection, detail, time } = message;
    const side = (detail & DETAIL_APPLICATION) === 0 ? WEB_SERVER : APPLICATION;
    switch (kind) {
      case event.EVENT_OPENED: {
        const address = this.word();
        sink.opened(connection, detail, address === '' ? undefined : { address, port: message.position }, time);
        break;
      }
      case event.EVENT_CONNECTED:
        sink.connected(connection, time);
        break;
      case event.EVENT_FAILED:
        sink.failed(connection, this.word(), time);
        break;
      case event.EVENT_DATA:
        sink.data(
          connection,
          side,
          message.bytes,
          message.start,
          message.start + message.length,
          message.position,
          time,
        );
        break;
      case event.EVENT_PAUSED:
        sink.paused(connection, side, time);
        break;
      case event.EVENT_RESUMED:
        sink.resumed(connection, side, time);
        break;
      case event.EVENT_FINISHED:
        sink.finished(connection, side, (detail & DETAIL_KNEW) !== 0, message.position, time);
        break;
      case event.EVENT_RESET:
        sink.reset(connection, side, this.word(), time);
        break;
      case event.EVENT_CUT:
        sink.cut(connection, time);
        break;
      case event.EVENT_CLOSED:
        sink.closed(connection, [detail / 1000, message.position], time);
        break;
      case event.EVENT_FAULT:
        sink.fault(connection, this.word(), time);
        break;
      case event.EVENT_NOT_ACCEPTED:
        sink.notAccepted(connection, this.word(), time);
        break;
    }
  }

  private word(): string {
    const { bytes, start, length } = this.message;
    return bytes.toString('latin1', start, start + length);
  }
}
