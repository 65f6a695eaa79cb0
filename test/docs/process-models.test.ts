// The examples of docs/process-models.md, run as they stand there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { watch } from '../endpoints/server/programs.js';
import { WebServer } from '../endpoints/server/web-server.js';
import { request } from '../support/fastcgi-messages.js';
import { projectRoot } from '../support/paths.js';
import { temporaryFolder } from '../support/run-bin.js';

const text = readFileSync(join(projectRoot, 'docs', 'process-models.md'), 'utf8');
const [application, pool, cgi, ...others] = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
const folder = temporaryFolder();
mkdirSync(join(folder, 'node_modules'));
symlinkSync(projectRoot, join(folder, 'node_modules', 'fcgi-inspect'));
writeFileSync(join(folder, 'application.mjs'), application);
writeFileSync(join(folder, 'pool.mjs'), pool);
writeFileSync(join(folder, 'program.mjs'), cgi);

test('the pool serves, replaces its workers, and ends on a signal', async (context) => {
  assert.equal(others.length, 0, 'an example that no test runs');
  const program = watch(context, process.execPath, [join(folder, 'pool.mjs'), '0']);
  await program.says('listening on port ');
  assert.match(program.output(), /^seat 0: \d+ accepting\nseat 1: \d+ accepting\nlistening/);
  const port = Number(/port (\d+)/.exec(program.output())?.[1]);
  for (let i = 0; i < 8; i++) {
    const web = await WebServer.connect(context, { port, host: '127.0.0.1' });
    const { stdout } = await web.send(request({ uri: `/${i}` })).answer();
    assert.match(stdout, /hello from seat [01]\.\d, request [123]\n$/);
    web.end();
  }
  await program.says('ended (0)');
  program.process.kill('SIGTERM');
  assert.deepEqual(await program.exit, { code: 0, signal: null });
});

test('the CGI program answers', () => {
  const { stdout, status } = spawnSync(process.execPath, [join(folder, 'program.mjs')], {
    env: { ...process.env, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '4' },
    input: 'body',
    encoding: 'utf8',
  });
  assert.equal(stdout, 'Content-Type: text/plain\r\n\r\nPOST body\n');
  assert.equal(status, 0);
});
