// HAProxy in front of our server: it asks GET_VALUES, and really multiplexes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { haproxy, startHaproxy } from '../support/peers/haproxy.js';
import { missingPrograms } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { serveApplication } from './server-application.js';
import { holdsExchanges } from './server-exchanges.js';
import { fetchAtOnce, times } from './web-client.js';

describe('our server behind HAProxy', { concurrency: 2, skip: missingPrograms(haproxy) }, () => {
  test('several requests at once on one connection', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage);
    const web = await startHaproxy(stage, {
      application: application.endpoint,
      root: stage.folder,
      fastcgi: ['option mpxs-conns', 'option get-values', 'option max-reqs 32'],
      backend: ['http-reuse always'],
    });
    const answers = await fetchAtOnce(
      web.endpoint,
      times(24, (index) => `/a.php?do=pause&ms=${250 - index * 5}`),
    );
    assert.deepEqual(new Set(answers.map((each) => `${each?.status} ${each?.body}`)), new Set(['200 after a pause']));
    assert.ok(application.mostAtOnce() > 1, `${application.mostAtOnce()} at once on a connection`);
    application.asked.length = 0;
    await holdsExchanges(web.endpoint, application);
  });

  // With "option mpxs-conns" HAProxy 2.6 begins requests before GET_VALUES is answered, and what is then refused with
  // CANT_MPX_CONN waits until its time is over; so a server that does not multiplex is met without that option.
  test('one request at a time on each connection', async (context) => {
    const stage = new Stage(context);
    const application = await serveApplication(stage, { multiplex: false });
    const web = await startHaproxy(stage, {
      application: application.endpoint,
      root: stage.folder,
      fastcgi: ['option get-values'],
      backend: ['http-reuse always'],
    });
    const answers = await fetchAtOnce(
      web.endpoint,
      times(12, () => '/a.php?do=pause&ms=100'),
    );
    assert.deepEqual(new Set(answers.map((each) => each?.status)), new Set([200]));
    assert.equal(application.mostAtOnce(), 1);
    application.asked.length = 0;
    await holdsExchanges(web.endpoint, application);
  });
});
