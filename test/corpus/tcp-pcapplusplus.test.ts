// Reassembled texts of PcapPlusPlus' examples, which also says how packets are to be lost, repeated and exchanged.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sharedRoot } from '../support/paths.js';
import { Recorder } from '../tcp/recorder.js';
import { trackSegments } from './tcp-capture.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with the corpus' : false;
const folder = join(sharedRoot ?? '', 'corpus', 'tcp', 'pcapplusplus');

/** Both sides' bytes in the order in which they were handed on; a gap is nothing. */
class Joined extends Recorder {
  readonly texts: Buffer[][] = [];

  override data(...call: Parameters<Recorder['data']>): void {
    super.data(...call);
    const [connection, , bytes, start, end] = call;
    this.texts[connection] ??= [];
    this.texts[connection].push(Buffer.from(bytes.subarray(start, end)));
  }

  text1(connection = 0): string {
    return Buffer.concat(this.texts[connection] ?? []).toString('latin1');
  }
}

const expected = (name: string) => readFileSync(join(folder, name), 'latin1');

type Arrange = (order: number[]) => void;

/** `order` begins as 0, 1, 2 ...: the packets of the file. */
const swapNeighbours: Arrange = (order) => {
  [order[9], order[10]] = [order[10], order[9]];
};
const delayOne: Arrange = (order) => {
  order.splice(23, 0, ...order.splice(18, 1));
};
const reverseMessage: Arrange = (order) => {
  for (let i = 0; i < 12; i++) order.splice(24 + i, 0, ...order.splice(35, 1));
};

const ONE: [name: string, file: string, output: string, arrange: Arrange[]][] = [
  ['in order', 'one_tcp_stream.pcap', 'one_tcp_stream_output.txt', []],
  ['sequence numbers that wrap', 'one_tcp_stream_max_seq.pcap', 'one_tcp_stream_output.txt', []],
  [
    'out of order',
    'one_tcp_stream.pcap',
    'one_tcp_stream_out_of_order_output.txt',
    [swapNeighbours, delayOne, reverseMessage],
  ],
  ['without the handshake', 'one_tcp_stream.pcap', 'one_tcp_stream_output.txt', [(order) => order.splice(0, 2)]],
  [
    'every packet twice',
    'one_tcp_stream.pcap',
    'one_tcp_stream_retransmission_output.txt',
    [(order) => order.splice(0, order.length, ...order.flatMap((packet) => [packet, packet]))],
  ],
  ['closed by FIN', 'one_http_stream_fin.pcap', 'one_http_stream_fin_output.txt', []],
  ['FIN with data', 'one_http_stream_fin2.pcap', 'one_http_stream_fin2_output.txt', []],
  [
    'a segment that comes after the FIN',
    'one_http_stream_fin2.pcap',
    'one_http_stream_fin2_output.txt', // PcapPlusPlus leaves the late segment out (..._output2.txt)
    [(order) => order.splice(12, 0, ...order.splice(6, 1))],
  ],
  ['IPv6', 'one_ipv6_http_stream.pcap', 'one_ipv6_http_stream.txt', []],
];

describe('PcapPlusPlus', { skip }, () => {
  for (const [name, file, output, arrangements] of ONE) {
    test(name, async () => {
      const joined = new Joined();
      await trackSegments(join(folder, file), joined, (order) => {
        for (const arrange of arrangements) arrange(order);
      });
      assert.equal(joined.text1(), expected(output));
    });
  }

  test('missing packets: the gap stands where PcapPlusPlus writes its note', async () => {
    const joined = new Joined();
    joined.gap = (connection, _side, length) => {
      joined.texts[connection].push(Buffer.from(`[${length} bytes missing]`));
    };
    await trackSegments(join(folder, 'one_tcp_stream.pcap'), joined, (order) => {
      reverseMessage(order);
      order.splice(29, 1);
    });
    assert.equal(joined.text1(), expected('one_tcp_stream_missing_data_output_ooo.txt'));
  });

  test('three connections', async () => {
    const joined = new Joined();
    await trackSegments(join(folder, 'three_http_streams.pcap'), joined);
    const texts = [0, 1, 2].map((row) => joined.text1(row)).sort();
    const want = [1, 2, 3].map((i) => expected(`three_http_streams_conn_${i}_output.txt`)).sort();
    assert.deepEqual(texts, want);
  });

  test('four IPv6 connections', async () => {
    const joined = new Joined();
    await trackSegments(join(folder, 'four_ipv6_http_streams.pcap'), joined);
    const texts = [0, 1, 2, 3].map((row) => joined.text1(row)).sort();
    const names = [
      'one_ipv6_http_stream4.txt',
      'one_ipv6_http_stream.txt',
      'one_ipv6_http_stream2.txt',
      'one_ipv6_http_stream3.txt',
    ];
    assert.deepEqual(texts, names.map(expected).sort());
  });
});
