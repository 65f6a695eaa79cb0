// What was captured between nginx and php-fpm, played again with one of them: php-fpm is asked the same, and nginx gets the same
// answers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { eventually } from '../support/peers/eventually.js';
import { startNginx } from '../support/peers/nginx.js';
import { isListening } from '../support/peers/sockets.js';
import { reportOfFiles } from '../support/report.js';
import { bin, startBin } from '../support/run-bin.js';
import { agreesWithLogs, missingPeers, play } from './nginx-scene.js';
import { fetchAtOnce, fetchInTurn, type WebRequest } from './web-client.js';

interface Replayed {
  readonly interrupted: boolean;
  readonly divergences: Readonly<Record<string, number>>;
  readonly comparison: {
    readonly figures: readonly { readonly name: string; readonly unit: string; readonly changed: boolean }[];
    readonly findings: readonly { readonly id: string; readonly fate: string }[];
  };
}

const BODY = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) & 255);

const REQUESTS: readonly (string | WebRequest)[] = [
  ...Array.from({ length: 8 }, (_, index) => `/hello.php?n=${index}`),
  '/status.php?code=404',
  { path: '/body.php', body: BODY },
  '/large.php?kb=300',
];

/** What differs beside times and bytes: php-fpm's answers hold no date, nginx's web server adds none. */
const changedFigures = ({ comparison }: Replayed) =>
  comparison.figures
    .filter(({ changed, unit }) => changed && unit !== 'seconds' && unit !== 'per-second')
    .map(({ name }) => name)
    // How many run at once is up to the machine where they were sent at once.
    .filter((name) => !/^max|^timeWaitPeak/.test(name));

const fates = ({ comparison }: Replayed) =>
  comparison.findings.filter(({ fate }) => fate !== 'same').map(({ id, fate }) => `${fate} ${id}`);

describe('a capture played again', { concurrency: 2, skip: missingPeers }, () => {
  for (const keep of [false, true]) {
    test(`against php-fpm${keep ? ', with kept connections' : ''}`, async (context: TestContext) => {
      const scene = await play(context, {
        ...(keep ? { web: { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' } } : {}),
      });
      await fetchInTurn(scene.web.endpoint, REQUESTS);
      await fetchAtOnce(
        scene.web.endpoint,
        Array.from({ length: 4 }, (_, index) => `/hello.php?once=${index}`),
      );
      const count = REQUESTS.length + 4;
      await scene.web.requests(count);
      const capture = await scene.capture.finish();
      await agreesWithLogs((await reportOfFiles([capture])).report, scene, count);
      // The connections that nginx keeps hold children; they are free when it is gone.
      await scene.web.daemon.stop();
      const before = await scene.fpm.requests(count);
      const run = await startBin(['reproduce-bug', '--from', capture, '--against', scene.fpm.endpoint, '-f', 'json'])
        .ended;
      assert.equal(run.status, 0, run.stderr);
      const replayed = JSON.parse(run.stdout) as Replayed;
      assert.deepEqual(replayed.divergences, {});
      assert.deepEqual(changedFigures(replayed), []);
      assert.deepEqual(fates(replayed), []);
      const after = await scene.fpm.requests(2 * count);
      const words = (list: typeof after) => list.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort();
      assert.deepEqual(words(after), words([...before, ...before]));
    });

    test(`served to nginx${keep ? ', which keeps connections' : ''}`, async (context: TestContext) => {
      const web = keep ? { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' } : {};
      const scene = await play(context, { web });
      const answers = await fetchInTurn(scene.web.endpoint, REQUESTS);
      await scene.web.requests(REQUESTS.length);
      const capture = await scene.capture.finish();
      const endpoint = await scene.stage.endpoint();
      const output = scene.stage.path('replay.json');
      const args = ['reproduce-bug', '--from', capture, '--serve', endpoint, '-f', 'json', '-o', output];
      const daemon = scene.stage.start(process.execPath, [bin, ...args], { stopSignal: 'SIGINT' });
      await daemon.until('listening', () => isListening(endpoint));
      const other = await startNginx(scene.stage, { application: endpoint, root: scene.stage.path('www'), ...web });
      const again = await fetchInTurn(other.endpoint, REQUESTS);
      assert.ok(
        JSON.stringify(again) === JSON.stringify(answers),
        'clients get other answers than those that were captured',
      );
      await daemon.wait();
      await eventually('the report', () => readFileSync(output).length > 0);
      const replayed = JSON.parse(readFileSync(output, 'utf8')) as Replayed;
      assert.deepEqual(replayed.divergences, {});
      assert.deepEqual(changedFigures(replayed), []);
      assert.deepEqual(fates(replayed), []);
    });
  }
});
