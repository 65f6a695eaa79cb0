// What lighttpd would have written: which process was given a connection, its load after that, and its guess where an answer
// ended too soon. Read again by the same parser as a log from elsewhere.
import { LighttpdLog } from '../logs/lighttpd.js';
import { type ProcessLoad, processLoads } from '../logs/process-load.js';

/** Source files and lines as the version had them. */
const PLACES = {
  today: { got: 'gw_backend.c.263', released: 'gw_backend.c.278', end: 'mod_fastcgi.c.360' },
  '2009': { got: 'mod_fastcgi.c.3005', released: 'mod_fastcgi.c.1515', end: 'mod_fastcgi.c.2494' },
} as const;

export class LighttpdLogWriter {
  private readonly lines: string[] = [];
  private load = 0;

  /**
   * @param backend the process and its socket, `tcp:127.0.0.1:9000`
   */
  constructor(
    private readonly version: keyof typeof PLACES,
    private readonly backend: { readonly pid: number; readonly socket: string },
  ) {}

  /** A connection to the application is there. */
  got(): void {
    this.write(PLACES[this.version].got, `got proc: ${this.process} load: ${++this.load}`);
  }

  /** ... and is given back. `whole`: with a whole answer. */
  released(whole: boolean): void {
    const { released, end } = PLACES[this.version];
    if (!whole) this.write(end, `unexpected end-of-file (perhaps the fastcgi process died): ${this.process}`);
    this.write(released, `released proc: ${this.process} load: ${--this.load}`);
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  private get process(): string {
    return `pid: ${this.backend.pid} socket: ${this.backend.socket}`;
  }

  private write(place: string, text: string): void {
    const time = new Date().toISOString().slice(0, 19).replace('T', ' ');
    this.lines.push(`${time}: (${place}) ${text}`);
  }
}

/** The processes that a lighttpd log tells of; its times are UTC. */
export function processesOf(text: string): ProcessLoad[] {
  const log = new LighttpdLog();
  for (const line of text.split('\n')) log.push(line);
  log.finish();
  return processLoads(log.events, () => 0);
}
