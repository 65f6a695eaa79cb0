// Apache's mod_proxy_fcgi in front of our server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apache, startApache } from '../support/peers/apache.js';
import { missingPrograms } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { serveApplication } from './server-application.js';
import { holdsExchanges } from './server-exchanges.js';
import { fetchInTurn, times } from './web-client.js';

describe('our server behind Apache', { concurrency: 2, skip: missingPrograms(apache) }, () => {
  for (const worker of [undefined, 'enablereuse=on max=4']) {
    test(worker ?? 'a connection for each request', async (context) => {
      const stage = new Stage(context);
      stage.file('a.php', '');
      const application = await serveApplication(stage);
      const web = await startApache(stage, {
        application: application.endpoint,
        root: stage.folder,
        ...(worker === undefined ? {} : { worker }),
      });
      await holdsExchanges(web.endpoint, application);
      const before = application.server.counters.accepted;
      await fetchInTurn(
        web.endpoint,
        times(10, (index) => `/a.php?n=${index}`),
      );
      // The pool belongs to all threads of the one child: in turn, one connection does.
      assert.ok(application.server.counters.accepted - before <= (worker ? 1 : 10));
      if (!worker) assert.equal(application.server.counters.accepted, application.asked.length);
    });
  }
});
