// Every scenario there is: the one table from which the command, its help, the documentation and the tests are made.
import { UserError } from '../model/errors.js';
import { abandonedRequests } from './abandoned-requests.js';
import { abortIgnored } from './abort-ignored.js';
import { acceptBlocked } from './accept-blocked.js';
import { backlogCapped } from './backlog-capped.js';
import { backlogOverflow } from './backlog-overflow.js';
import { cacheSharing } from './cache-sharing.js';
import { cgidBacklog } from './cgid-backlog.js';
import { ephemeralPortExhaustion } from './ephemeral-port-exhaustion.js';
import { getValuesHang } from './get-values-hang.js';
import { headerTooBig } from './header-too-big.js';
import { keepAlivePinsWorkers } from './keep-alive-pins-workers.js';
import { lingeringClose } from './lingering-close.js';
import { preforkCapacityLeak } from './prefork-capacity-leak.js';
import { prematureClose } from './premature-close.js';
import { processDied } from './process-died.js';
import { requestBodyStalled } from './request-body-stalled.js';
import { requestIdOverflow } from './request-id-overflow.js';
import { type Scenario, SYMPTOMS, type Symptom } from './scenario.js';
import { silentConnection } from './silent-connection.js';
import { slowReader } from './slow-reader.js';
import { splitPairReset } from './split-pair-reset.js';
import { staleKeepAliveRace } from './stale-keep-alive-race.js';
import { stuckAcceptQueue } from './stuck-accept-queue.js';
import { stuckOnReuse } from './stuck-on-reuse.js';
import { threadPerConnection } from './thread-per-connection.js';
import { timeWaitChurn } from './time-wait-churn.js';
import { truncatedResponse } from './truncated-response.js';
import { unevenLoad } from './uneven-load.js';
import { workerRecycling } from './worker-recycling.js';

export const SCENARIOS: readonly Scenario[] = [
  timeWaitChurn,
  ephemeralPortExhaustion,
  stuckAcceptQueue,
  keepAlivePinsWorkers,
  acceptBlocked,
  stuckOnReuse,
  silentConnection,
  lingeringClose,
  requestBodyStalled,
  getValuesHang,
  slowReader,
  unevenLoad,
  threadPerConnection,
  backlogOverflow,
  backlogCapped,
  cgidBacklog,
  staleKeepAliveRace,
  splitPairReset,
  prematureClose,
  truncatedResponse,
  processDied,
  headerTooBig,
  requestIdOverflow,
  abandonedRequests,
  abortIgnored,
  cacheSharing,
  workerRecycling,
  preforkCapacityLeak,
];

/** @throws UserError if there is no such scenario; names that are alike are its hint */
export function findScenario(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name.toLowerCase());
  if (found) return found;
  const parts = name.toLowerCase().split(/\W+/);
  const alike = SCENARIOS.filter((each) => parts.some((part) => part.length > 2 && each.name.includes(part)));
  throw new UserError(
    `there is no scenario "${name}"`,
    alike.length > 0 ? `perhaps ${alike.map((each) => each.name).join(', ')}` : 'fcgi-inspect reproduce-bug lists them',
  );
}

/** Scenarios by what is seen first, in the order of the list. */
export function scenariosBySymptom(
  scenarios: readonly Scenario[] = SCENARIOS,
): { readonly symptom: Symptom; readonly scenarios: readonly Scenario[] }[] {
  return SYMPTOMS.map((symptom) => ({
    symptom,
    scenarios: scenarios.filter((each) => each.symptom === symptom),
  })).filter((group) => group.scenarios.length > 0);
}
