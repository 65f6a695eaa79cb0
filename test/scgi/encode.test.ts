// The SCGI encoder against the protocol document's own example and its rules.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerBlock, netstring, request } from '../../src/scgi/encode.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('SCGI request', () => {
  it('is the example of the SCGI protocol document', () => {
    const bytes = request(
      [
        ['REQUEST_METHOD', 'POST'],
        ['REQUEST_URI', '/deepthought'],
      ],
      'What is the answer to life?',
    );
    assert.equal(
      text(bytes),
      '70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What is the answer to life?',
    );
  });

  it('counts bytes, not characters', () => {
    assert.equal(text(request({}, 'é')), `${'24:CONTENT_LENGTH\x002\0SCGI\x001\0,'}\xc3\xa9`);
    assert.equal(text(netstring('')), '0:,');
  });

  it('refuses headers that would make another request of it', () => {
    assert.throws(() => request([['', 'x']]), RangeError);
    assert.throws(() => request({ CONTENT_LENGTH: '5' }), RangeError);
    assert.throws(() => request({ SCGI: '1' }), RangeError);
    assert.throws(() => request({ A: 'a\0b' }), RangeError);
    assert.throws(() => headerBlock({ 'A\0': '' }), RangeError);
    const twice = [
      ['A', '1'],
      ['A', '2'],
    ] as const;
    assert.throws(() => request(twice), RangeError);
    assert.equal(text(headerBlock(twice)), 'A\x001\0A\x002\0');
  });
});
