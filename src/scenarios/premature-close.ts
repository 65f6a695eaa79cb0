// The application closes the connection of a request before it has answered a byte.
import { scenario } from './scenario.js';

export const prematureClose = scenario({
  name: 'premature-close',
  symptom: 'Answers are missing, cut or wrong',
  summary: 'the application closes before a byte of the answer, and what each web server makes of it',
  explanation: `The application accepts a connection, gets the request, and closes without a byte. A worker that was killed does it, a peer that is not allowed to connect (listen.allowed_clients, FCGI_WEB_SERVER_ADDRS), a program that speaks another protocol, a request with id 0.

Every web server has its own words. nginx: 502, "upstream prematurely closed connection while reading response header from upstream". lighttpd: 500, "unexpected end-of-file (perhaps the fastcgi process died)", also where nothing has died. Apache: 503, "AH01067: Failed to read FastCGI header" and "AH01075: Error dispatching request". HAProxy: 502, termination state SH. Caddy: 502, "EOF".

With --set bytes=20 the close comes inside the response head. HAProxy before 2.6.14 is known to crash then ("FATAL: bug condition c_empty(ic)"): with --front haproxy the scenario says so instead of failing.`,
  parameters: {
    every: { fallback: 3, least: 1, most: 100, meaning: 'every n-th request is affected; 0 in the cure' },
    bytes: { fallback: 0, least: 0, most: 60, meaning: 'bytes of the response head that are sent before' },
    how: { fallback: 'fin', words: ['fin', 'rst'], meaning: 'closed properly, or reset' },
    fault: { fallback: 'yes', words: ['yes', 'no'], meaning: 'the application does so' },
  },
  stages: [{ name: 'bug', summary: 'every third answer is a close', values: {}, findings: ['premature-close'] }],
  cure: { name: 'cure', summary: 'the application answers', values: { fault: 'no' }, findings: [] },
  fronts: ['nginx', 'lighttpd', 'apache', 'haproxy'],
  play: ({ every, bytes, how, fault }) => ({
    transport: 'tcp',
    application: {
      workers: 1,
      slots: 4,
      faults: fault === 'yes' ? [`close_before_headers,bytes=${bytes},how=${how},every=${every}`] : [],
    },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: 9, every: 120 }],
  }),
});
