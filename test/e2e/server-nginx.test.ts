// nginx in front of our server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nginx, startNginx } from '../support/peers/nginx.js';
import { missingPrograms } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { answer, serveApplication } from './server-application.js';
import { holdsExchanges, tellsOfAborts } from './server-exchanges.js';
import { fetchInTurn, times } from './web-client.js';

describe('our server behind nginx', { concurrency: 2, skip: missingPrograms(nginx) }, () => {
  test('a connection for each request', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const web = await startNginx(stage, { application: application.endpoint, root: stage.folder });
    await holdsExchanges(web.endpoint, application);
    await tellsOfAborts(web.endpoint, application);
    assert.equal(application.server.counters.accepted, application.asked.length);
    assert.match(web.errorLog, /FastCGI sent in stderr: "said on STDERR"/);
    assert.doesNotMatch(web.errorLog, /\[(error|crit|alert)\] (?!.*sent in stderr)/);
  });

  test('kept connections', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const options = { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' };
    const web = await startNginx(stage, { application: application.endpoint, root: stage.folder, ...options });
    await fetchInTurn(
      web.endpoint,
      times(20, (index) => `/a.php?n=${index}`),
    );
    assert.equal(application.asked.length, 20);
    assert.equal(application.server.counters.accepted, 1);
    application.asked.length = 0;
    await holdsExchanges(web.endpoint, application);
    await tellsOfAborts(web.endpoint, application);
    assert.doesNotMatch(web.errorLog, /\[(error|crit|alert)\] (?!.*sent in stderr)/);
  });

  test('AF_UNIX', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const path = stage.path('application.sock');
    await application.server.stopListening();
    await application.server.listen({ path, mode: 0o666 });
    const web = await startNginx(stage, { application: `unix:${path}`, root: stage.folder });
    await holdsExchanges(web.endpoint, application);
    await tellsOfAborts(web.endpoint, application);
  });

  test('a graceful close loses no request', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const second = await serveApplication(stage, { responder: answer });
    const upstream = `server ${second.endpoint} backup; keepalive 4;`;
    const options = { location: 'fastcgi_keep_conn on; fastcgi_next_upstream error timeout;', upstream };
    const web = await startNginx(stage, { application: application.endpoint, root: stage.folder, ...options });
    const running = times(6, (index) => fetchInTurn(web.endpoint, [`/a.php?do=pause&ms=300&n=${index}`, '/a.php']));
    while (application.server.counters.active < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    const finished = application.server.close();
    const answers = (await Promise.all(running)).flat();
    assert.deepEqual(new Set(answers.map((each) => each?.status)), new Set([200]));
    assert.equal(await finished, true);
  });
});
