// `serve --workers N`: processes on one listening socket, each with as many places as it is given.
import type { ServeMessage } from '../endpoints/applications/serve-worker.js';
import { systemClock } from '../endpoints/clock.js';
import { closeOnSignals } from '../endpoints/server/signals.js';
import { startWorkers } from '../endpoints/workers/start-workers.js';
import type { WorkTotals } from '../endpoints/workers/status.js';
import { NO_WORK } from '../endpoints/workers/status.js';
import { totalsText } from '../reporters/serve-text.js';
import { exitWith } from './exit.js';
import { advise, complain } from './output.js';
import { listeningText, printRequest } from './serve-event.js';
import type { ServePlan } from './serve-run.js';
import { standardOutput } from './standard-output.js';

/** Threads of libfcgi's threaded example. */
const LIBFCGI_THREADS = 20;

/**
 * @param acceptMutex the fault of that name: one lock around accepting
 * @throws UserError, ListenError
 */
export async function servePool(plan: ServePlan, acceptMutex: boolean): Promise<void> {
  const { options, application, listen } = plan;
  const started = systemClock.now();
  const acceptLock = acceptMutex || options.acceptLock === true;
  const pool = await startWorkers({
    handler: { name: 'serve', options: application },
    listen,
    // Faults that need somebody to keep the socket open are about one process otherwise.
    workers: options.workers ?? 1,
    slots:
      options.perWorker ??
      (options.workers !== undefined ? 1 : acceptLock ? LIBFCGI_THREADS : Number.POSITIVE_INFINITY),
    slot: options.slot === 'compute' ? 'handler' : (options.slot ?? 'connection'),
    acceptLock,
    ...(options.maxRequests === undefined ? {} : { maxRequests: options.maxRequests }),
    ...(options.lifetime === undefined ? {} : { lifetime: options.lifetime }),
    server: {
      protocol: options.scgi ? 'scgi' : 'fastcgi',
      ...(options.multiplex === undefined ? {} : { multiplex: options.multiplex }),
      limits: plan.limits,
      timeouts: plan.timeouts,
      ...(plan.webServers === undefined ? {} : { webServerAddresses: plan.webServers }),
    },
  });
  const happened = application.faults.map(() => 0);
  pool.on('message', (message) => {
    const said = message as ServeMessage;
    if (said.kind === 'request') printRequest(said.request, true, options.ascii === true);
    else
      said.happened.forEach((times, index) => {
        happened[index] += times;
      });
  });
  pool.on('failure', (text, { pid }) => complain(`worker ${pid}: ${text.split('\n')[0]}`));
  pool.on('ended', ({ pid, code, signal, retired }) => {
    if (!retired) complain(`worker ${pid} died: ${signal ?? `exit status ${code}`}; another takes its place`);
  });
  if (!options.quiet) {
    const workers = `${options.workers ?? 1} ${options.workers === undefined || options.workers === 1 ? 'worker' : 'workers'}`;
    advise(`${listeningText(pool.address, options.scgi === true)}; ${workers}`);
  }
  let totals: WorkTotals = NO_WORK;
  const code = await new Promise<number>((resolve) => {
    const closing = {
      async close(how: Parameters<typeof pool.close>[0]): Promise<boolean> {
        // Who has ended cannot be asked.
        totals = await pool.status().then(
          (status) => status.totals,
          () => totals,
        );
        return pool.close(how);
      },
    };
    const source = {
      on: (signal: NodeJS.Signals, listener: () => void) => process.on(signal, listener),
      off: (signal: NodeJS.Signals, listener: () => void) => process.off(signal, listener),
      exit: resolve,
    };
    closeOnSignals(source, closing);
    void pool.closed.then(({ code: status }) => resolve(status ?? 1));
  });
  await pool.closed;
  const faults = application.faults.map((text, index) => ({ text, happened: happened[index] }));
  if (!options.quiet) {
    standardOutput().write(
      totalsText(
        {
          connections: totals.accepted,
          requests: totals.requests,
          aborted: totals.aborted,
          failed: totals.failed,
          refused: {},
          dropped: 0,
          bytesReceived: totals.bytesReceived,
          bytesSent: totals.bytesSent,
          duration: (systemClock.now() - started) / 1000,
          problems: {},
          faults,
        },
        options.ascii === true,
      ),
    );
  }
  exitWith(code);
}
