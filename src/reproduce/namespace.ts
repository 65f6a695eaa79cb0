// A network namespace of its own for a run: its loopback interface, its port range and its settings end with it, and nothing of
// the machine's is changed.
import { spawn, spawnSync } from 'node:child_process';

/** Ports that the namespace has. */
const PORTS = '41000 41099';

/**
 * What to run a command with so that it has a namespace of its own, or why that cannot be.
 */
export function ownNamespace(): { readonly command: readonly string[] } | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: 'only Linux has network namespaces' };
  const settings =
    `ip link set lo up && echo ${PORTS} > /proc/sys/net/ipv4/ip_local_port_range && ` +
    'echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse';
  const root = process.getuid?.() === 0;
  const unshare = ['unshare', '--net', ...(root ? [] : ['--map-root-user']), '--'];
  const tried = spawnSync(unshare[0], [...unshare.slice(1), 'sh', '-c', settings], { encoding: 'utf8' });
  if (tried.error) return { reason: `unshare is not there (${(tried.error as NodeJS.ErrnoException).code})` };
  if (tried.status !== 0) return { reason: tried.stderr.trim().split('\n')[0] || 'it is not permitted' };
  return { command: [...unshare, 'sh', '-c', `${settings} && exec "$@"`, 'sh'] };
}

/** Runs this program again in a namespace; resolves to its exit status. */
export function runInNamespace(command: readonly string[], args: readonly string[]): Promise<number> {
  const child = spawn(command[0], [...command.slice(1), process.execPath, ...args], { stdio: 'inherit' });
  // Ctrl-C reaches it by itself, and it ends what it has begun; what is sent to us alone is passed on.
  const onInterrupt = () => {};
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
