// Request ids that grow until they overflow to 0: "perhaps the fastcgi process died", and it has not.
import { scenario } from './scenario.js';

export const requestIdOverflow = scenario({
  name: 'request-id-overflow',
  symptom: 'Answers are missing, cut or wrong',
  summary: 'lighttpd before 1.4.23: ids grow while requests are in progress, until one is 0 and the application closes',
  explanation: `In April 2009 somebody asked why lighttpd said "unexpected end-of-file (perhaps the fastcgi process died)" for new requests, while 24 long polls on the same process went on, and why it was over when the last of them had gone. The threads and the array of requests were suspected.

It was the request id. lighttpd gave each request an id one above the highest in use on any connection, written with 16 bits. With long polls one after the other there is always one in use, so the ids grow, for days. After 65,535 comes 0, which is reserved for management records: libfcgi drops the connection without telling the program, and lighttpd guesses that the process died. When no request is left, the ids begin anew. It was mended two days after the question, in 1.4.23: "just use always id 1".

Here a long poll with id 65,535 is on its way, and the requests behind it go out with id 0. The log that lighttpd would have written is kept beside the recording.`,
  parameters: {
    highest: { fallback: 65_535, least: 0, most: 65_535, meaning: 'id of the long poll that is in progress' },
    requests: { fallback: 6, least: 1, most: 100, meaning: 'requests behind it' },
    lighttpd: { fallback: '2009', words: ['2009', 'today'], meaning: 'which lighttpd' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'the next id is 0',
      values: { lighttpd: '2009' },
      findings: ['request-id-overflow', 'premature-close'],
    },
  ],
  cure: {
    name: 'cure',
    summary: 'lighttpd 1.4.23 and later: always id 1',
    values: { lighttpd: 'today' },
    findings: [],
  },
  play: ({ highest, requests, lighttpd }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 16 },
    fronts: [
      lighttpd === 'today'
        ? { like: 'lighttpd', keep: 'never' }
        : { like: 'lighttpd-2009', keep: 'never', highestRequestId: highest },
    ],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: requests, every: 150 }],
  }),
});
