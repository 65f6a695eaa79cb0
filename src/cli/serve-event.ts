// `serve` without workers: one process, this one, that takes every connection.
import type { AddressInfo, Socket } from 'node:net';
import { serveHandlers } from '../endpoints/applications/serve-handlers.js';
import { systemClock } from '../endpoints/clock.js';
import { addressText, type ListenAddress } from '../endpoints/server/listen-address.js';
import { openListener } from '../endpoints/server/listener.js';
import { Server } from '../endpoints/server/server.js';
import { closeOnSignals } from '../endpoints/server/signals.js';
import { numberOf } from '../faults/fault.js';
import type { ServedRequest } from '../model/served-request.js';
import { safeText } from '../reporters/safe-text.js';
import { requestLine, type ServedTotals, totalsText } from '../reporters/serve-text.js';
import { exitWith } from './exit.js';
import { advise, complain } from './output.js';
import type { ServePlan } from './serve-run.js';
import { standardOutput } from './standard-output.js';

/** @throws UserError, ListenError */
export async function serveHere(plan: ServePlan): Promise<void> {
  const { options, listen } = plan;
  const started = systemClock.now();
  const handlers = await serveHandlers(plan.application, (request) =>
    printRequest(request, false, options.ascii === true),
  );
  const server = new Server({
    ...handlers,
    protocol: options.scgi ? 'scgi' : 'fastcgi',
    multiplex: options.multiplex ?? true,
    limits: plan.limits,
    timeouts: plan.timeouts,
    webServerAddresses: plan.webServers,
  });
  tellTrouble(server, options.quiet === true);
  const { wrapSocket, faults } = handlers;
  const take = (socket: Socket): void => {
    server.handleConnection(wrapSocket ? wrapSocket(socket) : socket);
    downIfDue();
  };
  const downIfDue = (): void => {
    for (const fault of faults?.listenerFaults(['down']) ?? []) goDown(numberOf(fault, 'down'));
  };
  let bound: ListenAddress = listen;
  const open = async (): Promise<void> => {
    const listener = await openListener(bound, take);
    const address = listener.address();
    if ('port' in bound && address !== null && typeof address === 'object') bound = { ...bound, port: address.port };
    server.attach(listener);
  };
  const goDown = (milliseconds: number): void => {
    if (!server.isListening) return;
    void server.stopListening();
    systemClock.after(milliseconds, () => {
      if (!closing) open().catch((error: unknown) => complain((error as Error).message));
    });
  };
  let closing = false;
  await open();
  downIfDue();
  if (!options.quiet) advise(listeningText(server.address() ?? addressText(bound), options.scgi === true));
  const code = await new Promise<number>((resolve) => {
    const source = {
      on: (signal: NodeJS.Signals, listener: () => void) =>
        process.on(signal, () => {
          closing = true;
          listener();
        }),
      off: (signal: NodeJS.Signals, listener: () => void) => process.off(signal, listener),
      exit: resolve,
    };
    closeOnSignals(source, server);
  });
  handlers.close();
  const duration = (systemClock.now() - started) / 1000;
  const happened = faults?.schedules.map(({ fault, happened }) => ({ text: fault.text, happened })) ?? [];
  if (!options.quiet) standardOutput().write(totalsText(totalsOf(server, duration, happened), options.ascii === true));
  exitWith(code);
}

/** A line of `serve -v`. */
export function printRequest(request: ServedRequest, worker: boolean, ascii: boolean): void {
  const time = new Date().toISOString().slice(11, 23);
  standardOutput().write(`${requestLine(request, time, worker, ascii)}\n`);
}

/** The line that says where it listens; `address` as node:net has it, a path of AF_UNIX, or text for people. */
export function listeningText(address: AddressInfo | string, scgi: boolean): string {
  const where =
    typeof address === 'string'
      ? address.replace(/^\//, 'unix:/')
      : `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  return `fcgi-inspect: serving ${scgi ? 'SCGI' : 'FastCGI'} on ${where}, process ${process.pid}; Ctrl-C ends it`;
}

function tellTrouble(server: Server, quiet: boolean): void {
  server.on('handlerError', (error) => complain(error instanceof Error ? error.message : String(error)));
  server.on('acceptError', (error) => complain(`cannot accept: ${error.message}`));
  server.on('addressProblem', (part) => complain(`"${safeText(part)}" of the web servers' addresses is no address`));
  if (quiet) return;
  let told = 0;
  server.on('problem', ({ code, detail }) => {
    // The sums at the end have them all.
    if (++told <= 20) complain(`a web server did wrong: ${code}${detail ? ` (${detail})` : ''}`);
  });
  server.on('stderr', (text) => advise(Buffer.from(text).toString().trimEnd()));
}

function totalsOf(server: Server, duration: number, faults: ServedTotals['faults']): ServedTotals {
  const { counters } = server;
  return {
    connections: counters.accepted,
    requests: counters.requests,
    aborted: counters.aborted,
    failed: counters.failed,
    refused: {
      OVERLOADED: counters.overloaded,
      CANT_MPX_CONN: counters.cannotMultiplex,
      UNKNOWN_ROLE: counters.unknownRole,
    },
    dropped: counters.dropped,
    bytesReceived: counters.bytesReceived,
    bytesSent: counters.bytesSent,
    duration,
    problems: { ...counters.problems } as Record<string, number>,
    faults,
  };
}
