// Lets esbuild put the numbers of named constants where they are used. It does so only for modules that begin with them,
// before any import; so each source file's constants become a module of their own, which the file imports.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const DECLARATION = /^(export )?const ([A-Z][A-Z0-9_]*) = ([^;\n]+);/gm;
const IMPORT = /^import (?:\{([^}]+)\}|\* as (\w+)) from '(\.[^']+)\.js';/gm;
/** Numbers, operators on them, and names. */
const ARITHMETIC = /^[\w\s.()|&~^<>+*-]+$/;

/** @type {Map<string, Map<string, number>>} by file: what each of its constants is */
const known = new Map();

/** The numbers that a file declares under a name of capitals. */
function numbersOf(path) {
  const before = known.get(path);
  if (before) return before;
  const numbers = new Map();
  known.set(path, numbers);
  // What is imported may be a component's file (.tsx), which has none.
  if (!existsSync(path)) return numbers;
  const source = readFileSync(path, 'utf8');
  const scope = new Map();
  for (const [, names, namespace, from] of source.matchAll(IMPORT)) {
    const imported = numbersOf(resolve(dirname(path), `${from}.ts`));
    if (namespace) for (const [name, value] of imported) scope.set(`${namespace}.${name}`, value);
    for (const each of names?.split(',') ?? []) {
      const [name, alias = name] = each.trim().split(' as ');
      if (imported.has(name)) scope.set(alias, imported.get(name));
    }
  }
  for (const [, , name, expression] of source.matchAll(DECLARATION)) {
    const value = valueFrom(expression, scope);
    if (value === undefined) continue;
    numbers.set(name, value);
    scope.set(name, value);
  }
  return numbers;
}

/** What the expression is, if it is made of numbers and of names in scope alone. */
function valueFrom(expression, scope) {
  if (!ARITHMETIC.test(expression)) return undefined;
  let unknown = false;
  const numbers = expression.replace(/(?<![\w.])[A-Za-z_][\w.]*/g, (name) => {
    if (!scope.has(name)) unknown = true;
    return `(${scope.get(name)})`;
  });
  if (unknown) return undefined;
  const value = Function(`return (${numbers});`)();
  return Number.isFinite(value) ? value : undefined;
}

/** @param {string} folder of the sources */
export function namedNumbers(folder) {
  return {
    name: 'named-numbers',
    setup(building) {
      building.onResolve({ filter: /^numbers:/ }, ({ path }) => ({ path: path.slice(8), namespace: 'numbers' }));
      building.onLoad({ filter: /./, namespace: 'numbers' }, ({ path }) => ({
        contents: [...numbersOf(join(folder, path))]
          .map(([name, value]) => `export const ${name} = ${value};`)
          .join('\n'),
      }));
      building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(folder)) return undefined;
        const numbers = numbersOf(path);
        if (numbers.size === 0) return undefined;
        const exported = [];
        const rest = readFileSync(path, 'utf8').replace(DECLARATION, (declaration, isExported, name) => {
          if (!numbers.has(name)) return declaration;
          if (isExported) exported.push(name);
          return '';
        });
        // In the first line, so that the others keep their numbers.
        const names = [...numbers.keys()].join(', ');
        const from = JSON.stringify(`numbers:${relative(folder, path)}`);
        const imports = `import { ${names} } from ${from}; export { ${exported.join(', ')} };`;
        return { contents: imports + rest, loader: 'ts' };
      });
    },
  };
}
