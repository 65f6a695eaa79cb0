// The client's benchmark reaches its last row with every peer that is installed; what it measures is not looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gcc } from '../support/peers/compiler.js';
import { libfcgi, spawnFcgi } from '../support/peers/libfcgi.js';
import { phpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { clientRows } from './client-rows.js';

const skip = missingPrograms(gcc, libfcgi, spawnFcgi, phpFpm, ss);

test("the client's benchmark has rows for php-fpm and libfcgi", { skip }, async () => {
  const { rows } = await clientRows(1, 0.005, () => {});
  for (const workload of ['client, php-fpm', 'client, libfcgi'])
    for (const kind of ['request', 'exchange'])
      assert.ok(
        rows.some((row) => row.workload === workload && row.what.includes(`${kind}()`) && row.value > 0),
        `${workload}, ${kind}`,
      );
});
