// A name-value pair that straddles two PARAMS records: php-fpm resets the connection.
import { scenario } from './scenario.js';

export const splitPairReset = scenario({
  name: 'split-pair-reset',
  symptom: 'Connections are refused, dropped or reset',
  summary: 'PARAMS cut in the middle of a pair: the specification allows it, php-fpm resets the connection',
  explanation: `PARAMS is a stream, and a stream may be cut into records anywhere, also inside a name or a value. php-fpm parses each record by itself: a pair that goes on in the next record makes it drop the connection with RST, before anything is logged. (php-src #16042: "many environment variables".) npm's node-fastcgi and Ruby's fcgi garble such pairs; libfcgi, Go and our own server read them.

nginx, lighttpd and HAProxy put all PARAMS into one record, and so never meet it. cgi-fcgi cuts at 8,184 bytes, and other clients at other sizes: it works until somebody has a long cookie.

The cure is to cut between two pairs, as Apache does.

It takes php-fpm itself.`,
  parameters: {
    cut: { fallback: 'anywhere', words: ['anywhere', 'at-pairs'], meaning: 'where PARAMS are cut' },
    record: { fallback: 700, least: 64, most: 65_535, meaning: 'bytes of a PARAMS record at most' },
  },
  stages: [{ name: 'bug', summary: 'pairs are cut', values: {}, findings: ['premature-close'] }],
  cure: { name: 'cure', summary: 'records end where a pair ends', values: { cut: 'at-pairs' }, findings: [] },
  needsApplication: 'php-fpm',
  play: ({ cut, record }) => ({
    transport: 'tcp',
    application: { workers: 2 },
    fronts: [
      {
        like: 'nginx',
        keep: 'never',
        paramsCut: cut === 'at-pairs' ? 'at-pairs' : 'anywhere',
        paramsRecord: record,
      },
    ],
    steps: [
      { kind: 'requests', at: 0, uri: '/hello', count: 2, every: 100, headers: { cookie: 'short=1' } },
      {
        kind: 'requests',
        at: 300,
        uri: '/hello',
        count: 3,
        every: 150,
        headers: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`x-long-${i}`, 'value'.repeat(30)])),
      },
    ],
  }),
});
