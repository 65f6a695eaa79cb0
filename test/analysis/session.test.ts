// What a connection speaks: found on any port, named, seen from its middle or from the wrong side, or something else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as conversation from '../../src/analysis/conversation-table.js';
import { endRequest, getValues, record } from '../../src/fastcgi/encode.js';
import { APPLICATION, WEB_SERVER } from '../../src/model/side.js';
import { concat, hex } from '../support/bytes.js';
import { cgiResponse, request, response, stdin, stdout } from '../support/fastcgi-messages.js';
import { scgiRequest } from '../support/scgi-messages.js';
import { SessionTalk } from './session-talk.js';

const ask = (uri = '/') => request({ uri, keepConn: true });
const answer = (status = 200) => response({ status, body: 'b' });

describe('from its beginning', () => {
  it('FastCGI is found on any port, whole and byte by byte', () => {
    for (const bytewise of [false, true]) {
      const talk = new SessionTalk();
      for (const port of [1, 80, 9000, 65535]) {
        const row = talk.open({ port });
        const bytes = ask('/found');
        if (bytewise) for (const byte of bytes) talk.web(row, Uint8Array.of(byte));
        else talk.web(row, bytes);
        talk.app(row, answer());
      }
      assert.deepEqual(talk.end().listeners, ['1 fastcgi', '65535 fastcgi', '80 fastcgi', '9000 fastcgi']);
      assert.deepEqual(talk.answers, Array(4).fill('/found 200'));
    }
  });

  it('BEGIN_REQUEST of every role and flag is FastCGI, of others it is not', () => {
    const found = (bytes: Uint8Array) => {
      const talk = new SessionTalk();
      return talk.web(talk.open(), bytes).end().listeners.length === 1;
    };
    for (const body of ['0001 00', '0002 01', '0003 00']) {
      assert.ok(found(concat(hex(`0101 0001 0008 0000 ${body} 0000000000`))), body);
    }
    for (const start of [
      '0101 0001 0008 0000 0004 00',
      '0101 0001 0008 0000 0001 02',
      '0101 0001 0009 0000',
      '0101 0001 0108 0000',
    ]) {
      assert.ok(!found(concat(hex(start), new Uint8Array(40))), start);
    }
    assert.ok(!found(hex('0101 0001 0008 0001 0001 0000000000000000')), 'the reserved byte is 0');
  });

  it('GET_VALUES first is FastCGI too', () => {
    const talk = new SessionTalk();
    talk.web(talk.open(), getValues(['FCGI_MAX_CONNS'])).end();
    assert.deepEqual(talk.listeners, ['9000 fastcgi']);
    const other = new SessionTalk();
    other.web(other.open(), record(9, 0, hex('0401 4e414d45 31'))).end();
    assert.deepEqual(other.listeners, [], 'its names begin with FCGI_');
  });

  it('SCGI is found by its netstring', () => {
    for (const bytewise of [false, true]) {
      const talk = new SessionTalk();
      const row = talk.open({ port: 4000 });
      const bytes = scgiRequest({ uri: '/scgi', body: 'abc' });
      if (bytewise) for (const byte of bytes) talk.web(row, Uint8Array.of(byte));
      else talk.web(row, bytes);
      talk
        .app(row, cgiResponse({ status: 404 }))
        .fin(row, APPLICATION)
        .fin(row, WEB_SERVER)
        .end();
      assert.deepEqual([talk.listeners, talk.answers], [['4000 scgi'], ['/scgi 404']]);
    }
  });

  it('an application that speaks first is waited for', () => {
    const talk = new SessionTalk();
    const row = talk.open();
    talk.app(row, 'hello').web(row, ask()).end();
    assert.deepEqual(talk.listeners, ['9000 fastcgi']);
    const late = talk.open({ port: 25 });
    talk.app(late, 'x'.repeat(5000)).web(late, ask()).end();
    assert.deepEqual(talk.listeners, ['9000 fastcgi'], 'but not for ever');
  });

  it('noise is left alone, also noise that begins with 0x01', () => {
    const talk = new SessionTalk();
    const noise = ['01020304 05060708 090a0b0c 0d0e0f10', '0101 41', '01 06 0001 0001 00 00 61', '01', '00', 'ff'];
    for (const bytes of noise) talk.web(talk.open({ port: 19093 }), hex(bytes)).end();
    assert.deepEqual([talk.listeners, talk.requests, talk.problems], [[], [], []]);
  });

  it('HTTP before and after FastCGI on one listener is kept to be named, and not decoded', () => {
    const talk = new SessionTalk();
    const before = talk.open();
    talk.web(before, 'GET /before HTTP/1.1\r\nHost: example.org\r\n\r\n');
    const good = talk.open();
    talk.web(good, ask()).app(good, answer());
    const after = talk.open();
    talk.web(after, 'GE').web(after, 'T /after HTTP/1.1\r\n\r\n').app(after, 'HTTP/1.1 400 Bad Request\r\n\r\n').end();
    assert.deepEqual(talk.answers, ['/ 200']);
    assert.equal(talk.foreign(before, WEB_SERVER), 'GET /before HTTP/1.1\r\nHost: exam');
    assert.match(talk.foreign(after, WEB_SERVER), /^GET \/after/);
    assert.match(talk.foreign(after, APPLICATION), /^HTTP\/1\.1 400/);
    assert.deepEqual(talk.problems, ['record-bad-version', 'record-bad-version']);
  });

  it('too little to tell is judged by what other connections show, whenever they do', () => {
    const talk = new SessionTalk();
    const early = talk.open();
    talk.web(early, hex('0101 00')).fin(early, WEB_SERVER).fin(early, APPLICATION);
    const good = talk.open();
    talk.web(good, ask()).end();
    assert.equal(talk.session.conversations.protocol[early], conversation.PROTOCOL_IS_FASTCGI);
    assert.deepEqual(talk.problems, ['record-cut']);
  });

  it('a hole before it could be told: a header and a role are enough', () => {
    const told = (length: number) => {
      const talk = new SessionTalk();
      const row = talk.open();
      return talk.web(row, ask().subarray(0, length)).gap(row, WEB_SERVER, 500).end().listeners;
    };
    assert.deepEqual([told(9), told(10), told(15)], [[], ['9000 fastcgi'], ['9000 fastcgi']]);
  });

  it('a lost beginning: the next turn tells', () => {
    const talk = new SessionTalk();
    const row = talk.open();
    talk.gap(row, WEB_SERVER, 600).app(row, answer()).web(row, ask('/second')).app(row, answer(404)).end();
    assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/second 404']]);
  });
});

describe('named with -d', () => {
  const fcgi = [{ port: 9000, protocol: 'fastcgi' }] as const;

  it('everything on the port is decoded as what it is named', () => {
    const talk = new SessionTalk(fcgi);
    const row = talk.open();
    talk.web(row, 'GET / HTTP/1.1\r\n\r\n').end();
    assert.deepEqual(
      [talk.problems, talk.foreign(row, WEB_SERVER)],
      [['record-bad-version'], 'GET / HTTP/1.1\r\n\r\n'],
    );
    const odd = new SessionTalk([{ port: 9000, protocol: 'scgi' }]);
    odd.web(odd.open(), ask()).end();
    assert.deepEqual(odd.problems, ['scgi-malformed']);
  });

  it('other ports are judged as ever', () => {
    const talk = new SessionTalk(fcgi);
    talk.web(talk.open({ port: 9100 }), ask()).end();
    assert.deepEqual(talk.listeners, ['9100 fastcgi']);
  });

  it('a connection without a beginning whose sides are the wrong way round is turned', () => {
    const talk = new SessionTalk(fcgi);
    const row = talk.open({ syn: false, turned: true });
    talk.app(row, answer()).web(row, ask('/turned')).app(row, answer(500)).end();
    assert.deepEqual(talk.answers, ['/turned 500']);
    assert.deepEqual([talk.connections.port0[row], talk.connections.port1[row]], [40000 + row, 9000]);
  });
});

describe('from its middle', () => {
  const middle = (write: (talk: SessionTalk, row: number) => void, turned = false) => {
    const talk = new SessionTalk();
    write(talk, talk.open({ syn: false, turned }));
    return talk.end();
  };

  it('a request tells, from whichever side it seems to come', () => {
    for (const turned of [false, true]) {
      const talk = middle((t, row) => t.web(row, ask('/a')).app(row, answer()), turned);
      assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/a 200']]);
    }
  });

  it('a response tells, from whichever side it seems to come', () => {
    for (const turned of [false, true]) {
      const talk = middle((t, row) => t.app(row, answer()).web(row, ask('/a')).app(row, answer(404)), turned);
      assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/a 404']]);
    }
  });

  it('the end of a response tells, after a piece of its body', () => {
    const rest = concat('the rest of a body', endRequest(1));
    const talk = middle((t, row) => t.app(row, rest).web(row, ask('/a')).app(row, answer()));
    assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/a 200']]);
  });

  it('records that fill a turn tell, a piece of one does not', () => {
    for (const [bytes, found] of [
      [stdout('all of it'), true],
      [concat(stdin('a'), stdin('b').subarray(0, 8)), true],
      [stdout('all of it').subarray(0, -1), false],
      [concat(stdout('all of it'), 'and more'), false],
      [concat(stdout('mixed'), stdin('mixed')), false],
      [hex('01060001 0003 00 00 41'), false],
      [record(6, 300, 'an id nobody uses'), false],
    ] as const) {
      const talk = middle((t, row) => t.app(row, bytes).fin(row, APPLICATION));
      assert.equal(talk.listeners.length === 1, found, Buffer.from(bytes).toString('hex'));
    }
  });

  it('a request tells after a body of any length, again and again', () => {
    const talk = middle((t, row) => {
      for (let i = 0; i < 100; i++) t.app(row, 'x'.repeat(1400));
      t.web(row, ask('/after')).app(row, answer());
    });
    assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/after 200']]);
  });

  it('what another connection shows is taken at once', () => {
    const talk = new SessionTalk();
    const long = talk.open({ syn: false });
    talk.app(long, 'x'.repeat(9000));
    const other = talk.open();
    talk.web(other, ask('/other'));
    talk
      .app(long, concat('xx', endRequest(1)))
      .web(long, ask('/long'))
      .app(long, answer())
      .end();
    assert.deepEqual(talk.answers, ['/other unfinished', '/long 200']);
  });

  it('SCGI and HTTP, and nothing', () => {
    assert.deepEqual(middle((t, row) => t.web(row, scgiRequest())).listeners, ['9000 scgi']);
    const http = middle((t, row) => t.web(row, 'GET / HTTP/1.1\r\n\r\n').app(row, 'HTTP/1.1 200 OK\r\n\r\n'));
    assert.deepEqual([http.listeners, http.requests], [[], []]);
  });

  it('a loss inside it is a turn of its own', () => {
    const talk = middle((t, row) => t.app(row, 'xx').gap(row, APPLICATION, 50).app(row, answer()).web(row, ask()));
    assert.deepEqual([talk.listeners, talk.answers], [['9000 fastcgi'], ['/ unfinished']]);
  });
});

describe('memory', () => {
  const waiting = (talk: SessionTalk) => Reflect.get(talk.session, 'waiting') as number;
  const decoders = (talk: SessionTalk) => (Reflect.get(talk.session, 'live') as unknown[]).filter(Boolean).length;

  it('of connections that cannot be told is bounded, one by one and together', () => {
    const talk = new SessionTalk();
    const one = talk.open({ syn: false });
    for (let i = 0; i < 1000; i++) talk.app(one, 'x'.repeat(1400)).web(one, 'y'.repeat(100));
    assert.ok(waiting(talk) <= 16_384, `${waiting(talk)}`);
    const piece = 'x'.repeat(4000);
    for (let i = 0; i < 20_000; i++) talk.app(talk.open({ syn: false }), piece);
    assert.ok(waiting(talk) <= 65 << 20, `${waiting(talk)}`);
    talk.end();
  });

  it('decoders are given back when a connection ends, in whatever way', () => {
    const talk = new SessionTalk();
    for (let i = 0; i < 50; i++) {
      const row = talk.open();
      talk.web(row, ask()).app(row, answer());
      if (i % 3 === 0) talk.fin(row, WEB_SERVER).fin(row, APPLICATION);
      else if (i % 3 === 1) talk.reset(row);
      else talk.close(row);
    }
    assert.equal(decoders(talk), 0);
    assert.deepEqual(talk.answers, Array(50).fill('/ 200'));
  });

  it('bytes of other protocols are kept of so many connections only', () => {
    const talk = new SessionTalk();
    for (let i = 0; i < 12_000; i++) talk.web(talk.open(), `GET /${i} HTTP/1.1\r\n${'x'.repeat(100)}`);
    assert.equal(talk.session.foreign.size, 10_000);
    for (const bytes of talk.session.foreign.values()) assert.ok(bytes.length <= 32);
  });
});

it('without payload nothing is decoded', () => {
  const talk = new SessionTalk([], true);
  talk.web(talk.open(), ask()).end();
  assert.deepEqual([talk.listeners, talk.requests], [[], []]);
});

it('requests of one connection are a chain in the order they began', () => {
  const talk = new SessionTalk();
  const [a, b] = [talk.open(), talk.open()];
  for (const [row, uri] of [
    [a, '/1'],
    [b, '/2'],
    [a, '/3'],
    [b, '/4'],
    [a, '/5'],
  ] as const) {
    talk.web(row, ask(uri)).app(row, answer());
  }
  const { conversations, log } = talk.session;
  const chain = (row: number) => {
    const uris: string[] = [];
    for (let next = conversations.firstRequest[row]; next !== 0; next = log.requests.next[next - 1]) {
      uris.push(log.strings.text(log.requests.uri[next - 1]));
    }
    return uris;
  };
  assert.deepEqual(
    [chain(a), chain(b)],
    [
      ['/1', '/3', '/5'],
      ['/2', '/4'],
    ],
  );
  assert.deepEqual([conversations.requests[a], conversations.requests[b]], [3, 2]);
});
