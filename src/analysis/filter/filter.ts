// Filters over connections and requests: `status >= 500 and uri ~ "cart"`, `state == S1 and dur > 100ms`.
import { type Accessor, type Columns, compileExpression } from './evaluate.js';
import type { Field } from './fields.js';
import { parseFilter } from './parser.js';
import type { Expression } from './syntax.js';

export type { Accessor, Column, Columns, FieldValue } from './evaluate.js';
export { FIELDS, type Field, type FieldKind, type FieldName, findField } from './fields.js';

export interface Filter {
  /** As the user wrote it. */
  readonly text: string;
  /** The fields it uses, each once, in the order of appearance. */
  readonly fields: readonly Field[];
  /** A field is used that only connections (only requests) have. Both may be true, or neither. */
  readonly concerns: { readonly connections: boolean; readonly requests: boolean };
  /**
   * Whether a row goes through. Which table the row is of is the accessor's matter: on a request's row it answers fields
   * of connections with those of the request's connection, on a connection's row fields of requests with undefined.
   */
  matches(row: number, accessor: Accessor): boolean;
  /** The same for many rows of one table, faster. */
  bind(columns: Columns): (row: number) => boolean;
}

/**
 * Compiles a filter.
 * @throws UserError that names the column, shows the place and suggests what may have been meant
 */
export function compileFilter(text: string): Filter {
  const expression = parseFilter(text);
  const fields: Field[] = [];
  collectFields(expression, fields);
  return {
    text,
    fields,
    concerns: {
      connections: fields.some((field) => field.of === 'connection'),
      requests: fields.some((field) => field.of === 'request'),
    },
    ...compileExpression(expression),
  };
}

/** The rows of both tables, as the filter sees them. */
export interface FilterRows {
  /** Fields of a connection's row; those of requests are undefined. */
  readonly connection: Accessor;
  /** Fields of a request's row; those of connections are its connection's. */
  readonly request: Accessor;
  /** The rows of a connection's requests. */
  requestsOf(connection: number): Iterable<number>;
}

/**
 * Whether a connection goes through. A filter that asks about requests lets a connection through when it lets one of its
 * requests through - the whole filter holds for the same request -, or, where there are no requests, when it holds for
 * the connection without one (`not status`).
 */
export function matchesConnection(filter: Filter, connection: number, rows: FilterRows): boolean {
  if (!filter.concerns.requests) return filter.matches(connection, rows.connection);
  let any = false;
  for (const request of rows.requestsOf(connection)) {
    any = true;
    if (filter.matches(request, rows.request)) return true;
  }
  return !any && filter.matches(connection, rows.connection);
}

function collectFields(expression: Expression, fields: Field[]): void {
  if ('parts' in expression) {
    for (const part of expression.parts) collectFields(part, fields);
  } else if ('part' in expression) collectFields(expression.part, fields);
  else if (!fields.includes(expression.field)) fields.push(expression.field);
}
