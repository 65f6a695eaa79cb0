// What a check says: the report's findings (see the JSON report's documentation for the meaning of each field).

export type Severity = 'error' | 'warning' | 'note';
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** Programs that advice is for. */
export type AdviceFor =
  | 'nginx'
  | 'lighttpd'
  | 'apache'
  | 'haproxy'
  | 'caddy'
  | 'php-fpm'
  | 'libfcgi'
  | 'application'
  | 'host'
  | 'capture';

export interface Advice {
  readonly for: AdviceFor;
  readonly text: string;
}

export interface Evidence {
  readonly packet?: number;
  /** Nanoseconds since the first packet. */
  readonly time?: number;
  /** Rows of the tables (the report's ids are these rows). */
  readonly connection?: number;
  readonly request?: number;
  /** One sentence. Captured text in it is not yet safe to print: reporters see to that. */
  readonly text: string;
}

export interface Scope {
  readonly endpoint?: string;
  readonly connection?: number;
  readonly request?: number;
}

export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  /** One line, the headline. */
  readonly title: string;
  /** What happens and why it matters, in two to four sentences. */
  readonly detail: string;
  /** How many connections, requests or events it is about. */
  readonly count: number;
  readonly scope: Scope;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly Advice[];
  /** The host shows it at this moment; left out where it is concluded from what has passed. */
  readonly now?: true;
}

/** Evidence kept in one finding: the first ones prove it, the count says how many there are. */
export const MAX_EVIDENCE = 8;
