// Runs the serve command: as one process here, or hands over to a pool of workers, or to a CGI answer.
import { type Answer, DEFAULT_ANSWER } from '../endpoints/applications/answer.js';
import type { ServeApplication } from '../endpoints/applications/serve-handlers.js';
import type { ListenAddress } from '../endpoints/server/listen-address.js';
import type { ServerTimeouts } from '../endpoints/server/options.js';
import { parseFault } from '../faults/parse-fault.js';
import { UserError } from '../model/errors.js';
import type { ApplicationLimits } from '../protocol/application-options.js';
import { serveHere } from './serve-event.js';
import { parseListenAddress, type ServeCommandOptions, type Setting } from './serve-options.js';

/** Faults for which somebody has to keep the listening socket open who does not accept. */
const NEEDS_KEEPER: readonly string[] = ['stop_accepting', 'accept_delay', 'accept_mutex'];
const DEFAULT_ADDRESS = '127.0.0.1:9000';

/** Everything that serving needs, as plain data. */
export interface ServePlan {
  readonly application: ServeApplication;
  readonly listen: ListenAddress;
  readonly limits: Partial<ApplicationLimits>;
  readonly timeouts: Partial<ServerTimeouts>;
  readonly webServers: string | undefined;
  readonly options: ServeCommandOptions;
}

/** @throws UserError, ListenError */
export async function runServe(address: string | undefined, options: ServeCommandOptions): Promise<void> {
  const faults = (options.fault ?? []).map((text) => parseFault(text, 'server'));
  const backlog = faults.find(({ kind }) => kind.name === 'backlog')?.parameters.get('length') ?? options.backlog;
  const plan: ServePlan = {
    application: applicationOf(options),
    listen: {
      ...parseListenAddress(address ?? DEFAULT_ADDRESS),
      ...(backlog === undefined ? {} : { backlog: Number(backlog) }),
      ...(options.mode === undefined ? {} : { mode: options.mode }),
    },
    limits: Object.fromEntries(options.limit ?? []),
    timeouts: Object.fromEntries(options.timeout ?? []) as Partial<ServerTimeouts>,
    webServers: options.webServers ?? process.env.FCGI_WEB_SERVER_ADDRS,
    options,
  };
  checkSettings(options.limit);
  if (options.asCgi) {
    const { serveAsCgi } = await import('./serve-cgi.js');
    await serveAsCgi(plan);
    return;
  }
  const names = faults.map(({ kind }) => kind.name);
  if (options.workers !== undefined || options.acceptLock || names.some((name) => NEEDS_KEEPER.includes(name))) {
    if (names.includes('down')) throw new UserError('the fault down is made without workers', 'leave --workers out');
    const { servePool } = await import('./serve-pool.js');
    await servePool(plan, names.includes('accept_mutex'));
    return;
  }
  await serveHere(plan);
}

function checkSettings(settings: readonly Setting[] | undefined): void {
  for (const [name, value] of settings ?? []) {
    if (!Number.isFinite(value)) throw new UserError(`--limit ${name}: not a number`);
  }
}

function applicationOf(options: ServeCommandOptions): ServeApplication {
  const { cgi, cgiLimit, cgiTimeout, root } = options;
  const fixed = options.hello || options.echo || options.stream !== undefined;
  return {
    answer: answerOf(options),
    byPath: !fixed,
    root,
    cgi: cgi === undefined ? undefined : { program: cgi, limit: cgiLimit, timeout: cgiTimeout },
    faults: options.fault ?? [],
    log: options.verbose === true,
  };
}

function answerOf(options: ServeCommandOptions): Answer {
  const kind = options.hello ? 'hello' : options.echo ? 'echo' : options.stream !== undefined ? 'stream' : 'page';
  if (options.status !== undefined && options.status > 599)
    throw new UserError(`--status ${options.status}: not from 100 to 599`);
  return {
    ...DEFAULT_ANSWER,
    kind,
    status: options.status ?? DEFAULT_ANSWER.status,
    sleep: options.sleep ?? 0,
    stderr: options.stderr ?? '',
    exit: options.exit ?? 0,
    bytes: options.stream ?? DEFAULT_ANSWER.bytes,
  };
}
