// What a request asks for, from its PARAMS: web servers differ in which of them they send.
import type { Params } from '../../protocol/application-params.js';

export interface RequestTarget {
  /** As in the request line: path and query, not decoded. */
  readonly uri: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
}

export function requestTarget(params: Params): RequestTarget {
  const own = (params.get('SCRIPT_NAME') ?? '') + (params.get('PATH_INFO') ?? '');
  const query = params.get('QUERY_STRING') ?? '';
  const uri = params.get('REQUEST_URI') || (query === '' ? own : `${own}?${query}`) || '/';
  const mark = uri.indexOf('?');
  return {
    uri,
    path: mark === -1 ? uri : uri.slice(0, mark),
    query: mark === -1 ? query : uri.slice(mark + 1),
  };
}
