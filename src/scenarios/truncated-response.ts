// The application's stream ends in the middle of an answer, and some web servers pass it on as complete.
import { scenario } from './scenario.js';

export const truncatedResponse = scenario({
  name: 'truncated-response',
  symptom: 'Answers are missing, cut or wrong',
  summary: 'the stream ends in the middle of the body: a cut answer that may look complete',
  explanation: `The head was sent, a part of the body as well, and then the application's stream ends without END_REQUEST: a worker was killed, a memory or time limit was reached in the middle.

What the client is told depends on the web server, and on whether a Content-Length was sent. nginx without fastcgi_keep_conn, and Caddy, take the close for the end of the answer: status 200, a clean end, nothing in the log. With fastcgi_keep_conn nginx notices ("upstream prematurely closed connection while reading upstream") and cuts the client's connection too. Apache and HAProxy cut it. lighttpd logs "unexpected end-of-file" and ends a chunked answer cleanly.

So a cache in front may keep half a page. The cure on the web server's side is fastcgi_keep_conn (also without a pool), on the application's side a Content-Length, so that the client can tell.`,
  parameters: {
    every: { fallback: 3, least: 1, most: 100, meaning: 'every n-th answer is cut' },
    cut: { fallback: 'between', words: ['between', 'record'], meaning: 'between two records, or inside one' },
    fault: { fallback: 'yes', words: ['yes', 'no'], meaning: 'the application does so' },
  },
  stages: [{ name: 'bug', summary: 'every third answer is cut', values: {}, findings: ['truncated-response'] }],
  cure: { name: 'cure', summary: 'the application answers to the end', values: { fault: 'no' }, findings: [] },
  fronts: ['nginx', 'lighttpd', 'apache', 'haproxy'],
  play: ({ every, cut, fault }) => ({
    transport: 'tcp',
    application: {
      workers: 1,
      slots: 4,
      faults: fault === 'yes' ? [`close_mid_body,cut=${cut},every=${every}`] : [],
    },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [{ kind: 'requests', at: 0, uri: '/stream?bytes=20000&chunk=4000', count: 9, every: 120 }],
  }),
});
