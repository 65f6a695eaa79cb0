// Runs a handler as a plain CGI program: one request, then the process is to end.
import type { RequestHandler } from '../server/options.js';
import type { SignalSource } from '../server/signals.js';
import { CgiRequest, type CgiStreams } from './cgi-request.js';
import { runHandler } from './run-handler.js';

export interface CgiOptions extends CgiStreams {
  /** The meta-variables: `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `process`: its first SIGTERM or SIGUSR1 aborts the request, a second one ends the process as usual. */
  readonly signals?: Pick<SignalSource, 'on' | 'off'>;
}

/**
 * Answers the request that is in the environment. Resolves to the exit status when the answer has been written: the
 * handler's appStatus, 1 if it failed, of which processes have 8 bits.
 */
export async function runAsCgi(handler: RequestHandler, options: CgiOptions): Promise<number> {
  const { environment, stdin, stdout, stderr, signals } = options;
  let ended = (): void => {};
  const answered = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const request = new CgiRequest(environment, { stdin, stdout, stderr }, ended);
  const stopListening = abortOnSignal(request, signals);
  try {
    const result = await runHandler(handler, request);
    if (typeof result === 'number' && Number.isInteger(result) && !request.ended) request.appStatus = result;
    request.end();
  } catch (error) {
    if (request.aborted && request.outputBytes === 0) request.appStatus = request.appStatus || 1;
    else request.fail(error);
    request.end();
  }
  await answered;
  stopListening();
  await Promise.all([written(stdout), written(stderr)]);
  stdin.destroy();
  return exitStatus(request.appStatus);
}

function abortOnSignal(request: CgiRequest, source: CgiOptions['signals']): () => void {
  if (!source) return () => {};
  const names = ['SIGTERM', 'SIGUSR1'] as const;
  const listener = (): void => {
    remove();
    request.abort('closing');
  };
  const remove = (): void => {
    for (const name of names) source.off(name, listener);
  };
  for (const name of names) source.on(name, listener);
  return remove;
}

/** Waits until the system has taken what was written before, or never will. */
function written(stream: CgiStreams['stdout']): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve();
    else stream.write('', () => resolve());
  });
}

/** A status that is not 0 must not become 0 in 8 bits. */
function exitStatus(appStatus: number): number {
  const status = appStatus & 0xff;
  return status === 0 && appStatus !== 0 ? 1 : status;
}
