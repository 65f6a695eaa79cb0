// Makes faults in a client: decides as each request is asked, alters the request itself, and does to the bytes of its
// connection what was decided.
import type { Socket } from 'node:net';
import { KEEP_CONN, RESPONDER, roleName } from '../../fastcgi/constants.js';
import { type Fault, numberOf } from '../../faults/fault.js';
import { FaultSchedule, requestFields } from '../../faults/fault-schedule.js';
import { type PairList, pairList } from '../../protocol/web-server-params.js';
import type { ExchangeRequest } from '../client/exchange-request.js';
import type { OutgoingFaults } from '../client/outgoing.js';
import type { ClientSocket } from '../client/socket-link.js';
import { type Clock, systemClock } from '../clock.js';
import { FaultySocket } from './faulty-socket.js';
import { stalledBody } from './stalled-body.js';

const OF_THE_REQUEST = new Set(['content_length', 'stall_stdin']);

export interface ClientFaultOptions {
  readonly protocol?: 'fastcgi' | 'scgi';
  /** KEEP_CONN where a request's flags do not say. */
  readonly keepConn?: boolean;
  readonly clock?: Clock;
}

export class ClientFaults implements OutgoingFaults {
  readonly schedules: readonly FaultSchedule[];
  private readonly clock: Clock;
  private readonly decided = new WeakMap<ExchangeRequest, readonly FaultSchedule[]>();

  constructor(
    faults: readonly Fault[],
    private readonly options: ClientFaultOptions = {},
  ) {
    this.clock = options.clock ?? systemClock;
    const now = this.clock.now();
    this.schedules = faults.map((fault) => new FaultSchedule(fault, now));
  }

  /** How often each fault happened, a line each. */
  lines(): string[] {
    return this.schedules.map(({ fault, happened }) => `fault ${fault.text}: happened ${happened} times`);
  }

  /** Sockets are wrapped where some fault is about their bytes. */
  get socket(): ((socket: Socket) => ClientSocket) | undefined {
    if (this.schedules.every(({ fault }) => OF_THE_REQUEST.has(fault.kind.name))) return undefined;
    // As with a client's own sockets, the application's FIN closes the other direction too.
    return (socket) =>
      new FaultySocket(socket, this.clock, 'upstream', { allowHalfOpen: false }) as unknown as ClientSocket;
  }

  readonly request = (request: ExchangeRequest): ExchangeRequest => {
    const params = pairList(request.params);
    const now = this.clock.now();
    const fields = this.fields(request, params);
    const happening = this.schedules.filter((schedule) => schedule.happens(now, fields));
    let altered = request;
    for (const { fault } of happening) {
      if (fault.kind.name === 'content_length') {
        altered = { ...altered, params: declared(params, String(numberOf(fault, 'declared'))) };
      } else if (fault.kind.name === 'stall_stdin') {
        const stdin = stalledBody(altered.stdin, numberOf(fault, 'bytes'), numberOf(fault, 'stall'), this.clock);
        altered = { ...altered, stdin };
      }
    }
    this.decided.set(altered, happening);
    return altered;
  };

  readonly begun = (socket: ClientSocket, request: ExchangeRequest, alone: boolean): void => {
    const faulty = socket as unknown;
    if (!(faulty instanceof FaultySocket)) return;
    // What was decided for the request before ended with it.
    if (alone) faulty.clear();
    for (const schedule of this.decided.get(request) ?? []) {
      if (!OF_THE_REQUEST.has(schedule.fault.kind.name)) faulty.apply(schedule);
    }
  };

  private fields(request: ExchangeRequest, params: PairList): ReturnType<typeof requestFields> {
    const { protocol = 'fastcgi', keepConn = false } = this.options;
    return requestFields({
      protocol,
      id: 0,
      role: roleName(request.role ?? RESPONDER),
      keepConn: request.flags === undefined ? keepConn : (request.flags & KEEP_CONN) !== 0,
      param: (name) => {
        const value = params.find((pair) => text(pair[0]) === name)?.[1];
        return value === undefined ? undefined : text(value);
      },
    });
  }
}

function declared(params: PairList, length: string): PairList {
  const list = params.filter(([name]) => text(name) !== 'CONTENT_LENGTH');
  // SCGI wants it before all others; elsewhere its place does not matter.
  return [['CONTENT_LENGTH', length], ...list];
}

function text(bytes: Uint8Array | string): string {
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
}
