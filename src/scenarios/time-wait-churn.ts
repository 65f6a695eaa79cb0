// TIME_WAIT in three stages: who closes first without keep-alive, with half of it, and with all of it.
import { scenario } from './scenario.js';

export const timeWaitChurn = scenario({
  name: 'time-wait-churn',
  symptom: 'Connections and ports pile up',
  summary: 'a connection for each request, and who is left with TIME_WAIT: plain, with KEEP_CONN alone, with a pool',
  explanation: `Whoever sends the first FIN keeps the socket in TIME_WAIT for 60 s. Stage "plain" is nginx as it comes: FCGI_KEEP_CONN is not set, so the application closes after END_REQUEST and is left with one socket for each request. They cost memory, but no ports: a new connection from the same port takes the place of the old one.

Stage "flag" is what many guides stop at: "fastcgi_keep_conn on" without a pool. The application now leaves the connection open, and nginx, which has nowhere to keep it, closes it. There are as many sockets in TIME_WAIT as before, but each of them holds one of the web server's ephemeral ports, of which there are 28,232. That is worse than before.

The cure is both halves: the flag, and "keepalive N" in the upstream block (since nginx 1.29.7 an upstream block has a pool by default, and the flag is still needed). N times the worker processes of nginx must stay clearly below the number of application workers: see keep-alive-pins-workers.

It is often said that TIME_WAIT on one side is as bad as on the other because both are on the same machine. The number is the same, the harm is not. tcp_fin_timeout has nothing to do with it, and tcp_tw_recycle no longer exists.`,
  parameters: {
    requests: { fallback: 100, least: 20, most: 5000, meaning: 'requests, each of a few bytes' },
    'at-once': { fallback: 4, least: 1, most: 64, meaning: 'requests at a time' },
    keep: { fallback: 'never', words: ['never', 'flag', 'pool'], meaning: 'what the front does to keep connections' },
  },
  stages: [
    {
      name: 'plain',
      summary: 'no keep-alive: the application closes first',
      values: { keep: 'never' },
      findings: ['time-wait-application-side'],
    },
    {
      name: 'flag',
      summary: 'KEEP_CONN without a pool: the web server closes first',
      values: { keep: 'flag' },
      findings: ['time-wait-web-server-side', 'keep-conn-without-pool'],
    },
  ],
  cure: { name: 'pool', summary: 'KEEP_CONN with a pool', values: { keep: 'pool' }, findings: [] },
  fronts: ['nginx'],
  applications: ['php-fpm', 'libfcgi'],
  play: ({ requests, 'at-once': atOnce, keep }) => ({
    transport: 'tcp',
    application: { workers: Math.max(2, Math.ceil(atOnce / 4)), slots: 8 },
    fronts: [{ like: 'nginx', keep: keep === 'pool' ? atOnce : keep === 'flag' ? 'flag' : 'never' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: requests, atOnce }],
  }),
});
