// Where one run of a scenario plays: a folder of its own, an address on the loopback interface, and a guardian. The guardian is
// a shell that waits for the end of its standard input, which comes however this process ends, also by SIGKILL: then it kills
// the daemons that are still there and removes the folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GUARDIAN = `trap '' INT TERM HUP
groups=
while read -r sign group; do
  case $sign in
    +) groups="$groups $group " ;;
    -) groups=$(printf '%s' "$groups" | sed "s/ $group / /") ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done
rm -rf -- "$1"`;

export class Place {
  readonly folder: string;
  private readonly guardian: ChildProcess;

  /** @param host an address of this machine that everybody listens on; default one on the loopback interface */
  constructor(readonly host: string = loopback()) {
    this.folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-reproduce-'));
    // Daemons that give up root have their files here.
    chmodSync(this.folder, 0o755);
    this.guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'fcgi-inspect-guardian', this.folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // Without a guardian a run that is killed leaves its folder behind, and nothing else is lost.
    this.guardian.on('error', () => {});
    this.guardian.stdin?.on('error', () => {});
    this.guardian.unref();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A process group that must not outlive this process. */
  protect(group: number): void {
    this.guardian.stdin?.write(`+ ${group}\n`);
  }

  release(group: number): void {
    this.guardian.stdin?.write(`- ${group}\n`);
  }

  /** A port that is free now. */
  async port(): Promise<number> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.on('error', reject);
      server.listen(0, this.host, () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      });
    });
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    if (this.guardian.exitCode !== null || this.guardian.pid === undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.guardian.once('exit', () => resolve());
    });
    this.guardian.ref();
    this.guardian.stdin?.end();
    await ended;
  }
}

/** Linux has the whole of 127.0.0.0/8: runs at the same time meet on no port, and TIME_WAIT of another run counts nowhere. */
function loopback(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  const { pid } = process;
  return `127.${128 + ((pid >>> 16) & 63)}.${(pid >>> 8) & 255}.${pid & 255 || 1}`;
}
