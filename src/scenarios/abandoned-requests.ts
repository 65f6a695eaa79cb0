// Clients go away, and the application works on for nobody.
import { scenario } from './scenario.js';

export const abandonedRequests = scenario({
  name: 'abandoned-requests',
  symptom: 'Work is lost or done in vain',
  summary: 'clients give up, the web server closes, and the application finishes work that nobody takes',
  explanation: `A client presses reload, or a timeout in front is shorter than the script. nginx closes its connection to the application (499 in its access log, 504 where it was its own timeout). It sends no ABORT_REQUEST: of all web servers only HAProxy does. php-fpm does not look at its socket while a script runs, so the worker goes on to the end, writes its answer, and meets a closed peer.

A few of these are normal. In an overload they make it worse: the queue is full of requests whose clients are gone, and the workers answer them one after the other.

The cure is an application that notices: one that reads its socket while it works, or checks it from time to time, and a time limit for each request (request_terminate_timeout) a little below that of the web server.`,
  parameters: {
    notices: { fallback: 'no', words: ['no', 'yes'], meaning: 'the application notices that its peer has closed' },
    patience: { fallback: 250, least: 50, most: 10_000, meaning: 'milliseconds after which clients go away' },
    work: { fallback: 800, least: 100, most: 10_000, meaning: 'milliseconds that an answer takes' },
  },
  stages: [{ name: 'bug', summary: 'the application does not notice', values: {}, findings: ['abandoned-requests'] }],
  cure: { name: 'cure', summary: 'the application notices, and stops', values: { notices: 'yes' }, findings: [] },
  fronts: ['nginx'],
  applications: ['php-fpm'],
  play: ({ notices, patience, work }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 8, peerEnd: notices === 'yes' ? 'abort' : 'finish' },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/quick?ms=20', count: 3, every: 100 },
      { kind: 'requests', at: 300, uri: `/report?ms=${work}`, count: 5, every: 80, giveUpAfter: patience },
      { kind: 'wait', at: 0, lasting: 300 + 400 + work + 300 },
    ],
  }),
});
