// `--fault help` of the commands that make faults: every fault that can be made there.
import type { FaultPlace } from '../faults/fault.js';
import { faultHelp } from '../faults/fault-table.js';
import { writePieces } from './output.js';

const OF_ANSWERS = `Examples:
  --fault drop_end_request,count=1            the first answer has no END_REQUEST
  --fault 'latency=200ms,jitter=50ms,match="uri ~ /api"'
  --fault close_mid_body,every=7,toxicity=0.5,seed=42

`;
const OF_REQUESTS = `Examples:
  --fault content_length=100                  more is declared than the body has
  --fault stall_stdin=5s,bytes=10             the body stops for a while
  --fault slicer=1,stream=upstream            records arrive byte by byte

`;

export async function tellFaults(place: FaultPlace): Promise<void> {
  const examples = place === 'client' ? OF_REQUESTS : OF_ANSWERS;
  await writePieces([examples, `${faultHelp(place, 100).join('\n')}\n`], undefined);
}
