// What there is to complete on the command line, read off the commander program: commands, options, their values.
import type { Argument, Command, Option } from 'commander';
import { CHECKS } from '../analysis/checks/index.js';
import { SCENARIOS } from '../scenarios/index.js';

export interface OptionWords {
  /** `-f` and `--format`, as far as it has them. */
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly description: string;
  /** What its value may be; undefined for an option without a value. */
  readonly value: Values | undefined;
}

/** Words to choose from, names of files, or anything. */
export type Values = { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'file' | 'any' };

export interface CommandWords {
  /** Its name and its aliases. */
  readonly names: readonly string[];
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly argument: Values | undefined;
}

export interface CommandLineWords {
  readonly program: string;
  readonly commands: readonly CommandWords[];
  /** The command that is meant when none is named. */
  readonly defaultCommand: string;
}

/** What there is to complete. */
export function commandLineWords(program: Command): CommandLineWords {
  const helper = program.createHelp();
  const commands = helper
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command): CommandWords => {
      const [argument] = command.registeredArguments;
      return {
        names: [command.name(), ...command.aliases()],
        description: oneLine(command.description()),
        options: helper.visibleOptions(command).map(optionWords),
        argument: argument && argumentValues(command.name(), argument),
      };
    });
  // commander keeps the default command's name to itself; it is the one that reads captures without being named.
  return { program: program.name(), commands, defaultCommand: 'inspect' };
}

function optionWords(option: Option): OptionWords {
  return {
    short: option.short,
    long: option.long,
    description: oneLine(option.description),
    value: option.required || option.optional ? optionValues(option) : undefined,
  };
}

function optionValues(option: Option): Values {
  const words = option.argChoices ?? listedWords(option.description);
  if (words.length > 0) return { kind: 'words', words };
  return { kind: /<(file|path|capture|folder)>/.test(option.flags) ? 'file' : 'any' };
}

/** The words that a description lists at its end: `output: text, json, ndjson`. */
function listedWords(description: string): string[] {
  const list = /: ((?:[a-z][a-z-]*, )+(?:or )?[a-z][a-z-]*)$/.exec(description);
  return list ? list[1].split(', ').map((word) => word.replace(/^or /, '')) : [];
}

function argumentValues(command: string, argument: Argument): Values {
  if (command === 'explain') return { kind: 'words', words: CHECKS.map((check) => check.id) };
  if (command === 'reproduce-bug') return { kind: 'words', words: SCENARIOS.map(({ name }) => name) };
  if (argument.argChoices) return { kind: 'words', words: argument.argChoices };
  return { kind: /captures?|files?|recording|report/.test(argument.name()) ? 'file' : 'any' };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
