// Two applications do the same work, and one of them gets nearly all of it.
import { scenario } from './scenario.js';

export const unevenLoad = scenario({
  name: 'uneven-load',
  symptom: 'Requests wait, hang or time out',
  summary: 'of two application servers one gets most requests and queues, the other idles',
  explanation: `Two application servers do the same work, and the web server gives most of it to one: by a weight in its configuration, by a balance that goes by something else than work, by kept connections that tie it to the server it met first. Requests queue at the busy one while the other has nothing to do. More workers on both sides would help half as much as an even distribution.

lighttpd gives a request to the process with the lowest "load", which counts connections, not work; nginx takes turns unless "least_conn" is set. Unevenness alone is no fault: it is reported only where requests queue because of it.`,
  parameters: {
    share: { fallback: 6, least: 1, most: 100, meaning: 'requests for the first server, for each one of the second' },
    requests: { fallback: 40, least: 20, most: 1000, meaning: 'requests' },
    work: { fallback: 100, least: 10, most: 2000, meaning: 'milliseconds that each takes' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'one server gets six of seven requests',
      values: {},
      findings: ['uneven-load', 'stuck-accept-queue', 'workers-exhausted'],
    },
  ],
  cure: { name: 'cure', summary: 'both get the same', values: { share: 1 }, findings: [] },
  fronts: ['nginx'],
  play: ({ share, requests, work }) => {
    const second = Math.max(2, Math.round(requests / (share + 1)));
    const first = requests - second;
    const lasting = 2700;
    const every = (count: number) => Math.floor(lasting / count);
    const uri = `/app?ms=${work}`;
    return {
      transport: 'tcp',
      application: { workers: 1 },
      more: [{ workers: 1 }],
      fronts: [
        { like: 'nginx', keep: 'never' },
        { like: 'nginx', keep: 'never', target: 1 },
      ],
      steps: [
        { kind: 'requests', at: 0, uri, count: first, every: every(first) },
        { kind: 'requests', at: 20, uri, count: second, every: every(second), front: 1 },
      ],
    };
  },
});
