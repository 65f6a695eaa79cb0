// Our own client in a scenario, with the manners of the web server that it is told to be.
import { type ClientRequest, FastcgiClient } from '../endpoints/client/client.js';
import type { RuleChanges } from '../endpoints/client/client-rules.js';
import { ClientError } from '../endpoints/client/errors.js';
import {
  apache,
  apacheReuse,
  type ClientPolicy,
  haproxy,
  haproxyMultiplexing,
  lighttpd,
  lighttpd2009,
  modCgid,
  nginx,
  nginxKeepalive,
  nginxKeepConn,
} from '../endpoints/client/index.js';
import { errorKind } from '../endpoints/load/load-run.js';
import { noPadding } from '../fastcgi/encode.js';
import type { EndpointAddress } from '../model/endpoint-address.js';
import type { FrontPlan, RequestStep } from '../scenarios/play.js';
import { LighttpdLogWriter } from './lighttpd-log.js';
import type { RunningFront } from './parts.js';
import { pause } from './pause.js';

const READ_TIMEOUT = 60_000;
/** Bytes of an answer that are held back while its client does not read: as much as nginx holds without a file. */
const BUFFERED = 64 << 10;

/** What a front is told of the application besides where to connect. */
export interface Behind {
  /** Where it needs one: DOCUMENT_ROOT and SCRIPT_NAME. */
  readonly script: { readonly root: string; readonly name: string } | undefined;
  /** As lighttpd's log names it. */
  readonly process: { readonly pid: number; readonly socket: string };
}

export function startEmbeddedFront(plan: FrontPlan, target: EndpointAddress, behind: Behind): RunningFront {
  return new EmbeddedFront(plan, target, behind);
}

class EmbeddedFront implements RunningFront {
  readonly name: string;
  private readonly client: FastcgiClient;
  private readonly lines: string[] = [];
  private readonly begun = performance.now();
  private readonly lighttpd: LighttpdLogWriter | undefined;

  constructor(
    plan: FrontPlan,
    target: EndpointAddress,
    private readonly behind: Behind,
  ) {
    const policy = policyOf(plan);
    if (plan.like === 'lighttpd' || plan.like === 'lighttpd-2009')
      this.lighttpd = new LighttpdLogWriter(plan.like === 'lighttpd' ? 'today' : '2009', behind.process);
    this.name = `embedded, as ${policy.name}`;
    this.client = new FastcgiClient(target, {
      policy,
      ...changesOf(plan),
      trace: (event) => {
        if (event.kind === 'connect-retry')
          this.say(
            `connection ${event.connection}: try ${event.attempt} failed (${event.code}), the next after ${event.delay} ms`,
          );
      },
    });
  }

  async request(step: RequestStep, index: number, signal: AbortSignal): Promise<string> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    signal.addEventListener('abort', leave, { once: true });
    const leaving = step.giveUpAfter === undefined ? undefined : setTimeout(leave, step.giveUpAfter);
    const began = performance.now();
    this.lighttpd?.got();
    const outcome = await this.answer(step, gone.signal).catch((error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
      return error.code === 'aborted' ? 'given up by its client' : errorKind(error);
    });
    clearTimeout(leaving);
    this.lighttpd?.released(!outcome.startsWith('closed') && !outcome.startsWith('reset'));
    signal.removeEventListener('abort', leave);
    this.say(`${step.method ?? 'GET'} ${step.uri} #${index}: ${outcome}, ${(performance.now() - began).toFixed(1)} ms`);
    return outcome;
  }

  log(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  lighttpdLog(): string | undefined {
    return this.lighttpd?.text;
  }

  trouble(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.client.destroy();
  }

  private scripted(uri: string): ClientRequest {
    const { script } = this.behind;
    if (script === undefined) return {};
    return { root: script.root, script: script.name, scriptName: script.name, uri: `${script.name}${uri}` };
  }

  private async answer(step: RequestStep, signal: AbortSignal): Promise<string> {
    const response = await this.client.request({ ...requestOf(step, signal), ...this.scripted(step.uri), signal });
    if (step.readAfter !== undefined) {
      // A stream that nobody reads: it fails where the answer breaks off meanwhile.
      const { body } = response;
      await pause(step.readAfter, signal);
      for await (const _piece of body) {
        // Nobody keeps it.
      }
    } else {
      await response.bytes();
    }
    return String(response.status);
  }

  private say(text: string): void {
    this.lines.push(`${((performance.now() - this.begun) / 1000).toFixed(3)} ${text}`);
  }
}

function requestOf({ uri, method, headers, body }: RequestStep, signal: AbortSignal): ClientRequest {
  return {
    uri,
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: bodyOf(body, signal), contentLength: body.declared ?? body.bytes }),
  };
}

function bodyOf(
  { bytes, stall }: NonNullable<RequestStep['body']>,
  signal: AbortSignal,
): Uint8Array | AsyncIterable<Uint8Array> {
  const all = new Uint8Array(bytes).fill(120);
  if (stall === undefined) return all;
  const half = bytes >> 1;
  return (async function* () {
    yield all.subarray(0, half);
    await pause(stall, signal);
    yield all.subarray(half);
  })();
}

function policyOf({ like, keep, highestRequestId, multiplex }: FrontPlan): ClientPolicy {
  switch (like) {
    case 'nginx':
      return keep === 'never' ? nginx : keep === 'flag' ? nginxKeepConn : nginxKeepalive(keep);
    case 'apache':
      return typeof keep === 'number' ? apacheReuse(keep) : apache;
    case 'lighttpd':
      return lighttpd;
    case 'lighttpd-2009':
      return lighttpd2009(highestRequestId);
    case 'haproxy':
      return haproxy;
    case 'haproxy-multiplexing':
      return haproxyMultiplexing(multiplex);
    case 'mod-cgid':
      return modCgid;
  }
}

function changesOf(plan: FrontPlan): RuleChanges {
  const { keep, idleTimeout, most, readTimeout = READ_TIMEOUT, connectTimeout, retry, askFirst, padded } = plan;
  const { paramsCut, paramsRecord, connectTries } = plan;
  return {
    maxBuffered: BUFFERED,
    pool: {
      queueLimit: 100_000,
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
      ...(plan.maxRequests === undefined ? {} : { maxRequests: plan.maxRequests }),
      ...(most === undefined
        ? {}
        : { maximum: most, ...(typeof keep === 'number' ? { keepIdle: Math.min(keep, most) } : {}) }),
    },
    timeouts: {
      firstByte: readTimeout,
      idle: readTimeout,
      queue: 0,
      ...(connectTimeout === undefined ? {} : { connect: connectTimeout }),
    },
    ...(connectTries === undefined ? {} : { connectRetry: { attempts: connectTries } }),
    ...(retry === undefined ? {} : { retry: { attempts: retry ? 2 : 1 } }),
    ...(askFirst === undefined ? {} : { askFirst }),
    ...(padded === undefined ? {} : { getValuesPadding: padded ? () => 8 : noPadding }),
    ...(paramsCut === undefined && paramsRecord === undefined
      ? {}
      : {
          params: {
            tooLarge: 'split' as const,
            ...(paramsCut === undefined ? {} : { cut: paramsCut }),
            ...(paramsRecord === undefined ? {} : { recordSize: paramsRecord }),
          },
        }),
  };
}
