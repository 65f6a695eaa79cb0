// GET_VALUES without padding is never answered by libfcgi: a web server that asks first never gets to its request.
import { scenario } from './scenario.js';

export const getValuesHang = scenario({
  name: 'get-values-hang',
  symptom: 'Requests wait, hang or time out',
  summary: 'a web server asks GET_VALUES first, and libfcgi does not answer until more comes',
  explanation: `With "option get-values" HAProxy begins every connection with FCGI_GET_VALUES, to learn how many requests it may send at a time. Its record has no padding. libfcgi looks for the next bytes before it looks whether the record is at its end, so it reads on, and nothing more comes: HAProxy waits for the answer, libfcgi for input. The request is never sent.

A record with at least one byte of padding is answered at once, which is why other clients never meet it. php-fpm answers FCGI_MPXS_CONNS only, Go answers it whatever is asked.

The cure is to leave "option get-values" out in front of libfcgi, or to pad the record.

It takes libfcgi itself, and a compiler: distributions have the library, but no program.`,
  parameters: {
    padded: { fallback: 'no', words: ['no', 'yes'], meaning: 'GET_VALUES has padding' },
    requests: { fallback: 3, least: 1, most: 100, meaning: 'requests' },
  },
  stages: [{ name: 'bug', summary: 'GET_VALUES without padding', values: {}, findings: ['get-values-unanswered'] }],
  cure: { name: 'cure', summary: 'GET_VALUES with padding', values: { padded: 'yes' }, findings: [] },
  needsApplication: 'libfcgi',
  play: ({ padded, requests }) => ({
    transport: 'tcp',
    application: { workers: 4 },
    fronts: [{ like: 'haproxy-multiplexing', keep: 4, multiplex: 1, askFirst: true, padded: padded === 'yes' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: requests, every: 200 }],
  }),
});
