// The big captures of the benchmark, each the same on every machine: many small connections, few connections with
// large bodies, and many requests on a few kept connections.
import { ACK, FIN, PSH, SYN } from '../../src/model/segment.js';
import { request, response } from '../support/fastcgi-messages.js';
import { type Random, random } from '../support/random.js';
import { BigCapture, type Flow, opposite } from './big-capture.js';

export const PORT = 9000;
const DISTINCT_URIS = 5000;
const SEGMENT = 65483;
const NOTHING = new Uint8Array(0);

/** What a capture holds; the product must find the same numbers. */
export interface Workload {
  readonly packets: number;
  readonly connections: number;
  readonly requests: number;
}

interface Talk {
  readonly web: Flow;
  readonly app: Flow;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  step: number;
}

/** Ten packets a connection: handshake, request, response, both FINs; many connections are open at a time. */
export function writeManySmall(path: string, connections: number): Workload {
  const capture = new BigCapture(path);
  const dice = random(1);
  const requests = messages(dice, false);
  const open: Talk[] = [];
  let started = 0;
  let time = 0;
  while (started < connections || open.length > 0) {
    if (started < connections && open.length < 24) open.push(newTalk(started++, dice, requests));
    const index = dice.below(open.length);
    time += dice.between(5, 35);
    if (!nextPacket(capture, open[index], time)) {
      open[index] = open[open.length - 1];
      open.pop();
    }
  }
  capture.finish();
  return { packets: capture.packets, connections, requests: connections };
}

/** Three connections with 72 responses of about 4.5 MB in segments of 64 KB and STDOUT records of 65,528 bytes. */
export function writeLargeBodies(path: string, requests: number): Workload {
  const capture = new BigCapture(path);
  const dice = random(2);
  const body = new Uint8Array(4_600_000);
  for (let i = 0; i < body.length; i++) body[i] = 32 + ((i * 7 + (i >>> 9)) % 95);
  const talks = [0, 1, 2].map((number) => newTalk(number, dice, [NOTHING]));
  let time = 0;
  for (const talk of talks) for (let step = 0; step < 3; step++) nextPacket(capture, talk, ++time);
  for (let done = 0; done < requests; done++) {
    const { web, app } = talks[done % 3];
    time += dice.between(200, 2000);
    acknowledge(app, web);
    capture.packet(time, web, ACK | PSH, request({ uri: `/download/${done}`, keepConn: true }));
    const bytes = response({ body: body.subarray(0, dice.between(4_400_000, 4_600_000)) });
    acknowledge(web, app);
    for (let at = 0, count = 0; at < bytes.length; at += SEGMENT, count++) {
      const end = Math.min(at + SEGMENT, bytes.length);
      time += dice.between(10, 60);
      capture.packet(time, app, end === bytes.length ? ACK | PSH : ACK, bytes, at, end);
      acknowledge(app, web);
      if (count % 3 === 2) capture.packet(++time, web, ACK, NOTHING);
    }
  }
  for (const talk of talks) for (talk.step = 7; nextPacket(capture, talk, ++time); );
  capture.finish();
  return { packets: capture.packets, connections: 3, requests };
}

/** Two packets a request, each acknowledging the other, on four kept connections. */
export function writeKept(path: string, requests: number): Workload {
  const capture = new BigCapture(path);
  const dice = random(3);
  const bytes = messages(dice, true);
  const answers = [0, 20, 40, 60].map((length) => response({ body: 'y'.repeat(length) }));
  const talks = [0, 1, 2, 3].map((number) => newTalk(number, dice, [NOTHING]));
  let time = 0;
  for (const talk of talks) for (let step = 0; step < 3; step++) nextPacket(capture, talk, ++time);
  const waiting = [false, false, false, false];
  for (let asked = 0, answered = 0; answered < requests; ) {
    const index = dice.below(4);
    const { web, app } = talks[index];
    time += dice.between(20, 180);
    if (waiting[index]) {
      acknowledge(web, app);
      capture.packet(time, app, ACK | PSH, dice.pick(answers));
      waiting[index] = false;
      answered++;
    } else if (asked < requests) {
      acknowledge(app, web);
      capture.packet(time, web, ACK | PSH, dice.pick(bytes));
      waiting[index] = true;
      asked++;
    }
  }
  for (const talk of talks) for (talk.step = 7; nextPacket(capture, talk, ++time); );
  capture.finish();
  return { packets: capture.packets, connections: 4, requests };
}

/** Requests for some thousand distinct URIs with the PARAMS of nginx. */
function messages(dice: Random, keepConn: boolean): Uint8Array[] {
  const areas = ['shop/item', 'blog/post', 'api/v2/orders', 'static/report', 'user/profile', 'search'];
  const agents = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0)',
    'curl/7.88.1',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5)',
  ];
  return Array.from({ length: DISTINCT_URIS }, (_, index) =>
    request({
      keepConn,
      method: dice.oneIn(10) ? 'POST' : 'GET',
      uri: `/${dice.pick(areas)}/${index}${dice.oneIn(3) ? `?page=${dice.below(20)}` : ''}`,
      parameters: {
        REMOTE_ADDR: `198.51.100.${dice.below(256)}`,
        REMOTE_PORT: String(dice.between(10_000, 65_535)),
        HTTP_USER_AGENT: dice.pick(agents),
      },
    }),
  );
}

/** Client addresses and ports are stepped through so that the same four numbers come again after four million. */
function newTalk(number: number, dice: Random, requests: readonly Uint8Array[]): Talk {
  const hosts = Math.floor(number / 64_000);
  const web: Flow = {
    sourceAddress: 0x0a000001 + (hosts % 16),
    destinationAddress: 0x0a010001 + (Math.floor(hosts / 16) % 4),
    sourcePort: 1024 + ((number * 7919) % 64_000),
    destinationPort: PORT,
    sequence: dice.next(),
    acknowledgment: 0,
  };
  return { web, app: opposite(web, dice.next()), request: dice.pick(requests), response: ANSWER, step: 0 };
}

const ANSWER = response({ body: 'x'.repeat(40) });

/** Writes the next of a short connection's ten packets; false after the last one. */
function nextPacket(capture: BigCapture, talk: Talk, time: number): boolean {
  const { web, app } = talk;
  switch (talk.step++) {
    case 0:
      capture.packet(time, web, SYN, NOTHING);
      return true;
    case 1:
      acknowledge(web, app);
      capture.packet(time, app, SYN | ACK, NOTHING);
      return true;
    case 3:
      capture.packet(time, web, ACK | PSH, talk.request);
      return true;
    case 4:
      acknowledge(web, app);
      capture.packet(time, app, ACK, NOTHING);
      return true;
    case 5:
      capture.packet(time, app, ACK | PSH, talk.response);
      return true;
    case 7:
      acknowledge(web, app);
      capture.packet(time, app, FIN | ACK, NOTHING);
      return true;
    case 8:
      acknowledge(app, web);
      capture.packet(time, web, FIN | ACK, NOTHING);
      return true;
    case 9:
      acknowledge(web, app);
      capture.packet(time, app, ACK, NOTHING);
      return false;
    default: // 2 and 6: the web server only acknowledges
      acknowledge(app, web);
      capture.packet(time, web, ACK, NOTHING);
      return true;
  }
}

/** `receiver` will acknowledge all that `sender` sent. */
function acknowledge(sender: Flow, receiver: Flow): void {
  receiver.acknowledgment = sender.sequence;
}
