// The screen as Ink draws it: the lines of drawScreen, one text each, and nothing else. Ink gets a mark for each line
// (line-marks.ts), which is all that it has to measure and to put together.
import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Controller } from './controller.js';
import { type LineMarks, MARK_CELLS } from './drawing/line-marks.js';
import { paint } from './drawing/paint.js';
import { drawScreen } from './screen.js';

export function App({ controller, marks }: { readonly controller: Controller; readonly marks: LineMarks }) {
  const state = useSyncExternalStore(controller.subscribe, () => controller.state);
  return (
    <Box flexDirection="column" width={MARK_CELLS} height={state.size.rows}>
      {drawScreen(state).map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Text key={row}>{marks.mark(row, paint(line, state.look).trimEnd())}</Text>
      ))}
    </Box>
  );
}
