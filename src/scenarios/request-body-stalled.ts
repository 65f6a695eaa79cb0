// The request's body stops short of what was declared, and the application waits for the rest.
import { scenario } from './scenario.js';

export const requestBodyStalled = scenario({
  name: 'request-body-stalled',
  symptom: 'Requests wait, hang or time out',
  summary: 'the body ends before CONTENT_LENGTH: applications that count bytes wait for the rest for ever',
  explanation: `CONTENT_LENGTH announces a number of bytes, and STDIN ends before. FastCGI says that the empty STDIN record ends the body. php-fpm counts bytes instead: once it has read one, it waits for all that were declared, and no timeout of its own ends that. The script has not begun, so the slow log and request_terminate_timeout know nothing of it; the worker is shown as "Getting request informations".

It comes from clients that stop in the middle of an upload while the web server passes the body on as it comes (fastcgi_request_buffering off, Apache, Caddy), from proxies that change a body and not its length, and from chunked bodies.

The cure is to buffer request bodies in the web server, which then knows their length.`,
  parameters: {
    declared: { fallback: 5000, least: 0, most: 1_000_000, meaning: 'CONTENT_LENGTH' },
    sent: { fallback: 1000, least: 2, most: 1_000_000, meaning: 'bytes of the body that are sent' },
    stall: { fallback: 0, least: 0, most: 60_000, meaning: 'milliseconds for which the upload stands still half way' },
  },
  stages: [
    {
      name: 'short',
      summary: 'STDIN ends after 1,000 of 5,000 bytes',
      values: {},
      findings: ['request-body-stalled'],
    },
    {
      name: 'stalled',
      summary: 'the upload stands still for over 5 s',
      values: { stall: 5400 },
      findings: ['request-body-stalled'],
    },
  ],
  cure: { name: 'cure', summary: 'all of the body comes', values: { declared: 1000 }, findings: [] },
  applications: ['php-fpm'],
  play: ({ declared, sent, stall }) => ({
    transport: 'tcp',
    // It begins when the body is there, as php-fpm does.
    application: { workers: 1, slots: 4, slot: 'handler' },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/hello', count: 3, every: 100 },
      {
        kind: 'requests',
        at: 300,
        uri: '/upload',
        count: 3,
        every: 100,
        method: 'POST',
        body: { bytes: sent, declared, ...(stall > 0 ? { stall: stall + 1000 } : {}) },
        giveUpAfter: stall > 0 ? stall : 1600,
      },
    ],
  }),
});
