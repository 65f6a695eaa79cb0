// A response head larger than what web servers have room for.
import { scenario } from './scenario.js';

export const headerTooBig = scenario({
  name: 'header-too-big',
  symptom: 'Answers are missing, cut or wrong',
  summary: 'a response head over the buffers of web servers: 502 although the application answered',
  explanation: `The application answers in good order, with a head of many kilobytes: a long Set-Cookie, a debug header, a redirect with everything in its URL. nginx takes a head of one buffer (fastcgi_buffer_size, 4 or 8 kB) and answers 502, "upstream sent too big header while reading response header from upstream". Apache answers 500 for a line over 8,190 bytes ("AH01070: Error parsing script headers"), HAProxy 502 (PH). lighttpd and Caddy pass 40 kB on.

The cure is a smaller head, or a larger buffer.`,
  parameters: {
    bytes: { fallback: 20_000, least: 16, most: 1_000_000, meaning: 'bytes of one more line of the head' },
    every: { fallback: 2, least: 1, most: 100, meaning: 'every n-th answer has it' },
  },
  stages: [{ name: 'bug', summary: 'a line of 20 kB', values: {}, findings: ['header-too-big'] }],
  cure: { name: 'cure', summary: 'a line of 200 bytes', values: { bytes: 200 }, findings: [] },
  fronts: ['nginx', 'lighttpd', 'apache', 'haproxy'],
  play: ({ bytes, every }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 4, faults: [`header_bytes,bytes=${bytes},every=${every}`] },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: 8, every: 120 }],
  }),
});
