// The application closes a kept connection just as the next request is sent on it.
import { scenario } from './scenario.js';

export const staleKeepAliveRace = scenario({
  name: 'stale-keep-alive-race',
  symptom: 'Connections are refused, dropped or reset',
  summary: 'the application closes kept connections by itself, and now and then a request meets that close',
  explanation: `A kept connection belongs to both sides, and either may close it. When the application does (its worker retires, its idle timeout is over), the web server may just be sending the next request. That request gets no answer. nginx sends it again on another connection where the method allows it (not POST, LOCK and PATCH), and logs "upstream prematurely closed connection" or "recv() failed (104: Connection reset by peer)"; lighttpd keeps no connections, Apache does not try again and answers 503.

The crossing is a matter of microseconds in real life. Here the application is told to answer the first reuse of every second connection with RST, as if its close had been on the way.

The cure is that the web server closes first: its idle timeout and its limit of requests below those of the application. A retry only hides it.`,
  parameters: {
    race: { fallback: 'yes', words: ['yes', 'no'], meaning: 'closes cross with requests' },
    requests: { fallback: 30, least: 5, most: 1000, meaning: 'requests' },
    retry: { fallback: 'yes', words: ['yes', 'no'], meaning: 'the front sends such a request again' },
  },
  stages: [{ name: 'bug', summary: 'closes cross with requests', values: {}, findings: ['stale-keep-alive-race'] }],
  cure: { name: 'cure', summary: 'the web server closes first', values: { race: 'no' }, findings: [] },
  fronts: ['nginx'],
  play: ({ race, requests, retry }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 8, faults: race === 'yes' ? ['rst_if_reused,every=2'] : [] },
    fronts: [{ like: 'nginx', keep: 2, maxRequests: 5, retry: retry === 'yes' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: requests, atOnce: 2, think: 40 }],
  }),
});
