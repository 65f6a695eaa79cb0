// The relay's thread: nothing that reads, writes or draws reports can delay a byte. Started by tap.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../model/errors.js';
import { systemClock } from '../clock.js';
import { RingWriter } from './event-ring.js';
import { startRelay } from './relay.js';
import type { RelayFaultSource } from './relay-fault-seam.js';
import type { FromRelay, RelayData, ToRelay } from './relay-messages.js';
import { ringObserver } from './ring-observer.js';

const PROBE_INTERVAL = 250;

async function run(): Promise<void> {
  const port = parentPort;
  if (port === null) return; // only a worker has one
  const { pairs, mode, memory, faults: texts } = workerData as RelayData;
  const tell = (message: FromRelay) => port.postMessage(message);
  const base = systemClock.now();
  const ring = new RingWriter(memory, () => tell({ kind: 'wake' }));
  try {
    const faults = texts.length > 0 ? await faultsOf(texts) : undefined;
    const relay = await startRelay({ pairs, mode, faults, clock: systemClock, observer: ringObserver(ring, base) });
    const probing = setInterval(() => relay.probe(), PROBE_INTERVAL);
    port.on('message', (message: ToRelay) => {
      if (message.kind === 'stop') relay.stopAccepting();
      else if (message.kind === 'end') relay.end(message.connections);
      else {
        clearInterval(probing);
        void relay.close().then(() => {
          tell({ kind: 'closed' });
          port.close();
        });
      }
    });
    tell({
      kind: 'listening',
      listening: relay.listening,
      warnings: relay.warnings,
      origin: systemClock.origin() + base,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    tell({ kind: 'refused', message: error.message, hint: error.hint });
    port.close();
  }
}

async function faultsOf(texts: readonly string[]): Promise<RelayFaultSource> {
  const [{ RelayFaults }, { parseFault }] = await Promise.all([
    import('./relay-faults.js'),
    import('../../faults/parse-fault.js'),
  ]);
  return new RelayFaults(
    texts.map((text) => parseFault(text, 'tap')),
    systemClock,
  );
}

await run();
