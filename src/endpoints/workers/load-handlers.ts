// Finds the handlers a worker is to run: in a module, or among those that come with this program.
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../model/errors.js';
import type { HandlerFactory, HandlerSource, WorkerContext, WorkerHandlers } from './handlers.js';
import { namedHandlers } from './named-handlers.js';

/** @throws UserError where there are none, and whatever the module or its factory throws. */
export async function loadHandlers(source: HandlerSource, context: WorkerContext): Promise<WorkerHandlers> {
  const made =
    'name' in source ? await fromName(source.name, source.options, context) : await fromModule(source, context);
  const handlers = typeof made === 'function' ? { responder: made } : made;
  if (!handlers?.responder && !handlers?.authorizer && !handlers?.filter) {
    const where = 'name' in source ? source.name : String(source.module);
    throw new UserError(
      `${where} has no handler`,
      'export "createHandlers", or functions named "responder", "authorizer" or "filter"',
    );
  }
  return handlers;
}

async function fromName(name: string, options: unknown, context: WorkerContext): Promise<ReturnType<HandlerFactory>> {
  const factory = Object.hasOwn(namedHandlers, name) ? namedHandlers[name] : undefined;
  if (!factory)
    throw new UserError(`there is no handler named "${name}"`, `names: ${Object.keys(namedHandlers).join(', ')}`);
  return factory(options, context);
}

async function fromModule(
  { module, options }: { readonly module: string | URL; readonly options?: unknown },
  context: WorkerContext,
): Promise<ReturnType<HandlerFactory>> {
  const loaded = (await import(moduleUrl(module))) as WorkerHandlers & { readonly createHandlers?: HandlerFactory };
  return loaded.createHandlers ? loaded.createHandlers(options, context) : loaded;
}

/**
 * A module as it can be named in another process.
 * @throws UserError for a relative path: relative to what, a worker can't know.
 */
export function moduleUrl(module: string | URL): string {
  if (typeof module !== 'string') return module.href;
  if (/^(?:file|data|node):/.test(module)) return module;
  if (isAbsolute(module)) return pathToFileURL(module).href;
  throw new UserError(`the handler's module "${module}" must be an absolute path or a file: URL`);
}
