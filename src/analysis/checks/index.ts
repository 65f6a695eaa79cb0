// All checks, the most important question first: within a severity a report shows findings in this order.
import type { Check } from '../check.js';
import { abortIgnored } from './abort-ignored.js';
import { applicationError } from './application-error.js';
import { applicationStderr } from './application-stderr.js';
import { backlogCapped } from './backlog-capped.js';
import { cannotMultiplex } from './cannot-multiplex.js';
import { capacityLeak } from './capacity-leak.js';
import { captureLimits } from './capture-limits.js';
import { contentLengthMismatch } from './content-length-mismatch.js';
import { ephemeralPortExhaustion } from './ephemeral-port-exhaustion.js';
import { getValuesUnanswered } from './get-values-unanswered.js';
import { headerTooBig } from './header-too-big.js';
import { loadCounterDrift } from './load-counter-drift.js';
import { notFastcgi } from './not-fastcgi.js';
import { overloaded } from './overloaded.js';
import { protocolViolation } from './protocol-violation.js';
import { requestBodyStalled } from './request-body-stalled.js';
import { requestIdOverflow } from './request-id-overflow.js';
import { slowApplication } from './slow-application.js';
import { slowReader } from './slow-reader.js';
import { slowUpload } from './slow-upload.js';
import { unknownRole } from './unknown-role.js';

export const CHECKS: readonly Check[] = [
  requestIdOverflow,
  notFastcgi,
  protocolViolation,
  overloaded,
  cannotMultiplex,
  unknownRole,
  requestBodyStalled,
  ephemeralPortExhaustion,
  capacityLeak,
  backlogCapped,
  slowApplication,
  slowUpload,
  slowReader,
  headerTooBig,
  contentLengthMismatch,
  getValuesUnanswered,
  loadCounterDrift,
  applicationError,
  applicationStderr,
  abortIgnored,
  captureLimits,
];
