// A live capture on an interface of this machine, through tcpdump, which knows how to get at packets with the rights the
// user has.
import { UserError } from '../model/errors.js';
import { type CaptureInput, type CaptureOptions, openCaptureStream } from './capture-file.js';

export interface InterfaceOptions extends CaptureOptions {
  /** Capture filter in pcap-filter's language, such as `tcp port 9000`. */
  readonly filter: string;
  /** The program, for tests. Default `tcpdump`. */
  readonly command?: string;
}

const MAX_MESSAGES = 16 * 1024;

/**
 * Milliseconds until tcpdump has seen a packet: the kernel hands packets over in blocks, which are a second old at most.
 * tcpdump leaves behind what it has not been given when a signal ends it.
 */
const HANDED_OVER = 1250;
/** Milliseconds that it then gets to end. */
const ENDING = 2000;

export interface LiveCapture extends CaptureInput {
  /** Ends the capture within `grace`. Every packet until now can still be read, to the end. */
  stop(): void;
}

/**
 * Starts tcpdump and waits for the beginning of its output.
 * @param name an interface such as `lo`, or `any`.
 * @throws UserError when tcpdump is not installed or refuses.
 */
export async function openInterface(name: string, options: InterfaceOptions): Promise<LiveCapture> {
  const command = options.command ?? 'tcpdump';
  const { spawn } = await import('node:child_process');
  // -U: every packet at once; the filter is one argument, and `--` keeps it from being taken for options.
  const child = spawn(command, ['-U', '-w', '-', '-i', name, '--', options.filter], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C goes to everything in the terminal's foreground; here it is for us alone, and tcpdump ends after it.
    detached: true,
  });
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let stopping: NodeJS.Timeout | undefined;
  let messages = '';
  let closed = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-MAX_MESSAGES);
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    child.on('error', resolve);
    child.on('close', () => resolve(undefined));
  });
  try {
    const input = await openCaptureStream(`interface ${name}`, child.stdout, options);
    if (input.kind !== 'capture') throw new UserError(`${command} wrote text instead of a capture`);
    return {
      ...input,
      grace: HANDED_OVER + ENDING,
      get bytesRead() {
        return input.bytesRead;
      },
      async fill() {
        const more = await input.fill();
        // tcpdump's last words, which tell what was dropped, come after its last packet.
        if (!more && !closed) await ended;
        return more;
      },
      describe() {
        const description = input.describe();
        const dropped = droppedByKernel(messages);
        if (dropped === 0) return description;
        const detail = `${command} says that packets were dropped by the kernel`;
        return {
          ...description,
          problems: [...description.problems, { code: 'packets-dropped', count: dropped, detail }],
        };
      },
      stop() {
        stopping ??= setTimeout(kill, HANDED_OVER);
      },
      close() {
        closed = true;
        clearTimeout(stopping);
        kill();
        input.close();
      },
    };
  } catch (error) {
    kill();
    const failure = await ended;
    if (failure !== undefined) throw startError(command, failure);
    throw messages === '' ? error : refusal(command, name, messages);
  }
}

function startError(command: string, failure: Error): UserError {
  if ((failure as NodeJS.ErrnoException).code === 'ENOENT')
    return new UserError(`${command} is needed to capture on an interface, and is not installed`, `install ${command}`);
  return new UserError(`${command} could not be started: ${failure.message}`);
}

function refusal(command: string, name: string, messages: string): UserError {
  const lines = messages.trim().split('\n');
  const last = lines.findLast((line) => line.startsWith(`${command}: `)) ?? lines[lines.length - 1];
  const said = last.replace(/^.*?tcpdump: /, '');
  const hint = /permission|not permitted|privileg/i.test(said)
    ? `run it as root, or allow ${command}: setcap cap_net_raw,cap_net_admin=eip $(command -v ${command})`
    : undefined;
  return new UserError(`cannot capture on interface ${name}: ${said}`, hint);
}

/** The count in tcpdump's last words, or 0. */
function droppedByKernel(messages: string): number {
  const found = /^(\d+) packets? dropped by kernel/m.exec(messages);
  return found === null ? 0 : Number(found[1]);
}
