// Captures whose streams are cut at every position: each has something that is easily lost at a cut.
import type { NamedListener } from '../../src/analysis/session.js';
import * as encode from '../../src/fastcgi/encode.js';
import { concat, hex } from '../support/bytes.js';
import type { Conversation } from '../support/conversation.js';
import { cgiResponse, request, response, stderr, stdin, stdout } from '../support/fastcgi-messages.js';
import { type Scene, scene } from '../support/scene.js';
import { scgiRequest } from '../support/scgi-messages.js';

export interface SplitCapture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly named?: readonly NamedListener[];
}

const NAMED: readonly NamedListener[] = [{ port: 9000, protocol: 'fastcgi' }];

function talk(
  name: string,
  write: (c: Conversation, play: Scene) => void,
  named: readonly NamedListener[] = [],
): SplitCapture {
  const play = scene();
  write(play.conversation(), play);
  return { name, bytes: play.capture(), named };
}

const post = request({
  method: 'POST',
  uri: '/post?a=b',
  body: 'field=value',
  streams: { recordSize: 50, padding: () => 3 },
});
const notFound = response({ status: 404, body: 'nothing here', stderr: 'PHP message: no such thing 17\n' });

/** The middle of a stream: neither handshake nor the beginning of anything. */
function midStream(name: string, write: (c: Conversation) => void): SplitCapture {
  return talk(name, (c) => {
    c.connect({ captured: false });
    write(c);
    c.finApp().finWeb();
  });
}

export const SPLIT_CAPTURES: readonly SplitCapture[] = [
  talk('a request and its response', (c) => c.connect().web(post).app(notFound).finApp().finWeb()),
  talk('kept connection, three requests', (c) => {
    c.connect();
    for (const uri of ['/1', '/22', '/333']) c.web(request({ uri, keepConn: true })).app(response({ body: uri }));
    c.finWeb().finApp();
  }),
  talk('pipelined requests of one id', (c) => {
    c.connect().web(concat(request({ uri: '/a' }), request({ uri: '/b' })));
    c.app(concat(response({ body: 'a' }), response({ status: 500, body: 'b' })))
      .finApp()
      .finWeb();
  }),
  talk('multiplexed, interleaved, one aborted', (c) => {
    c.connect().web(concat(request({ id: 1, uri: '/1' }), request({ id: 2, uri: '/2', stdinEnd: false })));
    c.app(concat(stdout('Status: 201\r\n', { id: 2 }), stdout('Content-Type: a/b\r\n\r\none', { id: 1 })));
    c.web(encode.abortRequest(2)).app(concat(stdout('\r\ntwo', { id: 2 }), encode.endRequest(1), encode.endRequest(2)));
    c.finWeb().finApp();
  }),
  talk('management records and an unknown type', (c) => {
    c.connect().web(concat(encode.getValues(['FCGI_MAX_CONNS', 'FCGI_MPXS_CONNS']), encode.record(77, 0, 'what')));
    c.app(concat(encode.getValuesResult({ FCGI_MPXS_CONNS: '0' }), encode.unknownType(77)));
    c.web(request()).app(response()).finApp().finWeb();
  }),
  talk('violations of every kind', (c) => {
    const params = hex('0d05') as Uint8Array;
    c.connect().web(concat(encode.record(1, 1, hex('0001')), encode.record(4, 1, params), encode.record(4, 1, '')));
    c.web(concat(encode.record(4, 1, 'x'), encode.record(5, 9, 'unknown id'), encode.record(6, 1, 'wrong side')));
    c.app(
      concat(encode.record(1, 1, hex('0001000000000000')), encode.record(3, 1, hex('00000007 00')), stdout('late')),
    );
    c.web(
      concat(
        encode.record(1, 0, hex('0001000000000000')),
        encode.record(4, 0),
        encode.record(5, 0),
        request({ id: 1 }),
        request({ id: 1 }),
        stdin('late', { id: 1 }),
      ),
    )
      .finWeb()
      .finApp();
  }),
  talk('a bad version in the middle', (c) => {
    c.connect().web(concat(request(), hex('0204000100100000'), request()));
    c.app(concat(stdout('Status: 200\r\n\r\n'), hex('00010203040506070809')))
      .finApp()
      .finWeb();
  }),
  talk('records that the end cuts', (c) => {
    c.connect()
      .web(request({ stdinEnd: false }))
      .web(stdin('abcdef').subarray(0, 11));
    c.app(stdout('Content-Type: text/plain\r\n').subarray(0, 20)).finApp().finWeb();
  }),
  talk('a bytewise head, a bad head, an endless one', (c) => {
    c.connect().web(concat(request(), request({ id: 2 }), request({ id: 3 })));
    c.app(concat(stdout('status:404\nLocation: /\n\nbody', { recordSize: 1 }), encode.endRequest(1)));
    c.app(concat(stdout(': no name\r\nStatus: abc\r\n\r\n', { id: 2 }), stdout(`X: ${'y'.repeat(900)}`, { id: 3 })));
    c.finApp().finWeb();
  }),
  talk('long names and values', (c) => {
    const parameters = { ['N'.repeat(300)]: 'v'.repeat(500), EMPTY: '', REQUEST_URI: `/${'u'.repeat(300)}` };
    c.connect()
      .web(request({ parameters, streams: { recordSize: 7 } }))
      .app(response())
      .finApp()
      .finWeb();
  }),
  talk('an Authorizer and a Filter', (c) => {
    c.connect().web(concat(encode.beginRequest(1, 2, 0), encode.params(1, [['A', 'b']])));
    c.app(response()).web(
      concat(
        encode.beginRequest(2, 3, 1),
        encode.params(2, [['A', 'b']]),
        encode.stream(5, 2, 'in'),
        encode.stream(8, 2, 'data'),
      ),
    );
    c.app(response({ id: 2, stderr: 'x' }))
      .finApp()
      .finWeb();
  }),
  talk('STDERR in pieces, of two requests', (c) => {
    c.connect().web(concat(request({ id: 1 }), request({ id: 2 })));
    c.app(
      concat(
        stderr('one ', { id: 1 }),
        stderr('two', { id: 2 }),
        stderr('more', { id: 1 }),
        response({ id: 1 }),
        response({ id: 2 }),
      ),
    );
    c.finApp().finWeb();
  }),
  talk('SCGI', (c) =>
    c
      .connect()
      .web(scgiRequest({ method: 'POST', uri: '/s', body: 'body' }))
      .app(cgiResponse({ status: 302, body: 'b' }))
      .finApp()
      .finWeb(),
  ),
  talk('SCGI that is none', (c) =>
    c.connect().web('57:CONTENT_LENGTH\x000\x00SCGI\x001\x00 and then something else entirely').finApp().finWeb(),
  ),
  talk(
    'HTTP on a named port',
    (c) =>
      c.connect().web('GET / HTTP/1.1\r\nHost: a\r\n\r\n').app('HTTP/1.1 400 Bad Request\r\n\r\n').finApp().finWeb(),
    NAMED,
  ),
  talk('HTTP', (c) =>
    c.connect().web('GET / HTTP/1.1\r\nHost: a\r\n\r\n').app('HTTP/1.1 200 OK\r\n\r\n').finApp().finWeb(),
  ),
  talk('noise that begins with 0x01', (c) =>
    c
      .connect()
      .web(hex('01 01 00 01 00 08 00 00 00 01 02 00 00 00 00 00 11 22 33'))
      .app(hex('01 06 ff'))
      .finApp()
      .finWeb(),
  ),
  talk('GET_VALUES before anything else', (c) =>
    c
      .connect()
      .web(concat(encode.getValues(['FCGI_MAX_REQS']), request()))
      .app(response())
      .finWeb()
      .finApp(),
  ),
  talk('the application speaks first', (c) =>
    c.connect().app('220 hello\r\n').web(request()).app(response()).finApp().finWeb(),
  ),
  talk('too little to tell, on a listener that becomes known', (c, play) => {
    c.connect().web(hex('010100')).finWeb({ at: 2 }).finApp();
    play.conversation(1).connect().web(request()).app(response()).finApp().finWeb();
  }),
  talk('too little to tell', (c) => c.connect().web(hex('010100')).app('x').finWeb().finApp()),
  talk('a lost segment inside a body', (c) => {
    c.connect().web(request({ method: 'POST', body: 'b'.repeat(700), streams: { recordSize: 90 } }), {
      mss: 200,
      lose: [2],
    });
    c.app(response({ body: 'x'.repeat(300), streams: { recordSize: 60 } }), {
      mss: 128,
      lose: [1],
      after: 2,
    });
    c.finApp({ after: 2 }).finWeb().rstApp({ after: 3 });
  }),
  talk('a lost segment with a header in it, and things like headers after it', (c) => {
    const body = concat(
      'Status: 200\r\n\r\n',
      hex('0106000100050000 01 06 00 01 00 01 07 00 01 06 00 01'),
      'x'.repeat(60),
      hex('01'),
    );
    c.connect().web(request());
    c.app(concat(stdout(body, { recordSize: 70 }), stdout(body, { recordSize: 30 }), response()), {
      mss: 90,
      lose: [1],
    });
    c.finApp({ after: 2 }).finWeb().rstApp({ after: 3 });
  }),
  midStream('mid-stream, at a request', (c) => c.web(post).app(notFound).web(request()).app(response())),
  midStream('mid-stream, at a response', (c) => c.app(notFound).web(request()).app(response())),
  midStream('mid-stream, inside a response', (c) =>
    c
      .app(stdout('x'.repeat(200)).subarray(100))
      .app(concat(stdout('end'), encode.endRequest(1)))
      .web(request())
      .app(response()),
  ),
  midStream('mid-stream, inside a request', (c) =>
    c.web(post.subarray(37)).app(notFound).web(request()).app(response()),
  ),
  midStream('mid-stream, inside a long response, then a request', (c) =>
    c.app('x'.repeat(5000)).web(request()).app(response()),
  ),
  midStream('mid-stream, a response only', (c) => c.app(notFound)),
  midStream('mid-stream, an END_REQUEST only', (c) => c.app(encode.endRequest(1))),
  midStream('mid-stream, nothing that can be told', (c) => c.app('x'.repeat(300)).web('y'.repeat(300))),
  midStream('mid-stream HTTP', (c) =>
    c
      .web('GET / HTTP/1.1\r\n\r\n')
      .app('HTTP/1.1 200 OK\r\n\r\n')
      .web('GET /2 HTTP/1.1\r\n\r\n')
      .app('HTTP/1.1 200 OK\r\n\r\n'),
  ),
  {
    ...midStream('mid-stream on a named port', (c) => c.app('tail').app(response()).web(request()).app(response())),
    named: NAMED,
  },
];
