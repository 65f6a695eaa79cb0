// The parts of a run, whether they are ours or real programs: what a run asks of an application and of a front.
import type { EndpointAddress } from '../model/endpoint-address.js';
import type { RequestStep } from '../scenarios/play.js';

export interface RunningApplication {
  readonly address: EndpointAddress;
  /** As it is written in a report: `embedded`, `php-fpm 8.2`. */
  readonly name: string;
  /** SCRIPT_NAME of what is to be run, under the place's folder; undefined where the application needs none. */
  readonly script: string | undefined;
  /** Of one of its workers, for a log that names it; 0 where it is not known. */
  pid(): Promise<number>;
  /** Kills so many of its workers at one moment. */
  kill(workers: number): Promise<void>;
  /** Ends it without a word, as a crash does. */
  vanish(): Promise<void>;
  /** Comes back at the same address. */
  restart(): Promise<void>;
  /** Figures of its own, for the comparison. */
  figures(): Promise<Readonly<Record<string, number>>>;
  /** Lines of its log. */
  log(): string;
  close(): Promise<void>;
}

export interface RunningFront {
  readonly name: string;
  /**
   * Sends one request. Resolves when it has ended, to what became of it in a few words: `200`, `closed before an answer`.
   * Never rejects.
   */
  request(step: RequestStep, index: number, signal: AbortSignal): Promise<string>;
  log(): string;
  /** lighttpd's error log, of a front that has one. */
  lighttpdLog(): string | undefined;
  /** That it ended by itself, and how; undefined where all is well. */
  trouble(): string | undefined;
  close(): Promise<void>;
}
