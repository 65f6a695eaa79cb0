// All checks, the most important question first: within a severity a report shows findings in this order.
import type { Check } from '../check.js';
import { abandonedRequests } from './abandoned-requests.js';
import { abortIgnored } from './abort-ignored.js';
import { abortOnOverflow } from './abort-on-overflow.js';
import { acceptBlocked } from './accept-blocked.js';
import { applicationError } from './application-error.js';
import { applicationStderr } from './application-stderr.js';
import { backlogCapped } from './backlog-capped.js';
import { backlogOverflow } from './backlog-overflow.js';
import { cannotMultiplex } from './cannot-multiplex.js';
import { capacityLeak } from './capacity-leak.js';
import { captureLimits } from './capture-limits.js';
import { connectionRecycled } from './connection-recycled.js';
import { connectionRefused } from './connection-refused.js';
import { contentLengthMismatch } from './content-length-mismatch.js';
import { daemonGone } from './daemon-gone.js';
import { descriptorsExhausted } from './descriptors-exhausted.js';
import { ephemeralPortExhaustion } from './ephemeral-port-exhaustion.js';
import { getValuesUnanswered } from './get-values-unanswered.js';
import { headerTooBig } from './header-too-big.js';
import { keepAliveBroken } from './keep-alive-broken.js';
import { keepAlivePinsWorkers } from './keep-alive-pins-workers.js';
import { keepConnWithoutPool } from './keep-conn-without-pool.js';
import { lingeringClose } from './lingering-close.js';
import { loadCounterDrift } from './load-counter-drift.js';
import { missingEndRequest } from './missing-end-request.js';
import { notFastcgi } from './not-fastcgi.js';
import { overloaded } from './overloaded.js';
import { prematureClose } from './premature-close.js';
import { processDied } from './process-died.js';
import { protocolViolation } from './protocol-violation.js';
import { requestBodyStalled } from './request-body-stalled.js';
import { requestIdOverflow } from './request-id-overflow.js';
import { silentConnection } from './silent-connection.js';
import { slowApplication } from './slow-application.js';
import { slowReader } from './slow-reader.js';
import { slowUpload } from './slow-upload.js';
import { staleKeepAliveRace } from './stale-keep-alive-race.js';
import { stuckAcceptQueue } from './stuck-accept-queue.js';
import { stuckOnReuse } from './stuck-on-reuse.js';
import { timeWaitApplicationSide } from './time-wait-application-side.js';
import { timeWaitWebServerSide } from './time-wait-web-server-side.js';
import { truncatedResponse } from './truncated-response.js';
import { unevenLoad } from './uneven-load.js';
import { unknownRole } from './unknown-role.js';
import { workersExhausted } from './workers-exhausted.js';

export const CHECKS: readonly Check[] = [
  backlogOverflow,
  stuckAcceptQueue,
  workersExhausted,
  acceptBlocked,
  keepAlivePinsWorkers,
  stuckOnReuse,
  abortOnOverflow,
  connectionRefused,
  daemonGone,
  processDied,
  prematureClose,
  truncatedResponse,
  missingEndRequest,
  requestIdOverflow,
  notFastcgi,
  protocolViolation,
  overloaded,
  cannotMultiplex,
  unknownRole,
  requestBodyStalled,
  ephemeralPortExhaustion,
  capacityLeak,
  descriptorsExhausted,
  staleKeepAliveRace,
  keepConnWithoutPool,
  keepAliveBroken,
  timeWaitWebServerSide,
  timeWaitApplicationSide,
  backlogCapped,
  abandonedRequests,
  silentConnection,
  lingeringClose,
  slowApplication,
  slowUpload,
  slowReader,
  unevenLoad,
  headerTooBig,
  contentLengthMismatch,
  getValuesUnanswered,
  loadCounterDrift,
  connectionRecycled,
  applicationError,
  applicationStderr,
  abortIgnored,
  captureLimits,
];
