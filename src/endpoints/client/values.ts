// GET_VALUES asked of an application (specification 1.0, section 4.1): what it says of its own limits.
import { nameValuePairs } from '../../fastcgi/encode.js';
import { UserError } from '../../model/errors.js';
import type { ClientConnection, ValuesListener } from './connection.js';
import type { ClientError } from './errors.js';
import type { PoolTask } from './pool.js';

/** The names the specification knows. */
export const VALUE_NAMES = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'] as const;

export interface ValuesAnswer {
  /**
   * - `answered`: GET_VALUES_RESULT
   * - `unknown-type`: UNKNOWN_TYPE, no information
   * - `timeout`: nothing in time (the connection is given up)
   * - `closed`: the connection was closed instead
   */
  readonly outcome: 'answered' | 'unknown-type' | 'timeout' | 'closed';
  /** What came, by name; names that were not asked for as well. */
  readonly values: ReadonlyMap<string, string>;
  /** Requests at a time on one connection according to it: 1 unless FCGI_MPXS_CONNS is 1. */
  readonly perConnection: number;
}

/** Requests at a time where an application multiplexes and does not say how many. */
const DEFAULT_REQUESTS = 100;

/** The content of a GET_VALUES record. @throws UserError if the names do not fit. */
export function valuesQuestion(names: readonly string[]): Uint8Array {
  // Each name once: libfcgi 2.4.2 overruns its answer's buffer on repeated ones.
  const content = nameValuePairs([...new Set(names)].map((name): [string, string] => [name, '']));
  if (content.length > 65_535 - 8) throw new UserError('these names do not fit into one GET_VALUES record');
  return content;
}

function answer(outcome: ValuesAnswer['outcome'], pairs: readonly (readonly [string, string])[] = []): ValuesAnswer {
  const values = new Map(pairs);
  return { outcome, values, perConnection: perConnection(values) };
}

function perConnection(values: ReadonlyMap<string, string>): number {
  if (values.get('FCGI_MPXS_CONNS') !== '1') return 1;
  const said = values.get('FCGI_MAX_REQS');
  if (said === undefined) return DEFAULT_REQUESTS;
  return /^\d{1,9}$/.test(said) ? Math.max(1, Math.min(65_535, Number(said))) : 1;
}

/** Asks on a connection of the pool that nobody else uses meanwhile. */
export class ValuesTask implements PoolTask<ClientConnection>, ValuesListener {
  readonly mayShare = false;
  private connection: ClientConnection | undefined;
  private readonly user = { drained() {} };

  constructor(
    private readonly content: Uint8Array,
    private readonly done: (answer: ValuesAnswer | undefined, error: ClientError | undefined) => void,
  ) {}

  opening(): void {}

  run(connection: ClientConnection): boolean {
    this.connection = connection;
    connection.use(this.user);
    connection.getValues(this.content, this);
    return true;
  }

  refused(error: ClientError): void {
    this.done(undefined, error);
  }

  result(values: readonly (readonly [string, string])[]): void {
    this.finish(answer('answered', values));
  }

  none(why: 'unknown-type' | 'closed'): void {
    this.finish(answer(why));
  }

  /** It has waited long enough. A late answer would come in the middle of a request: the connection goes. */
  timedOut(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.forgetValues();
    connection?.close(true);
    this.done(answer('timeout'), undefined);
  }

  private finish(result: ValuesAnswer): void {
    const { connection } = this;
    if (!connection) return;
    this.connection = undefined;
    connection.whenRead(() => this.done(result, undefined));
    connection.leave(this.user);
  }
}
