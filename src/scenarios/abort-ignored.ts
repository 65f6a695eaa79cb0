// A request is aborted in good order, and answered all the same.
import { scenario } from './scenario.js';

export const abortIgnored = scenario({
  name: 'abort-ignored',
  symptom: 'Work is lost or done in vain',
  summary: 'the web server sends ABORT_REQUEST and the application answers to the end',
  explanation: `FastCGI has a record for "nobody waits for this any more": ABORT_REQUEST. HAProxy alone sends it. The application should then end the request soon. php-fpm takes the record for the end of STDIN, runs the script to its end and drops the connection; libfcgi does not look at it at all.

The specification promises nothing, so it is a note: the work after the abort was done for nobody and held a worker.`,
  parameters: {
    ignored: { fallback: 'yes', words: ['yes', 'no'], meaning: 'the application ignores ABORT_REQUEST' },
    patience: { fallback: 200, least: 50, most: 10_000, meaning: 'milliseconds after which clients go away' },
  },
  stages: [{ name: 'bug', summary: 'ABORT_REQUEST changes nothing', values: {}, findings: ['abort-ignored'] }],
  cure: { name: 'cure', summary: 'the application ends the request', values: { ignored: 'no' }, findings: [] },
  play: ({ ignored, patience }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 8, faults: ignored === 'yes' ? ['ignore_abort'] : [] },
    fronts: [{ like: 'haproxy', keep: 4 }],
    steps: [
      { kind: 'requests', at: 0, uri: '/quick?ms=20', count: 3, every: 100 },
      { kind: 'requests', at: 400, uri: '/report?ms=700', count: 4, every: 60, giveUpAfter: patience },
      { kind: 'wait', at: 0, lasting: 2000 },
    ],
  }),
});
