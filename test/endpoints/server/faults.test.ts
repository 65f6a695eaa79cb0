// The seams for showing what web servers make of faults: altered records, connections that stay open, aborts that are
// not heard.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutgoingRecord, OutputAlteration, ServerOptions } from '../../../src/endpoints/server/index.js';
import { END_REQUEST, STDOUT } from '../../../src/fastcgi/constants.js';
import { abortRequest } from '../../../src/fastcgi/encode.js';
import { request } from '../../support/fastcgi-messages.js';
import { eventually, serve, WebServer } from './web-server.js';

const hello: ServerOptions = { responder: (request) => request.end('\r\nhello') };
const keep = { keepConn: true } as const;

const faults: Record<string, OutputAlteration> = {
  drop_end_request: ({ type }) => (type === END_REQUEST ? [] : undefined),
  double_end_request: (record) => (record.type === END_REQUEST ? [record, record] : undefined),
  bad_id: (record) => [{ ...record, requestId: record.requestId + 256 }],
  bad_version: (record) => [{ ...record, version: 6 }],
  bad_type: (record) => (record.type === STDOUT ? [{ ...record, type: 99 }] : undefined),
  padding: (record) => [{ ...record, paddingLength: 255 }],
  garbage: (record) => (record.type === END_REQUEST ? [Buffer.from('garbage'), record] : undefined),
  close_before_headers: () => ['close'],
  close_mid_body: (record) =>
    record.type === STDOUT
      ? [{ ...record, content: record.content.subarray(0, 3), paddingLength: 0 }, 'close']
      : undefined,
};

describe('records on their way out', () => {
  const replies: Record<string, string> = {
    drop_end_request: '0106000100070100 0d0a68656c6c6f00 0106000100000000',
    double_end_request:
      '0106000100070100 0d0a68656c6c6f00 0106000100000000 0103000100080000 0000000000000000 0103000100080000 0000000000000000',
    bad_id: '0106010100070100 0d0a68656c6c6f00 0106010100000000 0103010100080000 0000000000000000',
    bad_version: '0606000100070100 0d0a68656c6c6f00 0606000100000000 0603000100080000 0000000000000000',
    bad_type: '0163000100070100 0d0a68656c6c6f00 0163000100000000 0103000100080000 0000000000000000',
    garbage: '0106000100070100 0d0a68656c6c6f00 0106000100000000 67617262616765 0103000100080000 0000000000000000',
    close_before_headers: '',
    close_mid_body: '0106000100030000 0d0a68',
  };
  for (const [fault, expected] of Object.entries(replies)) {
    it(`can be altered: ${fault}`, async (context) => {
      const server = await serve(context, { ...hello, alterOutput: () => faults[fault] });
      const web = await WebServer.connect(context, server, { isFastcgi: false });
      web.send(request(keep));
      const bytes = expected.replaceAll(' ', '');
      await web.until(
        ({ text, ended, closed }) => text.length * 2 >= bytes.length && (!/close/.test(fault) || ended || closed),
        fault,
      );
      assert.equal(Buffer.from(web.text, 'latin1').toString('hex'), bytes);
    });
  }

  it('can end in a RST, after what was sent before', async (context) => {
    let finish = () => {};
    const server = await serve(context, {
      responder: (request) => {
        request.write('\r\nhello');
        finish = () => request.end();
      },
      // Nothing more comes before it: Node takes a RST that comes together with bytes for a FIN.
      alterOutput: () => (record) => (record.content.length === 0 ? ['reset'] : undefined),
    });
    const web = await WebServer.connect(context, server);
    web.send(request(keep));
    await web.until(({ records }) => records.length === 1, 'STDOUT');
    finish();
    await web.until(({ closed }) => closed, 'the reset');
    assert.deepEqual([web.error?.code, web.ended], ['ECONNRESET', false]);
    await eventually(() => server.counters.open === 0, 'the close');
  });

  it('are seen whole, in their order, cut to size and padded', async (context) => {
    const seen: OutgoingRecord[] = [];
    const server = await serve(context, {
      responder: (request) => {
        request.writeError('e');
        request.end(`\r\n${'x'.repeat(30)}`);
      },
      recordSize: 20,
      padding: (length) => length,
      alterOutput: () => (record) => {
        seen.push(record);
        return undefined;
      },
    });
    const web = await WebServer.connect(context, server);
    assert.equal((await web.send(request(keep)).answer()).stdout.length, 32);
    assert.deepEqual(
      seen.map(({ type, content, paddingLength }) => [type, content.length, paddingLength]),
      [
        [7, 1, 1],
        [6, 20, 20],
        [6, 12, 12],
        [7, 0, 0],
        [6, 0, 0],
        [3, 8, 0],
      ],
    );
  });

  it('may be altered for some connections and not for others', async (context) => {
    const server = await serve(context, {
      ...hello,
      alterOutput: ({ id }) => (id === 1 ? faults.padding : undefined),
    });
    const first = await WebServer.connect(context, server);
    assert.equal((await first.send(request(keep)).answer()).stdout, '\r\nhello');
    assert.equal(first.records[0].padding, 255);
    const second = await WebServer.connect(context, server);
    await second.send(request(keep)).answer();
    assert.equal(second.records[0].padding, 1);
  });
});

describe('a connection', () => {
  it('can be kept open whatever the web server asks', async (context) => {
    const server = await serve(context, hello);
    server.on('connection', (connection) => void (connection.keepsOpen = true));
    const web = await WebServer.connect(context, server);
    await web.send(request()).answer();
    for (let n = 0; n < 5; n++) {
      server.sweep();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(web.ended, false);
    await server.close({ graceful: false });
    await web.whenEnded();
  });
});

describe('an abort', () => {
  it('can be left unheard', async (context) => {
    let finish = () => {};
    const server = await serve(context, {
      responder: (request) => {
        request.ignoresAbort = true;
        finish = () => request.end('\r\nanyway');
      },
    });
    const web = await WebServer.connect(context, server);
    web.send(request(keep), abortRequest(1));
    const length = request(keep).length + 8;
    await eventually(() => server.counters.bytesReceived === length, 'the abort');
    finish();
    assert.deepEqual([(await web.answer()).stdout, server.counters.aborted], ['\r\nanyway', 0]);
  });
});
