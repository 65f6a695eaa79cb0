// Makes faults in a server: decides at each connection and each request, and does what was decided at the seam where it
// belongs: records on their way out, bytes of the socket, the connection's end.
import type { Socket } from 'node:net';
import { END_REQUEST, roleName } from '../../fastcgi/constants.js';
import { AnswerFaults, refusesRequest } from '../../faults/answer-faults.js';
import { AnswersInOrder } from '../../faults/answers-in-order.js';
import { type Fault, type FaultUnit, numberOf } from '../../faults/fault.js';
import { FaultSchedule, requestFields } from '../../faults/fault-schedule.js';
import type { OutputAlteration } from '../../protocol/application-options.js';
import { type Clock, systemClock } from '../clock.js';
import type { ConnectionSocket, ServerConnection } from '../server/connection.js';
import { FastcgiRequest } from '../server/fastcgi-driver.js';
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { FaultySocket } from './faulty-socket.js';

/** Faults that are made with the bytes of a socket. */
const OF_BYTES = new Set([
  'latency',
  'bandwidth',
  'slicer',
  'limit_data',
  'timeout',
  'slow_close',
  'reset_peer',
  'rst_if_reused',
]);

/** What was decided about a connection as it was accepted. */
interface ConnectionFaults {
  readonly closeWhenIdle: number | undefined;
  /** Milliseconds; 0: for ever. */
  readonly noClose: number | undefined;
}

export class ServerFaults {
  readonly schedules: readonly FaultSchedule[];
  private readonly answers = new WeakMap<ServerConnection, AnswersInOrder<AnswerFaults | undefined>>();

  constructor(
    faults: readonly Fault[],
    private readonly clock: Clock = systemClock,
  ) {
    const now = clock.now();
    this.schedules = faults.map((fault) => new FaultSchedule(fault, now));
  }

  /** Whether sockets have to be wrapped: some fault is about their bytes. */
  get wrapsSockets(): boolean {
    return this.schedules.some(({ fault }) => OF_BYTES.has(fault.kind.name));
  }

  /** For each accepted socket: what the server uses in its place. */
  readonly wrapSocket = (socket: Socket): ConnectionSocket => {
    const faulty = new FaultySocket(socket, this.clock);
    // The same methods; only the overloads of `on` differ.
    return faulty as unknown as ConnectionSocket;
  };

  /** ServerOptions.alterOutput. */
  readonly alterOutput = (connection: ServerConnection): OutputAlteration | undefined => {
    const faulty = faultySocket(connection);
    const faults = this.decideConnection(faulty);
    if (faults.noClose !== undefined) {
      connection.keepsOpen = true;
      connection.socket.on('end', () => connection.destroy());
    }
    const answers = new AnswersInOrder<AnswerFaults | undefined>();
    this.answers.set(connection, answers);
    return (record) => {
      const altered = answers.of(record)?.alter(record);
      if (record.type === END_REQUEST) this.answered(connection, faulty, faults);
      return altered;
    };
  };

  /** The handler with what is to be decided before it. */
  handler(inner: RequestHandler): RequestHandler {
    return (request) => {
      const happening = this.decideRequest(request);
      const { connection } = request;
      const faulty = connection && faultySocket(connection);
      const answer = happening.length > 0 ? new AnswerFaults(happening) : undefined;
      if (connection) this.answers.get(connection)?.begin(request.id, answer);
      if (faulty) {
        faulty.active++;
        for (const schedule of happening) if (OF_BYTES.has(schedule.fault.kind.name)) faulty.apply(schedule);
      }
      if (happening.some(({ fault }) => fault.kind.name === 'ignore_abort') && request instanceof FastcgiRequest) {
        request.ignoresAbort = true;
      }
      if (happening.some(refusesRequest)) {
        request.end();
        return undefined;
      }
      return inner(request);
    };
  }

  /**
   * Those of the listening socket with one of these names that happen now. Asked when it begins to listen, which is the first
   * opportunity, and after each connection that was accepted.
   */
  listenerFaults(names: readonly string[]): Fault[] {
    const now = this.clock.now();
    return this.schedules
      .filter(({ fault }) => fault.kind.unit === 'listener' && names.includes(fault.kind.name))
      .filter((schedule) => schedule.happens(now))
      .map(({ fault }) => fault);
  }

  private decideConnection(faulty: FaultySocket | undefined): ConnectionFaults {
    const happening = new Map(
      this.happening('connection').map((schedule) => [schedule.fault.kind.name, schedule.fault]),
    );
    const idle = happening.get('close_when_idle');
    const open = happening.get('no_close');
    if (faulty && happening.has('rst_if_reused')) faulty.resetsReused = true;
    const faults = {
      closeWhenIdle: idle && numberOf(idle, 'idle'),
      noClose: open && numberOf(open, 'hold'),
    };
    return faults;
  }

  private decideRequest(request: ServerRequest): FaultSchedule[] {
    const { params } = request;
    const fields = requestFields({
      protocol: request.protocol,
      id: request.id,
      role: roleName(request.role),
      keepConn: request instanceof FastcgiRequest && request.keepConnection,
      param: (name) => params.get(name),
    });
    const now = this.clock.now();
    return this.schedules.filter((schedule) => schedule.fault.kind.unit === 'request' && schedule.happens(now, fields));
  }

  private happening(unit: FaultUnit): FaultSchedule[] {
    const now = this.clock.now();
    return this.schedules.filter((schedule) => schedule.fault.kind.unit === unit && schedule.happens(now));
  }

  /** END_REQUEST is on its way. */
  private answered(connection: ServerConnection, faulty: FaultySocket | undefined, faults: ConnectionFaults): void {
    if (faulty) {
      faulty.active--;
      faulty.served++;
      faulty.calm();
    }
    const { closeWhenIdle, noClose } = faults;
    const { servedRequests } = connection;
    if (closeWhenIdle !== undefined) {
      this.clock.after(
        closeWhenIdle,
        () => {
          // Nobody has asked anything since.
          if (connection.activeRequests === 0 && connection.servedRequests <= servedRequests + 1) connection.close();
        },
        false,
      );
    }
    if (noClose !== undefined && noClose > 0) this.clock.after(noClose, () => connection.destroy(), false);
  }
}

function faultySocket({ socket }: ServerConnection): FaultySocket | undefined {
  return (socket as unknown) instanceof FaultySocket ? (socket as unknown as FaultySocket) : undefined;
}
