// Runs the request command: asks as often as told, writes what is answered, and says how it ended.

import { FastcgiClient } from '../endpoints/client/client.js';
import { ClientError } from '../endpoints/client/errors.js';
import { policyNamed } from '../endpoints/client/policies/index.js';
import type { ClientResponse } from '../endpoints/client/response.js';
import { ScgiClient } from '../endpoints/client/scgi-client.js';
import { type Clock, systemClock } from '../endpoints/clock.js';
import type { ClientFaults } from '../endpoints/faults/client-faults.js';
import { formatDuration } from '../reporters/format-duration.js';
import { redactText } from '../reporters/redact.js';
import { safeText } from '../reporters/safe-text.js';
import { clientFaults } from './client-faults.js';
import { EXIT_ANSWER, errorHint, errorSentence, exitCodeOf } from './endpoint-exit.js';
import { EXIT_FINDINGS, exitWith } from './exit.js';
import { interruptible } from './interrupt.js';
import { advise, complain } from './output.js';
import type { RequestCommandOptions } from './request-options.js';
import { AnswerOutput } from './request-output.js';
import { type PreparedRequest, prepareRequest } from './request-prepare.js';
import { RequestTrace } from './request-trace.js';

/** Either client, as far as it is needed here. */
interface Asker {
  request(request: PreparedRequest): Promise<ClientResponse>;
  destroy(): Promise<void>;
  close(): Promise<void>;
}

export async function runRequest(
  address: string,
  uri: string,
  options: RequestCommandOptions,
  clock: Clock = systemClock,
): Promise<void> {
  const interrupt = interruptible();
  const trace = options.verbose ? new RequestTrace(options, clock) : undefined;
  const oddities: string[] = [];
  const faults = clientFaults(options);
  const asker = options.scgi
    ? scgiAsker(address, options, faults)
    : fastcgiAsker(address, options, trace, oddities, faults);
  try {
    if (options.getValues) {
      await askValues(asker as FastcgiClient, options);
    } else {
      for (let turn = 0; turn < options.repeat && !interrupt.signal.aborted; turn++) {
        // A body that is a stream serves once.
        const request = await prepareRequest(uri, options, interrupt.signal);
        await askOnce(asker, request, options, trace);
      }
    }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (!interrupt.signal.aborted) fail(error);
    // What ended it has been told.
    oddities.length = 0;
  } finally {
    if (!options.quiet) for (const line of faults?.lines() ?? []) advise(line);
    if (!options.quiet) for (const oddity of oddities) complain(`the application did something odd: ${oddity}`);
    await (interrupt.signal.aborted ? asker.destroy() : asker.close());
    interrupt.end();
  }
  if (interrupt.exitCode !== 0) exitWith(interrupt.exitCode);
}

function fastcgiAsker(
  address: string,
  options: RequestCommandOptions,
  trace: RequestTrace | undefined,
  oddities: string[],
  faults: ClientFaults | undefined,
): FastcgiClient & Asker {
  const policy = options.as === undefined ? undefined : policyNamed(options.as);
  return new FastcgiClient(address, {
    ...(policy ? { policy } : { keepConn: options.keepConn === true }),
    ...(policy && options.keepConn ? { keepConn: true } : {}),
    ...(policy ? {} : { pool: { maximum: 1, keepIdle: options.keepConn ? 1 : 0 } }),
    timeouts: {
      ...(options.timeout === undefined ? {} : { total: options.timeout }),
      ...(options.connectTimeout === undefined ? {} : { connect: options.connectTimeout }),
    },
    ...(faults ? { faults } : {}),
    ...(trace ? { trace: (event) => trace.event(event) } : {}),
    onProblem: ({ code, detail }) => oddities.push(`${code}: ${detail}`),
  }) as FastcgiClient & Asker;
}

function scgiAsker(address: string, options: RequestCommandOptions, faults: ClientFaults | undefined): Asker {
  const client = new ScgiClient(address, {
    ...(faults ? { faults } : {}),
    timeouts: {
      ...(options.timeout === undefined ? {} : { total: options.timeout }),
      ...(options.connectTimeout === undefined ? {} : { connect: options.connectTimeout }),
    },
  });
  return {
    request: (request) => client.request(request),
    destroy: () => client.destroy(),
    close: () => client.destroy(),
  };
}

async function askOnce(
  asker: Asker,
  request: PreparedRequest,
  options: RequestCommandOptions,
  trace: RequestTrace | undefined,
): Promise<void> {
  trace?.begin();
  const response = await asker.request(request);
  const output = new AnswerOutput(options.output);
  try {
    if (options.include || options.head) await output.head(response);
    if (options.head) {
      // A body that comes in spite of HEAD is read and left out.
      for await (const _ of response.body) void _;
    } else {
      await output.body(response);
    }
    await output.end();
    await response.completed;
  } catch (error) {
    // What came before it broke off was written.
    await output.end().catch(() => {});
    tellStderr(response, options);
    throw error;
  }
  tellStderr(response, options);
  trace?.end(response.times);
  settle(response, options);
}

function settle(response: ClientResponse, options: RequestCommandOptions): void {
  const { appStatus, status } = response;
  if (appStatus !== undefined && appStatus !== 0 && !options.quiet) complain(`appStatus ${appStatus}`);
  if (options.fail && (status >= 400 || (appStatus ?? 0) !== 0)) {
    if (status >= 400) complain(`the status is ${status}`);
    exitWith(EXIT_FINDINGS);
  }
}

function tellStderr(response: ClientResponse, options: RequestCommandOptions): void {
  if (options.quiet || response.stderrBytes === 0 || options.verbose) return;
  const text = options.showSecrets ? response.stderr : redactText(response.stderr);
  complain('the application wrote to STDERR:');
  for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) advise(`  ${safeText(line)}`);
}

async function askValues(client: FastcgiClient, options: RequestCommandOptions): Promise<void> {
  const answer = await client.getValues();
  const output = new AnswerOutput(options.output);
  if (answer.outcome === 'answered') {
    const lines = [...answer.values].map(([name, value]) => `${safeText(name)} = ${safeText(value)}\n`);
    await output.text(lines.length > 0 ? lines.join('') : 'answered without any value\n');
  }
  await output.end();
  if (answer.outcome === 'answered') return;
  const why = {
    'unknown-type': 'the application answered UNKNOWN_TYPE: it does not know GET_VALUES',
    timeout: `no answer to GET_VALUES within ${formatDuration(client.rules.timeouts.getValues * 1e6)}`,
    closed: 'the application closed the connection instead of answering GET_VALUES',
  }[answer.outcome];
  complain(why);
  exitWith(EXIT_ANSWER);
}

function fail(error: ClientError): void {
  complain(errorSentence(error));
  const { stdoutBytes, status, stderr } = error.arrived;
  if (stdoutBytes > 0)
    advise(`Until then ${stdoutBytes} bytes of STDOUT had come${status === undefined ? '' : `, status ${status}`}.`);
  if (stderr.length > 0) advise(`STDERR: ${safeText(redactText(Buffer.from(stderr).toString().trimEnd()), 1000)}`);
  const hint = errorHint(error);
  if (hint !== undefined) advise(hint);
  exitWith(exitCodeOf(error));
}
