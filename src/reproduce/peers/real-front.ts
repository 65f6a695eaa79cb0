// A real web server as the front of a scenario, asked over HTTP.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import type { FrontName, FrontPlan, RequestStep } from '../../scenarios/play.js';
import type { RunningFront } from '../parts.js';
import { pause } from '../pause.js';
import type { Place } from '../place.js';
import { Daemon } from './daemon.js';
import {
  apacheConfiguration,
  type FrontPlaces,
  haproxyConfiguration,
  lighttpdConfiguration,
  nginxConfiguration,
} from './front-configurations.js';
import { APACHE, HAPROXY, LIGHTTPD, NGINX, type Program, programPath } from './programs.js';

interface Kind {
  readonly program: Program;
  readonly configuration: (plan: FrontPlan, places: FrontPlaces) => string;
  readonly args: (file: string, folder: string) => readonly string[];
  readonly stopSignal: NodeJS.Signals;
}

const KINDS: Readonly<Record<Exclude<FrontName, 'embedded'>, Kind>> = {
  nginx: {
    program: NGINX,
    configuration: nginxConfiguration,
    args: (file, folder) => ['-c', file, '-e', `${folder}/error.log`],
    stopSignal: 'SIGTERM',
  },
  lighttpd: {
    program: LIGHTTPD,
    configuration: lighttpdConfiguration,
    args: (file) => ['-D', '-f', file],
    stopSignal: 'SIGTERM',
  },
  apache: {
    program: APACHE,
    configuration: apacheConfiguration,
    args: (file) => ['-DFOREGROUND', '-f', file],
    stopSignal: 'SIGTERM',
  },
  haproxy: {
    program: HAPROXY,
    configuration: haproxyConfiguration,
    // In the foreground, one process.
    args: (file) => ['-db', '-f', file],
    stopSignal: 'SIGTERM',
  },
};

/** @throws UserError where it is not installed, or does not start */
export async function startRealFront(
  name: Exclude<FrontName, 'embedded'>,
  plan: FrontPlan,
  target: EndpointAddress,
  place: Place,
  path: string,
  number: number,
): Promise<RunningFront> {
  const kind = KINDS[name];
  const program = programPath(kind.program, path);
  const folder = place.path(`${name}-${number}`);
  mkdirSync(folder);
  const port = await place.port();
  const listen = { host: place.host, port };
  const file = `${folder}/${name}.conf`;
  writeFileSync(file, kind.configuration(plan, { listen, target, root: place.folder, folder }));
  const daemon = Daemon.start(place, program, kind.args(file, folder), kind.stopSignal);
  const front = new RealFront(name, daemon, listen, `${folder}/error.log`);
  try {
    await daemon.listening({ kind: 'tcp', ...listen });
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return front;
}

class RealFront implements RunningFront {
  constructor(
    readonly name: string,
    private readonly daemon: Daemon,
    private readonly listen: { readonly host: string; readonly port: number },
    private readonly errorLog: string,
  ) {}

  async request(step: RequestStep, _index: number, signal: AbortSignal): Promise<string> {
    const outcome = await this.ask(step, signal).catch((error: NodeJS.ErrnoException) =>
      error.name === 'AbortError' ? 'given up by its client' : `no answer (${error.code ?? error.message})`,
    );
    return outcome;
  }

  log(): string {
    try {
      return readFileSync(this.errorLog, 'utf8');
    } catch {
      // HAProxy writes to its standard output.
      return this.daemon.output;
    }
  }

  lighttpdLog(): string | undefined {
    return this.name === 'lighttpd' ? this.log() : undefined;
  }

  trouble(): string | undefined {
    const { end } = this.daemon;
    if (end === undefined) return undefined;
    const fatal = /^.*FATAL: .*$/m.exec(this.daemon.output)?.[0];
    return fatal === undefined ? end : `${end}: ${fatal.trim()}`;
  }

  close(): Promise<void> {
    return this.daemon.stop();
  }

  private ask(step: RequestStep, signal: AbortSignal): Promise<string> {
    const { uri, method = step.body === undefined ? 'GET' : 'POST', headers = {}, body, giveUpAfter, readAfter } = step;
    const limits = giveUpAfter === undefined ? [signal] : [signal, AbortSignal.timeout(giveUpAfter)];
    const ending = AbortSignal.any(limits);
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(body.declared ?? body.bytes) };
      const asked = httpRequest(
        {
          ...this.listen,
          path: `/app.php${uri}`,
          method,
          headers: { Host: 'reproduce', ...headers, ...length },
          agent: false,
          signal: ending,
        },
        (response) => {
          void this.read(response, readAfter ?? 0, uri.startsWith('/stream'), signal).then(resolve, reject);
        },
      );
      asked.on('error', (error) => {
        if (ending.aborted) resolve('given up by its client');
        else reject(error);
      });
      if (body === undefined) {
        asked.end();
        return;
      }
      const all = Buffer.alloc(body.bytes, 120);
      if (body.stall === undefined) {
        asked.end(all);
        return;
      }
      const half = body.bytes >> 1;
      asked.write(all.subarray(0, half));
      void pause(body.stall, ending).then(() => asked.end(all.subarray(half)));
    });
  }

  /** The status, and whether the body came to its end as the client was told. */
  private async read(response: IncomingMessage, after: number, counted: boolean, signal: AbortSignal): Promise<string> {
    const { statusCode } = response;
    if (after > 0) {
      response.pause();
      await pause(after, signal);
    }
    let bytes = 0;
    try {
      for await (const piece of response) bytes += (piece as Buffer).length;
    } catch {
      return `${statusCode}, cut short`;
    }
    // A body that ends cleanly may still be half of what was sent.
    return counted ? `${statusCode}, ${bytes} bytes` : `${statusCode}`;
  }
}
