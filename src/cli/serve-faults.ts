// `serve --fault help`: every fault that the server can make.
import { faultHelp } from '../faults/fault-table.js';
import { writePieces } from './output.js';

const EXAMPLES = `Examples:
  --fault drop_end_request,count=1            the first answer has no END_REQUEST
  --fault 'latency=200ms,jitter=50ms,match="uri ~ /api"'
  --fault close_mid_body,every=7,toxicity=0.5,seed=42

`;

export async function tellFaults(): Promise<void> {
  await writePieces([EXAMPLES, `${faultHelp('server', 100).join('\n')}\n`], undefined);
}
