// Beside a tap: looks at this host for the applications behind it, mostly a look a second, for as long as the tap runs.
import type { HostView } from '../host/host-view.js';
import { type EndpointAddress, formatEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { type HostOptions, statusSettings } from './host-options.js';
import { HostWatch } from './host-watch.js';

/** Milliseconds from look to look. */
const INTERVAL = 1000;
/** A look takes a fortieth of the time at most: the machine is for those that are looked at. */
const SHARE = 40;
/** Milliseconds without a look at most: where processors are short, a look takes long because it waits for one. */
const LONGEST = 5000;

export interface TapHost {
  /** After the last look; undefined before the first. */
  readonly view: HostView | undefined;
  /** Ends it with one more look, which stays. */
  stop(): Promise<void>;
}

/**
 * @param wanted --no-host says no; undefined where the host is not looked at
 * @param say why it cannot be looked at; the tap does without
 * @throws UserError where the user's options make no sense
 */
export async function openTapHost(
  addresses: readonly EndpointAddress[],
  options: HostOptions & { readonly host: boolean },
  say: (text: string) => void,
): Promise<TapHost | undefined> {
  if (!options.host) return undefined;
  let watch: HostWatch;
  try {
    watch = await HostWatch.open({
      addresses: [...new Set(addresses.map(formatEndpoint))],
      pid: options.pid,
      status: statusSettings(options),
      ownName: 'fcgi-inspect tap',
    });
  } catch (error) {
    if (!(error instanceof UserError) || options.pid !== undefined) throw error;
    say(`note: the host is not looked at: ${error.message}`);
    return undefined;
  }
  const looks = new Looks(watch);
  await looks.begin();
  return looks;
}

/** Milliseconds until the next look, after one that took so many. */
export function pauseAfter(took: number): number {
  return Math.max(INTERVAL - took, Math.min(took * (SHARE - 1), LONGEST));
}

class Looks implements TapHost {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;
  private looked = false;

  constructor(private readonly watch: HostWatch) {}

  get view(): HostView | undefined {
    return this.looked ? this.watch.view : undefined;
  }

  begin(): Promise<void> {
    this.looking = this.look();
    return this.looking;
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    await this.look();
  }

  private async look(): Promise<void> {
    const began = this.watch.now;
    await this.watch.look();
    this.looked = true;
    if (this.stopped) return;
    const took = (this.watch.now - began) / 1e6;
    this.timer = setTimeout(() => {
      this.looking = this.look();
    }, pauseAfter(took));
  }
}
