// Errors that cross processes stay what they are to the user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenError } from '../../../src/endpoints/server/errors.js';
import { errorFrom, errorText } from '../../../src/endpoints/workers/error-text.js';
import { UserError } from '../../../src/model/errors.js';

test('user errors keep their hint, listen errors their code, others their stack', () => {
  const cross = (error: unknown): Error => errorFrom(structuredClone(errorText(error)));
  const user = cross(new UserError('wrong', 'do right'));
  assert.ok(user instanceof UserError && !(user instanceof ListenError));
  assert.deepEqual([user.message, user.hint], ['wrong', 'do right']);
  const listen = cross(new ListenError('ERR_ADDRESS_IN_USE', 'taken'));
  assert.ok(listen instanceof ListenError);
  assert.deepEqual([listen.code, listen.message, listen.hint], ['ERR_ADDRESS_IN_USE', 'taken', undefined]);
  const other = new TypeError('ours');
  const crossed = cross(other);
  assert.ok(!(crossed instanceof UserError));
  assert.equal(crossed.stack, other.stack);
  assert.equal(cross('a text').message, 'a text');
});
