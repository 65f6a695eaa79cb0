// All checks, the most important question first.
import type { Check } from '../check.js';

export const CHECKS: readonly Check[] = [];
