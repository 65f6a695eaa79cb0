// Faults on purpose in a relay: what is decided at each connection, listener and request. Loaded only where faults are
// asked for.
import type { Fault, FaultUnit } from '../../faults/fault.js';
import { numberOf } from '../../faults/fault.js';
import { type BeginningRequest, FaultSchedule, requestFields } from '../../faults/fault-schedule.js';
import type { Clock } from '../clock.js';
import { ConnectionFaults } from './connection-faults.js';
import type { FaultyEnds, RelayFault, RelayFaultSource } from './relay-fault-seam.js';

/** The faults of a whole relay. */
export class RelayFaults implements RelayFaultSource {
  private readonly schedules: readonly FaultSchedule[];

  constructor(
    faults: readonly Fault[],
    private readonly clock: Clock,
  ) {
    const now = clock.now();
    this.schedules = faults.map((fault) => new FaultSchedule(fault, now));
  }

  connection(ends: FaultyEnds): RelayFault {
    const happening = this.happening('connection', ends.tell);
    return new ConnectionFaults({
      ends,
      clock: this.clock,
      decided: new Map(happening.map(({ fault }) => [fault.kind.name, fault])),
      decide: (request) => this.happening('request', ends.tell, request),
    });
  }

  down(tell: (name: string) => void): number {
    return Math.max(0, ...this.happening('listener', tell).map(({ fault }) => numberOf(fault, 'down')));
  }

  /** Those that happen now; each is told. */
  private happening(unit: FaultUnit, tell: (name: string) => void, request?: BeginningRequest): FaultSchedule[] {
    const now = this.clock.now();
    const fields = request === undefined ? undefined : requestFields(request);
    const happening = this.schedules.filter(
      (schedule) => schedule.fault.kind.unit === unit && schedule.happens(now, fields),
    );
    for (const { fault } of happening) tell(fault.kind.name);
    return happening;
  }
}
