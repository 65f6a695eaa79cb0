// The application asks for a longer accept queue than the kernel gives.
import { scenario } from './scenario.js';

export const backlogCapped = scenario({
  name: 'backlog-capped',
  symptom: 'Connections are refused, dropped or reset',
  summary: 'listen() asks for a longer accept queue than net.core.somaxconn allows, and gets that without a word',
  explanation: `listen(N) takes the smaller of N and net.core.somaxconn, and tells nobody. somaxconn is 4,096 since Linux 5.4 and was 128 before; a container has its own. It holds for TCP and unix sockets alike. net.unix.max_dgram_qlen, which is often named instead, is for datagrams only and has nothing to do with it.

The true limit stands in the Send-Q column of "ss -ltn" ("ss -lx" for unix sockets). It is only the host that shows it: a capture shows the consequence, see backlog-overflow.

No sysctl is changed by this scenario: it asks for more than there is. The cure here asks for no more than the kernel gives; in real life somaxconn is raised and the application restarted, as listen() has to be called again.`,
  parameters: {
    backlog: { fallback: 1_000_000, least: 1, most: 2_000_000, meaning: 'length of the queue that is asked for' },
  },
  stages: [{ name: 'bug', summary: 'more than somaxconn', values: {}, findings: ['backlog-capped'] }],
  cure: { name: 'cure', summary: 'less than somaxconn', values: { backlog: 100 }, findings: [] },
  fronts: ['nginx'],
  applications: ['php-fpm'],
  play: ({ backlog }) => ({
    transport: 'tcp',
    application: { workers: 2, backlog, configured: true },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [{ kind: 'requests', at: 0, uri: '/hello', count: 5, every: 100 }],
  }),
});
