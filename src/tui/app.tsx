// The screen as Ink draws it: the lines of drawScreen, one text each, and nothing else.
import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Controller } from './controller.js';
import { paint } from './drawing/paint.js';
import { drawScreen } from './screen.js';

export function App({ controller }: { readonly controller: Controller }) {
  const state = useSyncExternalStore(controller.subscribe, () => controller.state);
  const { columns, rows } = state.size;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {drawScreen(state).map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Text key={row} wrap="truncate-end">
          {paint(line, state.look)}
        </Text>
      ))}
    </Box>
  );
}
