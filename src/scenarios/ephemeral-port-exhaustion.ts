// The web server's side runs out of ports: each closed connection holds one of them for a minute.
import { scenario } from './scenario.js';

export const ephemeralPortExhaustion = scenario({
  name: 'ephemeral-port-exhaustion',
  symptom: 'Connections and ports pile up',
  summary: 'the web server closes first, and its ports for one application are used up: EADDRNOTAVAIL',
  explanation: `A connection is named by two addresses and two ports. From one address to one application only the web server's port is free to choose, from net.ipv4.ip_local_port_range: 28,232 of them by default. If the web server closes first, each connection holds its port in TIME_WAIT for 60 s, so that more than 470 connections a second are too many. connect() then fails with EADDRNOTAVAIL, "Cannot assign requested address" (nginx: "(99: Cannot assign requested address) while connecting to upstream"), and not a packet is sent: a capture shows nothing of it.

To see it within seconds the scenario makes a network namespace of its own with a range of 100 ports and net.ipv4.tcp_tw_reuse = 0 (the default, 2, lets loopback connections take over a port after a second). Nothing of this machine's own settings is changed, and the namespace is gone with the run. It takes root, or unprivileged user namespaces. Where that is not permitted the stage "model" is played instead: the same load with the ports of this machine, and what it would come to.

The cure is a pool, or that the application closes first, or a unix socket, which has no ports. TIME_WAIT on the application's side does no such harm.`,
  parameters: {
    requests: { fallback: 140, least: 20, most: 100_000, meaning: 'requests' },
    keep: { fallback: 'flag', words: ['flag', 'pool'], meaning: 'what the front does to keep connections' },
  },
  stages: [
    {
      name: 'bug',
      summary: '100 ports, and the web server closes first',
      values: {},
      findings: ['ephemeral-port-exhaustion', 'time-wait-web-server-side', 'keep-conn-without-pool'],
    },
  ],
  model: {
    name: 'model',
    summary: "by model: the same load with this machine's ports, and the forecast for them",
    values: {},
    findings: ['time-wait-web-server-side', 'keep-conn-without-pool'],
  },
  cure: { name: 'cure', summary: 'a pool of 4 connections', values: { keep: 'pool' }, findings: [] },
  needs: 'network-namespace',
  play: ({ requests, keep }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: 8 },
    fronts: [{ like: 'nginx', keep: keep === 'pool' ? 4 : 'flag' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: requests, atOnce: 2 }],
  }),
});
