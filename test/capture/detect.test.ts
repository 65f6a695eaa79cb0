// What an input is, by its first bytes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { ByteWindow } from '../../src/capture/byte-window.js';
import { describeOther, detectKind, openFrameReader } from '../../src/capture/detect.js';
import { hex, toBytes } from '../support/bytes.js';
import { pcap, pcapng } from '../support/capture-writer.js';

function windowOf(bytes: Uint8Array, finished = true): ByteWindow {
  const window = new ByteWindow();
  window.append(bytes);
  window.finished = finished;
  return window;
}

test('every kind is told by its first bytes', () => {
  for (const bigEndian of [false, true]) {
    assert.equal(detectKind(windowOf(pcap([], { bigEndian }))), 'pcap');
    assert.equal(detectKind(windowOf(pcap([], { bigEndian, resolution: 'nanoseconds' }))), 'pcap');
    assert.equal(detectKind(windowOf(pcapng([], { bigEndian }))), 'pcapng');
  }
  assert.equal(detectKind(windowOf(gzipSync(pcap([])))), 'gzip');
  assert.equal(detectKind(windowOf(hex('cd34a1b2'))), 'other');
  assert.equal(detectKind(windowOf(hex('34cdb2a1'))), 'pcap'); // a variant, refused by name
  assert.equal(detectKind(windowOf(toBytes('12:00:00.000000 IP 10.0.0.1.1 > 10.0.0.2.2: Flags [S]\n'))), 'text');
  assert.equal(detectKind(windowOf(toBytes('Zeit: Übung ✓\n'))), 'text');
  assert.equal(detectKind(windowOf(toBytes('text with \0 in it'))), 'other');
  assert.equal(detectKind(windowOf(hex(''))), 'empty');
});

test('few bytes are judged only when no more will come', () => {
  assert.equal(detectKind(windowOf(hex(''), false)), 'unknown');
  assert.equal(detectKind(windowOf(toBytes('abc'), false)), 'unknown');
  assert.equal(detectKind(windowOf(toBytes('abc'))), 'text');
  assert.equal(detectKind(windowOf(hex('0a0d'), false)), 'unknown');
  assert.equal(detectKind(windowOf(hex('d4c3b2'))), 'other');
});

test('formats that are often given by mistake are named', () => {
  assert.match(describeOther(windowOf(hex('28b52ffd00000000'))), /zstd/);
  assert.match(describeOther(windowOf(hex('fd377a585a000004'))), /xz/);
  assert.match(describeOther(windowOf(toBytes('PK\x03\x04zzzz'))), /zip/);
  assert.match(describeOther(windowOf(hex('736e6f6f7000000000000002'))), /snoop/);
  assert.equal(describeOther(windowOf(hex('00ff1122'))), 'not a capture file (it starts with the bytes 00 ff 11 22)');
});

/** Why a file is refused; '' when it is not. */
function refusal(bytes: Uint8Array, kind: 'pcap' | 'pcapng' = 'pcap'): string {
  const opened = openFrameReader(windowOf(bytes), kind);
  return opened.state === 'refused' ? opened.reason : '';
}

test('pcap variants and versions that cannot be read are refused by name', () => {
  const file = (change: (view: DataView) => void) => {
    const bytes = pcap([]);
    change(new DataView(bytes.buffer, bytes.byteOffset));
    return bytes;
  };
  assert.match(refusal(file((view) => view.setUint32(0, 0xa1b2cd34, true))), /Kuznetzov/);
  assert.match(refusal(file((view) => view.setUint32(0, 0xa1b2cd34))), /Kuznetzov/);
  assert.match(refusal(hex('34cdb2a1')), /Kuznetzov/);
  assert.match(refusal(file((view) => view.setUint16(4, 1, true))), /version 1\.4 .*offset 4/);
  assert.match(refusal(file((view) => view.setUint16(6, 5, true))), /version 2\.5/);
  assert.match(refusal(file((view) => view.setUint32(20, 0x00300001, true))), /0x00300001 .*offset 20/);
  assert.equal(refusal(file((view) => view.setUint32(20, 0x24000001, true))), '');
  for (const minor of [0, 1, 2, 3]) assert.equal(refusal(file((view) => view.setUint16(6, minor, true))), '');
  assert.equal(
    refusal(
      file((view) => {
        view.setUint16(4, 543, true);
        view.setUint16(6, 0, true);
      }),
    ),
    '',
  );
});

test('a file that ends inside its header is refused with how far it goes', () => {
  for (const length of [4, 10, 23])
    assert.match(refusal(pcap([]).subarray(0, length)), new RegExp(`after ${length} of 24`));
  for (const length of [4, 8, 15]) assert.match(refusal(pcapng([]).subarray(0, length), 'pcapng'), /inside its header/);
});

test('pcapng versions and byte orders that do not exist are refused', () => {
  const changed = (at: number, ...bytes: number[]) => {
    const file = pcapng([]);
    file.set(bytes, at);
    return file;
  };
  assert.match(refusal(changed(12, 0), 'pcapng'), /version 0\.0/);
  assert.match(refusal(changed(14, 1), 'pcapng'), /version 1\.1/);
  assert.equal(refusal(changed(14, 2), 'pcapng'), '');
  assert.match(refusal(changed(8, 0xff), 'pcapng'), /byte-order magic 0xff3c2b1a/);
});
