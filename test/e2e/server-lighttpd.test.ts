// lighttpd in front of our server, which it starts itself: the listening socket is descriptor 0.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lighttpd, startLighttpd } from '../support/peers/lighttpd.js';
import { familyOf } from '../support/peers/process-tree.js';
import { missingPrograms } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { serveApplication } from './server-application.js';
import { holdsExchanges } from './server-exchanges.js';
import { fetchFrom, fetchInTurn, times } from './web-client.js';

const program = fileURLToPath(new URL('./server-program.js', import.meta.url));

/** bin-path takes a program, not a command line. */
function launcher(stage: Stage): string {
  const path = stage.file('application', `#!/bin/sh\nexec '${process.execPath}' '${program}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('our server behind lighttpd', { concurrency: 2, skip: missingPrograms(lighttpd) }, () => {
  test('connected to', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const web = await startLighttpd(stage, { root: stage.folder, match: '/', application: application.endpoint });
    await holdsExchanges(web.endpoint, application);
  });

  test('started through bin-path, as Responder', async (context) => {
    const stage = new Stage(context);
    const [application] = await stage.consecutiveEndpoints(2);
    const spawn = { path: launcher(stage), environment: {}, processes: 2 };
    const web = await startLighttpd(stage, { root: stage.folder, match: '/', application, spawn });
    const answers = await fetchInTurn(
      web.endpoint,
      times(10, (index) => `/a.php?n=${index}`),
    );
    answers.forEach((answer, index) => {
      assert.deepEqual(answer, { status: 200, body: `GET /a.php?n=${index}`, complete: true });
    });
    // lighttpd ends what it started with a signal, which is taken as the wish for a graceful end.
    const family = familyOf(web.daemon.pid);
    assert.ok(family.length >= 3, `${family.length} processes`);
    await web.daemon.stop();
  });

  test('started through bin-path, as Authorizer', async (context) => {
    const stage = new Stage(context);
    stage.file('page.html', 'for those who may');
    const application = await stage.endpoint();
    const spawn = { path: launcher(stage), environment: {}, processes: 1 };
    const web = await startLighttpd(stage, {
      root: stage.folder,
      match: '/',
      mode: 'authorizer',
      application,
      spawn,
    });
    const without = await fetchFrom(web.endpoint, '/page.html');
    assert.deepEqual(without, { status: 401, body: 'not without a key\n', complete: true });
    const withKey = await fetchFrom(web.endpoint, { path: '/page.html', headers: { 'x-key': 'right' } });
    assert.deepEqual(withKey, { status: 200, body: 'for those who may', complete: true });
  });
});
