// How the connections of a listener ended, counted: who sent the first FIN and the first RST, and on whose side they are
// left in TIME_WAIT.
import { BY_APPLICATION, BY_BOTH, BY_NONE, BY_WEB_SERVER, bySide, type Side } from '../model/side.js';
import type { ConnectionTable } from '../tcp/connection-table.js';
import { isClosed } from './checks/shared-endings.js';
import type { BySide, Summary } from './snapshot.js';

export class Endings {
  closed = 0;
  // By BY_NONE, BY_WEB_SERVER, BY_APPLICATION, BY_BOTH.
  readonly firstFin = new Float64Array(4);
  readonly firstReset = new Float64Array(4);
  readonly timeWait = new Float64Array(4);

  static sum(parts: readonly Endings[]): Endings {
    const sum = new Endings();
    for (const part of parts) {
      sum.closed += part.closed;
      for (let by = 0; by < 4; by++) {
        sum.firstFin[by] += part.firstFin[by];
        sum.firstReset[by] += part.firstReset[by];
        sum.timeWait[by] += part.timeWait[by];
      }
    }
    return sum;
  }

  /** How many are left in TIME_WAIT on the side. */
  leftOn(side: Side): number {
    return this.timeWait[bySide(side)] + this.timeWait[BY_BOTH];
  }

  count(connections: ConnectionTable, row: number): void {
    this.firstFin[connections.firstFin[row]]++;
    this.firstReset[connections.firstReset[row]]++;
    this.timeWait[connections.timeWait[row]]++;
    if (isClosed(connections, row)) this.closed++;
  }
}

export function firstFinsOf({ firstFin }: Endings): Summary['firstFin'] {
  return {
    application: firstFin[BY_APPLICATION],
    'web-server': firstFin[BY_WEB_SERVER],
    simultaneous: firstFin[BY_BOTH],
    none: firstFin[BY_NONE],
  };
}

export function firstResetsOf({ firstReset }: Endings): BySide {
  return {
    application: firstReset[BY_APPLICATION],
    'web-server': firstReset[BY_WEB_SERVER],
    none: firstReset[BY_NONE] + firstReset[BY_BOTH],
  };
}

export function timeWaitsOf({ timeWait }: Endings): Summary['timeWait'] {
  return {
    application: timeWait[BY_APPLICATION],
    'web-server': timeWait[BY_WEB_SERVER],
    both: timeWait[BY_BOTH],
    none: timeWait[BY_NONE],
  };
}
