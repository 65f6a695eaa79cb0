// Started as a user would, stopped by Ctrl-C: fcgi-inspect with an interface, and behind tcpdump in a pipe.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { nginx, startNginx } from '../support/peers/nginx.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms, programPath } from '../support/peers/programs.js';
import { isCapturing, socketsAtRest, ss } from '../support/peers/sockets.js';
import { endpointParts, Stage } from '../support/peers/stage.js';
import { captureFilter, openMarker, tcpdump } from '../support/peers/tcpdump.js';
import type { Report } from '../support/report.js';
import { bin } from '../support/run-bin.js';
import { agreesWithKernel, assertFindings } from './evidence.js';
import { layScripts } from './scripts.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

async function scene(context: TestContext) {
  const stage = new Stage(context);
  const fpm = await startPhpFpm(stage, { children: 4 });
  const web = await startNginx(stage, { application: fpm.endpoint, root: layScripts(stage) });
  return { stage, fpm, web };
}

/** Starts a line of bash; `$NODE` and `$BIN` are ours. What it leaves: report.json, messages.txt and its status. */
function startLine(stage: Stage, line: string) {
  // The shell outlives the signal that ends what it started, and tells how it ended.
  const script = `trap : INT\n${line}`;
  const daemon = stage.start('bash', ['-c', script], {
    environment: { NODE: process.execPath, BIN: bin, FOLDER: stage.folder },
  });
  const text = (name: string) => readFileSync(stage.path(name), 'utf8');
  return {
    daemon,
    /** Ctrl-C. */
    async interrupted(...statuses: readonly number[]): Promise<Report> {
      daemon.signalAll('SIGINT');
      await daemon.wait();
      assert.equal(text('messages.txt'), '');
      assert.ok(statuses.includes(Number(text('status'))), `status ${text('status')}`);
      return JSON.parse(text('report.json')) as Report;
    },
  };
}

// ss tells nobody else of packet sockets and their filters.
const asRoot = process.getuid?.() === 0 ? false : 'only root sees when a capture has begun';
const skip = missingPrograms(nginx, phpFpm, tcpdump, ss) || asRoot;

describe('live', { concurrency: 4, skip }, () => {
  test('--interface: nothing is lost, however soon Ctrl-C comes', async (context) => {
    const { stage, fpm, web } = await scene(context);
    const { port } = endpointParts(fpm.endpoint);
    const line = startLine(
      stage,
      `"$NODE" "$BIN" --interface lo --port ${port} --format json >"$FOLDER/report.json" 2>"$FOLDER/messages.txt"
       echo $? >"$FOLDER/status"`,
    );
    await line.daemon.until('capturing', () => isCapturing(line.daemon.pid));
    await fetchInTurn(
      web.endpoint,
      times(10, (index) => `/hello.php?n=${index}`),
    );
    await fetchAtOnce(web.endpoint, ['/hello.php', '/status.php?code=404']);
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await line.interrupted(0);
    assert.equal((await fpm.requests(12)).length, 12);
    assert.equal(report.summary.requests, 12);
    assert.equal(report.input.files[0].name, 'interface lo');
    agreesWithKernel(report, sockets);
    assert.deepEqual(report.input.problems, []);
    assertFindings(report, []);
  });

  test('tcpdump in a pipe, with a copy for later', async (context) => {
    const { stage, fpm, web } = await scene(context);
    const marker = await openMarker(stage);
    const user = process.getuid?.() === 0 ? '-Z root' : '';
    const filter = `${captureFilter([fpm.endpoint])} or (udp dst port ${marker.port})`;
    const line = startLine(
      stage,
      `${programPath(tcpdump)} -U -i lo ${user} -w - '${filter}' 2>"$FOLDER/tcpdump.txt" | tee "$FOLDER/copy.pcap" |
         "$NODE" "$BIN" - --format json >"$FOLDER/report.json" 2>"$FOLDER/messages.txt"
       echo \${PIPESTATUS[2]} >"$FOLDER/status"`,
    );
    await line.daemon.until('capturing', () => isCapturing(line.daemon.pid));
    await fetchInTurn(
      web.endpoint,
      times(11, (index) => `/hello.php?n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    // tee writes to the pipe first: what is in the copy has been passed on.
    await marker.arrive(stage.path('copy.pcap'));
    // 130 where tcpdump took so long to end that nobody waited for it any more.
    const report = await line.interrupted(0, 130);
    assert.equal((await fpm.requests(11)).length, 11);
    assert.equal(report.summary.requests, 11);
    agreesWithKernel(report, sockets);
    assert.deepEqual(report.input.problems, []);
    assertFindings(report, []);
  });
});
