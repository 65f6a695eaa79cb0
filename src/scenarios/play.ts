// What happens in a scenario, as plain data: the application, the web server in front of it, and the load. Whoever runs it
// may put real programs in their places. Times are milliseconds.

/** Fronts and applications that can stand in a scenario; `embedded` is our own. */
export const FRONTS = ['embedded', 'nginx', 'lighttpd', 'apache', 'haproxy'] as const;
export const APPLICATIONS = ['embedded', 'php-fpm', 'libfcgi'] as const;
export type FrontName = (typeof FRONTS)[number];
export type ApplicationName = (typeof APPLICATIONS)[number];

/** Web servers that the embedded front behaves like. */
export type FrontLike =
  | 'nginx'
  | 'lighttpd'
  | 'lighttpd-2009'
  | 'apache'
  | 'haproxy'
  | 'haproxy-multiplexing'
  | 'mod-cgid';

export interface FrontPlan {
  readonly like: FrontLike;
  /**
   * `never`: a connection for each request. `flag`: the application is asked to keep it, and it is closed all the same.
   * A number: so many idle connections are kept.
   */
  readonly keep: 'never' | 'flag' | number;
  /** An idle connection is closed after this time. */
  readonly idleTimeout?: number;
  /** A kept connection is closed after so many requests. */
  readonly maxRequests?: number;
  /** Connections at most. Default: no limit. */
  readonly most?: number;
  /** A request without an answer for so long is given up. Default 60 s. */
  readonly readTimeout?: number;
  readonly connectTimeout?: number;
  /** A request that found a kept connection closed is sent again. Default: as that web server does. */
  readonly retry?: boolean;
  /** Of the old lighttpd: an id that counts as in use for ever. */
  readonly highestRequestId?: number;
  /** Requests at a time on one connection. */
  readonly multiplex?: number;
  /** The first thing on each connection is GET_VALUES. */
  readonly askFirst?: boolean;
  /** Which of the applications. Default the first. */
  readonly target?: number;
  /** It connects to the application itself, past the tap: only the host's view sees it. */
  readonly direct?: boolean;
  /** Tries to connect, where it tries again (mod_cgid's daemon). */
  readonly connectTries?: number;
  /** Padding of GET_VALUES; libfcgi answers only padded ones. */
  readonly padded?: boolean;
  /** Where PARAMS that need several records are cut: between two pairs, or anywhere; and the size of such a record. */
  readonly paramsCut?: 'at-pairs' | 'anywhere';
  readonly paramsRecord?: number;
}

export interface ApplicationPlan {
  /** Processes. 0: one that takes every connection as it comes. */
  readonly workers: number;
  /** Requests (or connections, see `slot`) that each serves at a time. Default 1. */
  readonly slots?: number;
  /** What holds a slot: see the process models of the server. Default `connection`, as php-fpm. */
  readonly slot?: 'connection' | 'request' | 'handler';
  /** One lock around accepting and reading PARAMS, as in libfcgi's threaded example. */
  readonly acceptLock?: boolean;
  readonly backlog?: number;
  /** As `serve --fault` takes them. */
  readonly faults?: readonly string[];
  readonly maxRequests?: number;
  readonly jitter?: number;
  /** Of what chance decides. */
  readonly seed?: number;
  readonly replaceDead?: 'all' | 'one-per-check' | 'never';
  readonly cache?: 'none' | 'shared' | 'private';
  readonly multiplex?: boolean;
  /** How long it waits for the web server to close after its last byte. */
  readonly linger?: number;
  /** A connection that sends nothing is closed after this time; 0: never. */
  readonly firstByte?: number;
  /** What the web server's leaving means for a request under way: its handler is told, or not. Default `abort`. */
  readonly peerEnd?: 'abort' | 'finish';
  /** How many of its slots are taken, and where its requests are, is looked at ten times a second. */
  readonly watched?: boolean;
  /** It is known from a configuration: of how many workers, and which backlog was asked for. */
  readonly configured?: boolean;
}

interface AnyStep {
  /** Since the start, or since the end of the step it follows. */
  readonly at: number;
  readonly name?: string;
  /** Name of the step whose end it waits for. */
  readonly after?: string;
}

/** Requests through a front. */
export interface RequestStep extends AnyStep {
  readonly kind: 'requests';
  readonly uri: string;
  readonly count: number;
  /** So many at a time; or one each `every` milliseconds whether the others are answered or not. Default 1 at a time. */
  readonly atOnce?: number;
  readonly every?: number;
  /** Pause of each place between two of its requests. */
  readonly think?: number;
  /** Which front. Default the first. */
  readonly front?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body; `declared`: what CONTENT_LENGTH says instead; `stall`: it stops half way for so long. */
  readonly body?: { readonly bytes: number; readonly declared?: number; readonly stall?: number };
  /** Its client goes away after this time. */
  readonly giveUpAfter?: number;
  /** Its client does not read the answer for so long. */
  readonly readAfter?: number;
}

/** Connections that are no requests, or half of one: to the tap directly, as a health check or a lost packet makes them. */
export interface HoldStep extends AnyStep {
  readonly kind: 'hold';
  readonly count: number;
  readonly send: 'nothing' | 'half-params' | 'request';
  /** They are closed after this time. */
  readonly lasting: number;
  /** They stay open also when the application has closed its side. */
  readonly ignoreEnd?: boolean;
  readonly uri?: string;
}

/** Workers of the application are killed. */
export interface KillStep extends AnyStep {
  readonly kind: 'kill';
  readonly workers: number;
}

/** The application ends, and its socket file may stay. `again`: it comes back after this time. */
export interface GoneStep extends AnyStep {
  readonly kind: 'gone';
  readonly again?: number;
}

/** Nothing happens, but the host is looked at. */
export interface WaitStep extends AnyStep {
  readonly kind: 'wait';
  readonly lasting: number;
}

export type Step = RequestStep | HoldStep | KillStep | GoneStep | WaitStep;

export interface Play {
  readonly transport: 'tcp' | 'unix';
  readonly application: ApplicationPlan;
  /** Several applications that share the work, in turn; the first one stands for all that is said about one. */
  readonly more?: readonly ApplicationPlan[];
  readonly fronts: readonly FrontPlan[];
  readonly steps: readonly Step[];
}
