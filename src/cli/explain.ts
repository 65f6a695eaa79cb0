// `fcgi-inspect explain`: what a finding means and what to do, or the list of all findings.
import type { Command } from 'commander';
import { CHECKS } from '../analysis/checks/index.js';
import { explainFinding, explainList, findCheck } from '../reporters/explain.js';
import { writePieces } from './output.js';
import { terminalOf } from './terminal.js';

interface ExplainCommandOptions {
  readonly color: boolean;
  readonly ascii?: boolean;
}

const EXAMPLES = `Examples:
  fcgi-inspect explain                          all findings, by what is seen first
  fcgi-inspect explain stuck-accept-queue       why it happens and what to do
`;

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('what a finding means and what to do')
    .argument('[finding]', 'id of a finding; without one all are listed')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .addHelpText('before', EXAMPLES)
    .action(async (finding: string | undefined, options: ExplainCommandOptions) => {
      const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, false);
      const layout = { width, colour, ascii };
      const pieces =
        finding === undefined ? explainList(CHECKS, layout) : explainFinding(findCheck(CHECKS, finding), layout);
      await writePieces(pieces, undefined);
    });
}
