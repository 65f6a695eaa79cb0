// A connection in one sentence: how it began, what it waited for, how it ended.
import { CONVERSATION_RECORD_CUT_WEB } from '../../analysis/conversation-table.js';
import { connectionRow } from '../../analysis/rows.js';
import type { State } from '../state.js';
import { wordsOf } from '../words.js';

/** How the connection began and ended, in words. */
export function connectionSentence(state: State, row: number): string {
  const { shown } = state.data;
  if (!shown) return '';
  const { facts } = shown.snapshot;
  const { duration } = wordsOf(state);
  const connection = connectionRow(facts, shown.histories, row);
  const queued = shown.derived.queued.get(row);
  const parts: string[] = [`conn ${row} ${connection.state} ${connection.history}`];
  if (queued) parts.push(`queued ${duration(queued.until - queued.from)} behind others before a byte was answered`);
  else if (connection.state === 'REJ') parts.push('the SYN was answered by RST');
  else if (connection.state === 'S0') parts.push('no answer to the SYN');
  if (connection.bytesFromApplication === 0 && connection.requests > 0) parts.push('no byte was answered');
  if (facts.conversations.marks[row] & CONVERSATION_RECORD_CUT_WEB) parts.push('the request is incomplete');
  if (connection.firstFin === 'none' && connection.firstReset !== 'none')
    parts.push(`reset by the ${connection.firstReset.replace('-', ' ')}`);
  else if (connection.firstFin !== 'none') {
    parts.push(
      `${connection.firstFin === 'simultaneous' ? 'both sides close' : `the ${connection.firstFin.replace('-', ' ')} closes first`}`,
    );
  } else parts.push('open at the end');
  if (connection.timeWait !== 'none') parts.push(`TIME_WAIT on the ${connection.timeWait.replace('-', ' ')}'s host`);
  return parts.join(', ');
}
