// The application has closed its side, and the other side does not.
import { scenario } from './scenario.js';

export const lingeringClose = scenario({
  name: 'lingering-close',
  symptom: 'Requests wait, hang or time out',
  summary: 'after the answer the web server does not close: the worker waits for a FIN that does not come',
  explanation: `Without KEEP_CONN the application sends its answer, END_REQUEST and a FIN, and then reads until the other side closes too, so that nothing of the answer is lost. php-fpm waits without a time limit, libfcgi for 2 s. The worker serves nobody meanwhile.

Web servers close within a millisecond, so nobody notices. A relay that does not pass a FIN on, a client library that keeps its connection object, or a stopped process does not: on the host there is FIN-WAIT-2 on the application's side, CLOSE-WAIT on the other.

The cure is the peer's: to close when the stream ends.`,
  parameters: {
    lasting: { fallback: 2200, least: 1, most: 60_000, meaning: 'milliseconds until the peer closes' },
    count: { fallback: 2, least: 1, most: 32, meaning: 'such connections' },
  },
  stages: [{ name: 'bug', summary: 'the peer closes after 2.2 s', values: {}, findings: ['lingering-close'] }],
  cure: { name: 'cure', summary: 'the peer closes after 0.3 s', values: { lasting: 300 }, findings: [] },
  play: ({ lasting, count }) => ({
    transport: 'tcp',
    application: { workers: count + 1, linger: 30_000 },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'hold', at: 0, count, send: 'request', lasting, ignoreEnd: true },
      { kind: 'requests', at: 100, uri: '/hello', count: 6, every: 150 },
    ],
  }),
});
