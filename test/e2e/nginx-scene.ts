// php-fpm with nginx in front and tcpdump between them: the scene of most of these tests.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Nginx, type NginxOptions, nginx, startNginx } from '../support/peers/nginx.js';
import { type PhpFpm, type PhpFpmOptions, phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { Stage, type StageOptions } from '../support/peers/stage.js';
import { type Capture, startCapture, type TcpdumpOptions, tcpdump } from '../support/peers/tcpdump.js';
import { tshark } from '../support/peers/tshark.js';
import type { Report } from '../support/report.js';
import { counted } from './evidence.js';
import { layScripts } from './scripts.js';

/** What node:test takes as `skip`. */
export const missingPeers = missingPrograms(nginx, phpFpm, tcpdump, tshark, ss);

export interface Scene {
  readonly stage: Stage;
  readonly fpm: PhpFpm;
  readonly web: Nginx;
  readonly capture: Capture;
}

export interface SceneOptions {
  readonly fpm?: PhpFpmOptions;
  readonly web?: Pick<NginxOptions, 'location' | 'upstream'>;
  readonly stage?: StageOptions;
  readonly capture?: TcpdumpOptions;
}

/** Starts php-fpm, nginx in front of it, and the capture between them. */
export async function play(context: TestContext, options: SceneOptions = {}): Promise<Scene> {
  const stage = new Stage(context, options.stage);
  const fpm = await startPhpFpm(stage, options.fpm ?? { children: 6 });
  const web = await startNginx(stage, { application: fpm.endpoint, root: layScripts(stage), ...options.web });
  return { stage, fpm, web, capture: await startCapture(stage, [fpm.endpoint], options.capture) };
}

/** Requests, methods, URIs and statuses are those of both logs. */
export async function agreesWithLogs(report: Report, { web, fpm }: Scene, count: number): Promise<void> {
  const asked = await web.requests(count);
  const served = await fpm.requests(count);
  assert.equal(asked.length, count);
  assert.equal(report.summary.requests, count);
  const ours = report.requests.map(({ method, uri, httpStatus }) => `${method} ${uri} ${httpStatus}`).sort();
  assert.deepEqual(ours, served.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort());
  assert.deepEqual(
    ours,
    asked.map(({ method, uri, upstreamStatuses }) => `${method} ${uri} ${upstreamStatuses}`).sort(),
  );
  assert.deepEqual(counted(served.map(({ status }) => status)), report.summary.httpStatus);
  assert.deepEqual(counted(served.map(({ method }) => method)), report.summary.methods);
  assert.equal(report.summary.unfinished, 0);
}
