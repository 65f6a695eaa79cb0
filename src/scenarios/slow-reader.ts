// A client that reads slowly holds a worker of the application through the web server.
import { scenario } from './scenario.js';

export const slowReader = scenario({
  name: 'slow-reader',
  symptom: 'Requests wait, hang or time out',
  summary: 'a client does not read a large answer: the web server stops reading, and the worker waits in write()',
  explanation: `Where the web server does not buffer an answer (fastcgi_buffering off, or a file larger than fastcgi_max_temp_file_size), a slow client reaches through to the application: TCP's window closes, write() blocks, and the worker is occupied for as long as the client likes. The script has long finished its work.

On the wire it is a zero window: the time of the request is the reader's, not the application's.

The cure is to buffer in the web server, which has room for thousands of slow clients.`,
  parameters: {
    pause: { fallback: 1800, least: 0, most: 60_000, meaning: 'milliseconds that the client does not read' },
    bytes: { fallback: 36_000_000, least: 1000, most: 200_000_000, meaning: 'bytes of the answer' },
  },
  stages: [{ name: 'bug', summary: 'the client reads nothing for a while', values: {}, findings: ['slow-reader'] }],
  cure: { name: 'cure', summary: 'the answer is taken at once', values: { pause: 0 }, findings: [] },
  play: ({ pause, bytes }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 4 },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/hello', count: 3, every: 100 },
      {
        kind: 'requests',
        at: 300,
        // At a pace that leaves time to look at it.
        uri: `/stream?bytes=${bytes}&chunk=1000000&delay=12`,
        count: 1,
        ...(pause === 0 ? {} : { readAfter: pause }),
      },
    ],
  }),
});
